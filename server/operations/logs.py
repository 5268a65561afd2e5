"""Logs as JSON, one object a line, with the request's id.

They hold no picture, no key, and no name of a person.
"""

from __future__ import annotations

import json
import logging
import time

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
            "message": record.getMessage(),
        }
        if has_request_context():
            line["request_id"] = g.get("request_id")
        line |= getattr(record, "fields", {})
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


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
