"""Training: starting one and following it."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

from flask import Response
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag

from server.context import Caller, Context, caller, current
from server.datasets.managed_datasets import Datasets
from server.errors import Busy
from server.protocols import Job
from server.training.schemas import Job as JobSchema
from server.training.schemas import JobBody, JobList
from server.training.training_job import TRAIN
from server.web.api_docs.openapi import answer, needs
from server.web.schemas import IdPath

training = APIBlueprint("training", __name__, abp_security=needs("train"))
JOBS = Tag(name="training", description="Long work: started, followed, cancelled.")
FOLLOWED = 600.0  # seconds after which a follower has to connect again
PAUSE = 0.5
RETRY = 2000  # milliseconds after which a browser whose stream ended asks again


@training.post("/api/jobs", tags=[JOBS], responses={202: JobSchema})
def start_training(body: JobBody) -> tuple[dict[str, object], int]:
    """Train a model from a data set; it waits its turn in the queue."""
    Datasets(current().settings.datasets).check(body.dataset)
    return row(current().jobs.add(TRAIN, body.arguments(), caller().by)), 202


@training.get("/api/jobs", tags=[JOBS], responses={200: JobList})
def list_jobs() -> dict[str, object]:
    """The newest hundred."""
    return {"jobs": [row(job) for job in current().jobs.all()]}


@training.get("/api/jobs/<id>", tags=[JOBS], responses={200: JobSchema})
def show_job(path: IdPath) -> dict[str, object]:
    """One job: its state, how far it is, what came of it."""
    return row(current().jobs.get(path.id))


@training.post("/api/jobs/<id>/cancel", tags=[JOBS], responses={200: JobSchema})
def cancel_job(path: IdPath) -> dict[str, object]:
    """Stop it; a training that is stopped leaves nothing behind."""
    return row(current().jobs.cancel(path.id))


@training.get(
    "/api/jobs/<id>/events", tags=[JOBS], responses={200: answer(content="text/event-stream")}
)
def follow_job(path: IdPath) -> Response:
    """Server-sent events: `job` whenever something changed, `end` at the end; `again` after ten
    minutes: connect anew.

    The data of each is the job. A stream that ends without `end` or `again` was cut off: connect
    anew, too. So it ends, within seconds, when its key or session does.
    """
    service = current()
    service.jobs.get(path.id)
    if not service.streams.acquire(blocking=False):
        raise Busy("Too many follow a job already; ask GET /api/jobs/{id} instead.")
    response = Response(_events(service, path.id, caller()), mimetype="text/event-stream")
    response.call_on_close(service.streams.release)
    response.headers["X-Accel-Buffering"] = "no"
    return response


def _events(service: Context, job: str, follower: Caller) -> Iterator[str]:
    last, until, quiet = "", time.monotonic() + FOLLOWED, 0
    yield f"retry: {RETRY}\n\n"
    while service.access.holds(follower):
        found = service.jobs.get(job)
        data = json.dumps(row(found))
        if data != last:
            yield f"event: job\ndata: {data}\n\n"
            last, quiet = data, 0
        if not found.is_open:
            # who asks the new version now gets it, in this process at least
            service.models.catch_up()
            yield f"event: end\ndata: {data}\n\n"
            return
        if time.monotonic() > until:
            yield f"event: again\ndata: {data}\n\n"
            return
        quiet += 1
        if quiet % 20 == 0:
            yield ": still here\n\n"  # or a follower that went away would never be noticed
        time.sleep(PAUSE)


def row(job: Job) -> dict[str, object]:
    """A job as it goes out."""
    version = job.result.get("version") if isinstance(job.result, dict) else None
    report = f"/api/models/{job.model}/report?version={version}" if version and job.model else None
    return {**job.to_json(), "report": report}
