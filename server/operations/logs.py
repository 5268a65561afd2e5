"""Logs as JSON, one object a line, with the request's id.

They hold no picture, no key, and no name of a person.
"""

from __future__ import annotations

import json
import logging
import time
import traceback

from flask import g, has_request_context

from data_cleaning.json_types import JsonObject


class Lines(logging.Formatter):
    """A record as one line of JSON."""

    converter = staticmethod(time.gmtime)

    def format(self, record: logging.LogRecord) -> str:
        line: JsonObject = {
            "time": f"{self.formatTime(record, '%Y-%m-%dT%H:%M:%S')}.{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "process": record.process,
            "message": _message(record),
        }
        if has_request_context():
            line["request_id"] = g.get("request_id")
        line |= getattr(record, "fields", {})
        if record.exc_info:
            line["error"] = places(record.exc_info[1])
        return json.dumps(line, ensure_ascii=False, default=str)


def places(error: BaseException | None) -> str:
    """What failed where, and upon what: kinds and lines of code, but no text of an error.

    That may hold a path, a key of a table or a parameter of a statement, and so a person's name.
    """
    parts: list[str] = []
    while error is not None:
        frames = "".join(traceback.format_tb(error.__traceback__))
        parts.append(f"{frames}{_kind(error)}")
        error = error.__cause__ or error.__context__
    return "\nupon\n".join(parts)


def _kind(error: BaseException) -> str:
    name = f"{type(error).__module__}.{type(error).__qualname__}"
    return f"{name}: {error.strerror}" if isinstance(error, OSError) else name


def _message(record: logging.LogRecord) -> str:
    """gunicorn writes the address of a request that failed, or what it could not read of it."""
    message = record.getMessage()
    if record.name == "gunicorn.error":
        for beginning in ("Error handling request", "Invalid request"):
            if message.startswith(beginning):
                return f"{beginning} (its address is not logged)"
    return message


def configuration(level: str) -> JsonObject:
    """For logging.config.dictConfig: all to stderr as JSON, libraries only when they warn."""
    own = {"level": level.upper(), "handlers": ["lines"], "propagate": False}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"lines": {"()": "server.operations.logs.Lines"}},
        "handlers": {
            "lines": {
                "class": "logging.StreamHandler",
                "formatter": "lines",
                "stream": "ext://sys.stderr",
            }
        },
        "root": {"level": "WARNING", "handlers": ["lines"]},
        "loggers": {
            "likeness": own,
            "gunicorn.error": own,
            # gunicorn's own line holds the path, which may hold a person's name; ours holds the
            # route.
            "gunicorn.access": {"level": "CRITICAL", "handlers": [], "propagate": False},
        },
    }
