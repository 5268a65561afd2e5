"""What gunicorn loads: the one application of the process, built and started.

A wrong setting ends the start with one sentence.
"""

from __future__ import annotations

import sys

from flask import Flask

from model.recognition.registry import Registry
from server.app import create_app
from server.errors import SettingError
from server.process.startup import start
from server.settings import load


def started_app() -> Flask:
    """The application with the settings of the environment."""
    settings = load()
    app = create_app(settings, Registry(settings.artifacts))
    start(app, show_link)
    return app


def show_link(link: str) -> None:
    """To whoever starts the service: what is printed is worth nothing an hour later."""
    print(f"Likeness: the admin key, to be had once within an hour: {link}", flush=True)


try:
    app = started_app()
except SettingError as error:
    sys.exit(f"likeness: {error}")
