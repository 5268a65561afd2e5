"""What every route of CompreFace needs: its blueprint, its collection and its pictures."""

from __future__ import annotations

import uuid

from flask import request
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag

from server.collections.collection import Collection, Face
from server.compreface.refusals import check_key, refused
from server.context import caller, current
from server.errors import MissingField, NoExample, RequestError
from server.web import uploads

LIMIT = 5 * 1024 * 1024  # bytes of a picture
COMPREFACE = Tag(name="CompreFace", description="For clients of CompreFace, where switched on.")


def blueprint(name: str) -> APIBlueprint:
    """Routes that refuse in CompreFace's words."""
    routes = APIBlueprint(f"compreface_{name}", __name__, abp_tags=[COMPREFACE])
    routes.register_error_handler(Exception, refused)
    for status in (413, 415):  # of which the application has handlers of its own
        routes.register_error_handler(status, refused)
    return routes


def guarded(name: str) -> APIBlueprint:
    """The same, for whoever sends a key of a model as x-api-key."""
    routes = blueprint(name)
    routes.before_request(check_key)
    return routes


def collection() -> Collection:
    """That of the key."""
    return Collection(current(), str(caller().model))


def example(of: Collection, image_id: str) -> Face:
    """The example of an id. Raises NoExample; RequestError for what is no UUID."""
    try:
        return of.face(as_uuid(image_id).hex)
    except NoExample:
        raise NoExample(f"Image {image_id} not found") from None


def as_uuid(image_id: str) -> uuid.UUID:
    """Raises RequestError for what is none."""
    try:
        return uuid.UUID(image_id)
    except ValueError:
        raise RequestError(f"{image_id[:40]!r} is no image_id: it must be a UUID.") from None


def picture(field: str) -> bytes:
    """The picture of a request: a file of a form, or base64 in JSON.

    Raises MissingField, NotBase64, PictureError.
    """
    limit = min(LIMIT, current().settings.picture_bytes)
    if request.is_json:
        sent = request.get_json()
        text = sent.get(field) if isinstance(sent, dict) else None
        if not isinstance(text, str):
            raise MissingField(f"Required part {field} is missing")
        return uploads.from_text(text, limit)
    if field in request.files:
        return uploads.checked(request.files[field].read(limit + 1), limit)
    raise MissingField(f"Required part {field} is missing")
