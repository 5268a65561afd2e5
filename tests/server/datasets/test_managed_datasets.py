"""Data sets over HTTP: making, filling, looking, deleting; and names that would lead elsewhere."""

from __future__ import annotations

import base64
import hashlib
import io
import os
import resource
import time
from pathlib import Path
from urllib.parse import quote

import PIL.Image
import pytest
from flask.testing import FlaskClient

from data_cleaning.datasets.dataset import Dataset
from data_cleaning.datasets.decisions import Decision
from data_cleaning.files import sha256_of_file
from data_cleaning.imaging.limits import Limits
from server.datasets.managed_datasets import Datasets
from server.service import service_of
from tests.support.making import ONE_DATABASE, Make, make_picture


@pytest.fixture
def trainer(make: Make) -> FlaskClient:
    return make(local_role="train").test_client()


def test_life_of_a_data_set(trainer: FlaskClient, tmp_path: Path) -> None:
    assert trainer.get("/api/datasets").get_json() == {"datasets": []}
    assert trainer.post("/api/datasets", json={"name": "family"}).status_code == 201
    assert trainer.post("/api/datasets", json={"name": "family"}).status_code == 409
    for label in ("Zoë Müller", "_unknown"):
        assert trainer.post("/api/datasets/family/classes", json={"name": label}).status_code == 201
    assert trainer.post("/api/datasets/family/classes", json={"name": "_other"}).status_code == 422
    base = f"/api/datasets/family/classes/{quote('Zoë Müller')}/pictures"
    files = [
        (io.BytesIO(make_picture("red", kind="JPEG")), "../../x.jpg"),
        (io.BytesIO(b"text"), "y.jpg"),
    ]
    body = trainer.post(base, data={"image": files}).get_json()
    assert [result["ok"] for result in body["results"]] == [True, False]
    stored = body["results"][0]["stored"]
    assert (tmp_path / "datasets" / "family" / "Zoë Müller" / stored["file"]).is_file()
    again = [{"image": base64.b64encode(make_picture("red", kind="JPEG")).decode()}]
    assert (
        trainer.post(base, json={"images": again}).get_json()["results"][0]["stored"]["new"]
        is False
    )
    assert trainer.get(base).get_json() == {"pictures": [stored["file"]]}
    shown = trainer.get(f"{base}/{stored['file']}?size=16")
    assert max(PIL.Image.open(io.BytesIO(shown.data)).size) == 16
    row = trainer.get("/api/datasets").get_json()["datasets"][0]
    assert row == {
        "name": "family",
        "classes": [{"name": "Zoë Müller", "pictures": 1}, {"name": "_unknown", "pictures": 0}],
        "pictures": 1,
    }
    assert trainer.delete(f"{base}/{stored['file']}").get_json() == {"pictures": []}
    assert trainer.delete(f"/api/datasets/family/classes/{quote('Zoë Müller')}").get_json()[
        "classes"
    ] == [{"name": "_unknown", "pictures": 0}]
    assert trainer.delete("/api/datasets/family").status_code == 200
    assert trainer.get("/api/datasets").get_json() == {"datasets": []}
    assert [
        path for path in (tmp_path / "datasets").rglob("*") if not path.name.startswith(".")
    ] == []


@ONE_DATABASE
@pytest.mark.parametrize(
    "name", ["", ".", "..", ".hidden", "a/b", "a\\b", "a\x00b", "a\nb", "x" * 64, "é" * 64, " a", 7]
)
def test_names_that_are_refused(trainer: FlaskClient, name: object, tmp_path: Path) -> None:
    assert trainer.post("/api/datasets", json={"name": name}).status_code == 422
    trainer.post("/api/datasets", json={"name": "good"})
    assert trainer.post("/api/datasets/good/classes", json={"name": name}).status_code == 422
    assert sorted(path.name for path in (tmp_path / "datasets").iterdir()) == ["good"]


@ONE_DATABASE
@pytest.mark.parametrize("name", ["_foo", "decisions.jsonl", "groups.csv"])
def test_names_that_no_class_may_have(trainer: FlaskClient, name: str, tmp_path: Path) -> None:
    """A folder in the place of the data set's own files would make it unreadable."""
    trainer.post("/api/datasets", json={"name": "good"})
    assert trainer.post("/api/datasets/good/classes", json={"name": name}).status_code == 422
    assert not any((tmp_path / "datasets" / "good").iterdir())


