"""CompreFace's collection: subjects, and the examples of their faces."""

from __future__ import annotations

import math
import uuid

from flask import Response, request

from data_cleaning.imaging.encoding import reencode
from data_cleaning.imaging.limits import DISK_LIMITS
from data_cleaning.json_types import JsonObject
from server.access.authorisation import access
from server.collections.collection import Collection, Face
from server.compreface.asking import (
    as_uuid,
    blueprint,
    collection,
    example,
    guarded,
    picture,
)
from server.compreface.refusals import unknown_key
from server.compreface.schemas import (
    ONE_PICTURE,
    REFUSED,
    AddQuery,
    Deleted,
    FacePage,
    FacePath,
    FaceRow,
    FacesQuery,
    StaticPath,
    SubjectBody,
    SubjectList,
    SubjectPath,
    SubjectQuery,
    SubjectRow,
    Updated,
)
from server.context import current
from server.datasets.managed_datasets import LONGEST
from server.errors import NoExample, RequestError
from server.web.api_docs.examples_of_others import IMAGE_ID
from server.web.api_docs.openapi import answer, body, needs_model_key, schema_of

people, pictures = guarded("people"), blueprint("pictures")
ASK, TEACH = needs_model_key("predict"), needs_model_key("train")
IDS = body({"application/json": {"type": "array", "items": {"type": "string"}}})
IDS["requestBody"]["content"]["application/json"]["example"] = [IMAGE_ID]
JPEG = answer(content="image/jpeg")


def _row(face: Face) -> JsonObject:
    return {"image_id": str(uuid.UUID(face.id)), "subject": face.label}


def _named(subject: str) -> str:
    if not subject.strip():
        raise RequestError("Subject name is empty")
    return subject


@people.post(
    "/api/v1/recognition/faces",
    security=TEACH,
    responses={201: FaceRow, **REFUSED},
    openapi_extensions=ONE_PICTURE,
)
def add_face(query: AddQuery) -> tuple[JsonObject, int]:
    """Add a picture of one face to a subject, who is known from the next answer on."""
    data = picture("file")
    face = collection().add(_named(query.subject), data, query.det_prob_threshold or 0.0)
    return _row(face), 201


@people.get("/api/v1/recognition/faces", security=ASK, responses={200: FacePage, **REFUSED})
def list_faces(query: FacesQuery) -> JsonObject:
    """Examples that have a picture, a page of them."""
    found = collection().faces(query.subject or None)
    first = query.page * query.size
    return {
        "faces": [_row(face) for face in found[first : first + query.size]],
        "page_number": query.page,
        "page_size": query.size,
        "total_pages": math.ceil(len(found) / query.size),
        "total_elements": len(found),
    }


@people.delete("/api/v1/recognition/faces", security=TEACH, responses={200: Deleted, **REFUSED})
def delete_faces(query: SubjectQuery) -> JsonObject:
    """Delete all examples of a subject, or of everybody; whoever has none left goes with them."""
    of = collection()
    deleted = len(of.faces(query.subject or None))
    if not query.subject:
        of.delete_everybody()
    elif query.subject in of.subjects():
        of.delete_subject(query.subject)
    return {"deleted": deleted}


@people.post(
    "/api/v1/recognition/faces/delete",
    security=TEACH,
    responses={200: answer(type="array", items=schema_of(FaceRow)), **REFUSED},
    openapi_extensions=IDS,
)
def delete_some_faces() -> list[JsonObject]:
    """Delete some examples by their ids; those that were there."""
    sent = request.get_json()
    if not isinstance(sent, list) or not all(isinstance(one, str) for one in sent):
        raise RequestError("The body must be a list of image ids.")
    ids = {as_uuid(one).hex for one in sent}
    of = collection()
    found = [face for face in of.faces() if face.id in ids]
    of.delete(found)
    return [_row(face) for face in found]


@people.delete(
    "/api/v1/recognition/faces/<image_id>", security=TEACH, responses={200: FaceRow, **REFUSED}
)
def delete_face(path: FacePath) -> JsonObject:
    """Delete one example."""
    of = collection()
    face = example(of, path.image_id)
    of.delete([face])
    return _row(face)


@people.get(
    "/api/v1/recognition/faces/<image_id>/img", security=ASK, responses={200: JPEG, **REFUSED}
)
def show_face(path: FacePath) -> Response:
    """The picture of an example; empty where there is none."""
    return _picture(collection(), path.image_id)


@people.get(
    "/api/v1/recognition/subjects",
    security=ASK,
    responses={200: SubjectList, **REFUSED},
    strict_slashes=False,
)
def list_subjects() -> JsonObject:
    """Everybody's name."""
    return {"subjects": collection().subjects()}


@people.post(
    "/api/v1/recognition/subjects",
    security=TEACH,
    responses={201: SubjectRow, **REFUSED},
    strict_slashes=False,
)
def add_subject(body: SubjectBody) -> tuple[JsonObject, int]:
    """Somebody without an example yet."""
    collection().create_subject(_named(body.subject))
    return {"subject": body.subject}, 201


@people.delete(
    "/api/v1/recognition/subjects",
    security=TEACH,
    responses={200: Deleted, **REFUSED},
    strict_slashes=False,
)
def delete_subjects() -> JsonObject:
    """Delete everybody with all examples."""
    return {"deleted": collection().delete_everybody()}


@people.put(
    "/api/v1/recognition/subjects/<subject>",
    security=TEACH,
    responses={200: Updated, **REFUSED},
)
def rename_subject(path: SubjectPath, body: SubjectBody) -> JsonObject:
    """Another name for a subject; two become one where there is one of that name."""
    collection().rename(path.subject, _named(body.subject))
    return {"updated": True}


@people.delete(
    "/api/v1/recognition/subjects/<subject>",
    security=TEACH,
    responses={200: SubjectRow, **REFUSED},
)
def delete_subject(path: SubjectPath) -> JsonObject:
    """Delete a subject with all examples."""
    collection().delete_subject(path.subject)
    return {"subject": path.subject}


@pictures.get("/api/v1/static/<key>/images/<image_id>", responses={200: JPEG, **REFUSED})
def show_static(path: StaticPath) -> Response:
    """The same for a page's <img>: whoever has the address, which holds the key, sees it."""
    found = access().keys.check(path.key)
    if found is None or found.model is None:
        return unknown_key(path.key, "Recognition")
    response = _picture(Collection(current(), found.model), path.image_id)
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


def _picture(of: Collection, image_id: str) -> Response:
    service = current()
    try:
        data = example(of, image_id).path.read_bytes()
    except (NoExample, FileNotFoundError):
        return Response(b"", mimetype="image/jpeg")
    shown = service.pool.run(lambda: reencode(data, LONGEST, DISK_LIMITS), wait=True)
    return Response(shown, mimetype="image/jpeg")
