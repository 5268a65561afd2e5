"""What a framework passes over in silence is refused here: a query parameter that does not exist or
comes twice, and a body that is packed. A typo must not look as if it had been understood.

And what is larger than any such body needs to be is refused before it is read.
"""

from __future__ import annotations

from flask import request
from werkzeug.exceptions import UnsupportedMediaType

from server.errors import RequestError
from server.web.api_docs.openapi import Application, is_of_others
from server.web.schemas import JSON_BYTES


def install(app: Application) -> None:
    """Hold every request to a route of the document against it; call it after all routes are in."""
    known, small = parameters(app), without_picture(app)

    def check() -> None:
        place = (request.endpoint or "", request.method.replace("HEAD", "GET"))
        if place in small:
            request.max_content_length = JSON_BYTES
        allowed = known.get(place)
        if allowed is not None:
            check_query(allowed)
            check_packing()

    app.before_request(check)


def check_query(allowed: list[str]) -> None:
    """Raises RequestError for a parameter that is not allowed, or comes twice."""
    for name, values in request.args.lists():
        if name not in allowed:
            there = ", ".join(allowed) or "none"
            raise RequestError(
                f"There is no query parameter {name[:40]!r} here; there are: {there}."
            )
        if len(values) > 1:
            raise RequestError(
                f"The query parameter {name} came {len(values)} times; give it once."
            )


def check_packing() -> None:
    """Raises UnsupportedMediaType for a compressed body: nothing here unpacks one."""
    packed = request.headers.get("Content-Encoding", "identity").strip().lower()
    if packed not in ("", "identity"):
        raise UnsupportedMediaType(
            f"The body came with Content-Encoding: {packed[:40]}; send it as it is."
        )


def without_picture(app: Application) -> set[tuple[str, str]]:
    """(endpoint, method) of every operation that has no use for a large body."""
    return {place for place, operation in app.operations() if not app.carries_picture(operation)}


def parameters(app: Application) -> dict[tuple[str, str], list[str]]:
    """(endpoint, method) -> names of the query parameters, for every operation that asks for a
    role. Other systems pass over what they do not know, and their clients rely on that.
    """
    return {
        place: [part.name for part in operation.parameters or [] if part.param_in.value == "query"]
        for place, operation in app.operations()
        if operation.security and not is_of_others(operation)
    }
