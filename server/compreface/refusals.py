"""Refusals as CompreFace words them: `message` and `code`, by what went wrong."""

from __future__ import annotations

import re

from flask import Response, jsonify, request
from pydantic import ValidationError

from server.access.keys import UUID
from server.context import caller
from server.errors import (
    NeedsKey,
    NoExample,
    NoFace,
    NoPerson,
    PersonExists,
    SeveralFaces,
)
from server.web.problem_answers import from_exception, invalid

NO_HEADER, NOT_A_UUID, NO_SERVICE, OTHER = 20, 26, 10, 0
# Status, code and text of what has one of its own; None: the error's text.
TABLE: tuple[tuple[type[Exception], int, int, str | None], ...] = (
    (NoFace, 400, 28, "No face is found in the given image"),
    (SeveralFaces, 400, 31, "More than one face in the source image"),
    (NoPerson, 404, 42, None),
    (PersonExists, 400, 43, None),
    (NoExample, 404, 44, None),
)
KEPT = (403, 429, 500, 503, 507)  # statuses that say when to try again, or whose doing it was
SERVICES = {"recognition": "Recognition", "detection": "Detection", "verification": "Verification"}
# What the validation found, in their words.
WORDS = {
    "limit": "Limit should be equal or greater than 0",
    "prediction_count": "prediction_count should be equal or greater than 1",
}


def check_key() -> None:
    """Before every route: a key of a model must have come, whoever asks from wherever.

    Raises NeedsKey.
    """
    if caller().model is None:
        raise NeedsKey("A key of a model is needed.")


def refused(error: Exception) -> Response:
    """Any exception as their refusal."""
    if isinstance(error, NeedsKey):
        return _answer(*_of_key(request.headers.get("x-api-key")))
    for kind, status, code, text in TABLE:
        if isinstance(error, kind):
            return _answer(status, code, text or str(error))
    if isinstance(error, ValidationError):
        return _of_problem(invalid(error))
    return _of_problem(from_exception(error))


def unknown_key(key: str, service: str) -> Response:
    """The refusal of a key that is none."""
    return _answer(404, NO_SERVICE, f"{service} service with API Key {key[:36]} not found")


def _of_key(key: str | None) -> tuple[int, int, str]:
    if not key:
        return 400, NO_HEADER, "Missing header: x-api-key"
    if not UUID.fullmatch(key):
        return 400, NOT_A_UUID, "Service API key should be UUID"
    found = re.match(r"/api/v1/(\w+)", request.path)
    service = SERVICES.get(found[1] if found else "", "Recognition")
    return 404, NO_SERVICE, f"{service} service with API Key {key} not found"


def _of_problem(problem: Response) -> Response:
    """Our own refusal in their shape; one that says when to try again keeps its status."""
    said = problem.get_json(silent=True) or {}
    wrong = [place["where"] for place in said.get("errors") or ()]
    message = next((WORDS[name] for name in wrong if name in WORDS), said.get("detail", ""))
    status = problem.status_code if problem.status_code in KEPT else 400
    answer = _answer(status, OTHER, message)
    if "Retry-After" in problem.headers:
        answer.headers["Retry-After"] = problem.headers["Retry-After"]
    return answer


def _answer(status: int, code: int, message: str) -> Response:
    answer = jsonify({"message": message, "code": code})
    answer.status_code = status
    return answer
