"""Corrections, and a person's right to be forgotten."""

from __future__ import annotations

import base64
import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from data_cleaning.datasets.dataset import Dataset
from data_cleaning.datasets.decisions import Decision
from data_cleaning.files import sha256_of_file
from server.datasets.managed_datasets import Datasets
from server.recognition.erased_names import Rule
from server.service import Service, service_of
from tests.support.making import Make, data_url, make_patches, make_picture
from tests.support.tiny_models import TinyRegistry

KeyOf = Callable[[str], dict[str, str]]


def ask(client: FlaskClient, colour: str = "red") -> dict[str, Any]:
    return client.post(
        "/api/predict", data=make_picture(colour), content_type="image/png"
    ).get_json()


def test_a_correction_shows_before_and_after_and_teaches(
    make: Make, key_of: KeyOf, tmp_path: Path
) -> None:
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
    assert [(json.loads(line)["action"], json.loads(line)["to"]) for line in lines] == [
        ("move", "blue")
    ]
    assert json.loads(lines[0])["sha256"] == sha256_of_file(stored)
    assert client.get("/api/corrections").get_json()["corrections"] == [
        {key: value for key, value in body.items() if key not in ("learned", "why")}
    ]
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
    wish = {"prediction_id": ask(client)["prediction_id"], "action": "is", "label": "blue"}
    picture = base64.b64encode(make_picture("red")).decode()
    answer = client.post("/api/corrections", json={**wish, "image": picture}).get_json()
    assert answer["dataset"] == learns
    assert (tmp_path / "datasets" / learns / answer["picture"]).is_file()


@pytest.mark.parametrize(
    ("colour", "wish", "status", "action"),
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
    make: Make, tmp_path: Path, colour: str, wish: dict[str, Any], status: int, action: str | None
) -> None:
    """What is refused, and what comes without its picture, teaches nothing and makes nothing."""
    client = make(local_role="train").test_client()
    body = {"prediction_id": ask(client, colour)["prediction_id"], **wish}
    answer = client.post("/api/corrections", json=body)
    assert answer.status_code == status, answer.get_json()
    assert not (tmp_path / "datasets").exists()
    if action:
        client.post("/api/corrections", json={"image": data_url(make_picture(colour)), **body})
        line = (tmp_path / "datasets" / "colours" / "decisions.jsonl").read_text()
        assert json.loads(line)["action"] == action
        assert [json.loads(line)["sha256"]] == [
            sha256_of_file(path) for path in (tmp_path / "datasets").rglob("*.jpg")
        ]


TWO = make_patches(("red", 30), ("green", 40))
CLOSE = make_patches(("red", 40), ("green", 40), gap=4)


@pytest.mark.parametrize(
    ("data", "wish", "learned", "folder", "said"),
    [
        (
            TWO,
            {"action": "is", "label": "blue", "region": 1},
            True,
            "blue",
            "now in colours as blue",
        ),
        (TWO, {"action": "is", "label": "red", "region": 0}, True, "red", "now in colours as red"),
        (TWO, {"action": "is_not", "region": 1}, True, "_unknown", "now in colours as _unknown"),
        (TWO, {"action": "not_a_face", "region": 1}, False, None, "stays as it is"),
        (
            TWO,
            {"action": "is", "label": "blue", "region": 1, "image": None},
            False,
            None,
            "did not come along",
        ),
        (
            CLOSE,
            {"action": "is", "label": "blue", "region": 1},
            False,
            None,
            "nothing was added to colours",
        ),
        (
            make_picture("red"),
            {"action": "is", "label": "blue", "image": None},
            False,
            None,
            "did not come along",
        ),
        (make_picture("red"), {"action": "not_a_face"}, False, None, "does not have this picture"),
        (make_picture("red"), {"action": "is_not"}, True, "_unknown", "now in colours as _unknown"),
        (
            make_picture("black"),
            {"action": "is", "label": "blue"},
            False,
            "blue",
            "the model found nothing",
        ),
    ],
)
def test_what_a_correction_teaches(
    make: Make,
    tmp_path: Path,
    data: bytes,
    wish: dict[str, Any],
    learned: bool,
    folder: str | None,
    said: str,
) -> None:
    """Of several in one picture the part around the one that is meant, if the model finds exactly
    that one there.
    """
    client = make(local_role="train").test_client()
    asked = client.post("/api/predict", data=data, content_type="image/png").get_json()
    body = {
        "prediction_id": asked["prediction_id"],
        "image": base64.b64encode(data).decode(),
        **wish,
    }
    answer = client.post("/api/corrections", json=body)
    told = answer.get_json()
    assert answer.status_code == 201, told
    assert told["learned"] is learned
    assert said in told["why"]
    kept = sorted((tmp_path / "datasets").rglob("*.jpg"))
    assert [path.parent.name for path in kept] == ([folder] if folder else [])
    assert told["picture"] == (f"{folder}/{kept[0].name}" if folder else None)
    if len(asked["regions"]) > 1:
        decisions = tmp_path / "datasets" / "colours" / "decisions.jsonl"
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
        assert again["best"] == asked["regions"][wish["region"]]["best"]
        assert again["box"][2] == pytest.approx(asked["regions"][wish["region"]]["box"][2], abs=5)