@ONE_DATABASE
@pytest.mark.parametrize(
    "path",
    [
        "/api/datasets/..",
        "/api/datasets/%2e%2e",
        "/api/datasets/..%2fvar",
        "/api/datasets/good/classes/..",
        "/api/datasets/good/classes/%2e%2e/pictures",
        "/api/datasets/good/classes/anna/pictures/..%2f..%2fsecret",
        "/api/datasets/good/classes/anna/pictures/%2e%2e",
        "/api/datasets/good/classes/anna/pictures/decisions.jsonl",
        "/api/datasets/nobody",
        "/api/datasets/good/classes/nobody/pictures",
    ],
)
@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_paths_that_lead_nowhere(
    trainer: FlaskClient, path: str, method: str, tmp_path: Path
) -> None:
    trainer.post("/api/datasets", json={"name": "good"})
    trainer.post("/api/datasets/good/classes", json={"name": "anna"})
    assert trainer.open(path, method=method).status_code in (404, 405, 422)
    assert (tmp_path / "datasets" / "good" / "anna").is_dir()
    assert (tmp_path / "var").is_dir()


def test_a_full_disk_is_said_for_each_picture_and_leaves_no_half_of_one(
    trainer: FlaskClient, tmp_path: Path
) -> None:
    trainer.post("/api/datasets", json={"name": "good"})
    trainer.post("/api/datasets/good/classes", json={"name": "anna"})
    files = [
        (io.BytesIO(make_picture(colour, (900, 900))), f"{colour}.png")
        for colour in ("red", "blue")
    ]
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (500, before[1]))
    try:
        answer = trainer.post("/api/datasets/good/classes/anna/pictures", data={"image": files})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert answer.status_code == 200
    assert [row["problem"]["code"] for row in answer.get_json()["results"]] == ["no-space"] * 2
    assert "File too large" in answer.get_json()["results"][0]["problem"]["detail"]
    assert list((tmp_path / "datasets" / "good" / "anna").iterdir()) == []


def test_what_killed_processes_left_is_removed_and_what_is_being_written_is_not(
    tmp_path: Path,
) -> None:
    datasets = Datasets(tmp_path)
    (tmp_path / "family" / "anna").mkdir(parents=True)
    (tmp_path / ".deleted-1" / "anna").mkdir(parents=True)
    old, young = (tmp_path / "family" / "anna" / f".{name}.part" for name in ("old", "young"))
    decisions = tmp_path / "family" / ".decisions.jsonl.0a1b2c3d.part"
    for path in (old, young, decisions):
        path.write_bytes(make_picture()[:40])
    for path in (old, decisions, tmp_path / ".deleted-1"):
        os.utime(path, (time.time() - 7200, time.time() - 7200))
    assert datasets.pictures("family", "anna") == []
    assert datasets.tidy() == 3
    assert (
        old.exists(),
        young.exists(),
        decisions.exists(),
        (tmp_path / ".deleted-1").exists(),
    ) == (
        False,
        True,
        False,
        False,
    )


def test_a_picture_of_two_classes_goes_with_either(tmp_path: Path) -> None:
    """In a data set of several classes a picture it lies in the folder of each."""
    datasets = Datasets(tmp_path)
    datasets.create("pets")
    for label, colours in {"dog": ("red", "green"), "ball": ("red", "blue")}.items():
        datasets.create_class("pets", label)
        for colour in colours:
            datasets.add("pets", label, make_picture(colour), Limits())
    assert datasets.erase_class("dog").pictures == 2
    assert [(row.name, row.pictures) for row in datasets.describe("pets").classes] == [("ball", 1)]


@pytest.mark.parametrize(
    ("decided", "before", "after"),
    [
        ([("move", "red", "rde")], "rde", "red"),
        ([("move", "red", "blue"), ("move", "blue", "rde")], "rde", "blue"),
        ([("keep", "rde", None)], "rde", "red"),
        ([("confirm", "rde", None)], "rde", "red"),
        ([("not", "red", None)], "_unknown", "_unknown"),
        ([("move", "red", "rde"), ("reject", None, None)], None, None),
    ],
)
@pytest.mark.parametrize("folder", [True, False])
def test_deleting_a_class_takes_back_what_was_decided_to_show_it(
    trainer: FlaskClient,
    folder: bool,
    decided: list[tuple[str, str | None, str | None]],
    before: str | None,
    after: str | None,
) -> None:
    """Or a mistyped class would stay in every later training; it is seen and deleted also without a
    folder.
    """
    root = service_of(trainer.application).settings.datasets / "family"
    (root / "red").mkdir(parents=True)
    (root / "red" / "1.png").write_bytes(make_picture("red"))
    dataset = Dataset(root)
    dataset.decide(
        *(
            Decision(sha256_of_file(root / "red" / "1.png"), action, label, to)
            for action, label, to in decided
        )
    )
    assert [item.label for item in dataset.items()] == ([before] if before else [])
    if folder:
        assert trainer.post("/api/datasets/family/classes", json={"name": "rde"}).status_code == 201
    names = [row["name"] for row in trainer.get("/api/datasets/family").get_json()["classes"]]
    assert ("rde" in names) == (folder or before == "rde")
    answer = trainer.delete("/api/datasets/family/classes/rde")
    assert answer.status_code == (200 if folder or before == "rde" else 404)
    assert "rde" not in [
        row["name"] for row in trainer.get("/api/datasets/family").get_json()["classes"]
    ]
    assert [item.label for item in dataset.items()] == ([after] if after else [])


