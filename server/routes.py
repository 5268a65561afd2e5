"""Which blueprints the application has. Nothing else."""

from __future__ import annotations

from typing import Any

from server.access.views import admin, entry
from server.history.views import feedback, records
from server.operations.health import health
from server.operations.views import operations
from server.recognition.views import api
from server.training.views import training
from server.web.api_docs.docs_page import docs
from server.web.pages import pages


def add_routes(app: Any) -> None:
    """Put all of them into an Application."""
    for blueprint in (api, records, feedback, training, admin, entry, operations, health):
        app.register_api(blueprint)
    app.register_blueprint(docs)
    app.register_blueprint(pages)
