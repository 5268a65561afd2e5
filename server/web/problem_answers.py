"""Every answer that refuses is made here (RFC 9457).

The `detail` is the error's own text; errors that are not ours say nothing of what happened inside.
"""

from __future__ import annotations

import errno
import logging
from functools import partial

from flask import Flask, Response, g, json, request
from pydantic import ValidationError
from werkzeug.exceptions import HTTPException, MethodNotAllowed, RequestEntityTooLarge
from werkzeug.exceptions import NotFound as NoRoute

from data_cleaning.json_types import JsonObject
from server.errors import NoSpace, StoreDamaged, StoreDown
from server.settings import Settings
from server.web.problems import BY_STATUS, lookup
from server.web.schemas import JSON_BYTES
from server.web.validation_messages import broken_limits, mistakes

log = logging.getLogger("likeness")

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG)
INTERNAL = "Something failed inside the server. The log holds the cause under this request id."


def install(app: Flask, settings: Settings) -> None:
    """Every exception that leaves a view becomes a problem answer."""
    app.register_error_handler(RequestEntityTooLarge, partial(_too_large, settings))
    app.register_error_handler(HTTPException, _from_http)
    app.register_error_handler(ValidationError, invalid)
    app.register_error_handler(Exception, from_exception)


def problem(status: int, code: str, title: str, detail: str, **more: object) -> Response:
    """An application/problem+json answer."""
    body = {
        "type": f"urn:likeness:problem:{code}",
        "title": title,
        "status": status,
        "detail": detail,
        "code": code,
    }
    body |= {"request_id": g.get("request_id"), **more}
    return Response(json.dumps(body), status, mimetype="application/problem+json")


def from_exception(error: Exception) -> Response:
    """The problem answer for any exception; one that is not in the table is logged and told as a
    500.
    """
    if isinstance(error, HTTPException):
        return _from_http(error)
    if isinstance(error, OSError) and error.errno in FULL:
        error = NoSpace(
            f"Nothing can be stored now: {error.strerror}. Whoever runs the service has to make"
            " room."
        )
    if isinstance(error, StoreDamaged):  # whoever asks need not know where the file lies
        log.error("%s", error)
        error = StoreDown("The database is damaged; the log says how to restore it. Answers go on.")
    found = lookup(error)
    if found is None:
        log.error("unexpected error", exc_info=error)
        return problem(500, "internal", "Internal error", INTERNAL)
    response = problem(*found, str(error), **_limits(error))
    if found[0] in (429, 503):
        response.headers["Retry-After"] = "1"
    if found[0] == 401:
        response.headers["WWW-Authenticate"] = 'Bearer realm="likeness"'
    return response


def describe(error: Exception) -> JsonObject:
    """The same for one picture of a batch: a plain dict."""
    return dict(from_exception(error).get_json())


def invalid(error: ValidationError) -> Response:
    """What pydantic found, as one sentence a person can act on and a list a program can."""
    places, limits = mistakes(error), broken_limits(error)
    detail = "; ".join(f"{place['where']} {place['what']}" for place in places[:5]) + "."
    count = error.error_count()
    if count > len(places):
        detail += f" {count:,} such things are wrong; `errors` holds the first {len(places)}."
    more = {"errors": places} | ({"limits": limits} if limits else {})
    return problem(
        422, "invalid-request", "The request does not fit its description", detail, **more
    )


def _from_http(error: HTTPException) -> Response:
    if error.response is not None:
        return error.response  # type: ignore[return-value]
    status = error.code or 500
    if status < 400:
        return error.get_response()  # type: ignore[return-value]
    code, title = BY_STATUS.get(status, ("http-error", error.name))
    response = problem(status, code, title, _http_detail(error), **_limits(error))
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        response.headers["Allow"] = ", ".join(sorted(error.valid_methods))
    return response


def _http_detail(error: HTTPException) -> str:
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        return f"Allowed here: {', '.join(sorted(error.valid_methods))}."
    if isinstance(error, NoRoute):
        return f"There is nothing at {request.path[:80]}."
    return error.description or error.name


def _too_large(settings: Settings, error: RequestEntityTooLarge) -> Response:
    detail = (
        f"The body is larger than allowed: JSON without a picture may have {JSON_BYTES:,} bytes, a"
        f" picture {settings.picture_bytes:,} bytes,"
        f" a body with one picture {settings.form_bytes:,} bytes, a batch"
        f" {settings.batch_bytes:,} bytes."
    )
    return problem(413, *BY_STATUS[413], detail, **_limits(error))


def _limits(error: BaseException) -> JsonObject:
    """The limit that was broken, and no other: as `limits` of the problem, which is left out where
    there is none.
    """
    limits = getattr(error, "limits", {})
    if isinstance(error, RequestEntityTooLarge) and request.max_content_length:
        limits = {"body_bytes": request.max_content_length}
    return {"limits": limits} if limits else {}
