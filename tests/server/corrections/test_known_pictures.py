"""A picture that the data set has already is known again and not stored twice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from data_cleaning.datasets.dataset import Dataset
from data_cleaning.files import sha256_of_file
from server.datasets.managed_datasets import Datasets
from server.service import Service, service_of
from tests.support.making import Make, ask, data_url, make_patches, make_picture

TWO = make_patches(("red", 30), ("green", 40))


def family(service: Service, *labels: str) -> Dataset:
    """A data set with a picture of its colour in each class, brought in as uploads are."""
    datasets = Datasets(service.settings.datasets)
    datasets.create("family")
    for label in labels:
        datasets.create_class("family", label)
        datasets.add("family", label, make_picture(label), service.limits)
    return Dataset(service.settings.datasets / "family")


@dataclass(frozen=True)
class Upload:
    """Whether the picture is filed as all once were, and comes along with the correction."""

    old: bool
    image: bool


UPLOADS = [Upload(old, image) for image in (False, True) for old in (False, True)]


@pytest.mark.parametrize("upload", UPLOADS, ids=str)
@pytest.mark.parametrize(
    ("correction", "shows", "why"),
    [
        ({"action": "is", "label": "blue"}, "blue", "from now on it is blue."),
        ({"action": "is", "label": "red"}, "red", "from now on it is red."),
        (
            {"action": "is", "label": "bleu"},
            "bleu",
            "from now on it is bleu, a class that is new there.",
        ),
        ({"action": "is_not"}, "_unknown", "from now on it is a stranger's."),
        ({"action": "not_a_face"}, None, "from now on it is left out."),
    ],
)
def test_an_upload_is_known_again_and_not_stored_twice(
    make: Make, correction: dict[str, Any], shows: str | None, why: str, upload: Upload
) -> None:
    """By the name it was filed under; one filed under its own sha256, as all once were, when it
    comes along.
    """
    app = make(local_role="train")
    client, dataset = app.test_client(), family(service_of(app), "red", "blue", "green")
    [path] = dataset.pictures("red")
    if upload.old:
        path = path.rename(path.with_name(f"{sha256_of_file(path)[:24]}.jpg"))
    taught = {}
    for _ in range(3):
        body = {"prediction_id": ask(client)["prediction_id"], "dataset": "family", **correction}
        body |= {"image": data_url(make_picture("red"))} if upload.image else {}
        taught = taught or client.post("/api/corrections", json=body).get_json()
        client.post("/api/corrections", json=body)
    assert len(dataset.paths()) == 3
    if upload.old and not upload.image:
        assert (taught["learned"], dataset.decisions()) == (False, [])
        return
    assert (taught["learned"], taught["picture"], taught["why"]) == (
        True,
        None,
        f"family has the picture; {why}",
    )
    assert {decision.sha256 for decision in dataset.decisions()} == {sha256_of_file(path)}
    assert [item.label for item in dataset.items() if item.path == path] == (
        [shows] if shows else []
    )


@pytest.mark.parametrize("data", [TWO, make_picture("red")], ids=["a part", "the picture"])
def test_who_changes_their_mind_moves_the_one_picture(make: Make, data: bytes) -> None:
    """Also by a word alone: what was stored or cut before is found again."""
    app = make(local_role="train")
    client = app.test_client()
    asked = client.post("/api/predict", data=data, content_type="image/png").get_json()[
        "prediction_id"
    ]
    body = {"prediction_id": asked, "image": data_url(data)}
    dataset = service_of(app).settings.datasets / "colours"
    for more, shows in (
        ({"action": "is", "label": "bleu"}, ["bleu"]),
        ({"action": "is", "label": "blue"}, ["blue"]),
        ({"action": "is", "label": "green", "image": None}, ["green"]),
        ({"action": "not_a_face"}, []),
        ({"action": "is", "label": "red"}, ["red"]),
        ({"action": "is_not", "label": "red"}, ["_unknown"]),
        ({"action": "is", "label": "blue"}, ["blue"]),
    ):
        taught = client.post("/api/corrections", json={**body, **more}).get_json()
        assert taught["learned"], taught
        assert [item.label for item in Dataset(dataset).items()] == shows
    assert len(list(dataset.rglob("*.jpg"))) == 1
    taught = client.post(
        "/api/corrections", json={**body, "action": "is_not", "label": "red"}
    ).get_json()
    assert (taught["learned"], "and not as red: there is nothing to change." in taught["why"]) == (
        False,
        True,
    )
    assert [item.label for item in Dataset(dataset).items()] == ["blue"]


def test_a_part_that_was_cut_before_it_had_a_name_of_its_own_is_known_again(make: Make) -> None:
    app = make(local_role="train")
    client = app.test_client()
    asked = client.post("/api/predict", data=TWO, content_type="image/png").get_json()[
        "prediction_id"
    ]
    body = {
        "prediction_id": asked,
        "action": "is",
        "label": "blue",
        "region": 1,
        "image": data_url(TWO),
    }
    folder = service_of(app).settings.datasets / "colours"
    path = folder / client.post("/api/corrections", json=body).get_json()["picture"]
    path.rename(path.with_name(f"{sha256_of_file(path)[:24]}.jpg"))
    taught = client.post("/api/corrections", json={**body, "label": "green"}).get_json()
    assert (taught["learned"], taught["picture"], len(Dataset(folder).paths())) == (True, None, 1)


def test_a_kept_picture_and_the_one_that_was_sent_are_one(make: Make) -> None:
    """The kept one is smaller and encoded once more."""
    app = make(local_role="train", keep_pictures_days=1)
    client = app.test_client()
    large = make_picture("red", (1900, 1000))
    asked = client.post("/api/predict", data=large, content_type="image/png").get_json()[
        "prediction_id"
    ]
    service_of(app).kept.keep(asked, large)
    for more in ({}, {"image": data_url(large)}):
        body = {"prediction_id": asked, "action": "is", "label": "blue", **more}
        assert client.post("/api/corrections", json=body).get_json()["learned"]
    assert len(list((service_of(app).settings.datasets / "colours").rglob("*.jpg"))) == 1


def test_a_word_on_a_picture_with_nothing_in_it_says_so_also_where_the_data_set_has_it(
    make: Make,
) -> None:
    app = make(local_role="train")
    client, dataset = app.test_client(), family(service_of(app), "black", "red")
    body = {
        "prediction_id": ask(client, "black")["prediction_id"],
        "dataset": "family",
        "action": "is",
        "label": "red",
    }
    taught = client.post("/api/corrections", json=body).get_json()
    assert (taught["learned"], "but the model found nothing in it" in taught["why"]) == (
        False,
        True,
    )
    assert [item.label for item in dataset.items()] == ["red", "red"]


def test_a_mistyped_class_goes_with_its_deletion(make: Make) -> None:
    app = make(local_role="train")
    client, dataset = app.test_client(), family(service_of(app), "red", "blue", "green")
    body = {
        "prediction_id": ask(client)["prediction_id"],
        "dataset": "family",
        "action": "is",
        "label": "rde",
    }
    assert (
        "a class that is new there" in client.post("/api/corrections", json=body).get_json()["why"]
    )
    assert "a class" not in client.post("/api/corrections", json=body).get_json()["why"]
    rows = client.get("/api/datasets/family").get_json()["classes"]
    assert [row["name"] for row in rows] == ["blue", "green", "rde", "red"]
    assert client.delete("/api/datasets/family/classes/rde").status_code == 200
    assert sorted(item.label for item in dataset.items()) == ["blue", "green", "red"]


@pytest.mark.parametrize(
    ("labels", "learned", "known"),
    [
        (("red", "blue", "green"), True, None),
        (("red", "yellow"), True, 1),
        (("blue", "green"), False, None),
    ],
)
def test_a_data_set_with_fewer_classes_than_the_model_is_told(
    make: Make, labels: tuple[str, ...], learned: bool, known: int | None
) -> None:
    app = make(local_role="train")
    family(service_of(app), *labels)
    client = app.test_client()
    body = {"prediction_id": ask(client)["prediction_id"], "dataset": "family", "action": "is_not"}
    taught = client.post("/api/corrections", json=body).get_json()
    narrower = f" A training from family alone would know {known} of the model's 3 classes."
    assert taught["learned"] is learned
    assert taught["why"].endswith(narrower) if known else "would know" not in taught["why"]
