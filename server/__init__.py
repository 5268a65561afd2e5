"""Stair 3: HTTP, what was asked and answered, background work. Nothing about pixels, no training."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from data_cleaning.errors import LikenessError
from server.errors import SettingError
from server.settings import Settings, check, check_model, load, make_state

if TYPE_CHECKING:
    from flask import Flask

log = logging.getLogger("likeness")


def create_app(settings: Settings | None = None, registry: Any = None) -> Flask:
    """The application. settings: default from the environment. registry: default the artifacts
    folder's.

    Raises SettingError, also for a database of a newer version. A model that cannot be loaded does
    not stop the start: /readyz says so. A database that cannot be reached does not either: answers
    go on without it.
    """
    from server.recognition.live_models import Models
    from server.routes import add_routes
    from server.service import KEY, build
    from server.web import problem_answers
    from server.web import request_checks as strict
    from server.web import request_log as requests
    from server.web.api_docs.openapi import Application

    settings = settings or load()
    check(settings)
    make_state(settings)
    if registry is None:
        from model.recognition.registry import Registry

        registry = Registry(settings.artifacts)
    check_model(settings, registry.names())
    app = Application()
    app.config["MAX_CONTENT_LENGTH"] = app.config["MAX_FORM_MEMORY_SIZE"] = settings.form_bytes
    service = build(settings, Models(registry, settings.model, settings.state / "bell"))
    app.extensions[KEY] = service
    requests.install(app, service)
    problem_answers.install(app, settings)
    add_routes(app)
    service.access.install(app)
    strict.install(app)
    prepare(service)
    return app


def prepare(service: Any) -> None:
    """Once before the first request: folders, tables, the first key, waiting jobs, and every model
    loaded.
    """
    from server.storage.database import lock

    settings = service.settings
    try:
        with lock(settings.state / "start.lock"):
            service.store.migrate()
            key = service.keys.first()
        if key:
            print(f"Likeness: the admin key, shown only this once: {key}", flush=True)
        service.journal.drain()
        for name in service.models.names():
            service.models.masks.spent(name, min(service.models.registry.versions(name)))
        service.jobs.revive()
    except SettingError:
        raise  # a database that a newer version has made must not be written to
    except LikenessError as error:
        log.error("%s", error)
    warm(service.models)


def warm(models: Any) -> None:
    """Load every model once, so that the first request does not wait, and processes share what was
    loaded.
    """
    for name in models.names():
        try:
            models.get(name)
        except LikenessError as error:
            log.error("the model %s cannot answer: %s", name, error)
