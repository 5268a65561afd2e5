"""Which blueprints the application has. Nothing else."""

from __future__ import annotations

from server.access.views import admin, entry
from server.corrections.views import corrections
from server.datasets.views import datasets
from server.erasure.views import erasure
from server.history.views import records
from server.operations.health import health
from server.operations.views import operations
from server.recognition.version_views import versions
from server.recognition.views import api
from server.training.views import training
from server.web.api_docs.docs_page import docs
from server.web.api_docs.openapi import Application
from server.web.pages import pages

# In the order of the document.
SUBJECTS = (
    api,
    records,
    erasure,
    corrections,
    datasets,
    training,
    admin,
    versions,
    entry,
    operations,
    health,
)


def add_routes(app: Application) -> None:
    """Put all of them into an Application."""
    for blueprint in SUBJECTS:
        app.register_api(blueprint)
    app.register_blueprint(docs)
    app.register_blueprint(pages)
