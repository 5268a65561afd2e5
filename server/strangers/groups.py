"""The groups as they are listed: the largest first, with whom the model takes them for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from model.recipes.presets import RECIPES
from model.recognition.inspection.region_vectors import embedding_recipe
from server.context import Context
from server.strangers.looking import Looked
from server.strangers.schemas import (
    SHOWN,
    IgnoredRow,
    NearestPerson,
    StrangerFace,
    StrangerList,
    StrangerRow,
    StrangersQuery,
)
from server.strangers.stranger_rows import IGNORED, RefusedFace, StrangerRows


def list_groups(service: Context, looked: Looked, query: StrangersQuery) -> StrangerList:
    """A page of them. Raises StoreDown."""
    rows = StrangerRows(service.store)
    groups: dict[str, list[RefusedFace]] = {}
    for face in rows.open() if service.kept.days else ():
        groups.setdefault(face.stranger, []).append(face)
    ordered = sorted(groups.values(), key=lambda faces: (len(faces), faces[0].time), reverse=True)
    counts = rows.counts()
    return StrangerList(
        days=service.kept.days,
        grouped=embedding_recipe(RECIPES["face-classic"]) is not None,
        waiting=looked.waiting,
        stopped=looked.stopped,
        total=len(ordered),
        strangers=[_row(faces) for faces in ordered[query.offset :][: query.limit]],
        ignored=[
            IgnoredRow(id=one.id, time=one.time, by=one.by, faces=counts.get(one.id, 0))
            for one in rows.decided(IGNORED)
        ],
    )


def face_rows(faces: Iterable[RefusedFace]) -> list[StrangerFace]:
    return [
        StrangerFace(prediction=one.prediction, position=one.position, time=one.time)
        for one in faces
    ]


def _row(faces: Sequence[RefusedFace]) -> StrangerRow:
    """faces: of one group, newest first."""
    return StrangerRow(
        id=faces[0].stranger,
        count=len(faces),
        first=faces[-1].time,
        last=faces[0].time,
        faces=face_rows(faces[:SHOWN]),
        nearest=_nearest(faces),
        models=sorted({one.model for one in faces}),
    )


def _nearest(faces: Sequence[RefusedFace]) -> NearestPerson | None:
    """The one whom most of the faces are taken for, and how alike those are on average."""
    alike: dict[str, list[float]] = {}
    for one in faces:
        if one.similarity is not None:
            alike.setdefault(one.best, []).append(one.similarity)
    if not alike:
        return None
    label = max(alike, key=lambda name: (len(alike[name]), max(alike[name])))
    return NearestPerson(label=label, similarity=sum(alike[label]) / len(alike[label]))
