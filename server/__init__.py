"""Stair 3: HTTP, what was asked and answered, background work. Nothing about pixels, no training."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from data_cleaning.errors import LikenessError
from server.settings import Settings, check, load

if TYPE_CHECKING:
    from flask import Flask

log = logging.getLogger("likeness")


def create_app(settings: Settings | None = None, registry: Any = None) -> Flask:
    """The application. settings: default from the environment. registry: default the artifacts folder's.

    Raises SettingError. A model that cannot be loaded does not stop the start: /readyz says so. A database that
    cannot be reached does not either: answers go on without it.
    """
    from server import errors, requests
    from server.document import Application
    from server.models import Models
    from server.service import KEY, build

    settings = settings or load()
    check(settings)
    if registry is None:
        from model.registry import Registry

        registry = Registry(settings.artifacts)
    app = Application()
    app.config["MAX_CONTENT_LENGTH"] = app.config["MAX_FORM_MEMORY_SIZE"] = settings.form_bytes
    service = build(settings, Models(registry, settings.model, settings.state / "bell"))
    app.extensions[KEY] = service
    requests.install(app, service)
    errors.install(app)
    _routes(app)
    service.access.install(app)
    prepare(service)
    return app


def _routes(app: Any) -> None:
    from server.admin import admin, entry
    from server.api import api
    from server.docs import docs
    from server.health import health
    from server.operations import operations
    from server.pages import pages
    from server.records import feedback, records
    from server.training import training

    for blueprint in (api, records, feedback, training, admin, entry, operations, health):
        app.register_api(blueprint)
    app.register_blueprint(docs)
    app.register_blueprint(pages)


def prepare(service: Any) -> None:
    """Once before the first request: folders, tables, the first key, waiting jobs, and every model loaded."""
    from server.store import lock

    settings = service.settings
    settings.state.mkdir(parents=True, exist_ok=True)
    try:
        with lock(settings.state / "start.lock"):
            service.store.migrate()
            key = service.keys.first()
        if key:
            print(f"Likeness: the admin key, shown only this once: {key}", flush=True)
        service.journal.drain()
        if service.jobs.open():
            service.jobs.ensure_runner()
    except LikenessError as error:
        log.error("%s", error)
    warm(service.models)


def warm(models: Any) -> None:
    """Load every model once, so that the first request does not wait, and processes share what was loaded."""
    for name in models.names():
        try:
            models.get(name)
        except LikenessError as error:
            log.error("the model %s cannot answer: %s", name, error)