def test_a_picture_that_shows_another_class_is_not_deleted_with_its_folder(tmp_path: Path) -> None:
    """Nor does it take the place of another that is called so."""
    datasets = Datasets(tmp_path)
    for label, colour in (("rde", "red"), ("red", "orange"), ("blue", "blue")):
        (tmp_path / "family" / label).mkdir(parents=True)
        (tmp_path / "family" / label / "1.png").write_bytes(make_picture(colour))
    (tmp_path / "family" / "rde" / "2.png").write_bytes(make_picture("black"))
    for label in ("rde", "blue"):
        (tmp_path / "family" / label / "3.png").write_bytes(make_picture("cyan"))
    mistyped, both = (
        sha256_of_file(tmp_path / "family" / "rde" / f"{number}.png") for number in (1, 3)
    )
    datasets.decide(
        "family", Decision(mistyped, "move", to="red"), Decision(both, "move", to="blue")
    )
    assert datasets.delete_class("family", "rde") == 2
    items = Dataset(tmp_path / "family").items()
    assert sorted(item.label for item in items) == ["blue", "blue", "red", "red"]
    assert mistyped in [item.sha256 for item in items]
    datasets.decide("family", Decision(mistyped, "move", to="blue"))
    assert datasets.erase_class("red").pictures == 1
    items = Dataset(tmp_path / "family").items()
    assert [(item.label, item.path.parent.name) for item in items] == [("blue", "blue")] * 3


def test_a_class_that_only_a_decision_made_can_be_filled(
    trainer: FlaskClient, tmp_path: Path
) -> None:
    (tmp_path / "datasets" / "family" / "red").mkdir(parents=True)
    Dataset(tmp_path / "datasets" / "family").decide(Decision("0" * 64, "move", to="anna"))
    base = "/api/datasets/family/classes/anna/pictures"
    assert trainer.get(base).get_json() == {"pictures": []}
    answer = trainer.post(base, data={"image": (io.BytesIO(make_picture()), "1.png")}).get_json()
    assert trainer.get(base).get_json() == {"pictures": [answer["results"][0]["stored"]["file"]]}


def test_a_class_of_strangers_that_is_deleted_makes_nobody_known(
    trainer: FlaskClient, tmp_path: Path
) -> None:
    root = tmp_path / "datasets" / "family"
    for label in ("red", "_unknown"):
        (root / label).mkdir(parents=True)
    (root / "red" / "1.png").write_bytes(make_picture("red"))
    Dataset(root).decide(Decision(sha256_of_file(root / "red" / "1.png"), "move", to="_unknown"))
    assert trainer.delete("/api/datasets/family/classes/_unknown").status_code == 200
    assert [item.label for item in Dataset(root).items()] == ["_unknown"]


def test_a_line_that_is_no_decision_hides_no_data_set(trainer: FlaskClient, tmp_path: Path) -> None:
    (tmp_path / "datasets" / "family" / "red").mkdir(parents=True)
    (tmp_path / "datasets" / "family" / "decisions.jsonl").write_text("no decision\n")
    assert [row["name"] for row in trainer.get("/api/datasets").get_json()["datasets"]] == [
        "family"
    ]
    assert trainer.get("/api/datasets/family/classes/anna/pictures").status_code == 404


def test_pictures_are_found_by_what_was_sent_and_by_what_lies_there(tmp_path: Path) -> None:
    """And one that was filed under its own sha256, as all once were, is the same picture still."""
    datasets, sent = Datasets(tmp_path), make_picture("red")
    datasets.create("family")
    for label in ("anna", "ben"):
        datasets.create_class("family", label)
    original = hashlib.sha256(sent).hexdigest()
    stored = datasets.add("family", "anna", sent, Limits())
    path = tmp_path / "family" / "anna" / stored.file
    assert (path.stem, stored.sha256, stored.new) == (
        original[:24],
        sha256_of_file(path),
        True,
    )

    def found(*digests: str, sizes: set[int] | None = None) -> list[tuple[str, str]]:
        return [(row.label, row.path.name) for row in datasets.holders("family", digests, sizes)]

    assert (
        found(original)
        == found(stored.sha256)
        == found(original, sizes=set())
        == [("anna", path.name)]
    )
    assert found("0" * 64) == found(stored.sha256, sizes={1}) == []
    (tmp_path / "family" / "ben" / "by hand.jpg").write_bytes(path.read_bytes())
    assert found(original) == [("anna", path.name), ("ben", "by hand.jpg")]
    old = path.rename(path.with_name(f"{stored.sha256[:24]}.jpg"))
    assert found(original) == []
    again = stored.model_copy(update={"file": old.name, "new": False})
    assert datasets.add("family", "anna", sent, Limits()) == again