def test_a_part_is_cut_from_a_kept_picture_too(make: Make) -> None:
    """It may have been kept smaller than it was asked: the box belongs to the picture that was
    asked.
    """
    app = make(local_role="train", keep_pictures_days=1)
    client = app.test_client()
    large = make_patches(("red", 900), ("green", 1000), gap=200)
    asked = client.post("/api/predict", data=large, content_type="image/png").get_json()
    service_of(app).kept.keep(asked["prediction_id"], large)
    wish = {"prediction_id": asked["prediction_id"], "action": "is", "label": "blue", "region": 1}
    told = client.post("/api/corrections", json=wish).get_json()
    assert told["learned"] is True, told
    stored = service_of(app).settings.datasets / "colours" / told["picture"]
    again = client.post(
        "/api/predict", data=stored.read_bytes(), content_type="image/jpeg"
    ).get_json()
    assert [each["best"] for each in again["regions"]] == ["green"]


def test_a_word_on_a_picture_of_the_data_set_needs_no_copy_of_it(
    make: Make, tmp_path: Path
) -> None:
    client = make(local_role="train").test_client()
    (tmp_path / "datasets" / "colours" / "red").mkdir(parents=True)
    (tmp_path / "datasets" / "colours" / "red" / "1.png").write_bytes(make_picture("red"))
    asked = ask(client)["prediction_id"]
    for wish, said in (
        (
            {"action": "is", "label": "blue"},
            "colours has the picture; from now on it is blue, a class that is new there.",
        ),
        ({"action": "not_a_face"}, "colours has the picture; from now on it is left out."),
    ):
        told = client.post("/api/corrections", json={"prediction_id": asked, **wish}).get_json()
        assert (told["learned"], told["picture"]) == (True, None)
        assert told["why"].startswith(said)


def family(service: Service, *labels: str) -> Dataset:
    """A data set with a picture of its colour in each class, brought in as uploads are."""
    datasets = Datasets(service.settings.datasets)
    datasets.create("family")
    for label in labels:
        datasets.create_class("family", label)
        datasets.add("family", label, make_picture(label), service.limits)
    return Dataset(service.settings.datasets / "family")


