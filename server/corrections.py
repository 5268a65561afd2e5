"""What people say about an answer: kept beside the answer, and appended to the data set for the next training."""

from __future__ import annotations

import contextlib
import hashlib
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from data_cleaning.dataset import UNKNOWN, Decision
from server import uploads
from server.datasets import Datasets
from server.errors import Conflict, NotFound
from server.schemas import CorrectionBody
from server.service import Service
from server.store import Store, new_id, now
from server.tables import corrections

ACTIONS = {"is": "move", "is_not": "not", "not_a_face": "not_a_face"}


@dataclass(frozen=True)
class Lesson:
    """What a data set is told about a picture."""

    dataset: str
    action: str
    label: str | None
    by: str
    note: str | None

    def decision(self, digest: str) -> Decision:
        if self.action == "is":
            return Decision(digest, "move", to=self.label, by=self.by, note=self.note)
        return Decision(digest, ACTIONS[self.action], label=self.label, by=self.by, note=self.note)


def prediction_of(service: Service, prediction: str) -> dict[str, Any]:
    """One prediction, also when another process made it a moment ago. Raises NotFound, StoreDown."""
    row = service.history.find(prediction)
    if row is None:
        service.keeper.settle()
        row = service.history.find(prediction)
    if row is None:
        raise NotFound(f"There is no prediction {prediction!r}; it may be older than predictions are kept.")
    return row


def correct(service: Service, body: CorrectionBody, by: str) -> dict[str, Any]:
    """Record a correction; its row. Raises NotFound, Conflict, PictureError, StoreDown."""
    row = prediction_of(service, body.prediction_id)
    region = _region(row, body)
    label = body.label or (region or {}).get("label")
    if body.action == "is_not" and label is None:
        raise Conflict("The answer named nobody; say with `label` who it is not.")
    dataset = body.dataset or row["model"]
    picture = _learn(service, body, row, Lesson(dataset, body.action, label, by, body.note))
    made = {
        "id": new_id(),
        "time": now(),
        "prediction": row["id"],
        "position": body.region if region else None,
        "action": body.action,
        "label": label if body.action != "not_a_face" else None,
        "before": {
            "label": region["label"] if region else row["label"],
            "best": region["best"] if region else None,
            "probability": region["probability"] if region else None,
            "model": row["model"],
            "version": row["version"],
        },
        "dataset": dataset,
        "picture": picture,
        "by": by,
        "note": body.note,
    }
    with service.store.write() as connection:
        connection.execute(corrections.insert(), made)
    return made


def listed(store: Store) -> list[dict[str, Any]]:
    """The newest 500."""
    with store.read() as connection:
        rows = connection.execute(select(corrections).order_by(corrections.c.id.desc()).limit(500)).mappings()
        return [dict(row) for row in rows]


def _region(row: dict[str, Any], body: CorrectionBody) -> dict[str, Any] | None:
    if not row["regions"]:
        if body.action == "is":
            return None  # "you found nobody, and here is X": the picture can teach
        raise Conflict("The answer has no region that could be corrected.")
    if body.region >= len(row["regions"]):
        raise Conflict(f"The answer has {len(row['regions'])} regions, counted from 0; there is no {body.region}.")
    return dict(row["regions"][body.region])


def _learn(service: Service, body: CorrectionBody, row: dict[str, Any], lesson: Lesson) -> str | None:
    """Append the decision to the data set, and add the picture where that is clear; the file's name if it was added.

    A picture of several people teaches nothing about one of them, so it is not added and nothing is decided about it.
    """
    if len(row["regions"]) > 1:
        return None
    data = _picture(service, body, row)
    datasets = Datasets(service.settings.datasets)
    with contextlib.suppress(Conflict):  # it is there already, as it mostly is
        datasets.create(lesson.dataset)
    datasets.decide(lesson.dataset, lesson.decision(row["digest"]))
    folder = lesson.label if body.action == "is" else UNKNOWN
    if data is None or body.action == "not_a_face" or folder is None:
        return None
    with contextlib.suppress(Conflict):
        datasets.create_class(lesson.dataset, folder)
    stored = datasets.add(lesson.dataset, folder, data, service.limits)
    datasets.decide(lesson.dataset, lesson.decision(stored["sha256"]))
    return f"{folder}/{stored['file']}"


def _picture(service: Service, body: CorrectionBody, row: dict[str, Any]) -> bytes | None:
    """The picture that was asked about: sent again, or kept. Raises Conflict for another one."""
    if body.image is None:
        return service.kept.read(row["id"])
    data = uploads.from_text(body.image, service.settings.picture_bytes)
    if hashlib.sha256(data).hexdigest() != row["digest"]:
        raise Conflict("This is not the picture that the prediction was about. Send the same file again, or none.")
    return data
