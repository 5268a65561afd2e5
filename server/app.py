"""The application, built: the one place where everything is put together. Nothing is started here.

Nobody below imports this; server/startup.py has the steps that come after.
"""

from __future__ import annotations

from model.recognition.protocols import ModelRegistry
from server.context import EXTENSION, Context
from server.routes import add_routes
from server.service import build_service
from server.settings import Settings
from server.web import problem_answers, request_checks, request_log
from server.web.api_docs.openapi import Application


def create_app(settings: Settings, registry: ModelRegistry) -> Application:
    """The application. It reads and writes nothing before it is started or asked.

    Raises SettingError for a database that cannot be used.
    """
    app = Application()
    app.config["MAX_CONTENT_LENGTH"] = app.config["MAX_FORM_MEMORY_SIZE"] = settings.form_bytes
    service = build_service(settings, registry)
    context: Context = service
    app.extensions[EXTENSION] = context
    request_log.install(app, service.metrics.request_answered)
    problem_answers.install(app, settings)
    add_routes(app)
    service.access.install(app)
    request_checks.install(app)
    return app
