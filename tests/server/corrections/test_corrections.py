"""What people say of an answer: what is refused, what is kept and what the data set learns."""

from __future__ import annotations

import base64
import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from data_cleaning.files import sha256_of_file
from server.service import service_of
from tests.support.making import KeyOf, Make, ask, data_url, make_patches, make_picture


def test_a_correction_shows_before_and_after_and_teaches(
    make: Make, key_of: KeyOf, tmp_path: Path
) -> None:
    app = make(local_role="train")
    client = app.test_client()
    asked = ask(client)
    correction = {
        "prediction_id": asked["prediction_id"],
        "action": "is",
        "label": "blue",
        "image": base64.b64encode(make_picture("red")).decode(),
        "note": "it was dusk",
    }
    answer = client.post("/api/corrections", json=correction)
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
    assert [(json.loads(line)["action"], json.loads(line)["to"]) for line in lines] == [
        ("move", "blue")
    ]
    assert json.loads(lines[0])["sha256"] == sha256_of_file(stored)
    assert client.get("/api/corrections").get_json()["corrections"] == [
        {key: value for key, value in body.items() if key not in ("learned", "why", "outcome")}
        | {"waits": True}
    ]
    assert body["outcome"] == {
        "code": "added", "part": False, "classes": ["blue"], "new": ["blue"],
        "nothing_found": False, "known": 1, "of": 3,
    }  # fmt: skip
    assert (body["learned"], body["why"]) == (
        True,
        (
            "The picture is now in colours as blue, a class that is new there. "
            "A training from colours alone would know 1 of the model's 3 classes."
        ),
    )


@pytest.mark.parametrize(
    ("folders", "learns"), [([], "colours"), (["My Family"], "My Family"), (["other"], "colours")]
)
def test_the_data_set_that_a_model_was_trained_on_learns(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folders: list[str], learns: str
) -> None:
    client = make(local_role="train").test_client()
    for name in folders:
        assert client.post("/api/datasets", json={"name": name}).status_code == 201
    service = client.application.extensions["likeness"]
    bundle = service.models.get("colours")
    object.__setattr__(bundle, "facts", dataclasses.replace(bundle.facts, dataset="My Family"))
    correction = {"prediction_id": ask(client)["prediction_id"], "action": "is", "label": "blue"}
    picture = base64.b64encode(make_picture("red")).decode()
    answer = client.post("/api/corrections", json={**correction, "image": picture}).get_json()
    assert answer["dataset"] == learns
    assert (tmp_path / "datasets" / learns / answer["picture"]).is_file()


@pytest.mark.parametrize(
    ("colour", "correction", "status", "action"),
    [
        ("red", {"action": "is_not"}, 201, "not"),
        ("red", {"action": "is_not", "label": "red"}, 201, "not"),
        ("red", {"action": "is_not", "label": "blue"}, 409, None),
        ("white", {"action": "is_not", "label": "blue"}, 201, "not"),
        ("red", {"action": "not_a_face"}, 201, None),
        ("red", {"action": "is", "label": "blue"}, 201, "move"),
        ("black", {"action": "is", "label": "blue"}, 201, "move"),
        ("black", {"action": "is_not", "label": "blue"}, 409, None),
        ("white", {"action": "is_not"}, 409, None),
        ("red", {"action": "is"}, 422, None),
        ("red", {"action": "is", "label": "../blue"}, 422, None),
        ("red", {"action": "is", "label": "blue", "region": 1}, 409, None),
        ("red", {"action": "is", "label": "blue", "image": "!"}, 400, None),
        (
            "red",
            {"action": "is", "label": "blue", "image": data_url(make_picture("green"))},
            409,
            None,
        ),
        ("red", {"action": "is", "label": "_special"}, 422, None),
        ("red", {"action": "is", "label": "_unknown"}, 201, "move"),
        ("red", {"action": "was", "label": "blue"}, 422, None),
        ("red", {"action": "is_not", "prediction_id": "0" * 32}, 404, None),
    ],
)
def test_corrections(
    make: Make, colour: str, correction: dict[str, Any], status: int, action: str | None
) -> None:
    """What is refused, and what comes without its picture, teaches nothing and makes nothing."""
    client = make(local_role="train").test_client()
    datasets = service_of(client.application).settings.datasets
    body = {"prediction_id": ask(client, colour)["prediction_id"], **correction}
    answer = client.post("/api/corrections", json=body)
    assert answer.status_code == status, answer.get_json()
    assert not datasets.exists()
    if action:
        client.post("/api/corrections", json={"image": data_url(make_picture(colour)), **body})
        line = (datasets / "colours" / "decisions.jsonl").read_text()
        assert json.loads(line)["action"] == action
        assert [json.loads(line)["sha256"]] == [
            sha256_of_file(path) for path in datasets.rglob("*.jpg")
        ]


TWO = make_patches(("red", 30), ("green", 40))
CLOSE = make_patches(("red", 40), ("green", 40), gap=4)


@dataclasses.dataclass(frozen=True)
class Taught:
    """What is expected of a correction: whether it teaches, as which class, and what is said."""

    learned: bool
    folder: str | None
    why: str


