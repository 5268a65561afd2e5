"""Which blueprints the application has. Nothing else."""

from __future__ import annotations

from typing import Any

from server.admin import admin, entry
from server.api import api
from server.docs import docs
from server.health import health
from server.operations import operations
from server.pages import pages
from server.records import feedback, records
from server.training import training


def add_routes(app: Any) -> None:
    """Put all of them into an Application."""
    for blueprint in (api, records, feedback, training, admin, entry, operations, health):
        app.register_api(blueprint)
    app.register_blueprint(docs)
    app.register_blueprint(pages)
