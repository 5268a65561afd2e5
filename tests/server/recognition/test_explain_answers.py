"""Why, over HTTP: a real model's heatmap and words."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from flask.testing import FlaskClient

from data_cleaning.imaging.decoding import decode
from data_cleaning.imaging.encoding import encode
from model.recognition.registry import Registry
from server.recognition.erased_names import Rule
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


@pytest.mark.parametrize("query", ["", "?model=celebrities", "?region=1"])
def test_nobody_asked_why(client: FlaskClient, astronaut: bytes, query: str) -> None:
    body = asked(client, astronaut, query)
    assert body["regions"]
    assert "explanation" not in body
    assert "why" not in body
