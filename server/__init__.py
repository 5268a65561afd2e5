"""Stair 3: HTTP, what was asked and answered, background work. Nothing about pixels, no training."""

from __future__ import annotations

import logging
import secrets
from typing import Any

from flask import Flask, g, request

from data_cleaning.errors import LikenessError
from server.settings import Settings, check, load

log = logging.getLogger("likeness")


def create_app(settings: Settings | None = None, registry: Any = None) -> Flask:
    """The application. settings: default from the environment. registry: default the artifacts folder's.

    Raises SettingError. A model that cannot be loaded does not stop the start: /readyz says so.
    """
    from server import errors
    from server.api import api
    from server.document import Application
    from server.health import health
    from server.models import Models
    from server.pages import pages
    from server.pool import Pool
    from server.service import KEY, Service

    settings = settings or load()
    check(settings)
    if registry is None:
        from model.registry import Registry

        registry = Registry(settings.artifacts)
    app = Application()
    app.config["MAX_CONTENT_LENGTH"] = app.config["MAX_FORM_MEMORY_SIZE"] = settings.form_bytes
    models = Models(registry, settings.model, settings.state / "bell")
    pool = Pool(settings.pictures_at_once, settings.queue, settings.picture_seconds)
    app.extensions[KEY] = Service(settings, models, pool)
    app.before_request(_name_request)
    errors.install(app)
    for blueprint in (api, health):
        app.register_api(blueprint)
    app.register_blueprint(pages)
    warm(models)
    return app


def warm(models: Any) -> None:
    """Load every model once, so that the first request does not wait, and processes share what was loaded."""
    for name in models.names():
        try:
            models.get(name)
        except LikenessError as error:
            log.error("the model %s cannot answer: %s", name, error)


def _name_request() -> None:
    """A request id for logs and problems; a proxy's own is kept when it is a plain one."""
    given = request.headers.get("X-Request-Id", "")
    plain = 8 <= len(given) <= 64 and given.isascii() and given.replace("-", "").isalnum()
    g.request_id = given if plain else secrets.token_hex(8)
