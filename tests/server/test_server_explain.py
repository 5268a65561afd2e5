"""Why, over HTTP: a real model's heatmap and words."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from data_cleaning.images import decode
from model.registry import Registry
from server import create_app
from server.settings import Settings

ARTIFACTS = Path(__file__).resolve().parents[2] / "artifacts"


def test_the_shipped_model_says_why(tmp_path: Path, astronaut: bytes) -> None:
    app = create_app(Settings(artifacts=ARTIFACTS, state=tmp_path), Registry(ARTIFACTS))
    answer = app.test_client().post(
        "/api/predict?model=celebrities&explain=true", data=astronaut, content_type="image/png"
    )
    assert answer.status_code == 200, answer.get_json()
    body = answer.get_json()
    kind, picture = body["explanation"].split(",", 1)
    assert kind == "data:image/png;base64"
    assert min(decode(base64.b64decode(picture)).shape[:2]) > 50
    best = body["regions"][0]["top_k"][0]["label"]
    assert best in body["why"]


@pytest.mark.parametrize("explain", ["", "?model=celebrities"])
def test_nobody_asked_why(tmp_path: Path, astronaut: bytes, explain: str) -> None:
    app = create_app(Settings(artifacts=ARTIFACTS, state=tmp_path), Registry(ARTIFACTS))
    body = app.test_client().post(f"/api/predict{explain}", data=astronaut, content_type="image/png").get_json()
    assert "explanation" not in body
    assert "why" not in body
