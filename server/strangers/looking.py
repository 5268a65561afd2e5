"""Looking at faces that were refused: once each, a little at a time, when groups are asked for.

Never while an answer is given. Pixels are not touched here: model/recognition/inspection looks, in
the pool.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import groupby

from data_cleaning.errors import LikenessError, PictureError
from data_cleaning.imaging.encoding import Part
from model.recipes.recipe import Recipe
from model.recognition.inspection.likeness_groups import (
    LIKENESS,
    GroupedFace,
    join_groups,
    most_alike,
)
from model.recognition.inspection.region_vectors import (
    embedding_of,
    embedding_recipe,
    region_vectors,
)
from server.cluster.leases import Lease
from server.context import Context
from server.errors import Busy, Conflict, TooSlow
from server.storage.database import lock, new_id
from server.strangers.stranger_rows import IGNORED, MOST, RefusedFace, StrangerRows

LOOKING = 1.0  # seconds that a request looks at faces nobody has looked at
PATIENCE = 10.0  # seconds to wait for somebody else who looks or decides


@dataclass(frozen=True)
class Looked:
    """waiting: faces nobody has looked at yet. stopped: why looking did not go on, in words."""

    waiting: int
    stopped: str | None = None


@contextmanager
def alone(service: Context, wait: float = PATIENCE) -> Iterator[None]:
    """One process of one server at a time changes groups. Raises Conflict, StoreDown."""
    until = time.monotonic() + wait
    file = service.settings.state / "strangers.lock"
    while True:
        with lock(file, wait=False) as mine:
            if mine:
                left = max(0.0, until - time.monotonic())
                with Lease(service.store, "strangers", service.settings.state).held(left) as ours:
                    if ours:
                        yield
                        return
        if time.monotonic() >= until:
            raise Conflict("Somebody else changes the groups just now. Try again in a moment.")
        time.sleep(0.1)


def look(service: Context) -> Looked:
    """Look for a second at faces nobody has looked at, and join the groups. Raises StoreDown."""
    rows = StrangerRows(service.store)
    waiting = _waiting(service, rows)
    stopped = None
    if waiting:
        try:
            with alone(service, wait=0.0):
                waiting, stopped = _look_at(service, rows, _waiting(service, rows))
        except Conflict:  # somebody else looks: that is as good
            pass
    return Looked(len(waiting), stopped)


def _waiting(service: Context, rows: StrangerRows) -> list[RefusedFace]:
    """Faces of face models whose pictures are here, newest first."""
    unseen = rows.unseen(service.kept.days)
    asked = {one.model for one in unseen}
    for_faces = {model for model in asked if _recipe_of(service, model) is not None}
    return [
        one
        for one in unseen
        if one.model in for_faces and service.kept.path(one.prediction).is_file()
    ]


def _recipe_of(service: Context, model: str) -> Recipe | None:
    """The recipe of a model that looks for faces; None for others, and for one that is gone."""
    try:
        recipe = service.models.get(model).recipe
    except LikenessError:
        return None
    return recipe if recipe.subject == "face" else None


def _look_at(
    service: Context, rows: StrangerRows, waiting: list[RefusedFace]
) -> tuple[list[RefusedFace], str | None]:
    """What is still waiting afterwards, and why it stopped early."""
    until, stopped, seen = time.monotonic() + LOOKING, None, 0
    for _, together in groupby(waiting, key=lambda one: one.prediction):
        faces = list(together)
        try:
            rows.add(_hidden_like(rows, _with_vectors(service, faces)))
        except (Busy, TooSlow) as error:
            stopped = str(error)
            break
        seen += len(faces)
        if time.monotonic() > until:
            break
    _join(rows)
    return waiting[seen:], stopped


def _with_vectors(service: Context, faces: Sequence[RefusedFace]) -> list[RefusedFace]:
    """The faces of one picture, each in a group of its own. Raises Busy, TooSlow."""
    own = _recipe_of(service, faces[0].model)
    recipe = None if own is None else embedding_recipe(own)
    data = service.kept.read(faces[0].prediction)
    vectors: list[bytes | None] = [None] * len(faces)
    if recipe is not None and data is not None:
        found = recipe

        def vectors_of() -> list[bytes | None]:
            return region_vectors(data, [part_of(one) for one in faces], found, service.limits)

        try:
            vectors = service.pool.run(vectors_of, wait=True)
        except (Busy, TooSlow):
            raise
        except (PictureError, LikenessError):  # it stays a face of its own
            recipe = None
    name = None if recipe is None else embedding_of(recipe)
    return [
        replace(one, stranger=new_id(), vector=vector, embedding=name if vector else None)
        for one, vector in zip(faces, vectors, strict=True)
    ]


def part_of(one: RefusedFace) -> Part:
    """Where a face lies, as shares: a kept picture may be smaller than the one asked about."""
    (wide, tall), (x, y, width, height) = one.size, one.box
    return Part(x / wide, y / tall, width / wide, height / tall)


def _hidden_like(rows: StrangerRows, faces: Sequence[RefusedFace]) -> list[RefusedFace]:
    """The faces, each that is more like an ignored person than like anybody enrolled with them."""
    ignored = [one for one in rows.decided(IGNORED) if one.vector is not None]
    hidden = []
    for face in faces:
        anchors = [one for one in ignored if one.embedding == face.embedding]
        if face.vector is not None and anchors:
            number, alike = most_alike(face.vector, [one.vector or b"" for one in anchors])
            enrolled = -1.0 if face.similarity is None else face.similarity
            if alike >= LIKENESS[str(face.embedding)] and alike > enrolled:
                face = replace(face, stranger=anchors[number].id)
        hidden.append(face)
    return hidden


def _join(rows: StrangerRows) -> None:
    """Join the open groups that are one person's."""
    faces = [one for one in rows.open()[:MOST] if one.vector is not None]
    for embedding in {str(one.embedding) for one in faces}:
        grouped = [
            GroupedFace(one.stranger, one.prediction, one.vector or b"", one.apart)
            for one in faces
            if one.embedding == embedding
        ]
        rows.move(join_groups(grouped, LIKENESS[embedding]))
