"""People nobody knows, without any network: every face is a group of its own until somebody says
something.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update

from data_cleaning.datasets.dataset import Dataset
from server.service import expire, service_of
from server.storage.tables import predictions, stranger_faces
from server.strangers.stranger_rows import StrangerRows, remove_old_faces
from tests.support.making import ONE_DATABASE, Make, make_patches, make_picture
from tests.support.tiny_models import Bundle, Recipe, TinyRegistry

DAY = 24 * 3600 * 1000
GREYS = ("#505050", "#606060", "#707070", "#808080")


class Faces(TinyRegistry):
    """The patches are called faces: only those are grouped."""

    def load(self, name: str, version: int | None = None) -> Bundle:
        return dataclasses.replace(super().load(name, version), recipe=Recipe(subject="face"))


@pytest.fixture
def registry(tmp_path: Path) -> TinyRegistry:
    found = Faces(tmp_path / "artifacts")
    found.add("colours", 1)
    return found


@pytest.fixture
def app(make: Make) -> Flask:
    return make(keep_pictures_days=7, local_role="admin")


def ask(client: FlaskClient, data: bytes) -> dict[str, Any]:
    return client.post("/api/predict", data=data, content_type="image/png").get_json()


def listed(client: FlaskClient) -> dict[str, Any]:
    """Once all that was asked is kept and looked at."""
    for _ in range(100):
        answer = client.get("/api/strangers").get_json()
        if not answer["waiting"]:
            return answer
        time.sleep(0.02)
    pytest.fail("faces wait for ever")


@pytest.fixture
def greys(client: FlaskClient, app: Flask) -> list[dict[str, Any]]:
    """Four strangers, the newest first, and somebody known, who is not among them."""
    for colour in (*GREYS, "red"):
        ask(client, make_picture(colour))
    service_of(app).keeper.settle()
    answer = listed(client)
    assert (answer["days"], answer["total"]) == (7, 4)
    return answer["strangers"]


def faces_of(stranger: dict[str, Any]) -> list[dict[str, Any]]:
    return [{key: one[key] for key in ("prediction", "position")} for one in stranger["faces"]]


def test_a_group_says_who_was_seen_when(greys: list[dict[str, Any]]) -> None:
    newest, *_, oldest = greys
    assert newest["first"] == newest["last"] > oldest["last"]
    assert newest["count"] == 1 == len(newest["faces"])
    assert newest["nearest"]["label"] in ("blue", "green", "red")
    assert newest["models"] == ["colours"]


def test_a_face_is_cut_out_of_its_picture(client: FlaskClient, app: Flask) -> None:
    ask(client, make_patches(("#505050", 60), ("#808080", 60)))
    faces = [face for one in listed(client)["strangers"] for face in faces_of(one)]
    assert len(faces) == 2
    for face in faces:
        address = f"/api/strangers/faces/{face['prediction']}/{face['position']}"
        answer = client.get(address)
        assert (answer.status_code, answer.mimetype) == (200, "image/jpeg")
        assert answer.headers["Cache-Control"] == "private, max-age=3600"
    service_of(app).kept.remove([face["prediction"]])
    assert client.get(address).status_code == 404
    assert client.get(f"/api/strangers/faces/{'0' * 32}/0").status_code == 404


def test_nothing_is_looked_at_where_no_picture_is_kept(make: Make) -> None:
    client = make(local_role="admin").test_client()
    ask(client, make_picture(GREYS[0]))
    answer = client.get("/api/strangers").get_json()
    assert (answer["days"], answer["waiting"], answer["strangers"]) == (0, 0, [])


def test_only_an_admin_is_told(
    client: FlaskClient, key_of: Callable[[str], dict[str, str]]
) -> None:
    for role, status in (("predict", 403), ("train", 403), ("admin", 200)):
        assert client.get("/api/strangers", headers=key_of(role)).status_code == status


@pytest.mark.parametrize("label", ["anna", "<img src=x onerror=alert(1)>", "ب" * 60])
def test_a_name_makes_training_pictures_and_is_taken_back(
    client: FlaskClient, greys: list[dict[str, Any]], tmp_path: Path, label: str
) -> None:
    stranger = greys[0]["id"]
    named = client.post(f"/api/strangers/{stranger}/name", json={"label": label}).get_json()
    assert (named["decision"], named["label"], named["learned"]) == ("named", label, 1)
    assert named["datasets"] == ["colours"]
    assert len(Dataset(tmp_path / "datasets" / "colours").pictures(label)) == 1
    assert stranger not in [one["id"] for one in listed(client)["strangers"]]
    again = client.post(f"/api/strangers/{stranger}/name", json={"label": label})
    assert again.status_code == 404
    undone = client.post(f"/api/strangers/{stranger}/undo").get_json()
    assert undone == {"id": stranger, "faces": 1}
    assert not (tmp_path / "datasets" / "colours" / label).exists()
    assert listed(client)["total"] == 4
    assert client.post(f"/api/strangers/{stranger}/undo").status_code == 404


@ONE_DATABASE
@pytest.mark.parametrize(
    ("address", "body", "status", "words"),
    [
        ("{id}/name", {"label": "_none"}, 422, "special"),
        ("{id}/name", {"label": "a/b"}, 422, ""),
        ("{id}/name", {}, 422, ""),
        ("{zero}/name", {"label": "anna"}, 404, "There is no group"),
        ("{zero}/ignore", {}, 404, "There is no group"),
        ("merge", {"strangers": ["{id}", "{id}"]}, 422, "two groups"),
        ("merge", {"strangers": ["{id}", "{zero}"]}, 404, "There is no group"),
        ("{id}/take-out", {"faces": []}, 422, ""),
        ("{id}/take-out", {"faces": "all"}, 409, "at least one has to stay"),
    ],
)
def test_what_cannot_be_said(
    client: FlaskClient,
    greys: list[dict[str, Any]],
    address: str,
    body: dict[str, Any],
    status: int,
    words: str,
) -> None:
    names = {"id": greys[0]["id"], "zero": "0" * 32}
    if "strangers" in body:
        body = {"strangers": [one.format(**names) for one in body["strangers"]]}
    if body.get("faces") == "all":
        body = {"faces": faces_of(greys[0])}
    answer = client.post(f"/api/strangers/{address.format(**names)}", json=body)
    assert (answer.status_code, words in answer.get_json()["detail"]) == (status, True)
    assert listed(client)["total"] == 4


def test_merging_is_undone_by_taking_out(client: FlaskClient, greys: list[dict[str, Any]]) -> None:
    ids = [one["id"] for one in greys[:3]]
    merged = client.post("/api/strangers/merge", json={"strangers": ids}).get_json()
    largest, other = listed(client)["strangers"]
    assert (largest["id"], largest["count"], other["count"]) == (merged["id"], 3, 1)
    for part in merged["parts"]:
        faces = faces_of({"faces": part})
        address = f"/api/strangers/{merged['id']}/take-out"
        assert client.post(address, json={"faces": faces}).get_json()["faces"] == 1
    assert [one["count"] for one in listed(client)["strangers"]] == [1, 1, 1, 1]


def test_who_is_ignored_trains_as_a_stranger_and_comes_back(
    client: FlaskClient, greys: list[dict[str, Any]], tmp_path: Path
) -> None:
    stranger, root = greys[0]["id"], tmp_path / "datasets" / "colours"
    ignored = client.post(f"/api/strangers/{stranger}/ignore", json={}).get_json()
    assert (ignored["decision"], ignored["learned"]) == ("ignored", 1)
    assert len(Dataset(root).pictures("_unknown")) == 1
    answer = listed(client)
    assert answer["total"] == 3
    assert [(one["id"], one["faces"]) for one in answer["ignored"]] == [(stranger, 1)]
    client.post(f"/api/strangers/{stranger}/undo")
    assert not (root / "_unknown").exists()
    answer = listed(client)
    assert (answer["total"], answer["ignored"]) == (4, [])


def test_faces_go_with_their_pictures_and_answers(
    client: FlaskClient, app: Flask, greys: list[dict[str, Any]]
) -> None:
    service = service_of(app)
    named, ignored, left, _ = greys
    client.post(f"/api/strangers/{named['id']}/name", json={"label": "anna"})
    client.post(f"/api/strangers/{ignored['id']}/ignore", json={})
    rows = StrangerRows(service.store)
    with service.store.write() as connection:
        kept = stranger_faces.c.stranger == left["id"]
        old = update(stranger_faces).where(~kept)
        connection.execute(old.values(time=stranger_faces.c.time - 8 * DAY))
    assert remove_old_faces(service.store, 7) == 3
    assert [one.stranger for one in rows.open()] == [left["id"]]
    assert [one.id for one in rows.decided()] == [ignored["id"]], "an anchor stays"
    with service.store.write() as connection:
        connection.execute(update(predictions).values(time=predictions.c.time - 900 * DAY))
    clock = type("Steady", (), {"is_steady": lambda self: True})()
    expire(clock, service.kept, service.history, 30)
    assert rows.counts() == {}


def test_forgetting_takes_all_faces_of_a_named_group(
    client: FlaskClient, app: Flask, greys: list[dict[str, Any]]
) -> None:
    """Also those that taught nothing, and the anchors of whoever was taken for that person."""
    service, rows = service_of(app), StrangerRows(service_of(app).store)
    both = [one["id"] for one in greys[:2]]
    merged = client.post("/api/strangers/merge", json={"strangers": both}).get_json()
    client.post(f"/api/strangers/{merged['id']}/name", json={"label": "anna"})
    theirs = [face["prediction"] for one in greys[:2] for face in one["faces"]]
    assert client.delete("/api/classes/anna").status_code == 200
    assert service.history.known(theirs) == set()
    assert [service.kept.read(one) for one in theirs] == [None, None]
    assert merged["id"] not in rows.counts()
    assert rows.decided() == []
    client.post(f"/api/strangers/{greys[2]['id']}/ignore", json={})
    (anchor,) = rows.decided()
    for label in anchor.names:
        client.delete(f"/api/classes/{label}")
    assert rows.decided() == []
