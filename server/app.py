"""The application, built: the one place where everything is put together. Nothing is started here.

Nobody below imports this; server/process/startup.py has the steps that come after.
"""

from __future__ import annotations

from flask_openapi3.blueprint import APIBlueprint

from model.recognition.protocols import ModelRegistry
from server.access.views import admin, entry
from server.context import EXTENSION, Context
from server.corrections.views import corrections
from server.datasets.review_views import review
from server.datasets.views import datasets
from server.erasure.views import erasure
from server.history.views import records
from server.kserve.views import kserve
from server.operations.health import health
from server.operations.views import operations
from server.recognition.version_views import versions
from server.recognition.views import api
from server.service import build_service
from server.settings import Settings
from server.strangers.views import strangers
from server.training.collect_views import collecting
from server.training.views import training
from server.web import bodies_in_flight, problem_answers, request_checks, request_log
from server.web.api_docs.docs_page import docs
from server.web.api_docs.openapi import Application
from server.web.pages import pages

# In the order of the document.
SUBJECTS = (
    api,
    records,
    erasure,
    corrections,
    strangers,
    datasets,
    review,
    training,
    collecting,
    admin,
    versions,
    entry,
    operations,
    health,
    kserve,
)


def create_app(settings: Settings, registry: ModelRegistry) -> Application:
    """The application. It reads and writes nothing before it is started or asked.

    Raises SettingError for a database that cannot be used.
    """
    app = Application(of_others=settings.compreface)
    app.config["MAX_CONTENT_LENGTH"] = app.config["MAX_FORM_MEMORY_SIZE"] = settings.form_bytes
    service = build_service(settings, registry)
    context: Context = service
    app.extensions[EXTENSION] = context
    request_log.install(app, service.metrics.request_answered)
    problem_answers.install(app, settings)
    add_routes(app, settings)
    service.access.install(app)
    request_checks.install(app)
    bodies_in_flight.install(app, service.bodies, settings)
    return app


def add_routes(app: Application, settings: Settings) -> None:
    """Put the routes of every subject, the documentation and the page into an application."""
    for blueprint in SUBJECTS + (_of_compreface() if settings.compreface else ()):
        app.register_api(blueprint)
    app.register_blueprint(docs)
    app.register_blueprint(pages)


def _of_compreface() -> tuple[APIBlueprint, ...]:
    """Loaded where they are switched on: most services never need them."""
    from server.compreface.people_views import people, pictures
    from server.compreface.recognition_views import asking

    return asking, people, pictures