@pytest.mark.parametrize("old", [False, True])
@pytest.mark.parametrize("image", [False, True])
@pytest.mark.parametrize(
    ("wish", "learned", "shows", "said"),
    [
        ({"action": "is", "label": "blue"}, True, "blue", "from now on it is blue."),
        ({"action": "is", "label": "red"}, True, "red", "from now on it is red."),
        (
            {"action": "is", "label": "bleu"},
            True,
            "bleu",
            "from now on it is bleu, a class that is new there.",
        ),
        ({"action": "is_not"}, True, "_unknown", "from now on it is a stranger's."),
        ({"action": "not_a_face"}, True, None, "from now on it is left out."),
    ],
)
def test_an_upload_is_known_again_and_not_stored_twice(
    make: Make,
    wish: dict[str, Any],
    learned: bool,
    shows: str | None,
    said: str,
    image: bool,
    old: bool,
) -> None:
    """By the name it was filed under; one filed under its own sha256, as all once were, when it
    comes along.
    """
    app = make(local_role="train")
    client, dataset = app.test_client(), family(service_of(app), "red", "blue", "green")
    [path] = dataset.pictures("red")
    if old:
        path = path.rename(path.with_name(f"{sha256_of_file(path)[:24]}.jpg"))
    told = {}
    for _ in range(3):
        body = {"prediction_id": ask(client)["prediction_id"], "dataset": "family", **wish}
        body |= {"image": data_url(make_picture("red"))} if image else {}
        told = told or client.post("/api/corrections", json=body).get_json()
        client.post("/api/corrections", json=body)
    assert len(dataset.paths()) == 3
    if old and not image:
        assert (told["learned"], dataset.decisions()) == (False, [])
        return
    assert (told["learned"], told["picture"], told["why"]) == (
        learned,
        None,
        f"family has the picture; {said}",
    )
    assert {each.sha256 for each in dataset.decisions()} == {sha256_of_file(path)}
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
        told = client.post("/api/corrections", json={**body, **more}).get_json()
        assert told["learned"], told
        assert [item.label for item in Dataset(dataset).items()] == shows
    assert len(list(dataset.rglob("*.jpg"))) == 1
    told = client.post(
        "/api/corrections", json={**body, "action": "is_not", "label": "red"}
    ).get_json()
    assert (told["learned"], "and not as red: there is nothing to change." in told["why"]) == (
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
    told = client.post("/api/corrections", json={**body, "label": "green"}).get_json()
    assert (told["learned"], told["picture"], len(Dataset(folder).paths())) == (True, None, 1)


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
    told = client.post("/api/corrections", json=body).get_json()
    assert (told["learned"], "but the model found nothing in it" in told["why"]) == (False, True)
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
    told = client.post("/api/corrections", json=body).get_json()
    narrower = f" A training from family alone would know {known} of the model's 3 classes."
    assert told["learned"] is learned
    assert told["why"].endswith(narrower) if known else "would know" not in told["why"]


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
    for each, data in zip((asked, other), pictures, strict=True):
        service.kept.keep(each, data)
    assert client.post(
        "/api/corrections", json={"prediction_id": asked, "action": "is", "label": "anna", "region": 1}
    ).get_json()["learned"]  # fmt: skip
    assert not client.post(
        "/api/corrections", json={"prediction_id": other, "action": "is_not", "label": "anna", "region": 1}
    ).get_json()["picture"].startswith("anna")  # fmt: skip
    removed = client.delete("/api/classes/anna").get_json()["removed"]
    assert (removed["pictures"], removed["corrections"]) == (1, 2)
    assert (removed["predictions"], removed["kept_pictures"]) == (1, 1)
    assert service.history.find(asked) is None
    assert service.history.find(other) is not None  # who is said not to be her
    assert not list(service.settings.datasets.rglob("anna"))


def test_a_kept_picture_teaches_without_being_sent_again(make: Make) -> None:
    app = make(local_role="train", keep_pictures_days=1)
    client = app.test_client()
    asked = ask(client)
    service_of(app).kept.keep(asked["prediction_id"], make_picture("red"))
    wish = {"prediction_id": asked["prediction_id"], "action": "is_not"}
    assert client.post("/api/corrections", json=wish).get_json()["picture"].startswith("_unknown/")


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


def test_a_later_version_may_know_the_name_again(make: Make, registry: TinyRegistry) -> None:
    """Who comes back and agrees to be trained again is named by the version that was trained then."""
    client = make(local_role="admin").test_client()
    client.delete("/api/classes/red")
    assert ask(client)["label"] is None
    registry.add("colours", 2)
    assert client.post("/api/models/colours/promote", json={"version": 2}).status_code == 200
    assert ask(client)["label"] == "red"


def test_pictures_go_by_what_they_show_and_not_by_where_they_lie(app: Flask) -> None:
    """In her folder but him: moves to his. In his folder but her: deleted.

    In her folder and nobody: deleted.
    """
    limits = service_of(app).limits
    datasets = Datasets(service_of(app).settings.datasets)
    datasets.create("family")
    for label in ("anna", "ben"):
        datasets.create_class("family", label)
    at = {name: datasets.add("family", folder, make_picture(colour), limits) for name, folder, colour in (
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
    jobs.change(done, state="done", result=result)
    folder = service_of(app).settings.state / "jobs" / done
    folder.mkdir(parents=True)
    (folder / "out").write_text(json.dumps(result))
    (folder / "log").write_text("nothing said")
    jobs.remove_name("anna")
    assert jobs.get(done).result == {"version": 1, "pictures": {"ben": 4}, "worst": ["ben"]}
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


def test_a_retraining_under_way_brings_no_name_back(make: Make, registry: TinyRegistry) -> None:
    """Two people ask one after the other: the version that is made without the first still knows
    the second.
    """
    app = make(local_role="admin")
    client = app.test_client()
    Datasets(service_of(app).settings.datasets).create("colours")
    client.delete("/api/classes/red")
    assert service_of(app).jobs.take().kind == "forget"
    client.delete("/api/classes/blue")
    registry.add("colours", 2, ("blue", "green"))
    assert client.post("/api/models/colours/promote", json={"version": 2}).status_code == 200
    assert ask(client, "blue")["label"] is None
    assert ask(client, "green")["label"] == "green"


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
    told = {"dataset": "family", "model": "new", "recipe": None}
    first = service.jobs.add("train", told, "me").id
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
    assert [(job.arguments, job.by) for job in waiting] == [(told, "me")]
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


def test_a_rule_ends_at_the_first_start_after_the_last_version_that_knew(
    make: Make, registry: TinyRegistry
) -> None:
    app = make(local_role="admin")
    Datasets(service_of(app).settings.datasets).create("colours")
    body = app.test_client().delete("/api/classes/red").get_json()
    service_of(app).jobs.cancel(body["models"][0]["job"])
    assert "red" not in (service_of(app).settings.state / "forgotten.json").read_text()
    registry.add("colours", 2, ("blue", "green"))
    registry.promote("colours", 2)
    assert len(service_of(make()).models.erased.rules()) == 1
    registry.remove("colours", 1)
    assert service_of(make()).models.erased.rules() == ()


def test_who_cannot_be_trained_again_without_them_is_said_with_the_ways_out(
    make: Make, registry: TinyRegistry
) -> None:
    client = make(local_role="admin").test_client()
    [told] = client.delete("/api/classes/red").get_json()["models"]
    assert (told["name"], told["versions"], told["job"]) == ("colours", [1], None)
    assert "Make a data set colours with everybody" in told["why"]
    assert "DELETE /api/models/colours" in told["why"]
    assert client.get("/api/jobs").get_json()["jobs"] == []
    assert ask(client, "red")["label"] is None
    registry.add("colours", 2, ("blue", "green"))
    registry.promote("colours", 2)  # older versions need no training to go
    assert client.delete("/api/classes/red").get_json()["models"][0]["job"]


def test_what_is_left_of_a_masked_answer_agrees_with_itself(app: Flask) -> None:
    """The forgotten one spoke for the picture; now the one who is named does."""
    client = app.test_client()

    def answer() -> dict[str, Any]:
        both = make_patches(("red", 60), ("blue", 40))
        return dict(client.post("/api/predict", data=both, content_type="image/png").get_json())

    assert answer()["label"] == "red"
    service_of(app).models.erased.add(Rule.of("colours", 1, "red"))
    body = answer()
    named = next(each for each in body["regions"] if each["label"] == "blue")
    assert body["label"] == "blue"
    assert body["predictions"] == named["top_k"]
    assert body["predictions"][0]["label"] == "blue"


def test_every_region_of_the_forgotten_is_masked(app: Flask, client: FlaskClient) -> None:
    for rule in (Rule.of("colours", 1, "red"), Rule.of("colours", 1, "green")):
        service_of(app).models.erased.add(rule)
    body = ask(client)
    assert [each["label"] for each in body["predictions"]] == ["blue"]
    assert body["regions"][0]["best"] == "blue"
    assert sum(each["score"] for each in body["regions"][0]["top_k"]) == pytest.approx(1, abs=1e-3)
    service_of(app).models.erased.add(Rule.of("colours", 1, "blue"))
    assert ask(client)["regions"] == []
