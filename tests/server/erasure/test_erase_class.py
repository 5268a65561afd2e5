"""A person's right to be forgotten: what is removed, everywhere."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
from flask import Flask

from data_cleaning.datasets.decisions import Decision
from server.datasets.managed_datasets import Datasets
from server.service import service_of
from server.training.jobs import NAMED
from tests.support.making import Make, ask, make_patches, make_picture
from tests.support.tiny_models import TinyRegistry

TWO = make_patches(("red", 30), ("green", 40))


def test_forgetting_removes_parts_and_what_people_said_who_it_was(make: Make) -> None:
    """A person that only corrections ever named: the part, and the answer and kept picture that
    show them.
    """
    app = make(local_role="admin", keep_pictures_days=1)
    client, service = app.test_client(), service_of(app)
    pictures = TWO, make_patches(("red", 30), ("white", 40))
    asked, other = (
        client.post("/api/predict", data=data, content_type="image/png").get_json()["prediction_id"]
        for data in pictures
    )
    for prediction, data in zip((asked, other), pictures, strict=True):
        service.kept.keep(prediction, data)
    assert client.post(
        "/api/corrections", json={"prediction_id": asked, "action": "is", "label": "anna",
            "region": 1}
    ).get_json()["learned"]  # fmt: skip
    assert not client.post(
        "/api/corrections", json={"prediction_id": other, "action": "is_not", "label": "anna",
            "region": 1}
    ).get_json()["picture"].startswith("anna")  # fmt: skip
    removed = client.delete("/api/classes/anna").get_json()["removed"]
    assert (removed["pictures"], removed["corrections"]) == (1, 2)
    assert (removed["predictions"], removed["kept_pictures"]) == (1, 1)
    assert service.history.find(asked) is None
    assert service.history.find(other) is not None  # who is said not to be her
    assert not list(service.settings.datasets.rglob("anna"))


def test_forgetting_removes_every_trace(make: Make, registry: TinyRegistry, tmp_path: Path) -> None:
    """Pictures, decisions, answers, kept pictures, corrections; the name is in no file and no row
    afterwards.
    """
    app = make(local_role="admin", keep_pictures_days=1)
    client, service = app.test_client(), service_of(app)
    datasets = Datasets(service.settings.datasets)
    datasets.create("family")
    for label in ("red", "blue"):
        datasets.create_class("family", label)
        datasets.add("family", label, make_picture(label), service.limits)
    asked, other = ask(client), ask(client, "blue")
    service.kept.keep(asked["prediction_id"], make_picture("red"))
    correction = {"prediction_id": asked["prediction_id"], "action": "is", "label": "red"}
    assert client.post("/api/corrections", json=correction).status_code == 201
    correction = {"prediction_id": other["prediction_id"], "action": "is_not", "label": "blue"}
    assert client.post("/api/corrections", json=correction).status_code == 201

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
    assert [row.name for row in datasets.describe("family").classes] == ["blue"]
    again = ask(client)
    assert (again["label"], again["reason"]) == (None, "unknown")
    assert '"red"' not in json.dumps(again)
    shown = client.get("/api/models/colours").get_json()
    assert (shown["labels"], shown["facts"]["pictures"]) == (
        ["blue", "green"],
        {"blue": 1, "green": 1},
    )
    assert client.get("/api/models/colours/report").status_code == 404
    old = client.post(
        "/api/classify_image?unknown=1", data={"image_data": base64.b64encode(make_picture("red"))}
    )
    assert "red" not in old.get_json()[0]["class_dictionary"]
    assert client.delete("/api/classes/red").get_json()["models"] == body["models"]


def test_pictures_go_by_what_they_show_and_not_by_where_they_lie(app: Flask) -> None:
    """In her folder but him: moves to his. In his folder but her: deleted.

    In her folder and nobody: deleted.
    """
    limits = service_of(app).limits
    datasets = Datasets(service_of(app).settings.datasets)
    datasets.create("family")
    for label in ("anna", "ben"):
        datasets.create_class("family", label)
    at = {name: datasets.add("family", folder, make_picture(colour), limits) for name, folder,
        colour in (
        ("anna", "anna", "red"), ("ben at annas", "anna", "blue"), ("nobody", "anna", "white"),
        ("ben", "ben", "green"), ("anna at bens", "ben", "yellow"),
    )}  # fmt: skip
    for name, action, label, to in (
        ("ben at annas", "move", None, "ben"),
        ("nobody", "not", "anna", None),
        ("anna at bens", "move", None, "anna"),
        ("ben", "confirm", "ben", None),
    ):
        datasets.decide("family", Decision(at[name].sha256, action, label=label, to=to))
    gone = datasets.erase_class("anna")
    assert gone.pictures == 3
    assert [row.name for row in datasets.describe("family").classes] == ["ben"]
    assert set(datasets.pictures("family", "ben")) == {
        at["ben"].file,
        at["ben at annas"].file,
    }
    assert "anna" not in (datasets.folder("family") / "decisions.jsonl").read_text()


def test_forgetting_takes_the_name_out_of_what_jobs_said(app: Flask) -> None:
    jobs = service_of(app).jobs
    done, waits = (
        str(jobs.add("train", {"dataset": "d", "model": f"m{n}"}, "me").id) for n in range(2)
    )
    result = {"version": 1, "pictures": {"anna": 3, "ben": 4}, "worst": ["anna", "ben"]}
    result["waits"] = "Version 1, which answers, also knows anna."
    jobs.change(done, state="done", result=result)
    folder = service_of(app).settings.state / "jobs" / done
    folder.mkdir(parents=True)
    (folder / "out").write_text(json.dumps(result))
    (folder / "log").write_text("nothing said")
    jobs.remove_name("anna")
    kept = {"version": 1, "pictures": {"ben": 4}, "worst": ["ben"], "waits": NAMED}
    assert jobs.get(done).result == kept
    assert [path.name for path in folder.iterdir()] == ["log"]
    assert jobs.get(waits).state == "queued"


def test_a_class_with_a_long_name_made_by_hand_is_forgotten_too(make: Make, tmp_path: Path) -> None:
    label = "anna " + "x" * 195
    (tmp_path / "datasets" / "family" / label).mkdir(parents=True)
    (tmp_path / "datasets" / "family" / label / "1.png").write_bytes(make_picture())
    client = make(local_role="admin").test_client()
    assert client.get(f"/api/datasets/family/classes/{label}/pictures").get_json() == {
        "pictures": ["1.png"]
    }
    assert client.delete(f"/api/classes/{label}").get_json()["removed"]["pictures"] == 1
    assert client.delete(f"/api/classes/{'é' * 200}").status_code in (
        404,
        422,
    )  # longer than a folder's name may be
    assert not (tmp_path / "datasets" / "family" / label).exists()


def test_a_training_that_has_read_their_pictures_is_begun_again(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else it would end with a version that knows them, after everything else was removed."""
    app = make(local_role="admin")
    client, service = app.test_client(), service_of(app)
    datasets = Datasets(service.settings.datasets)
    for name in ("family", "others"):
        datasets.create(name)
        for label in ("anna" if name == "family" else "carla", "ben"):
            datasets.create_class(name, label)
            datasets.add(name, label, make_picture("red"), service.limits)
    arguments = {"dataset": "family", "model": "new", "recipe": None}
    first = service.jobs.add("train", arguments, "me").id
    assert service.jobs.take().id == first
    monkeypatch.setattr("server.erasure.erase_class.ENDING", 0.0)
    answer = client.delete("/api/classes/anna")  # nobody ends it here
    assert (answer.status_code, "still ending" in answer.get_json()["detail"]) == (409, True)
    assert datasets.pictures("family", "anna")

    monkeypatch.setattr("server.erasure.erase_class.ENDING", 30.0)
    monkeypatch.setattr(
        service.jobs, "ensure_runner", service.jobs.recover
    )  # as a runner does that comes anew
    assert client.delete("/api/classes/anna").get_json()["restarted"] == ["new"]
    assert service.jobs.get(first).state == "cancelled"
    waiting = [job for job in service.jobs.all() if job.state == "queued"]
    assert [(job.arguments, job.by) for job in waiting] == [(arguments, "me")]
    assert [row.name for row in datasets.describe("family").classes] == ["ben"]

    assert service.jobs.take().id == waiting[0].id
    assert client.delete("/api/classes/carla").get_json()["restarted"] == []  # of another data set
    assert service.jobs.get(waiting[0].id).state == "running"


@pytest.mark.parametrize(
    ("label", "status"), [("nobody", 404), ("_unknown", 422), (".x", 422), ("a\x00b", 422)]
)
def test_forgetting_what_is_not_there(make: Make, label: str, status: int) -> None:
    assert (
        make(local_role="admin").test_client().delete(f"/api/classes/{label}").status_code == status
    )
