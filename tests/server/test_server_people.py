"""Corrections, and a person's right to be forgotten."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from making import Make, make_picture
from tiny_models import TinyRegistry

from server.datasets import Datasets
from server.service import of

KeyOf = Callable[[str], dict[str, str]]


def ask(client: FlaskClient, colour: str = "red") -> dict[str, Any]:
    return client.post("/api/predict", data=make_picture(colour), content_type="image/png").get_json()


def test_a_correction_shows_before_and_after_and_teaches(make: Make, key_of: KeyOf, tmp_path: Path) -> None:
    app = make(local_role="train")
    client = app.test_client()
    asked = ask(client)
    wish = {
        "prediction_id": asked["prediction_id"],
        "action": "is",
        "label": "blue",
        "image": base64.b64encode(make_picture("red")).decode(),
        "note": "it was dusk",
    }
    answer = client.post("/api/corrections", json=wish)
    body = answer.get_json()
    assert answer.status_code == 201, body
    assert body["before"] == {
        "label": "red",
        "best": "red",
        "probability": pytest.approx(asked["regions"][0]["probability"], abs=1e-6),
        "model": "colours",
        "version": 1,
    }
    assert body["label"] == "blue"
    stored = tmp_path / "datasets" / "colours" / body["picture"]
    assert stored.parent.name == "blue"
    assert stored.read_bytes()[:2] == b"\xff\xd8"
    lines = (tmp_path / "datasets" / "colours" / "decisions.jsonl").read_text().splitlines()
    assert [(json.loads(line)["action"], json.loads(line)["to"]) for line in lines] == [("move", "blue")] * 2
    assert client.get("/api/corrections").get_json()["corrections"] == [body]


@pytest.mark.parametrize(
    ("colour", "wish", "status", "action"),
    [
        ("red", {"action": "is_not"}, 201, "not"),
        ("red", {"action": "not_a_face"}, 201, "not_a_face"),
        ("red", {"action": "is", "label": "blue"}, 201, "move"),
        ("black", {"action": "is", "label": "blue"}, 201, "move"),
        ("black", {"action": "is_not", "label": "blue"}, 409, None),
        ("white", {"action": "is_not"}, 409, None),
        ("red", {"action": "is"}, 422, None),
        ("red", {"action": "is", "label": "../blue"}, 422, None),
        ("red", {"action": "is", "label": "blue", "region": 1}, 409, None),
        ("red", {"action": "is", "label": "blue", "image": "!"}, 400, None),
        ("red", {"action": "was", "label": "blue"}, 422, None),
        ("red", {"action": "is_not", "prediction_id": "0" * 32}, 404, None),
    ],
)
def test_corrections(
    make: Make, tmp_path: Path, colour: str, wish: dict[str, Any], status: int, action: str | None
) -> None:
    client = make(local_role="train").test_client()
    answer = client.post("/api/corrections", json={"prediction_id": ask(client, colour)["prediction_id"], **wish})
    assert answer.status_code == status, answer.get_json()
    if action:
        line = (tmp_path / "datasets" / "colours" / "decisions.jsonl").read_text()
        assert json.loads(line)["action"] == action
        assert len(json.loads(line)["sha256"]) == 64


def test_a_kept_picture_teaches_without_being_sent_again(make: Make) -> None:
    app = make(local_role="train", keep_pictures_days=1)
    client = app.test_client()
    asked = ask(client)
    of(app).kept.keep(asked["prediction_id"], make_picture("red"))
    wish = {"prediction_id": asked["prediction_id"], "action": "is_not"}
    assert client.post("/api/corrections", json=wish).get_json()["picture"].startswith("_unknown/")


def test_forgetting_removes_every_trace(make: Make, registry: TinyRegistry, tmp_path: Path) -> None:
    """Pictures, decisions, answers, kept pictures, corrections; the name is in no file and no row afterwards."""
    app = make(local_role="admin", keep_pictures_days=1)
    client, service = app.test_client(), of(app)
    datasets = Datasets(service.settings.datasets)
    datasets.create("family")
    for label in ("red", "blue"):
        datasets.create_class("family", label)
        datasets.add("family", label, make_picture(label), service.limits)
    asked, other = ask(client), ask(client, "blue")
    service.kept.keep(asked["prediction_id"], make_picture("red"))
    wish = {"prediction_id": asked["prediction_id"], "action": "is", "label": "red"}
    assert client.post("/api/corrections", json=wish).status_code == 201
    wish = {"prediction_id": other["prediction_id"], "action": "is_not", "label": "blue"}
    assert client.post("/api/corrections", json=wish).status_code == 201

    body = client.delete("/api/classes/red").get_json()

    assert body["removed"]["predictions"] == 1
    assert body["removed"]["corrections"] == 1
    assert body["removed"]["kept_pictures"] == 1
    assert body["removed"]["pictures"] == 2
    assert sorted(body["removed"]["datasets"]) == ["colours", "family"]
    (model,) = body["models"]
    assert (model["name"], model["versions"]) == ("colours", [1])
    assert client.get(f"/api/jobs/{model['job']}").get_json()["state"] == "queued"
    assert service.history.find(asked["prediction_id"]) is None
    assert service.history.find(other["prediction_id"]) is not None
    assert [each["name"] for each in datasets.describe("family")["classes"]] == ["blue"]
    again = ask(client)
    assert (again["label"], again["reason"]) == (None, "unknown")
    assert '"red"' not in json.dumps(again)
    shown = client.get("/api/models/colours").get_json()
    assert (shown["labels"], shown["facts"]["pictures"]) == (["blue", "green"], {"blue": 1, "green": 1})
    assert client.get("/api/models/colours/report").status_code == 404
    old = client.post("/api/classify_image?unknown=1", data={"image_data": base64.b64encode(make_picture("red"))})
    assert "red" not in old.get_json()[0]["class_dictionary"]
    assert client.delete("/api/classes/red").get_json()["models"] == body["models"]


def test_a_later_version_may_know_the_name_again(make: Make, registry: TinyRegistry) -> None:
    """Who comes back and agrees to be trained again is named by the version that was trained then."""
    client = make(local_role="admin").test_client()
    client.delete("/api/classes/red")
    assert ask(client)["label"] is None
    registry.add("colours", 2)
    assert client.post("/api/models/colours/promote", json={"version": 2}).status_code == 200
    assert ask(client)["label"] == "red"


def test_forgetting_takes_the_name_out_of_what_jobs_said(app: Flask) -> None:
    jobs = of(app).jobs
    done, waits = (str(jobs.add("train", {"dataset": "d", "model": f"m{n}"}, "me")["id"]) for n in range(2))
    result = {"version": 1, "pictures": {"anna": 3, "ben": 4}, "worst": ["anna", "ben"]}
    jobs.change(done, state="done", result=result)
    folder = of(app).settings.state / "jobs" / done
    folder.mkdir(parents=True)
    (folder / "out").write_text(json.dumps(result))
    (folder / "log").write_text("nothing said")
    jobs.forget("anna")
    assert jobs.get(done)["result"] == {"version": 1, "pictures": {"ben": 4}, "worst": ["ben"]}
    assert [path.name for path in folder.iterdir()] == ["log"]
    assert jobs.get(waits)["state"] == "queued"


@pytest.mark.parametrize(("label", "status"), [("nobody", 404), ("_unknown", 422), (".x", 422), ("a\x00b", 422)])
def test_forgetting_what_is_not_there(make: Make, label: str, status: int) -> None:
    assert make(local_role="admin").test_client().delete(f"/api/classes/{label}").status_code == status


def test_every_region_of_the_forgotten_is_masked(app: Flask, client: FlaskClient) -> None:
    from server.masking import Rule

    for rule in (Rule("colours", 1, "red"), Rule("colours", 1, "green")):
        of(app).models.masks.add(rule)
    body = ask(client)
    assert [each["label"] for each in body["predictions"]] == ["blue"]
    assert body["regions"][0]["best"] == "blue"
    assert sum(each["score"] for each in body["regions"][0]["top_k"]) == pytest.approx(1, abs=1e-3)
    of(app).models.masks.add(Rule("colours", 1, "blue"))
    assert ask(client)["regions"] == []
