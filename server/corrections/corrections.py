"""What people say about an answer: checked and kept beside the answer.

What it teaches is in apply_to_dataset.py.
"""

from __future__ import annotations

import contextlib
from typing import Any

from sqlalchemy import select

from data_cleaning.errors import LikenessError
from data_cleaning.files import sha256_of_bytes
from server.context import Context
from server.corrections.apply_to_dataset import About, Lesson, teach
from server.corrections.schemas import CorrectionBody
from server.datasets.managed_datasets import Datasets, check_label
from server.errors import Conflict, RequestError
from server.history.find_prediction import prediction_of
from server.storage.database import Store, new_id, now
from server.storage.tables import corrections
from server.web import uploads


def correct(service: Context, body: CorrectionBody, by: str) -> dict[str, Any]:
    """Record a correction; its row, and what it teaches.

    Raises NotFound, Conflict, PictureError, StoreDown.
    """
    row = prediction_of(service, body.prediction_id)
    region = _region(row, body)
    label = body.label or (region or {}).get("label")
    if body.action == "is_not" and label is None:
        raise Conflict("The answer named nobody; say with `label` who it is not.")
    if body.action == "is":
        check_label(str(label))
    many = _several(service, row["model"])
    if body.action == "is_not" and not many:
        _check_denied(region, str(label))
    dataset = body.dataset or _home(service, row["model"])
    lesson = Lesson(dataset, body.action, label, by, body.note)
    about = About(row, region, _picture(service, body, row), many)
    taught = teach(service, lesson, about)
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
        "picture": taught.picture,
        "by": by,
        "note": body.note,
    }
    with service.store.write() as connection:
        connection.execute(corrections.insert(), made)
    return {**made, "learned": taught.learned, "why": taught.why}


def _home(service: Context, model: str) -> str:
    """The data set that the model was trained on, where it lies here under that name; else one of
    the model's name.
    """
    with contextlib.suppress(LikenessError, RequestError):
        trained_on = str(service.models.get(model).facts.get("dataset"))
        Datasets(service.settings.datasets).folder(trained_on)
        return trained_on
    return model


def _several(service: Context, model: str) -> bool:
    with contextlib.suppress(LikenessError, RequestError):
        return bool(service.models.get(model).multi_label)
    return False


def listed(store: Store) -> list[dict[str, Any]]:
    """The newest 500."""
    with store.read() as connection:
        rows = connection.execute(
            select(corrections).order_by(corrections.c.id.desc()).limit(500)
        ).mappings()
        return [dict(row) for row in rows]


def _region(row: dict[str, Any], body: CorrectionBody) -> dict[str, Any] | None:
    if not row["regions"]:
        if body.action == "is":
            return None  # "you found nobody, and here is X": the picture can teach
        raise Conflict("The answer has no region that could be corrected.")
    if body.region >= len(row["regions"]):
        raise Conflict(
            f"The answer has {len(row['regions'])} regions, counted from 0; there is no"
            f" {body.region}."
        )
    return dict(row["regions"][body.region])


def _check_denied(region: dict[str, Any] | None, label: str) -> None:
    """Raises Conflict where the answer named somebody else: the picture would train as a
    stranger's, and may well show whom the answer named."""
    said = region["label"] if region else None
    if said not in (None, label):
        raise Conflict(
            f"The answer said {said}, not {label}; as not {label} it would be learned as a"
            f" stranger's. Say `is` with who it is, or `is_not` {said} if that is wrong."
        )


def _picture(service: Context, body: CorrectionBody, row: dict[str, Any]) -> bytes | None:
    """The picture that was asked about: sent again, or kept. Raises Conflict for another one."""
    if body.image is None:
        return service.kept.read(row["id"])
    data = uploads.from_text(body.image, service.settings.picture_bytes)
    if sha256_of_bytes(data) != row["digest"]:
        raise Conflict(
            "This is not the picture that the prediction was about. Send the same file again, or"
            " none."
        )
    return data
