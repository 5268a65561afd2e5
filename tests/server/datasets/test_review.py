"""Looking a data set through over HTTP: marks, filters, decisions about many at once, choosing one
of several, and undoing.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from flask.testing import FlaskClient

from data_cleaning.datasets.dataset import Dataset
from data_cleaning.datasets.inspection_cache import FOLDER
from data_cleaning.imaging.decoding import decode
from data_cleaning.imaging.encoding import encode
from data_cleaning.imaging.image import Image
from data_cleaning.imaging.resizing import resize
from tests.support.making import Make
from tests.support.pictures import packaged, scene

BASE = "/api/datasets/space"


@pytest.fixture
def trainer(make: Make) -> FlaskClient:
    client = make(local_role="train").test_client()
    client.post("/api/datasets", json={"name": "space"})
    for label in ("collins", "ride"):
        client.post(f"{BASE}/classes", json={"name": label})
    return client


@pytest.fixture
def face(astronaut: bytes) -> Image:
    """One face that fills much of the picture."""
    return decode(astronaut)


def add(client: FlaskClient, label: str, *pictures: Image) -> list[dict[str, Any]]:
    files = [
        (io.BytesIO(encode(picture, ".jpg")), f"{n}.jpg") for n, picture in enumerate(pictures)
    ]
    answer = client.post(f"{BASE}/classes/{label}/pictures", data={"image": files})
    return list(answer.get_json()["results"])


def kinds(row: dict[str, Any]) -> set[str]:
    return {mark["kind"] for mark in row["marks"]}


def rows(client: FlaskClient, **query: object) -> list[dict[str, Any]]:
    return list(client.get(f"{BASE}/pictures", query_string=query).get_json()["pictures"])


def several(face: Image) -> Image:
    return np.ascontiguousarray(np.hstack([face, scene(1, 300, face.shape[0]), face[:, ::-1]]))


def test_each_picture_has_its_marks_as_it_comes(trainer: FlaskClient, face: Image) -> None:
    black = np.zeros((8, 8, 3), np.uint8)
    pictures = (face, black, scene(3), (face * 0.12).astype(np.uint8), several(face))
    good, tiny, nobody, dark, two = add(trainer, "collins", *pictures)
    assert kinds(good) == set()
    assert kinds(tiny) == {"small", "nothing"}
    assert {mark["note"] for mark in tiny["marks"]} >= {"The picture is 8 x 8 pixels."}
    assert kinds(nobody) == {"nothing"}
    assert kinds(dark) & {"dark", "nothing"}
    assert "several" in kinds(two)
    assert len(two["regions"]) >= 2
    assert all(mark["title"] and mark["advice"] for mark in two["marks"])
    smaller = resize(face, 320, 320)
    copy = add(trainer, "ride", smaller)[0]
    mark = next(mark for mark in copy["marks"] if mark["kind"] == "near_across")
    assert mark["of"] == good["stored"]["sha256"]


def test_marks_can_be_left_out_and_fail_no_upload(trainer: FlaskClient, face: Image) -> None:
    data = {"image": [(io.BytesIO(encode(face, ".jpg")), "a.jpg")]}
    answer = trainer.post(f"{BASE}/classes/ride/pictures?marks=false", data=data).get_json()
    assert "marks" not in answer["results"][0]
    assert rows(trainer)[0]["looked"]  # who asks for the list has them looked at


def test_the_doubtful_come_first_and_copies_side_by_side(trainer: FlaskClient, face: Image) -> None:
    add(trainer, "collins", face, scene(3), resize(face, 320, 320), scene(9, 200, 150))
    page = trainer.get(f"{BASE}/pictures").get_json()
    assert (page["looked"], page["all"], page["total"], page["stopped"]) == (4, 4, 4, "")
    assert [sorted(kinds(row)) for row in page["pictures"]] == [
        ["nothing"],
        ["nothing"],
        ["near"],
        ["near"],
    ]
    first, second = page["pictures"][2:]
    assert first["stack"] == second["stack"] == first["sha256"]
    assert first["width"] > second["width"]
    assert page["counts"]["marks"] == {"nothing": 2, "near": 2}
    assert page["counts"]["labels"] == {"collins": 4}


def test_filters_and_pages(trainer: FlaskClient, face: Image) -> None:
    add(trainer, "collins", face, scene(3))
    add(trainer, "ride", scene(4))
    digest = rows(trainer, label="ride")[0]["sha256"]
    trainer.post(f"{BASE}/decisions", json={"decisions": [{"sha256": digest, "action": "reject"}]})
    assert [row["label"] for row in rows(trainer, mark="nothing")] == ["collins"]
    assert [row["sha256"] for row in rows(trainer, decision="reject")] == [digest]
    assert rows(trainer, decision="reject")[0]["shows"] is None
    assert len(rows(trainer, decision="none", mark="none")) == 1
    assert rows(trainer, label="ride") == []
    assert [row["sha256"] for row in rows(trainer, picture=digest)] == [digest]
    found = rows(trainer, picture=digest)[0]
    assert rows(trainer, file=f"ride/{found['file']}") == [found]
    pages = [rows(trainer, order="name", limit=1, offset=n) for n in range(4)]
    assert [len(page) for page in pages] == [1, 1, 1, 0]
    assert trainer.get(f"{BASE}/pictures?limit=0").status_code == 422


def test_many_are_decided_at_once_and_undone(trainer: FlaskClient, tmp_path: Path) -> None:
    one, two, three = (
        result["stored"]["sha256"]
        for result in add(trainer, "collins", scene(1), scene(2), scene(3))
    )
    wanted = [
        {"sha256": one, "action": "move", "to": "ride"},
        {"sha256": two, "action": "not"},
        {"sha256": three, "action": "keep"},
    ]
    answer = trainer.post(f"{BASE}/decisions", json={"decisions": wanted}).get_json()
    assert answer["decided"] == 3
    shown = {row["sha256"]: row["shows"] for row in rows(trainer)}
    assert shown == {one: "ride", two: "_unknown", three: "collins"}
    assert all(row["marks"] == [] for row in rows(trainer))  # what was decided is settled
    dataset = Dataset(tmp_path / "datasets" / "space")
    assert {item.sha256: item.label for item in _items(dataset)} == shown
    undo = f"{BASE}/decisions/{answer['undo']}/undo"
    assert trainer.post(undo).get_json() == {"withdrawn": 3}
    assert dataset.decisions() == []
    assert trainer.post(undo).status_code == 404
    # Kept after it was left out, it is what its folder says.
    for action in ("reject", "keep"):
        body = {"decisions": [{"sha256": one, "action": action}]}
        trainer.post(f"{BASE}/decisions", json=body)
    assert rows(trainer, picture=one)[0]["shows"] == "collins"


def _items(dataset: Dataset) -> list[Any]:
    (dataset.root / "ride" / "x.jpg").write_bytes(encode(scene(8)))  # no class may be empty
    return [item for item in dataset.items() if item.path.name != "x.jpg"]


@pytest.mark.parametrize(
    ("decision", "status"),
    [
        ({"sha256": "0" * 64, "action": "reject"}, 404),
        ({"sha256": "0" * 63, "action": "reject"}, 422),
        ({"action": "move"}, 422),
        ({"action": "keep", "to": "ride"}, 422),
        ({"action": "move", "to": "nobody"}, 404),
        ({"action": "move", "to": "../up"}, 422),
        ({"action": "delete"}, 422),
    ],
    ids=str,
)
def test_decisions_that_are_refused_leave_nothing(
    trainer: FlaskClient, tmp_path: Path, decision: dict[str, str], status: int
) -> None:
    digest = add(trainer, "collins", scene(1))[0]["stored"]["sha256"]
    good = {"sha256": digest, "action": "reject"}
    body = {"decisions": [good, {"sha256": digest, **decision}]}
    assert trainer.post(f"{BASE}/decisions", json=body).status_code == status
    assert Dataset(tmp_path / "datasets" / "space").decisions() == []


def test_of_several_the_chosen_one_is_cut_out(trainer: FlaskClient, face: Image) -> None:
    digest = add(trainer, "ride", several(face))[0]["stored"]["sha256"]
    choose = f"{BASE}/pictures/{digest}/choose"
    answer = trainer.post(choose, json={"region": 1}).get_json()
    by_digest = {row["sha256"]: row for row in rows(trainer)}
    cut = by_digest[answer["stored"]["sha256"]]
    assert (cut["shows"], cut["decision"]["action"]) == ("ride", "keep")
    assert by_digest[digest]["shows"] is None
    assert cut["width"] < by_digest[digest]["width"]
    trainer.post(f"{BASE}/decisions/{answer['undo']}/undo")
    left = rows(trainer)
    assert [(row["sha256"], row["shows"]) for row in left] == [(digest, "ride")]
    assert trainer.post(choose, json={"region": 99}).status_code == 409


def test_a_picture_is_shown_by_its_sha256(trainer: FlaskClient) -> None:
    digest = add(trainer, "ride", scene(1))[0]["stored"]["sha256"]
    shown = trainer.get(f"{BASE}/pictures/{digest}?size=40")
    assert max(decode(shown.data).shape) == 40
    assert shown.headers["Cache-Control"] == "private, max-age=3600"
    assert trainer.get(f"{BASE}/pictures/{'0' * 64}").status_code == 404


def test_what_was_seen_goes_with_the_picture(trainer: FlaskClient, tmp_path: Path) -> None:
    """It says what a face looks like."""
    stored = add(trainer, "ride", scene(1), scene(2))[0]["stored"]
    folder = tmp_path / "datasets" / "space" / FOLDER
    assert len(list(folder.iterdir())) == 2
    trainer.delete(f"{BASE}/classes/ride/pictures/{stored['file']}")
    rows(trainer)
    assert len(list(folder.iterdir())) == 1
    trainer.delete(f"{BASE}/classes/ride")
    assert not folder.exists()


def test_in_a_large_data_set_new_pictures_are_compared_with_their_class_first(
    trainer: FlaskClient, face: Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.datasets.marked_pictures.COMPARED", 2)
    add(trainer, "collins", scene(1), scene(2), scene(5))
    add(trainer, "ride", face)
    copy = add(trainer, "ride", resize(face, 320, 320))[0]
    assert "near" in kinds(copy)
    elsewhere = add(trainer, "collins", resize(face, 280, 280))[0]
    assert "near_across" not in kinds(elsewhere)
    assert "near_across" in trainer.get(f"{BASE}/pictures").get_json()["counts"]["marks"]


def test_things_are_not_blamed_for_having_no_face(trainer: FlaskClient) -> None:
    pictures = [packaged(name) for name in ("coffee.png", "chelsea.png", "rocket.jpg")]
    pictures += [scene(seed, 200, 160) for seed in range(6)]
    add(trainer, "ride", *pictures)
    page = trainer.get(f"{BASE}/pictures").get_json()
    assert page["subject"] == "object"
    assert "nothing" not in page["counts"]["marks"]
    assert "nothing" in trainer.get(f"{BASE}/pictures?subject=face").get_json()["counts"]["marks"]


def test_looking_needs_the_role_train(make: Make) -> None:
    client = make(local_role="predict").test_client()
    for path in (f"{BASE}/pictures", f"{BASE}/pictures/{'0' * 64}"):
        assert client.get(path).status_code == 401
    assert client.post(f"{BASE}/decisions", json={}).status_code == 401
