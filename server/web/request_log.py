"""What surrounds every request: its id, its time, its line in the log, its numbers."""

from __future__ import annotations

import logging
import re
import secrets
import time
from collections.abc import Callable

from flask import Flask, Response, g, request

from server.operations.logs import access_line

PLAIN = re.compile(r"[A-Za-z0-9-]{8,64}")
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
log = logging.getLogger("likeness.access")


def install(app: Flask, count: Callable[[str, str, int, float], None]) -> None:
    """Wrap every request of the application. count: takes route, method, status and seconds."""

    def begin() -> None:
        """A proxy's request id is kept when it is a plain one, so that both logs can be read
        together.
        """
        given = request.headers.get("X-Request-Id", "")
        g.begun = time.perf_counter()
        g.request_id = given if PLAIN.fullmatch(given) else secrets.token_hex(8)

    def end(response: Response) -> Response:
        seconds = time.perf_counter() - g.begun
        route = request.url_rule.rule if request.url_rule else "none"
        method = (
            request.method if request.method in METHODS else "other"
        )  # a caller may make up as many as they like
        count(route, method, response.status_code, seconds)
        response.headers["X-Request-Id"] = g.request_id
        log.info(
            "request", extra={"fields": access_line(request, response, seconds, g.get("caller"))}
        )
        return response

    app.before_request(begin)
    app.after_request(end)