@pytest.mark.parametrize(
    ("data", "correction", "expected"),
    [
        (
            TWO,
            {"action": "is", "label": "blue", "region": 1},
            Taught(True, "blue", "now in colours as blue"),
        ),
        (
            TWO,
            {"action": "is", "label": "red", "region": 0},
            Taught(True, "red", "now in colours as red"),
        ),
        (
            TWO,
            {"action": "is_not", "region": 1},
            Taught(True, "_unknown", "now in colours as _unknown"),
        ),
        (TWO, {"action": "not_a_face", "region": 1}, Taught(False, None, "stays as it is")),
        (
            TWO,
            {"action": "is", "label": "blue", "region": 1, "image": None},
            Taught(False, None, "did not come along"),
        ),
        (
            CLOSE,
            {"action": "is", "label": "blue", "region": 1},
            Taught(False, None, "nothing was added to colours"),
        ),
        (
            make_picture("red"),
            {"action": "is", "label": "blue", "image": None},
            Taught(False, None, "did not come along"),
        ),
        (
            make_picture("red"),
            {"action": "not_a_face"},
            Taught(False, None, "does not have this picture"),
        ),
        (
            make_picture("red"),
            {"action": "is_not"},
            Taught(True, "_unknown", "now in colours as _unknown"),
        ),
        (
            make_picture("black"),
            {"action": "is", "label": "blue"},
            Taught(False, "blue", "the model found nothing"),
        ),
    ],
)
def test_what_a_correction_teaches(
    make: Make, data: bytes, correction: dict[str, Any], expected: Taught
) -> None:
    """Of several in one picture the part around the one that is meant, if the model finds exactly
    that one there.
    """
    client = make(local_role="train").test_client()
    datasets, folder = service_of(client.application).settings.datasets, expected.folder
    asked = client.post("/api/predict", data=data, content_type="image/png").get_json()
    body = {
        "prediction_id": asked["prediction_id"],
        "image": base64.b64encode(data).decode(),
        **correction,
    }
    answer = client.post("/api/corrections", json=body)
    taught = answer.get_json()
    assert answer.status_code == 201, taught
    assert taught["learned"] is expected.learned
    assert expected.why in taught["why"]
    kept = sorted(datasets.rglob("*.jpg"))
    assert [path.parent.name for path in kept] == ([folder] if folder else [])
    assert taught["picture"] == (f"{folder}/{kept[0].name}" if folder else None)
    if len(asked["regions"]) > 1:
        decisions = datasets / "colours" / "decisions.jsonl"
        lines = (
            [json.loads(line)["sha256"] for line in decisions.read_text().splitlines()]
            if folder
            else []
        )
        assert lines == [
            sha256_of_file(path) for path in kept
        ]  # nothing is decided about the others
    if len(asked["regions"]) > 1 and folder:
        (again,) = client.post(
            "/api/predict", data=kept[0].read_bytes(), content_type="image/jpeg"
        ).get_json()["regions"]
        assert again["best"] == asked["regions"][correction["region"]]["best"]
        assert again["box"][2] == pytest.approx(
            asked["regions"][correction["region"]]["box"][2], abs=5
        )


def test_a_part_is_cut_from_a_kept_picture_too(make: Make) -> None:
    """It may have been kept smaller than it was asked: the box belongs to the picture that was
    asked.
    """
    app = make(local_role="train", keep_pictures_days=1)
    client = app.test_client()
    large = make_patches(("red", 900), ("green", 1000), gap=200)
    asked = client.post("/api/predict", data=large, content_type="image/png").get_json()
    service_of(app).kept.keep(asked["prediction_id"], large)
    correction = {
        "prediction_id": asked["prediction_id"],
        "action": "is",
        "label": "blue",
        "region": 1,
    }
    taught = client.post("/api/corrections", json=correction).get_json()
    assert taught["learned"] is True, taught
    stored = service_of(app).settings.datasets / "colours" / taught["picture"]
    again = client.post(
        "/api/predict", data=stored.read_bytes(), content_type="image/jpeg"
    ).get_json()
    assert [region["best"] for region in again["regions"]] == ["green"]


def test_a_word_on_a_picture_of_the_data_set_needs_no_copy_of_it(
    make: Make, tmp_path: Path
) -> None:
    client = make(local_role="train").test_client()
    (tmp_path / "datasets" / "colours" / "red").mkdir(parents=True)
    (tmp_path / "datasets" / "colours" / "red" / "1.png").write_bytes(make_picture("red"))
    asked = ask(client)["prediction_id"]
    for correction, why in (
        (
            {"action": "is", "label": "blue"},
            "colours has the picture; from now on it is blue, a class that is new there.",
        ),
        ({"action": "not_a_face"}, "colours has the picture; from now on it is left out."),
    ):
        taught = client.post(
            "/api/corrections", json={"prediction_id": asked, **correction}
        ).get_json()
        assert (taught["learned"], taught["picture"]) == (True, None)
        assert taught["why"].startswith(why)


def test_a_kept_picture_teaches_without_being_sent_again(make: Make) -> None:
    app = make(local_role="train", keep_pictures_days=1)
    client = app.test_client()
    asked = ask(client)
    service_of(app).kept.keep(asked["prediction_id"], make_picture("red"))
    correction = {"prediction_id": asked["prediction_id"], "action": "is_not"}
    assert (
        client.post("/api/corrections", json=correction)
        .get_json()["picture"]
        .startswith("_unknown/")
    )
