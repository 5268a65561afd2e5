"""Training over HTTP: asked for, followed, refused."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from typing import Any

import pytest
from flask.testing import FlaskClient

from server.datasets.managed_datasets import Datasets
from server.service import service_of
from server.settings import Settings
from server.training.training_job import DONE, FAILED, QUEUED
from tests.server.training.long_work import WORK, add, runner
from tests.support.making import ONE_DATABASE, Make, make_picture
from tests.support.paths import ROOT


@pytest.fixture
def trainer(make: Make) -> FlaskClient:
    """A client that may train, with a data set of two classes."""
    app = make(local_role="train")
    client = app.test_client()
    assert client.post("/api/datasets", json={"name": "family"}).status_code == 201
    for label in ("anna", "ben"):
        assert client.post("/api/datasets/family/classes", json={"name": label}).status_code == 201
        for colour in ("red", "green"):
            Datasets(service_of(app).settings.datasets).add(
                "family", label, make_picture(colour), service_of(app).limits
            )
    return client


def test_training_over_http(trainer: FlaskClient) -> None:
    answer = trainer.post("/api/jobs", json={"dataset": "family", "model": "family"})
    assert answer.status_code == 202, answer.get_json()
    job = answer.get_json()["id"]
    jobs = service_of(trainer.application).jobs
    thread = threading.Thread(target=runner(jobs, WORK).work)
    thread.start()
    with trainer.get(f"/api/jobs/{job}/events") as stream:
        assert stream.mimetype == "text/event-stream"
        events = stream.get_data(as_text=True).strip().split("\n\n")
    thread.join()
    assert events[-1].startswith("event: end\ndata: ")
    last = json.loads(events[-1].split("data: ")[1])
    assert (last["state"], last["report"]) == (DONE, "/api/models/family/report?version=2")
    assert trainer.get(f"/api/jobs/{job}").get_json() == last
    assert [row["id"] for row in trainer.get("/api/jobs").get_json()["jobs"]] == [job]
    assert trainer.post(f"/api/jobs/{job}/cancel").status_code == 409


@ONE_DATABASE
@pytest.mark.parametrize(
    ("training", "status", "message"),
    [
        ({"dataset": "nobody", "model": "m"}, 404, "no data set"),
        ({"dataset": "empty", "model": "m"}, 409, "has no classes yet"),
        ({"dataset": "family", "model": "../m"}, 422, "model"),
        ({"dataset": "family", "model": "--artifacts"}, 422, "model"),
        ({"dataset": "family", "model": "m", "recipe": "magic"}, 422, "recipe"),
        ({"dataset": "family"}, 422, "model"),
        ({"dataset": "family", "model": "m", "fpir": 1}, 422, "fpir must be less than 1"),
        ({"dataset": "family", "model": "m", "fpir": 0}, 422, "fpir must be more than 0"),
        (
            {"dataset": "family", "model": "m", "private": "yes"},
            422,
            "private must be true or false",
        ),
        (
            {"dataset": "family", "model": "m", "recipe": "auto", "multi_label": True},
            422,
            "other than auto",
        ),
    ],
)
def test_trainings_that_are_refused(
    trainer: FlaskClient, training: dict[str, Any], status: int, message: str
) -> None:
    trainer.post("/api/datasets", json={"name": "empty"})
    answer = trainer.post("/api/jobs", json=training)
    assert answer.status_code == status
    assert message in answer.get_json()["detail"]
    assert str(service_of(trainer.application).settings.datasets) not in answer.get_json()["detail"]


def test_few_may_follow_at_a_time(make: Make) -> None:
    app = make(local_role="train", threads=4)
    job = add(service_of(app).jobs)
    first = app.test_client().get(f"/api/jobs/{job}/events", buffered=False)
    assert app.test_client().get(f"/api/jobs/{job}/events").status_code == 429
    first.close()
    service_of(app).jobs.cancel(job)
    with app.test_client().get(f"/api/jobs/{job}/events") as again:
        assert again.status_code == 200


def test_a_stream_that_ends_before_the_job_says_so(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten minutes are over while the job still waits: the follower is told to connect again, and
    how soon.
    """
    monkeypatch.setattr("server.training.views.FOLLOWED", 0.0)
    monkeypatch.setattr("server.training.views.PAUSE", 0.01)
    app = make(local_role="train")
    job = add(service_of(app).jobs)
    with app.test_client().get(f"/api/jobs/{job}/events") as stream:
        events = stream.get_data(as_text=True).strip().split("\n\n")
    assert [row.split("\n")[0] for row in events] == ["retry: 2000", "event: job", "event: again"]
    assert json.loads(events[-1].split("data: ")[1])["state"] == QUEUED


def test_the_runner_that_is_started_does_what_waits(make: Make, settings: Settings) -> None:
    """The real process, the real command: training on a data set that is too small ends with a
    sentence.
    """
    app = make(local_role="train")
    client = app.test_client()
    client.post("/api/datasets", json={"name": "tiny"})
    client.post("/api/datasets/tiny/classes", json={"name": "anna"})
    for colour in ("red", "green"):
        picture = make_picture(colour)
        Datasets(settings.datasets).add("tiny", "anna", picture, service_of(app).limits)
    job = client.post("/api/jobs", json={"dataset": "tiny", "model": "tiny"}).get_json()["id"]
    environment = {
        **os.environ,
        "LIKENESS_STATE": str(settings.state),
        "LIKENESS_DATASETS": str(settings.datasets),
        "LIKENESS_ARTIFACTS": str(settings.artifacts),
        "LIKENESS_DATABASE_URL": settings.database,
        "LIKENESS_TRAIN_NICE": "0",
        "PYTHONPATH": str(ROOT),
    }
    subprocess.run(
        [sys.executable, "-m", "server", "work"], env=environment, check=True, timeout=120
    )
    row = client.get(f"/api/jobs/{job}").get_json()
    assert row["state"] == FAILED
    assert row["message"]
    assert "Traceback" not in row["message"]
