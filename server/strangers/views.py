"""People nobody knows: the groups, their faces, and what is said about them."""

from __future__ import annotations

from flask import Response
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag

from data_cleaning.imaging.encoding import excerpts
from server.context import caller, current
from server.errors import NotFound
from server.strangers import decisions
from server.strangers.groups import list_groups
from server.strangers.looking import look, part_of
from server.strangers.schemas import (
    FacesTakenOut,
    IgnoreStrangerBody,
    MergeStrangersBody,
    NameStrangerBody,
    StrangerDecided,
    StrangerFacePath,
    StrangerFaceQuery,
    StrangerList,
    StrangerPath,
    StrangersMerged,
    StrangersQuery,
    StrangerUndone,
    TakeOutFacesBody,
)
from server.strangers.stranger_rows import StrangerRows
from server.web.api_docs.openapi import answer, needs, operation_ids

strangers = APIBlueprint(
    "strangers",
    __name__,
    operation_id_callback=operation_ids("strangers"),
    abp_security=needs("admin"),
)
TAG = Tag(name="strangers", description="People nobody knows, where pictures are kept.")
MARGIN = 0.3  # around a face, as a share of its longer side


@strangers.get("/api/strangers", tags=[TAG], responses={200: StrangerList})
def list_strangers(query: StrangersQuery) -> dict[str, object]:
    """Faces that were refused, in groups of one person each. Faces nobody has looked at yet are
    looked at, for a second a request; ask again while `waiting` is more than 0.
    """
    service = current()
    service.keeper.settle()
    return list_groups(service, look(service), query).model_dump()


@strangers.get(
    "/api/strangers/faces/<prediction>/<position>",
    tags=[TAG],
    responses={200: answer(content="image/jpeg")},
)
def show_face(path: StrangerFacePath, query: StrangerFaceQuery) -> Response:
    """One face as a fresh JPEG, cut out of the picture that was asked about."""
    service = current()
    face = StrangerRows(service.store).find((path.prediction, path.position))
    data = service.kept.read(face.prediction)
    if data is None:
        raise NotFound("The picture of this face is not kept here, or not any more.")
    cuts = excerpts(data, part_of(face), (MARGIN,), query.size, service.limits)
    response = Response(service.pool.run(lambda: next(cuts)[0], wait=True), mimetype="image/jpeg")
    response.headers["Cache-Control"] = "private, max-age=3600"
    return response


@strangers.post("/api/strangers/<id>/name", tags=[TAG], responses={200: StrangerDecided})
def name_stranger(path: StrangerPath, body: NameStrangerBody) -> dict[str, object]:
    """Say who a group is: its best pictures become training pictures of that class, at most 12."""
    saying = decisions.Saying(body.label, body.dataset, caller().by)
    return decisions.decide(current(), path.id, saying).model_dump()


@strangers.post("/api/strangers/<id>/ignore", tags=[TAG], responses={200: StrangerDecided})
def ignore_stranger(path: StrangerPath, body: IgnoreStrangerBody) -> dict[str, object]:
    """Never be told of a group again: its best pictures train as a stranger's, and later faces of
    the same person are not shown.
    """
    saying = decisions.Saying(None, body.dataset, caller().by)
    return decisions.decide(current(), path.id, saying).model_dump()


@strangers.post("/api/strangers/<id>/undo", tags=[TAG], responses={200: StrangerUndone})
def undo_stranger(path: StrangerPath) -> dict[str, object]:
    """Take back that a group was named or ignored, with what it taught."""
    return decisions.undo(current(), path.id).model_dump()


@strangers.post("/api/strangers/merge", tags=[TAG], responses={200: StrangersMerged})
def merge_strangers(body: MergeStrangersBody) -> dict[str, object]:
    """Say that several groups are one person."""
    return decisions.merge(current(), body.strangers).model_dump()


@strangers.post("/api/strangers/<id>/take-out", tags=[TAG], responses={200: FacesTakenOut})
def take_out_faces(path: StrangerPath, body: TakeOutFacesBody) -> dict[str, object]:
    """Say that faces of a group are somebody else's: they become a group of their own."""
    faces = [(one.prediction, one.position) for one in body.faces]
    return decisions.take_out(current(), path.id, faces).model_dump()
