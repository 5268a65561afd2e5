"""Pictures that carry several classes, all the way: trained over HTTP, answered, logged, corrected,
forgotten.
"""

from __future__ import annotations

import base64
import csv
import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from data_cleaning.datasets.dataset import Dataset
from model.training.multilabel import merge_folders
from server.recognition.erased_names import Rule
from server.service import service_of
from server.settings import Settings
from tests.support.making import Conformance
from tests.support.paths import ROOT
from tests.support.pictures import bar_and_disc
from tests.support.started import started_idle

BOTH = ("bar", "disc")


def at(home: Path) -> Settings:
    return Settings(state=home / "var", artifacts=home / "artifacts", datasets=home / "datasets")


def work(settings: Settings) -> None:
    """The runner, until nothing waits any more."""
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
        [sys.executable, "-m", "server", "work"], env=environment, check=True, timeout=300
    )


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the data set and the model `shapes`, made as a client would."""
    home = tmp_path_factory.mktemp("several")
    settings = replace(at(home), local_role="train")
    app = started_idle(settings)
    client = app.test_client()
    assert client.post("/api/datasets", json={"name": "shapes"}).status_code == 201
    for label in (*BOTH, "_none"):
        assert client.post("/api/datasets/shapes/classes", json={"name": label}).status_code == 201
    for shown in ((), ("bar",), ("disc",), BOTH):
        files = [(io.BytesIO(bar_and_disc(shown, number)), f"{number}.png") for number in range(7)]
        for label in shown or ("_none",):
            some = [(io.BytesIO(item.getvalue()), name) for item, name in files]
            answer = client.post(
                f"/api/datasets/shapes/classes/{label}/pictures", data={"image": some}
            )
            assert answer.get_json()["failed"] == 0
    training = {
        "dataset": "shapes",
        "model": "shapes",
        "recipe": "object-classic",
        "multi_label": True,
        "private": True,
    }
    job = client.post("/api/jobs", json=training).get_json()["id"]
    work(settings)
    row = client.get(f"/api/jobs/{job}").get_json()
    assert row["state"] == "done", row["message"]
    service_of(app).close()
    return home


@pytest.fixture
def app(trained: Path, tmp_path: Path, database_url: str) -> Iterator[Flask]:
    for name in ("artifacts", "datasets"):
        shutil.copytree(trained / name, tmp_path / name)
    application = started_idle(replace(at(tmp_path), database_url=database_url, local_role="admin"))
    conformance = Conformance(application)
    application.after_request(conformance)
    yield application
    service_of(application).close()
    assert not conformance.broken


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def ask(client: FlaskClient, *shown: str, number: int = 100) -> Any:
    answer = client.post("/api/predict", data=bar_and_disc(shown, number), content_type="image/png")
    assert answer.status_code == 200, answer.get_json()
    return answer.get_json()


def learned(home: Path, app: Flask) -> list[list[str]]:
    """The classes, as another training would see them, of each picture that the data set did not
    have at first.
    """
    before, now = (
        Dataset(folder / "shapes")
        for folder in (home / "datasets", service_of(app).settings.datasets)
    )
    had = {item.sha256 for item in before.items()}
    items, truths = merge_folders(now.items())
    return [sorted(truths[item.sha256]) for item in items if item.sha256 not in had]


def test_every_class_that_a_picture_shows_is_named(client: FlaskClient) -> None:
    [model] = client.get("/api/models").get_json()["models"]
    assert (model["multi_label"], model["refuses"], model["labels"]) == (
        True,
        True,
        ["bar", "disc"],
    )
    [region] = ask(client, *BOTH)["regions"]
    assert sorted(region["labels"]) == ["bar", "disc"]
    assert region["label"] == region["best"] == region["labels"][0]
    assert sum(item["score"] for item in region["top_k"]) > 1.2
    assert ask(client, "disc")["regions"][0]["labels"] == ["disc"]
    [nothing] = ask(client)["regions"]
    assert (nothing["label"], nothing["labels"]) == (None, [])


def test_the_log_knows_every_class(client: FlaskClient) -> None:
    both, disc, none = (ask(client, *shown)["prediction_id"] for shown in (BOTH, ("disc",), ()))

    def found(label: str) -> list[str]:
        return [
            row["id"]
            for row in client.get(f"/api/predictions?label={label}").get_json()["predictions"]
        ]

    assert (found("bar"), found("disc")) == ([both], [disc, both])
    assert sorted(client.get(f"/api/predictions/{both}").get_json()["regions"][0]["labels"]) == [
        "bar",
        "disc",
    ]
    lines = list(
        csv.DictReader(
            io.StringIO(client.get("/api/predictions?format=csv").get_data(as_text=True))
        )
    )
    assert [line["id"] for line in lines] == [none, disc, both]
    assert [sorted(line["regions"].split("+")) for line in lines] == [
        ["?"],
        ["disc"],
        ["bar", "disc"],
    ]


def test_the_forgotten_leave_the_other_classes_as_they_are(app: Flask, client: FlaskClient) -> None:
    before = {item["label"]: item["score"] for item in ask(client, *BOTH)["regions"][0]["top_k"]}
    service_of(app).models.erased.add(Rule.of("shapes", 1, "bar"))
    body = ask(client, *BOTH)
    [region] = body["regions"]
    assert "bar" not in json.dumps(body)
    assert (body["label"], region["label"], region["labels"], region["reason"]) == (
        "disc",
        "disc",
        ["disc"],
        "known",
    )
    assert region["probability"] == before["disc"]
    assert ask(client, "bar")["regions"][0]["label"] is None


@pytest.mark.parametrize(
    ("shown", "correction", "taught"),
    [
        (BOTH, ("is", "bar"), ["bar", "disc"]),
        (("disc",), ("is", "bar"), ["bar", "disc"]),
        (BOTH, ("is_not", "disc"), ["bar"]),
        (("disc",), ("is_not", "disc"), []),
        ((), ("is", "star"), ["star"]),
    ],
)
def test_a_correction_is_about_one_class_and_keeps_the_others(
    trained: Path,
    app: Flask,
    shown: tuple[str, ...],
    correction: tuple[str, str],
    taught: list[str],
) -> None:
    client = app.test_client()
    answer = ask(client, *shown)
    action, label = correction
    word = {"prediction_id": answer["prediction_id"], "action": action, "label": label}
    without = client.post("/api/corrections", json=word).get_json()
    assert (without["learned"], without["picture"]) == (False, None)
    word["image"] = base64.b64encode(bar_and_disc(shown, 100)).decode()
    body = client.post("/api/corrections", json=word).get_json()
    assert body["learned"], body
    assert (service_of(app).settings.datasets / "shapes" / body["picture"]).is_file()
    assert learned(trained, app) == [taught]


def test_a_word_that_is_taken_back(trained: Path, app: Flask, client: FlaskClient) -> None:
    answer = ask(client, *BOTH)
    picture = base64.b64encode(bar_and_disc(BOTH, 100)).decode()
    for action, taught in (("is_not", ["bar"]), ("is", ["bar", "disc"])):
        word = {
            "prediction_id": answer["prediction_id"],
            "action": action,
            "label": "disc",
            "image": picture,
        }
        assert client.post("/api/corrections", json=word).get_json()["learned"]
        assert learned(trained, app) == [taught]


def test_a_picture_of_the_data_set_itself_is_not_copied(
    trained: Path, app: Flask, client: FlaskClient
) -> None:
    """This asks about the very file that lies there; it was filed under the sha256 of what was
    uploaded.
    """
    folder = service_of(app).settings.datasets / "shapes"
    file = next(
        path
        for path in sorted((folder / "bar").iterdir())
        if not (folder / "disc" / path.name).exists()
    )
    answer = client.post(
        "/api/predict", data=file.read_bytes(), content_type="image/jpeg"
    ).get_json()
    assert answer["regions"][0]["labels"] == ["bar"]
    word = {"prediction_id": answer["prediction_id"], "action": "is", "label": "disc"}
    body = client.post("/api/corrections", json=word).get_json()
    assert (body["learned"], body["why"]) == (True, "The picture is now in shapes as bar and disc.")
    assert sum(item.read_bytes() == file.read_bytes() for item in (folder / "disc").iterdir()) == 1
    assert learned(trained, app) == []


def test_an_upload_is_known_again_and_goes_to_another_class_once(
    trained: Path, app: Flask, client: FlaskClient
) -> None:
    upload = bar_and_disc(("bar",), 3)
    answer = client.post("/api/predict", data=upload, content_type="image/png").get_json()
    word = {"prediction_id": answer["prediction_id"], "action": "is", "label": "disc"}
    counts = []
    for more in ({}, {}, {"image": base64.b64encode(upload).decode()}):
        body = client.post("/api/corrections", json=word | more).get_json()
        assert (body["learned"], body["why"]) == (
            True,
            "The picture is now in shapes as bar and disc.",
        )
        counts.append(
            [row["pictures"] for row in client.get("/api/datasets/shapes").get_json()["classes"]]
        )
    assert counts == [[14, 15, 7]] * 3
    body = client.post("/api/corrections", json=word | {"label": "stra"}).get_json()
    assert body["why"].startswith(
        "The picture is now in shapes as bar and stra; stra is new there."
    )
    assert learned(trained, app) == []  # no file that the data set did not have


def test_any_class_may_be_denied(trained: Path, app: Flask, client: FlaskClient) -> None:
    """Each is a question of its own, so nobody becomes a stranger by it."""
    answer = ask(client, "bar")
    picture = base64.b64encode(bar_and_disc(("bar",), 100)).decode()
    word = {
        "prediction_id": answer["prediction_id"],
        "action": "is_not",
        "label": "disc",
        "image": picture,
    }
    assert client.post("/api/corrections", json=word).get_json()["learned"]
    assert learned(trained, app) == [["bar"]]


def test_a_class_is_forgotten_everywhere(app: Flask, client: FlaskClient) -> None:
    """Two classes must be left, so that there is something to tell apart: here one and pictures of
    none.
    """
    ids = [ask(client, *shown)["prediction_id"] for shown in (BOTH, ("disc",), ("bar",))]
    removed = client.delete("/api/classes/bar").get_json()["removed"]
    assert removed["predictions"] == 2
    assert [client.get(f"/api/predictions/{item}").status_code for item in ids] == [404, 200, 404]
    work(service_of(app).settings)
    [job] = client.get("/api/jobs").get_json()["jobs"]
    assert job["state"] == "done", job["message"]
    assert service_of(app).models.registry.versions("shapes") == [2]
    counts = {
        row["name"]: row["pictures"]
        for row in client.get("/api/datasets/shapes").get_json()["classes"]
    }
    assert counts == {"disc": 7, "_none": 7}
    client.post("/api/models/shapes/reload")
    assert [model["labels"] for model in client.get("/api/models").get_json()["models"]] == [
        ["disc"]
    ]
