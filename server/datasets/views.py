"""Data sets: making classes and filling them with pictures."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Response, request
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag

from data_cleaning.errors import LikenessError
from data_cleaning.imaging.encoding import reencode
from data_cleaning.imaging.limits import DISK_LIMITS
from server.context import current
from server.datasets.managed_datasets import Datasets
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
DATA = Tag(name="data sets", description="Folders of classes of pictures.")


def _datasets() -> Datasets:
    return Datasets(current().settings.datasets)


@datasets.get("/api/datasets", tags=[DATA], responses={200: DatasetList})
def list_datasets() -> dict[str, Any]:
    """Every data set with its classes."""
    return {"datasets": _datasets().all()}


@datasets.post("/api/datasets", tags=[DATA], responses={201: DatasetRow})
def create_dataset(body: DatasetBody) -> tuple[dict[str, Any], int]:
    """An empty data set."""
    _datasets().create(body.name)
    return _datasets().describe(body.name), 201


@datasets.get("/api/datasets/<dataset>", tags=[DATA], responses={200: DatasetRow})
def show_dataset(path: DatasetPath) -> dict[str, Any]:
    """One data set."""
    return _datasets().describe(path.dataset)


@datasets.delete("/api/datasets/<dataset>", tags=[DATA], responses={200: DatasetRow})
def delete_dataset(path: DatasetPath) -> dict[str, Any]:
    """Delete a data set with all its pictures; what it was."""
    gone = _datasets().describe(path.dataset)
    _datasets().delete(path.dataset)
    return gone


@datasets.post("/api/datasets/<dataset>/classes", tags=[DATA], responses={201: DatasetRow})
def create_class(path: DatasetPath, body: DatasetBody) -> tuple[dict[str, Any], int]:
    """An empty class; `_unknown` and `_none` are the special ones."""
    _datasets().create_class(path.dataset, body.name)
    return _datasets().describe(path.dataset), 201


@datasets.delete(
    "/api/datasets/<dataset>/classes/<label>", tags=[DATA], responses={200: DatasetRow}
)
def delete_class(path: ClassPath) -> dict[str, Any]:
    """Delete a class of one data set, its pictures and the decisions that they show it; what is
    left.
    """
    _datasets().delete_class(path.dataset, path.label)
    return _datasets().describe(path.dataset)


@datasets.get(
    "/api/datasets/<dataset>/classes/<label>/pictures", tags=[DATA], responses={200: PictureList}
)
def list_pictures(path: ClassPath) -> dict[str, Any]:
    """File names of a class."""
    return {"pictures": _datasets().pictures(path.dataset, path.label)}


@datasets.post(
    "/api/datasets/<dataset>/classes/<label>/pictures",
    tags=[DATA],
    responses={200: UploadAnswer},
    openapi_extensions=uploads.BATCH_BODY,
)
def add_pictures(path: ClassPath) -> dict[str, Any]:
    """Add pictures to a class: each is stored or has its problem, in the order they came."""
    _datasets().class_folder(path.dataset, path.label)
    results = [
        _stored(index, get, path)
        for index, get in enumerate(uploads.many(request, current().settings))
    ]
    return {"results": results, "failed": sum(not each["ok"] for each in results)}


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
def delete_picture(path: PicturePath) -> dict[str, Any]:
    """Delete one picture; those that are left."""
    _datasets().picture(path.dataset, path.label, path.file).unlink(missing_ok=True)
    return {"pictures": _datasets().pictures(path.dataset, path.label)}


def _stored(index: int, get: Callable[[], bytes], path: ClassPath) -> dict[str, Any]:
    service = current()
    try:
        data = get()
        stored = service.pool.run(
            lambda: Datasets(service.settings.datasets).add(
                path.dataset, path.label, data, service.limits
            ),
            wait=True,
        )
        return {"index": index, "ok": True, "stored": stored}
    except (LikenessError, OSError) as error:
        return {"index": index, "ok": False, "problem": describe(error)}
