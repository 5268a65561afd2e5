"""Data sets: making classes and filling them with pictures."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence

from flask import Response, request
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag

from data_cleaning.errors import LikenessError
from data_cleaning.imaging.encoding import reencode
from data_cleaning.imaging.limits import DISK_LIMITS
from server.context import current
from server.datasets.managed_datasets import Datasets
from server.datasets.marked_pictures import Look, marked_dataset
from server.datasets.quota import quota_of
from server.datasets.review_rows import picture_row
from server.datasets.review_schemas import AddQuery
from server.datasets.schemas import (
    ClassPath,
    DatasetBody,
    DatasetList,
    DatasetPath,
    DatasetRow,
    PictureList,
    PicturePath,
    PictureQuery,
    UploadAnswer,
)
from server.web import uploads
from server.web.api_docs.openapi import answer, needs, operation_ids
from server.web.problem_answers import describe

datasets = APIBlueprint(
    "datasets",
    __name__,
    operation_id_callback=operation_ids("training"),
    abp_security=needs("train"),
)
log = logging.getLogger("likeness.datasets")
DATA = Tag(name="data sets", description="Folders of classes of pictures.")


def _datasets() -> Datasets:
    settings = current().settings
    return Datasets(settings.datasets, quota_of(settings))


@datasets.get("/api/datasets", tags=[DATA], responses={200: DatasetList})
def list_datasets() -> dict[str, object]:
    """Every data set with its classes."""
    return DatasetList(datasets=_datasets().all()).model_dump()


@datasets.post("/api/datasets", tags=[DATA], responses={201: DatasetRow})
def create_dataset(body: DatasetBody) -> tuple[dict[str, object], int]:
    """An empty data set."""
    _datasets().create(body.name)
    return _datasets().describe(body.name).model_dump(), 201


@datasets.get("/api/datasets/<dataset>", tags=[DATA], responses={200: DatasetRow})
def show_dataset(path: DatasetPath) -> dict[str, object]:
    """One data set."""
    return _datasets().describe(path.dataset).model_dump()


@datasets.delete("/api/datasets/<dataset>", tags=[DATA], responses={200: DatasetRow})
def delete_dataset(path: DatasetPath) -> dict[str, object]:
    """Delete a data set with all its pictures; what it was."""
    deleted = _datasets().describe(path.dataset)
    _datasets().delete(path.dataset)
    return deleted.model_dump()


@datasets.post("/api/datasets/<dataset>/classes", tags=[DATA], responses={201: DatasetRow})
def create_class(path: DatasetPath, body: DatasetBody) -> tuple[dict[str, object], int]:
    """An empty class; `_unknown` and `_none` are the special ones."""
    _datasets().create_class(path.dataset, body.name)
    return _datasets().describe(path.dataset).model_dump(), 201


@datasets.delete(
    "/api/datasets/<dataset>/classes/<label>", tags=[DATA], responses={200: DatasetRow}
)
def delete_class(path: ClassPath) -> dict[str, object]:
    """Delete a class of one data set, its pictures and the decisions that they show it; what is
    left.
    """
    _datasets().delete_class(path.dataset, path.label)
    return _datasets().describe(path.dataset).model_dump()


@datasets.get(
    "/api/datasets/<dataset>/classes/<label>/pictures", tags=[DATA], responses={200: PictureList}
)
def list_pictures(path: ClassPath) -> dict[str, object]:
    """File names of a class."""
    return {"pictures": _datasets().pictures(path.dataset, path.label)}


@datasets.post(
    "/api/datasets/<dataset>/classes/<label>/pictures",
    tags=[DATA],
    responses={200: UploadAnswer},
    openapi_extensions=uploads.BATCH_BODY,
)
def add_pictures(path: ClassPath, query: AddQuery) -> dict[str, object]:
    """Add pictures to a class: each is stored, with marks of what may be wrong with it, or has its
    problem, in the order they came.
    """
    _datasets().class_folder(path.dataset, path.label)
    readers = uploads.pictures_of(request, current().settings)
    until = time.monotonic() + current().settings.batch_seconds
    results = [_store(index, read, path, until) for index, read in enumerate(readers)]
    if query.marks:
        _mark(path.dataset, query, [result for result in results if result["ok"]], until)
    return {"results": results, "failed": sum(not result["ok"] for result in results)}


@datasets.get(
    "/api/datasets/<dataset>/classes/<label>/pictures/<file>",
    tags=[DATA],
    responses={200: answer(content="image/jpeg")},
)
def show_picture(path: PicturePath, query: PictureQuery) -> Response:
    """One picture as a fresh JPEG."""
    found = _datasets().picture(path.dataset, path.label, path.file)
    data = current().pool.run(
        lambda: reencode(found.read_bytes(), query.size, DISK_LIMITS), wait=True
    )
    return Response(data, mimetype="image/jpeg")


@datasets.delete(
    "/api/datasets/<dataset>/classes/<label>/pictures/<file>",
    tags=[DATA],
    responses={200: PictureList},
)
def delete_picture(path: PicturePath) -> dict[str, object]:
    """Delete one picture; those that are left. For an hour it can be brought back."""
    _datasets().put_aside(_datasets().picture(path.dataset, path.label, path.file))
    return {"pictures": _datasets().pictures(path.dataset, path.label)}


@datasets.post(
    "/api/datasets/<dataset>/classes/<label>/pictures/<file>/restore",
    tags=[DATA],
    responses={200: PictureList},
)
def restore_picture(path: PicturePath) -> dict[str, object]:
    """Bring a picture back that was deleted within the hour; all that there are."""
    _datasets().restore(path.dataset, path.label, path.file)
    return {"pictures": _datasets().pictures(path.dataset, path.label)}


def _store(
    index: int, read: Callable[[], bytes], path: ClassPath, until: float
) -> dict[str, object]:
    service, folders = current(), _datasets()
    try:
        data = read()
        stored = service.pool.run(
            lambda: folders.add(path.dataset, path.label, data, service.limits),
            wait=True,
            until=until,
        )
    except Exception as error:  # whatever it is, it is this picture's alone
        return {"index": index, "ok": False, "problem": describe(error)}
    return {"index": index, "ok": True, "stored": stored.model_dump()}


def _mark(
    dataset: str, query: AddQuery, results: Sequence[dict[str, object]], until: float
) -> None:
    """Put marks beside what was stored. What fails here is no failure of storing."""
    digests = {
        stored["sha256"] for result in results if isinstance(stored := result["stored"], dict)
    }
    look = Look(current().pool, query.subject, until, digests)
    try:
        found = marked_dataset(_datasets().folder(dataset), look)
    except LikenessError as error:
        log.warning("pictures were stored, but not marked: %s", error)
        return
    rows = {one.item.sha256: picture_row(found, one) for one in found.pictures}
    for result in results:
        stored = result["stored"]
        row = rows.get(stored["sha256"]) if isinstance(stored, dict) else None
        if row is not None and row.looked:
            result |= row.model_dump(include={"marks", "regions", "width", "height"})
