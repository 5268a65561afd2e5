"""The application as a test needs it: built, started, and asking nobody for long work."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask
from werkzeug.routing import Rule

from model.recognition.registry import Registry
from server import protocols
from server.app import create_app
from server.process.startup import start
from server.service import service_of
from server.settings import Settings

_compile = Rule._compile_builder
_compiled: dict[object, Callable[..., tuple[str, str]]] = {}


def _compiled_once(rule: Rule, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
    """What makes addresses of a rule: code that werkzeug compiles for every application anew, which
    takes longer than all else that a small one needs.
    """
    if rule.defaults:
        return _compile(rule, append_unknown)
    known = rule.rule, append_unknown, tuple(rule._trace)
    if known not in _compiled:
        _compiled[known] = _compile(rule, append_unknown)
    return _compiled[known]


Rule._compile_builder = _compiled_once  # type: ignore[method-assign]


def started(settings: Settings, registry: protocols.Registry | None = None) -> Flask:
    """As server/wsgi.py makes it; the models are those of the settings, or the registry's."""
    app = create_app(settings, registry or Registry(settings.artifacts))
    start(app, print)
    return app


def started_idle(settings: Settings, registry: protocols.Registry | None = None) -> Flask:
    """The same, with a queue of long work in which nothing begins by itself."""
    app = started(settings, registry)
    service_of(app).jobs.start_runner = no_runner
    return app


def no_runner() -> None:
    """Whoever tests a queue takes the jobs out of it."""
