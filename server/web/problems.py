"""One table: which error gives which status, code and title.

Every answer that refuses is made here (RFC 9457).

The `detail` is the error's own text; errors that are not ours say nothing of what happened inside.
"""

from __future__ import annotations

import errno
import logging
from typing import Any

from flask import Flask, Response, current_app, g, json, request
from pydantic import ValidationError
from werkzeug.exceptions import HTTPException, MethodNotAllowed, RequestEntityTooLarge
from werkzeug.exceptions import NotFound as NoRoute

from data_cleaning import errors as ours
from server.errors import (
    BodyTooLarge,
    Busy,
    Conflict,
    FetchRefused,
    Forbidden,
    MissingField,
    NeedsKey,
    NoSpace,
    NotBase64,
    NotFound,
    NotReady,
    RequestError,
    StoreDown,
    TooSlow,
)
from server.web.validation_messages import broken_limits, told

log = logging.getLogger("likeness")


# The first line whose class fits decides: special before general.
TABLE: tuple[tuple[type[BaseException], int, str, str], ...] = (
    (MissingField, 400, "missing-field", "A field is missing"),
    (NotBase64, 400, "not-base64", "Not base64"),
    (BodyTooLarge, 413, "body-too-large", "The body is too large"),
    (NotFound, 404, "not-found", "Not found"),
    (Conflict, 409, "conflict", "Does not fit the present state"),
    (NeedsKey, 401, "needs-key", "A key is needed"),
    (Forbidden, 403, "forbidden", "This key may not do that"),
    (FetchRefused, 400, "fetch-refused", "The address was not fetched"),
    (RequestError, 422, "invalid-request", "The request does not fit its description"),
    (ours.EmptyPicture, 400, "empty-picture", "The picture is empty"),
    (ours.NotAPicture, 415, "not-a-picture", "Not a picture"),
    (ours.BrokenPicture, 400, "broken-picture", "The picture is damaged"),
    (ours.PictureTooSmall, 400, "picture-too-small", "The picture is too small"),
    (ours.PictureTooLarge, 413, "picture-too-large", "The picture is too large"),
    (ours.PictureError, 400, "picture-error", "The picture cannot be used"),
    (ours.DatasetError, 409, "dataset-error", "The data set cannot be used"),
    (ours.InputError, 400, "invalid-input", "The input cannot be used"),
    (ours.BundleMissing, 404, "model-missing", "There is no such model"),
    (ours.BundleBroken, 409, "model-broken", "The model is broken"),
    (ours.GoldenMismatch, 409, "model-broken", "The model is broken"),
    (ours.WeightsMissing, 409, "weights-missing", "A pretrained file is missing"),
    (ours.WeightsBroken, 409, "weights-missing", "A pretrained file is broken"),
    (Busy, 429, "busy", "Too many requests"),
    (TooSlow, 503, "too-slow", "The picture took too long"),
    (NotReady, 503, "not-ready", "Not ready to answer"),
    (StoreDown, 503, "store-down", "The database is away"),
    (NoSpace, 507, "no-space", "Nothing can be stored"),
)
BY_STATUS = {
    400: ("bad-request", "The request cannot be read"),
    404: ("not-found", "Not found"),
    405: ("method-not-allowed", "The method is not allowed here"),
    413: ("body-too-large", "The body is too large"),
    415: ("wrong-content-type", "The content type is not accepted here"),
}
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG)
INTERNAL = "Something failed inside the server. The log holds the cause under this request id."


def install(app: Flask) -> None:
    """Every exception that leaves a view becomes a problem answer."""
    app.register_error_handler(HTTPException, _from_http)
    app.register_error_handler(ValidationError, invalid)
    app.register_error_handler(Exception, from_exception)


def lookup(error: BaseException) -> tuple[int, str, str] | None:
    """Status, code and title, or None for an error that is not ours."""
    for kind, status, code, title in TABLE:
        if isinstance(error, kind):
            return status, code, title
    return None


def problem(status: int, code: str, title: str, detail: str, **more: Any) -> Response:
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


def describe(error: Exception) -> dict[str, Any]:
    """The same for one picture of a batch: a plain dict."""
    return dict(from_exception(error).get_json())


def invalid(error: ValidationError) -> Response:
    """What pydantic found, as one sentence a person can act on and a list a program can."""
    places, limits = told(error), broken_limits(error)
    detail = "; ".join(f"{each['where']} {each['what']}" for each in places[:5]) + "."
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
    if isinstance(error, RequestEntityTooLarge):
        settings = current_app.extensions["likeness"].settings
        return (
            f"The body is larger than allowed: a picture may have {settings.picture_bytes:,} bytes,"
            f" a body with one picture {settings.form_bytes:,} bytes, a batch"
            f" {settings.batch_bytes:,} bytes."
        )
    return error.description or error.name


def _limits(error: BaseException) -> dict[str, Any]:
    """The limit that was broken, and no other: as `limits` of the problem, which is left out where
    there is none.
    """
    limits = getattr(error, "limits", {})
    if isinstance(error, RequestEntityTooLarge) and request.max_content_length:
        limits = {"body_bytes": request.max_content_length}
    return {"limits": limits} if limits else {}
