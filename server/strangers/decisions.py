"""What somebody says about a group: who it is, never to be told of it, that two are one person, or
that a face is somebody else's; and undoing that.

A data set learns by corrections, as from any answer: so it can be undone, and is forgotten with the
person.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from data_cleaning.datasets.class_names import SPECIAL
from data_cleaning.errors import InputError
from model.recognition.inspection.likeness_groups import mean_of
from server.context import Context
from server.corrections.corrections import correct, take_back
from server.corrections.schemas import CorrectionBody, Taught
from server.datasets.dataset_folders import check_label
from server.errors import Conflict, NotFound, QuotaReached, RequestError
from server.storage.database import new_id, now
from server.strangers.groups import face_rows
from server.strangers.looking import alone
from server.strangers.schemas import FacesTakenOut, StrangerDecided, StrangersMerged, StrangerUndone
from server.strangers.stranger_rows import (
    IGNORED,
    NAMED,
    DecidedStranger,
    Face,
    RefusedFace,
    StrangerRows,
)

TAUGHT = 12  # pictures of a group that a data set gets: more of one person teach little


@dataclass(frozen=True)
class Saying:
    """What is said of a group. label: who it is, or None for never to be told of it. dataset: which
    learns; None for the one that the model was trained on. by: who says so.
    """

    label: str | None
    dataset: str | None
    by: str

    @property
    def decision(self) -> Literal["named", "ignored"]:
        return IGNORED if self.label is None else NAMED


def decide(service: Context, stranger: str, saying: Saying) -> StrangerDecided:
    """Name a group, or ignore it for good.

    Raises NotFound, RequestError, QuotaReached; Conflict where a named group can teach nothing.
    """
    if saying.label is not None:
        check_person(saying.label)
    with alone(service):
        rows = StrangerRows(service.store)
        faces = _open(rows, stranger)
        taught, trouble = _teach(service, faces, saying)
        if saying.label is not None and not taught:
            raise Conflict(trouble or "No picture of this group can teach anything.")
        rows.decide(_decided(faces, saying, [one.id for one in taught]))
    return StrangerDecided(
        id=stranger,
        decision=saying.decision,
        label=saying.label,
        faces=len(faces),
        learned=len(taught),
        datasets=sorted({one.dataset for one in taught}),
        why=taught[-1].why if taught else trouble,
    )


def check_person(label: str) -> None:
    """Raises RequestError for what cannot be a person's class."""
    check_label(label)
    if label in SPECIAL:
        raise RequestError(f"{label!r} is a special class, not a person's. Say who it is.")


def undo(service: Context, stranger: str) -> StrangerUndone:
    """Take back what was said of a group, with what it taught. Raises NotFound."""
    with alone(service):
        rows = StrangerRows(service.store)
        decided = rows.undecide(stranger)
        for correction in decided.corrections:
            with contextlib.suppress(NotFound):  # taken back by itself meanwhile
                take_back(service, correction)
        return StrangerUndone(id=stranger, faces=len(rows.open(stranger)))


def merge(service: Context, strangers: Sequence[str]) -> StrangersMerged:
    """Some groups are one person: the largest takes the others in. Raises NotFound."""
    with alone(service):
        rows = StrangerRows(service.store)
        groups = [_open(rows, stranger) for stranger in dict.fromkeys(strangers)]
        if len(groups) < 2:
            raise RequestError("Name two groups at least; the same one was named twice.")
        largest, *others = sorted(groups, key=len, reverse=True)
        target = largest[0].stranger
        rows.move({faces[0].stranger: target for faces in others})
    return StrangersMerged(id=target, parts=[face_rows(faces) for faces in others])


def take_out(service: Context, stranger: str, faces: Sequence[Face]) -> FacesTakenOut:
    """Some faces of a group are somebody else's: they become a group of their own, which is never
    joined to it by itself. Raises NotFound, Conflict.
    """
    with alone(service):
        rows = StrangerRows(service.store)
        if len({one.face for one in _open(rows, stranger)} - {*faces}) == 0:
            raise Conflict("All faces of the group were chosen; at least one has to stay in it.")
        new = new_id()
        moved = rows.take_out(faces, stranger, new)
    if not moved:
        raise NotFound("None of these faces is in the group.")
    return FacesTakenOut(id=new, faces=moved)


def _open(rows: StrangerRows, stranger: str) -> list[RefusedFace]:
    """The faces of a group that nothing was decided about. Raises NotFound."""
    faces = rows.open(stranger)
    if not faces:
        raise NotFound(
            f"There is no group {stranger}: it was decided about, merged, or its pictures are not"
            " kept any more."
        )
    return faces


def _teach(
    service: Context, faces: Sequence[RefusedFace], saying: Saying
) -> tuple[list[Taught], str | None]:
    """What was learned, and why the last picture that taught nothing did not.

    Raises QuotaReached where nothing at all could be stored.
    """
    taught: list[Taught] = []
    trouble = None
    for face in _telling(faces):
        try:
            result = correct(service, _word(face, saying), saying.by)
        except QuotaReached as error:
            if not taught:
                raise
            return taught, str(error)
        except InputError as error:  # of one picture
            trouble = str(error)
            continue
        if result.learned:
            taught.append(result)
        else:
            trouble = result.why
            take_back(service, result.id)
    return taught, trouble


def _telling(faces: Sequence[RefusedFace]) -> list[RefusedFace]:
    """Those to learn from: the largest faces, of different pictures."""
    by_size = sorted(faces, key=lambda one: -one.box[2] * one.box[3])
    different = {one.digest: one for one in reversed(by_size)}
    return sorted(different.values(), key=by_size.index)[:TAUGHT]


def _word(face: RefusedFace, saying: Saying) -> CorrectionBody:
    return CorrectionBody.model_validate(
        {
            "prediction_id": face.prediction,
            "action": "is_not" if saying.label is None else "is",
            "label": saying.label or face.best,
            "region": face.position,
            "dataset": saying.dataset,
        }
    )


def _decided(
    faces: Sequence[RefusedFace], saying: Saying, corrections: list[str]
) -> DecidedStranger:
    """The row of a decision. An ignored group leaves an anchor, a named one none."""
    seen = [one for one in faces if one.vector is not None]
    anchor = mean_of([one.vector or b"" for one in seen]) if seen and not saying.label else None
    return DecidedStranger(
        id=faces[0].stranger,
        time=now(),
        decision=saying.decision,
        label=saying.label,
        names=sorted({one.best for one in faces}) if saying.label is None else [],
        embedding=seen[0].embedding if anchor else None,
        vector=anchor,
        faces=len(faces),
        by=saying.by,
        corrections=corrections,
    )
