"""Data sets and training: making classes, filling them with pictures, starting a training and
following it.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

from flask import Response, request
from flask_openapi3 import APIBlueprint, Tag

from data_cleaning.errors import LikenessError
from data_cleaning.imaging.images import DISK_LIMITS, reencode
from server.access.authorisation import caller
from server.datasets.managed_datasets import Datasets
from server.errors import Busy
from server.recognition.views import BATCH_BODY
from server.service import Service, current
from server.training.jobs import OPEN
from server.training.schemas import (
    ClassPath,
    DatasetBody,
    DatasetList,
    DatasetPath,
    DatasetRow,
    Job,
    JobBody,
    JobList,
    PictureList,
    PicturePath,
    PictureQuery,
    UploadAnswer,
)
from server.web import uploads
from server.web.api_docs.openapi import answer, needs
from server.web.problems import describe
from server.web.schemas import IdPath

training = APIBlueprint("training", __name__, abp_security=needs("train"))
DATA = Tag(name="data sets", description="Folders of classes of pictures.")
JOBS = Tag(name="training", description="Long work: started, followed, cancelled.")
FOLLOWED = 600.0  # seconds after which a follower has to connect again
PAUSE = 0.5
RETRY = 2000  # milliseconds after which a browser whose stream ended asks again


def _datasets() -> Datasets:
    return Datasets(current().settings.datasets)


@training.get("/api/datasets", tags=[DATA], responses={200: DatasetList})
def list_datasets() -> dict[str, Any]:
    """Every data set with its classes."""
    return {"datasets": _datasets().all()}


@training.post("/api/datasets", tags=[DATA], responses={201: DatasetRow})
def create_dataset(body: DatasetBody) -> tuple[dict[str, Any], int]:
    """An empty data set."""
    _datasets().create(body.name)
    return _datasets().describe(body.name), 201


@training.get("/api/datasets/<dataset>", tags=[DATA], responses={200: DatasetRow})
def show_dataset(path: DatasetPath) -> dict[str, Any]:
    """One data set."""
    return _datasets().describe(path.dataset)


@training.delete("/api/datasets/<dataset>", tags=[DATA], responses={200: DatasetRow})
def delete_dataset(path: DatasetPath) -> dict[str, Any]:
    """Delete a data set with all its pictures; what it was."""
    gone = _datasets().describe(path.dataset)
    _datasets().delete(path.dataset)
    return gone


@training.post("/api/datasets/<dataset>/classes", tags=[DATA], responses={201: DatasetRow})
def create_class(path: DatasetPath, body: DatasetBody) -> tuple[dict[str, Any], int]:
    """An empty class; `_unknown` and `_none` are the special ones."""
    _datasets().create_class(path.dataset, body.name)
    return _datasets().describe(path.dataset), 201


@training.delete(
    "/api/datasets/<dataset>/classes/<label>", tags=[DATA], responses={200: DatasetRow}
)
def delete_class(path: ClassPath) -> dict[str, Any]:
    """Delete a class of one data set, its pictures and the decisions that they show it; what is
    left.
    """
    _datasets().delete_class(path.dataset, path.label)
    return _datasets().describe(path.dataset)


@training.get(
    "/api/datasets/<dataset>/classes/<label>/pictures", tags=[DATA], responses={200: PictureList}
)
def list_pictures(path: ClassPath) -> dict[str, Any]:
    """File names of a class."""
    return {"pictures": _datasets().pictures(path.dataset, path.label)}


@training.post(
    "/api/datasets/<dataset>/classes/<label>/pictures",
    tags=[DATA],
    responses={200: UploadAnswer},
    openapi_extensions=BATCH_BODY,
)
def add_pictures(path: ClassPath) -> dict[str, Any]:
    """Add pictures to a class: each is stored or has its problem, in the order they came."""
    _datasets().class_folder(path.dataset, path.label)
    results = [
        _stored(index, get, path) for index, get in enumerate(uploads.many(request, current()))
    ]
    return {"results": results, "failed": sum(not each["ok"] for each in results)}


@training.get(
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


@training.delete(
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


@training.post("/api/jobs", tags=[JOBS], responses={202: Job})
def start_training(body: JobBody) -> tuple[dict[str, Any], int]:
    """Train a model from a data set; it waits its turn in the queue."""
    _datasets().check(body.dataset)
    return _shown(current().jobs.add("train", body.arguments(), caller().by)), 202


@training.get("/api/jobs", tags=[JOBS], responses={200: JobList})
def list_jobs() -> dict[str, Any]:
    """The newest hundred."""
    return {"jobs": [_shown(job) for job in current().jobs.all()]}


@training.get("/api/jobs/<id>", tags=[JOBS], responses={200: Job})
def show_job(path: IdPath) -> dict[str, Any]:
    """One job: its state, how far it is, what came of it."""
    return _shown(current().jobs.get(path.id))


@training.post("/api/jobs/<id>/cancel", tags=[JOBS], responses={200: Job})
def cancel_job(path: IdPath) -> dict[str, Any]:
    """Stop it; a training that is stopped leaves nothing behind."""
    return _shown(current().jobs.cancel(path.id))


@training.get(
    "/api/jobs/<id>/events", tags=[JOBS], responses={200: answer(content="text/event-stream")}
)
def follow_job(path: IdPath) -> Response:
    """Server-sent events: `job` whenever something changed, `end` at the end; `again` after ten
    minutes: connect anew.

    The data of each is the job. A stream that ends without `end` or `again` was cut off: connect
    anew, too.
    """
    service = current()
    service.jobs.get(path.id)
    if not service.streams.acquire(blocking=False):
        raise Busy("Too many follow a job already; ask GET /api/jobs/{id} instead.")
    response = Response(_events(service, path.id), mimetype="text/event-stream")
    response.call_on_close(service.streams.release)
    response.headers["X-Accel-Buffering"] = "no"
    return response


def _events(service: Service, job: str) -> Iterator[str]:
    last, until, quiet = "", time.monotonic() + FOLLOWED, 0
    yield f"retry: {RETRY}\n\n"
    while True:
        row = _shown(service.jobs.get(job))
        said = json.dumps(row)
        if said != last:
            yield f"event: job\ndata: {said}\n\n"
            last, quiet = said, 0
        if row["state"] not in OPEN:
            # who asks the new version now gets it, in this process at least
            service.models.catch_up()
            yield f"event: end\ndata: {said}\n\n"
            return
        if time.monotonic() > until:
            yield f"event: again\ndata: {said}\n\n"
            return
        quiet += 1
        if quiet % 20 == 0:
            yield ": still here\n\n"  # or a follower that went away would never be noticed
        time.sleep(PAUSE)


def _shown(job: dict[str, Any]) -> dict[str, Any]:
    version = (job["result"] or {}).get("version") if isinstance(job["result"], dict) else None
    model = job["arguments"].get("model")
    return {
        **job,
        "report": f"/api/models/{model}/report?version={version}" if version and model else None,
    }
