"""Looking a data set through: its pictures with their marks, and deciding about them."""

from __future__ import annotations

import time

from flask import Response
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag

from data_cleaning.datasets.dataset import Dataset
from data_cleaning.datasets.inspection_cache import prune_inspections
from data_cleaning.imaging.encoding import reencode
from data_cleaning.imaging.limits import DISK_LIMITS
from server.context import caller, current
from server.datasets.inspections import digest_of
from server.datasets.managed_datasets import Datasets
from server.datasets.marked_pictures import Look, marked_dataset
from server.datasets.quota import quota_of
from server.datasets.review_decisions import Reviewer
from server.datasets.review_rows import review_page
from server.datasets.review_schemas import (
    ChooseBody,
    Chosen,
    Decided,
    DecisionsBody,
    DigestPath,
    ReviewPage,
    ReviewQuery,
    SubjectQuery,
    Undone,
    UndoPath,
)
from server.datasets.schemas import DatasetPath, PictureQuery
from server.errors import NotFound
from server.web.api_docs.openapi import answer, needs, operation_ids

review = APIBlueprint(
    "review", __name__, operation_id_callback=operation_ids("training"), abp_security=needs("train")
)
REVIEW = Tag(name="review", description="Looking a data set through before it is trained on.")
LOOKING = 1.0  # seconds that a request looks at pictures nobody has looked at


def _datasets() -> Datasets:
    settings = current().settings
    return Datasets(settings.datasets, quota_of(settings))


def _reviewer(name: str) -> Reviewer:
    return Reviewer(_datasets(), name, caller().by)


@review.get("/api/datasets/<dataset>/pictures", tags=[REVIEW], responses={200: ReviewPage})
def review_pictures(path: DatasetPath, query: ReviewQuery) -> dict[str, object]:
    """Pictures with their marks, the doubtful first. Those that nobody has looked at yet are looked
    at, for a second a request; ask again while `looked` is less than `all`.
    """
    root = _datasets().folder(path.dataset)
    look = Look(current().pool, query.subject, time.monotonic() + LOOKING)
    found = marked_dataset(root, look)
    if query.offset == 0:
        prune_inspections(root, {one.item.sha256 for one in found.pictures})
    return review_page(path.dataset, found, query).model_dump()


@review.get(
    "/api/datasets/<dataset>/pictures/<sha256>",
    tags=[REVIEW],
    responses={200: answer(content="image/jpeg")},
)
def show_reviewed(path: DigestPath, query: PictureQuery) -> Response:
    """One picture as a fresh JPEG, by its sha256."""
    files = Dataset(_datasets().folder(path.dataset)).paths()
    found = next((file for file, _ in files if digest_of(file) == path.sha256), None)
    if found is None:
        raise NotFound(f"The data set {path.dataset!r} has no picture {path.sha256[:12]}….")
    data = current().pool.run(
        lambda: reencode(found.read_bytes(), query.size, DISK_LIMITS), wait=True
    )
    response = Response(data, mimetype="image/jpeg")
    # What has this sha256 never changes; and the browser of whoever may see it may keep it a while.
    response.headers["Cache-Control"] = "private, max-age=3600"
    return response


@review.post("/api/datasets/<dataset>/decisions", tags=[REVIEW], responses={200: Decided})
def decide(path: DatasetPath, body: DecisionsBody) -> dict[str, object]:
    """Decide about pictures, all at once or none: keep (it is right as it is), reject (do not train
    on it), move (it shows `to`), not (it is not who its class says: it trains as a stranger).
    """
    undo = _reviewer(path.dataset).decide(body.decisions)
    return {"undo": undo, "decided": len(body.decisions)}


@review.post("/api/datasets/<dataset>/decisions/<id>/undo", tags=[REVIEW], responses={200: Undone})
def undo_decisions(path: UndoPath) -> dict[str, object]:
    """Undo what was decided together; what was cut out for it goes, too."""
    return {"withdrawn": _reviewer(path.dataset).undo(path.id)}


@review.post(
    "/api/datasets/<dataset>/pictures/<sha256>/choose", tags=[REVIEW], responses={200: Chosen}
)
def choose_region(path: DigestPath, query: SubjectQuery, body: ChooseBody) -> dict[str, object]:
    """Say which of several is meant: it is cut out into its class, and the picture is left out."""
    reviewer = _reviewer(path.dataset)
    undo, stored = current().pool.run(
        lambda: reviewer.choose(path.sha256, body.region, query.subject), wait=True
    )
    return {"undo": undo, "decided": 2, "stored": stored.model_dump()}
