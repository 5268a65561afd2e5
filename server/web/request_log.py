"""What surrounds every request: its id, its time, its line in the log."""

from __future__ import annotations

import logging
import re
import secrets
import time
from collections.abc import Callable

from flask import Flask, Request, Response, g, request

from server.context import Caller

PLAIN = re.compile(r"[A-Za-z0-9-]{8,64}")
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
log = logging.getLogger("likeness.access")

Count = Callable[[str, str, int, float], None]


def install(app: Flask, count: Count) -> None:
    """Wrap every request of the application. count: takes route, method, status and seconds."""

    def end(response: Response) -> Response:
        seconds = time.perf_counter() - g.begun
        count(_route(), _method(), response.status_code, seconds)
        response.headers["X-Request-Id"] = g.request_id
        line = access_line(request, response, seconds, g.get("caller"))
        log.info("request", extra={"fields": line})
        return response

    app.before_request(begin)
    app.after_request(end)


def begin() -> None:
    """A proxy's plain request id is kept, so that both logs can be read together."""
    given = request.headers.get("X-Request-Id", "")
    g.begun = time.perf_counter()
    g.request_id = given if PLAIN.fullmatch(given) else secrets.token_hex(8)


def access_line(
    request: Request, response: Response, seconds: float, who: Caller | None
) -> dict[str, str | int | float | None]:
    """What is logged of a request: the route and not the address itself, which may hold a person's
    name.
    """
    return {
        "method": request.method,
        "route": request.url_rule.rule if request.url_rule else None,
        "status": response.status_code,
        "seconds": round(seconds, 6),
        "bytes_in": request.content_length or 0,
        "bytes_out": response.content_length or 0,
        "client": who.address if who else None,
        "via": who.via if who else None,
        "key": who.key if who else None,
    }


def _route() -> str:
    return request.url_rule.rule if request.url_rule else "none"


def _method() -> str:
    """A caller may make up as many methods as they like; the metrics know only the real ones."""
    return request.method if request.method in METHODS else "other"
