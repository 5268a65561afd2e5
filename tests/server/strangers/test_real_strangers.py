"""Strangers with real faces: the shipped model refuses them, they are grouped by likeness, and an
ignored one is not shown again.
"""

from __future__ import annotations

import dataclasses
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from data_cleaning.datasets.dataset import Dataset
from model.recognition.registry import Registry
from server.service import service_of
from server.settings import Settings
from tests.support.paths import ROOT
from tests.support.pictures import needs_yunet
from tests.support.started import started_idle

pytestmark = needs_yunet
PEOPLE, EACH = 4, 5


@pytest.fixture
def people(shared_data: Path) -> list[list[bytes]]:
    """Pictures of each person, one more than is asked about at first."""
    folders = sorted((shared_data / "faces" / "lfw_dev20").iterdir())[:PEOPLE]
    return [[path.read_bytes() for path in sorted(one.iterdir())[: EACH + 1]] for one in folders]


def listed(client: FlaskClient) -> dict[str, Any]:
    for _ in range(100):
        answer = client.get("/api/strangers?limit=100").get_json()
        if not answer["waiting"]:
            return answer
        time.sleep(0.05)
    pytest.fail("faces wait for ever")


class Asking:
    """Asks about pictures, and remembers whose they were."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client
        self.owner: dict[str, int] = {}

    def ask(self, person: int, data: bytes) -> None:
        address = "/api/predict?model=celebrities-modern"
        answer = self.client.post(address, data=data, content_type="image/jpeg").get_json()
        self.owner[answer["prediction_id"]] = person
        service_of(self.client.application).keeper.settle()

    def people_of(self, stranger: dict[str, Any]) -> Counter[int]:
        return Counter(self.owner[face["prediction"]] for face in stranger["faces"])


@pytest.fixture
def asking(settings: Settings) -> Iterator[Asking]:
    shipped = dataclasses.replace(
        settings, artifacts=ROOT / "artifacts", local_role="admin", keep_pictures_days=1
    )
    app = started_idle(shipped, Registry(ROOT / "artifacts"))
    yield Asking(app.test_client())
    service_of(app).close()


def test_strangers_are_grouped_named_and_ignored(
    asking: Asking, people: list[list[bytes]], settings: Settings
) -> None:
    client = asking.client
    for person, pictures in enumerate(people):
        for data in pictures[:EACH]:
            asking.ask(person, data)
    answer = listed(client)
    assert answer["grouped"]
    groups = [one for one in answer["strangers"] if one["count"] > 1]
    assert all(len(asking.people_of(one)) == 1 for one in groups)
    first, second = groups[:2]
    assert first["count"] >= EACH - 1 <= second["count"]
    assert len({next(iter(asking.people_of(one))) for one in groups}) == PEOPLE

    named = client.post(f"/api/strangers/{first['id']}/name", json={"label": "anna"}).get_json()
    assert named["learned"] >= EACH - 1
    (name,) = named["datasets"]
    assert len(Dataset(settings.datasets / name).pictures("anna")) == named["learned"]

    client.post(f"/api/strangers/{second['id']}/ignore", json={})
    (person,) = asking.people_of(second)
    asking.ask(person, people[person][EACH])
    answer = listed(client)
    assert answer["ignored"][0]["faces"] == second["count"] + 1, "their new face is one of them"
    assert second["id"] not in {one["id"] for one in answer["strangers"]}
    client.post(f"/api/strangers/{second['id']}/undo")
    back = {one["id"]: one["count"] for one in listed(client)["strangers"]}
    assert back[second["id"]] == second["count"] + 1
