"""What a framework passes over in silence is refused here: a query parameter that does not exist or
comes twice, and a body that is packed. A typo must not look as if it had been understood."""

from __future__ import annotations

import re
from typing import Any, cast

from flask import Flask, request
from werkzeug.exceptions import UnsupportedMediaType

from server.errors import RequestError


def install(app: Any) -> None:
    """Hold every request to a route of the document against it; call it after all routes are in."""
    known = parameters(app)

    def check() -> None:
        allowed = known.get((request.endpoint or "", request.method.replace("HEAD", "GET")))
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


def parameters(app: Any) -> dict[tuple[str, str], list[str]]:
    """(endpoint, method) -> names of the query parameters, for every operation that asks for a
    role.
    """
    found = {}
    for rule in cast(Flask, app).url_map.iter_rules():
        item = app.paths.get(re.sub(r"<([^<:]+:)?", "{", rule.rule).replace(">", "}"))
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            operation = getattr(item, method.lower(), None)
            if operation is not None and operation.security:
                names = [
                    each.name
                    for each in operation.parameters or []
                    if each.param_in.value == "query"
                ]
                found[rule.endpoint, method] = names
    return found
