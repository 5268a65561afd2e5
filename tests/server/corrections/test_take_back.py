"""Taking a correction back, and asking before a data set is made."""

from __future__ import annotations

import base64
from pathlib import Path

from data_cleaning.datasets.dataset import Dataset
from tests.support.making import Make, make_picture

PICTURE = make_picture("red")


def corrected(client, **word: object) -> dict:
    asked = client.post("/api/predict", data=PICTURE, content_type="image/png").get_json()
    body = {
        "prediction_id": asked["prediction_id"],
        "image": base64.b64encode(PICTURE).decode(),
        "action": "is",
        "label": "anna",
        **word,
    }
    return client.post("/api/corrections", json=body).get_json()


def test_what_was_added_goes_when_it_is_taken_back(make: Make, tmp_path: Path) -> None:
    client, root = make(local_role="train").test_client(), tmp_path / "datasets" / "colours"
    first = corrected(client)
    assert (root / first["picture"]).is_file()
    assert len(Dataset(root).decisions()) == 1
    assert "undo" not in first["before"]
    assert "undo" not in client.get("/api/corrections").get_json()["corrections"][0]["before"]
    assert client.delete(f"/api/corrections/{first['id']}").status_code == 200
    assert not (root / "anna").exists()
    assert Dataset(root).decisions() == []
    assert client.get("/api/corrections").get_json()["corrections"] == []
    assert client.delete(f"/api/corrections/{first['id']}").status_code == 404


def test_what_was_there_before_stays_and_later_words_stand(make: Make, tmp_path: Path) -> None:
    client, root = make(local_role="train").test_client(), tmp_path / "datasets" / "colours"
    first = corrected(client)
    second = corrected(client, label="bert")
    assert second["picture"] is None, "the data set has it: it was decided about"
    assert client.delete(f"/api/corrections/{second['id']}").status_code == 200
    assert (root / first["picture"]).is_file()
    assert [decision.to for decision in Dataset(root).decisions()] == ["anna"]
    third = corrected(client, label="carl")
    client.delete(f"/api/corrections/{first['id']}")
    assert [decision.to for decision in Dataset(root).decisions()] == ["carl"]
    client.delete(f"/api/corrections/{third['id']}")


def test_a_data_set_is_made_only_where_that_was_asked_for(make: Make, tmp_path: Path) -> None:
    client = make(local_role="train").test_client()
    refused = corrected(client, create=False)
    assert (refused["status"], refused["code"]) == (409, "no-dataset")
    assert refused["detail"] == "There is no data set 'colours' yet."
    assert not (tmp_path / "datasets" / "colours").exists()
    assert client.get("/api/corrections").get_json()["corrections"] == []
    assert corrected(client, create=True)["learned"]
    assert corrected(client, create=False, label="bert")["learned"], "it is there now"
