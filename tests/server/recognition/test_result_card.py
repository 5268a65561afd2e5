"""The card of a training, over real bundles on a disk."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from model.recognition.registry import Registry
from server.service import service_of
from server.settings import Settings
from tests.support.started import started_idle


@pytest.fixture
def artifacts(tmp_path: Path, shapes_artifacts: Path) -> Path:
    """Versions 1 and 2 of `shapes`; the second says that it knows more."""
    folder = tmp_path / "artifacts"
    shutil.copytree(shapes_artifacts, folder)
    shutil.copytree(folder / "shapes" / "1", folder / "shapes" / "2")
    manifest = folder / "shapes" / "2" / "manifest.json"
    facts = json.loads(manifest.read_text())
    facts["version"] = 2
    facts["labels"].append("star")
    facts["facts"]["crossval"] |= {"accuracy": 0.9, "accuracy_interval": [0.995, 0.999]}
    facts["facts"]["pictures"]["star"] = 5
    facts["facts"]["verdict"] |= {
        "names": ["star"],
        "weakest": {"label": "star", "pictures": 5, "correct": 4, "not_found": 1},
        "add": {"label": "star", "count": 10},
        "measured": {"named": 0.02, "shown": "strangers", "count": 50},
    }
    manifest.write_text(json.dumps(facts))
    return folder


def card(settings: Settings, query: str, forget: str = "") -> dict[str, Any]:
    app = started_idle(settings, Registry(settings.artifacts))
    if forget:
        service_of(app).models.hide("shapes", 2, forget)
    answer = app.test_client().get(f"/api/models/shapes/card{query}")
    service_of(app).close()
    return {"status": answer.status_code, **answer.get_json()}


def test_the_first_version_has_its_figures_and_nothing_before(
    settings: Settings, artifacts: Path
) -> None:
    found = card(settings, "?version=1")
    low, high = found["interval"]
    assert low <= found["accuracy"] <= high
    assert found["pictures"] == 36
    assert found["sentence"].startswith(("It would know", "Not fit for use"))
    assert found["before"] is None
    assert found["report"] == "/api/models/shapes/report?version=1"


def test_a_later_version_says_what_changed(settings: Settings, artifacts: Path) -> None:
    found = card(settings, "?version=2")
    assert found["weakest"]["label"] == "star"
    assert found["add"] == {"label": "star", "count": 10}
    assert (found["strangers_named"], found["strangers_measured"]) == (0.02, 50)
    before = found["before"]
    assert (before["version"], before["pictures"]) == (1, 5)
    assert (before["added"], before["removed"]) == (["star"], [])
    assert before["change"] in ("better", "same")


def test_who_is_forgotten_is_not_on_the_card(settings: Settings, artifacts: Path) -> None:
    found = card(settings, "?version=2", forget="star")
    assert "star" not in json.dumps(found)
    assert found["pictures"] == 36


def test_a_version_that_is_not_there(settings: Settings, artifacts: Path) -> None:
    assert card(settings, "?version=9")["status"] == 404
