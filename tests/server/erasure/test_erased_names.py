"""Names that were forgotten while a model still knows them: no answer says them."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from server.datasets.managed_datasets import Datasets
from server.recognition.erased_names import Rule
from server.service import service_of
from tests.support.making import Make, ask, make_patches
from tests.support.tiny_models import TinyRegistry


def test_a_later_version_may_know_the_name_again(make: Make, registry: TinyRegistry) -> None:
    """Who comes back and agrees to be trained again is named by the version that was
    trained then.
    """
    client = make(local_role="admin").test_client()
    client.delete("/api/classes/red")
    assert ask(client)["label"] is None
    registry.add("colours", 2)
    assert client.post("/api/models/colours/promote", json={"version": 2}).status_code == 200
    assert ask(client)["label"] == "red"


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
    service_of(app).membership.leave()
    second = service_of(make())
    assert len(second.models.erased.rules()) == 1
    second.membership.leave()
    registry.remove("colours", 1)
    assert service_of(make()).models.erased.rules() == ()


def test_who_cannot_be_trained_again_without_them_is_said_with_the_ways_out(
    make: Make, registry: TinyRegistry
) -> None:
    client = make(local_role="admin").test_client()
    [model] = client.delete("/api/classes/red").get_json()["models"]
    assert (model["name"], model["versions"], model["job"]) == ("colours", [1], None)
    assert "Make a data set colours with everybody" in model["why"]
    assert "DELETE /api/models/colours" in model["why"]
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
    named = next(row for row in body["regions"] if row["label"] == "blue")
    assert body["label"] == "blue"
    assert body["predictions"] == named["top_k"]
    assert body["predictions"][0]["label"] == "blue"


def test_every_region_of_the_forgotten_is_masked(app: Flask, client: FlaskClient) -> None:
    for rule in (Rule.of("colours", 1, "red"), Rule.of("colours", 1, "green")):
        service_of(app).models.erased.add(rule)
    body = ask(client)
    assert [row["label"] for row in body["predictions"]] == ["blue"]
    assert body["regions"][0]["best"] == "blue"
    assert sum(row["score"] for row in body["regions"][0]["top_k"]) == pytest.approx(1, abs=1e-3)
    service_of(app).models.erased.add(Rule.of("colours", 1, "blue"))
    assert ask(client)["regions"] == []
