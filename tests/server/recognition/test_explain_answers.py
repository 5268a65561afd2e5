"""Why, over HTTP: a real model's heatmap and words."""

from __future__ import annotations

import base64
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from flask.testing import FlaskClient

from data_cleaning.imaging.decoding import decode
from data_cleaning.imaging.encoding import encode
from data_cleaning.imaging.limits import Limits
from model.recognition.registry import Registry
from server.datasets.managed_datasets import Datasets
from server.recognition.erased_names import Rule
from server.recognition.picture_places import picture_places
from server.service import service_of
from server.settings import Settings
from tests.support.paths import ROOT
from tests.support.started import started

ARTIFACTS = ROOT / "artifacts"


@pytest.fixture
def client(tmp_path: Path) -> FlaskClient:
    return started(Settings(artifacts=ARTIFACTS, state=tmp_path), Registry(ARTIFACTS)).test_client()


def asked(client: FlaskClient, picture: bytes, query: str) -> Any:
    return client.post(f"/api/predict{query}", data=picture, content_type="image/png").get_json()


def test_the_shipped_model_says_why(client: FlaskClient, astronaut: bytes) -> None:
    body = asked(client, astronaut, "?model=celebrities&explain=true")
    kind, picture = body["explanation"].split(",", 1)
    assert kind == "data:image/png;base64"
    assert min(decode(base64.b64decode(picture)).shape[:2]) > 50
    assert body["regions"][0]["best"] in body["why"]


def test_each_region_has_its_reason(client: FlaskClient, astronaut: bytes) -> None:
    bright = decode(astronaut)
    both = encode(np.hstack([bright, (bright[:, ::-1] * 0.6).astype(np.uint8)]))
    answers = [asked(client, both, f"?explain=true&region={region}") for region in (0, 1, 2)]
    light = [
        float(decode(base64.b64decode(answer["explanation"].split(",")[1])).mean())
        for answer in answers[:2]
    ]
    left = [answer["regions"][region]["box"][0] < 512 for region, answer in enumerate(answers[:2])]
    assert sorted(left) == [False, True]
    assert (light[0] > light[1]) == left[0], "the heat lies on the region that was asked for"
    assert "Region 2 cannot be explained: 2 were found" in answers[2]["detail"]


def test_who_was_forgotten_is_no_reason(client: FlaskClient, astronaut: bytes) -> None:
    best = asked(client, astronaut, "?model=celebrities")["regions"][0]["best"]
    service_of(client.application).models.erased.add(Rule.of("celebrities", 99, best))
    body = asked(client, astronaut, "?model=celebrities&explain=true")
    assert best not in str(body)
    assert "explanation" not in body


def test_the_nearest_pictures_are_told_but_for_who_was_forgotten(
    client: FlaskClient, astronaut: bytes
) -> None:
    query = "?model=celebrities&explain=true"
    nearest = asked(client, astronaut, query)["nearest"]
    alike = [example["similarity"] for example in nearest]
    assert len(alike) == 5 and alike == sorted(alike, reverse=True)
    assert {example["picture"] for example in nearest} == {None}, "its pictures lie elsewhere"
    best = asked(client, astronaut, query)["regions"][0]["best"]
    other = next(name for example in nearest if (name := example["label"]) != best)
    service_of(client.application).models.erased.add(Rule.of("celebrities", 99, other))
    assert other not in str(asked(client, astronaut, query))


def test_a_picture_of_the_training_can_be_seen_while_its_data_set_has_it(
    tmp_path: Path, astronaut: bytes
) -> None:
    datasets = Datasets(tmp_path / "datasets")
    datasets.create("letters")
    datasets.create_class("letters", "a")
    stored = datasets.add("letters", "a", astronaut, Limits())
    bundle = SimpleNamespace(facts=SimpleNamespace(dataset="letters"))
    places = picture_places(tmp_path / "datasets", bundle)
    assert list(places) == [stored.sha256]
    settings = Settings(state=tmp_path, datasets=tmp_path / "datasets", local_role="train")
    client = started(settings, Registry(tmp_path / "artifacts")).test_client()
    assert client.get(f"/{places[stored.sha256]}?size=160").mimetype == "image/jpeg"
    for elsewhere in (None, "gone", "../datasets/letters"):
        bundle.facts.dataset = elsewhere
        assert picture_places(tmp_path / "datasets", bundle) == {}


def test_an_answer_can_be_held_against_the_models_threshold(
    client: FlaskClient, astronaut: bytes
) -> None:
    models = client.get("/api/models").get_json()
    threshold = {model["name"]: model["threshold"] for model in models["models"]}
    for name in ("celebrities", "celebrities-modern"):
        region = asked(client, astronaut, f"?model={name}")["regions"][0]
        named = region["label"] is not None
        assert (region["acceptance"] >= threshold[name]) == named
    assert models["asking"] == {
        "picture_bytes": 15 * 1024 * 1024,
        "pixels": 40_000_000,
        "addresses": False,
    }


def test_there_is_a_picture_to_try_with(client: FlaskClient) -> None:
    given = client.get("/api/sample")
    assert given.mimetype == "image/jpeg"
    assert decode(given.get_data()).shape == (512, 512, 3)


@pytest.mark.parametrize("query", ["", "?model=celebrities", "?region=1"])
def test_nobody_asked_why(client: FlaskClient, astronaut: bytes, query: str) -> None:
    body = asked(client, astronaut, query)
    assert body["regions"]
    assert "explanation" not in body
    assert "why" not in body
