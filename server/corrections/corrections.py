"""What people say about an answer: checked, and kept beside the answer.

What it teaches is in apply_to_dataset.py.
"""

from __future__ import annotations

import contextlib

from sqlalchemy import RowMapping, delete, select

from data_cleaning.errors import LikenessError
from data_cleaning.files import sha256_of_bytes
from server.context import Context
from server.corrections.apply_to_dataset import apply_to_dataset
from server.corrections.schemas import Correction, CorrectionBody, Taught
from server.corrections.take_back import undo_teaching
from server.corrections.taught_picture import CorrectedAnswer, TaughtPicture
from server.datasets.dataset_folders import check_label
from server.datasets.dataset_of_model import dataset_of_model
from server.datasets.managed_datasets import Datasets
from server.errors import Conflict, NotFound, RequestError
from server.history.find_prediction import find_prediction
from server.history.logged_answers import LoggedAnswer, LoggedRegion
from server.storage.database import Store, new_id, now
from server.storage.tables import corrections
from server.web import uploads

UNDO = "undo"  # beside what the model had said: sha256 of what was added and decided
NEWEST = 500  # corrections that are listed


def correct(service: Context, body: CorrectionBody, by: str) -> Taught:
    """Record a correction; its row, and what it teaches.

    Raises NotFound, Conflict, PictureError, StoreDown.
    """
    answer = find_prediction(service, body.prediction_id)
    region = _region(answer, body)
    label = body.label or (region.label if region else None)
    multi_label = _is_multi_label(service, answer.model)
    _check(body, region, label, multi_label)
    dataset = body.dataset or dataset_of_model(service, answer.model)
    lesson = TaughtPicture(dataset, body.action, label, by, body.note, body.create)
    about = CorrectedAnswer(answer, region, _picture(service, body, answer), multi_label)
    taught = apply_to_dataset(service, lesson, about)
    row = Correction(
        id=new_id(),
        time=now(),
        prediction=answer.id,
        position=body.region if region else None,
        action=body.action,
        label=label if body.action != "not_a_face" else None,
        before=_before(answer, region),
        dataset=dataset,
        picture=taught.picture,
        by=by,
        note=body.note,
    )
    with service.store.write() as connection:
        undo = {"added": taught.added, "decided": taught.decided}
        before = row.before | {UNDO: undo}
        connection.execute(corrections.insert(), row.model_dump() | {"before": before})
    return Taught(
        **row.model_dump(), learned=taught.learned, why=taught.why, outcome=taught.outcome
    )


def newest_corrections(store: Store) -> list[Correction]:
    """The newest 500. Raises StoreDown."""
    query = select(corrections).order_by(corrections.c.id.desc()).limit(NEWEST)
    with store.read() as connection:
        return [_shown(row) for row in connection.execute(query).mappings()]


def take_back(service: Context, id: str) -> Correction:
    """Undo a correction: what it added goes, and what it decided is withdrawn; its row.

    A later word on the same picture stands. Raises NotFound, StoreDown.
    """
    with service.store.read() as connection:
        row = connection.execute(select(corrections).where(corrections.c.id == id)).mappings()
        found = row.first()
    if found is None:
        raise NotFound(f"There is no correction {id[:40]!r}.")
    correction = _shown(found)
    undo_teaching(Datasets(service.settings.datasets), correction, found["before"].get(UNDO, {}))
    with service.store.write() as connection:
        connection.execute(delete(corrections).where(corrections.c.id == id))
    return correction


def _shown(row: RowMapping) -> Correction:
    before = {key: value for key, value in row["before"].items() if key != UNDO}
    return Correction(**{**row, "before": before})


def _region(answer: LoggedAnswer, body: CorrectionBody) -> LoggedRegion | None:
    """The region that is meant; None where there is none and the picture can teach all the same."""
    if not answer.regions:
        if body.action == "is":
            return None  # "you found nobody, and here is X"
        raise Conflict("The answer has no region that could be corrected.")
    if body.region >= len(answer.regions):
        raise Conflict(
            f"The answer has {len(answer.regions)} regions, counted from 0; there is no"
            f" {body.region}."
        )
    return answer.regions[body.region]


def _check(
    body: CorrectionBody, region: LoggedRegion | None, label: str | None, multi_label: bool
) -> None:
    """Raises Conflict, or RequestError for a class that cannot be called so."""
    if body.action == "is":
        check_label(str(label))
    if body.action != "is_not":
        return
    if label is None:
        raise Conflict("The answer named nobody; say with `label` who it is not.")
    if not multi_label:
        _check_denied(region, label)


def _check_denied(region: LoggedRegion | None, label: str) -> None:
    """Raises Conflict where the answer named somebody else.

    The picture would train as a stranger's, and may well show whom the answer named.
    """
    named = region.label if region else None
    if named not in (None, label):
        raise Conflict(
            f"The answer said {named}, not {label}; as not {label} it would be learned as a"
            f" stranger's. Say `is` with who it is, or `is_not` {named} if that is wrong."
        )


def _before(answer: LoggedAnswer, region: LoggedRegion | None) -> dict[str, object]:
    """What the model had said."""
    return {
        "label": region.label if region else answer.label,
        "best": region.best if region else None,
        "probability": region.probability if region else None,
        "model": answer.model,
        "version": answer.version,
    }


def _is_multi_label(service: Context, model: str) -> bool:
    with contextlib.suppress(LikenessError, RequestError):
        return bool(service.models.get(model).multi_label)
    return False


def _picture(service: Context, body: CorrectionBody, answer: LoggedAnswer) -> bytes | None:
    """The picture that was asked about: sent again, or kept. Raises Conflict for another one."""
    if body.image is None:
        return service.kept.read(answer.id)
    data = uploads.from_text(body.image, service.settings.picture_bytes)
    if sha256_of_bytes(data) != answer.digest:
        raise Conflict(
            "This is not the picture that the prediction was about. Send the same file again, or"
            " none."
        )
    return data
