"""How much data sets may hold, whichever way pictures come in."""

from __future__ import annotations

import base64
import io
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from server.datasets import quota
from tests.support.making import Make, make_picture

BASE = "/api/datasets/family/classes/anna/pictures"
COLOURS = ("red", "green", "blue", "white", "grey")


def fill(client: FlaskClient, *colours: str) -> list[dict[str, object]]:
    files = [(io.BytesIO(make_picture(colour)), f"{colour}.png") for colour in colours]
    answer = client.post(BASE, data={"image": files})
    assert answer.status_code == 200
    return [result.get("problem", {}) for result in answer.get_json()["results"]]


def prepared(make: Make, **settings: int) -> FlaskClient:
    client = make(local_role="train", **settings).test_client()
    client.post("/api/datasets", json={"name": "family"})
    client.post("/api/datasets/family/classes", json={"name": "anna"})
    return client


def test_pictures_of_one_data_set(make: Make) -> None:
    client = prepared(make, dataset_pictures=2)
    *fine, refused = fill(client, "red", "green", "blue")
    assert fine == [{}, {}]
    assert (refused["status"], refused["code"]) == (507, "quota-reached")
    assert refused["limits"] == {"dataset_pictures": 2}
    assert "'family' holds 2 pictures; at most 2" in str(refused["detail"])
    assert "LIKENESS_DATASET_PICTURES" in str(refused["detail"])
    assert fill(client, "red") == [{}], "what is there already takes no room"


def test_who_makes_room_may_fill_it_at_once(make: Make) -> None:
    client = prepared(make, dataset_pictures=1)
    fill(client, "red")
    (file,) = client.get(BASE).get_json()["pictures"]
    assert client.delete(f"{BASE}/{file}").status_code == 200
    assert fill(client, "green", "blue")[0] == {}
    back = client.post(f"{BASE}/{file}/restore")
    assert (back.status_code, back.get_json()["code"]) == (507, "quota-reached")


def test_all_data_sets_together(make: Make) -> None:
    client = prepared(make, datasets_pictures=3)
    client.post("/api/datasets", json={"name": "staff"})
    client.post("/api/datasets/staff/classes", json={"name": "ben"})
    other = BASE.replace("family", "staff").replace("anna", "ben")
    files = [(io.BytesIO(make_picture(colour)), "x.png") for colour in ("red", "green")]
    client.post(other, data={"image": files})
    problems = fill(client, "red", "green")
    assert problems[0] == {}
    assert problems[1]["limits"] == {"datasets_pictures": 3}


@pytest.mark.parametrize("setting", ["dataset_bytes", "datasets_bytes"])
def test_bytes(make: Make, setting: str) -> None:
    client = prepared(make, **{setting: 1000})
    problems = fill(client, *COLOURS)
    assert problems[0] == {}
    assert problems[-1]["limits"] == {setting: 1000}
    assert "1,000 bytes are allowed" in str(problems[-1]["detail"])


def test_a_correction_obeys_and_leaves_no_empty_data_set(make: Make, tmp_path: Path) -> None:
    client = prepared(make, dataset_bytes=1)
    asked = client.post(
        "/api/predict", data=make_picture("red"), headers={"Content-Type": "image/png"}
    ).get_json()
    correction = {"prediction_id": asked["prediction_id"], "region": 0, "action": "is"}
    correction |= {"label": "green", "dataset": "taught"}
    correction |= {"image": base64.b64encode(make_picture("red")).decode()}
    answer = client.post("/api/corrections", json=correction)
    assert (answer.status_code, answer.get_json()["code"]) == (507, "quota-reached"), answer.text
    assert not (tmp_path / "datasets" / "taught").exists()


def test_counting_follows_no_link(tmp_path: Path) -> None:
    (tmp_path / "sets" / "one" / "anna").mkdir(parents=True)
    (tmp_path / "sets" / "one" / "anna" / "a.jpg").write_bytes(b"12345")
    (tmp_path / "sets" / "one" / "decisions.jsonl").write_text("{}")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "b.jpg").write_bytes(b"12345")
    (tmp_path / "sets" / "two").symlink_to(tmp_path / "other")
    (tmp_path / "sets" / "one" / "ben").symlink_to(tmp_path / "other")
    assert quota.count_all(tmp_path / "sets") == {"one": quota.Held(1, 5)}
    assert quota.count_all(tmp_path / "none") == {}
