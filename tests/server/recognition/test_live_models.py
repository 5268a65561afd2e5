"""Which version answers: promote, roll back, reload, a broken one, and changing under load."""

from __future__ import annotations

import shutil
import threading
import time
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from server.recognition.erased_names import Rule
from server.service import service_of
from tests.support.making import KeyOf, Make, make_picture
from tests.support.tiny_models import TinyRegistry


def version(client: FlaskClient) -> int:
    body = client.post("/api/predict", data=make_picture(), content_type="image/png").get_json()
    return int(body["model"]["version"])


def test_promote_and_roll_back(client: FlaskClient, registry: TinyRegistry, key_of: KeyOf) -> None:
    registry.add("colours", 2, ("green", "red"))
    admin = key_of("admin")
    assert version(client) == 1
    body = client.post("/api/models/colours/promote", json={"version": 2}, headers=admin).get_json()
    assert (body["version"], body["versions"], body["labels"]) == (2, [1, 2], ["green", "red"])
    assert version(client) == 2
    assert client.post("/api/models/colours/rollback", headers=admin).get_json()["version"] == 1
    assert version(client) == 1
    first = client.post("/api/models/colours/rollback", headers=admin)
    assert (first.status_code, first.get_json()["code"]) == (409, "conflict")
    assert "answers with version 1; there is none before it" in first.get_json()["detail"]
    assert client.post("/api/models/nobody/rollback", headers=admin).status_code == 404


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"version": 9}, 404),
        ({"version": "2"}, 422),
        ({"version": 2.0}, 422),
        ({"version": True}, 422),
        ({}, 422),
    ],
)
def test_promotions_that_are_refused(
    client: FlaskClient, key_of: KeyOf, body: Any, status: int
) -> None:
    assert (
        client.post("/api/models/colours/promote", json=body, headers=key_of("admin")).status_code
        == status
    )
    assert version(client) == 1


def test_a_broken_version_is_refused_and_the_old_one_answers(
    client: FlaskClient, registry: TinyRegistry, key_of: KeyOf
) -> None:
    registry.add("colours", 2, ("broken",))
    answer = client.post(
        "/api/models/colours/promote", json={"version": 2}, headers=key_of("admin")
    )
    assert (answer.status_code, answer.get_json()["code"]) == (409, "model-broken")
    assert version(client) == 1
    (registry.root / "colours" / "1" / "labels").write_text("broken")
    assert client.post("/api/models/colours/reload", headers=key_of("admin")).status_code == 409
    assert client.post("/model/reload", headers=key_of("admin")).status_code == 409
    assert version(client) == 1


def test_rolling_back_to_a_broken_version_is_refused(
    client: FlaskClient, registry: TinyRegistry, key_of: KeyOf
) -> None:
    registry.add("colours", 2)
    assert (
        client.post(
            "/api/models/colours/promote", json={"version": 2}, headers=key_of("admin")
        ).status_code
        == 200
    )
    (registry.root / "colours" / "1" / "labels").write_text("broken")
    assert client.post("/api/models/colours/rollback", headers=key_of("admin")).status_code == 409
    assert registry.active("colours") == 2
    assert version(client) == 2


def test_a_version_that_was_promoted_elsewhere_is_followed(
    client: FlaskClient, registry: TinyRegistry
) -> None:
    """Another process, or a person at the command line, changed the pointer."""
    registry.add("colours", 2)
    registry.promote("colours", 2)
    until = time.monotonic() + 10
    while version(client) != 2:
        assert time.monotonic() < until
        time.sleep(0.02)


def test_a_process_that_nobody_asks_follows_too_and_says_so(
    app: Flask, registry: TinyRegistry
) -> None:
    models = service_of(app).models
    models.watch()
    registry.add("colours", 2)
    registry.promote("colours", 2)
    until = time.monotonic() + 10
    while (
        'likeness_model_version{model="colours"} 2.0' not in service_of(app).metrics.text().decode()
    ):
        assert time.monotonic() < until
        time.sleep(0.02)
    assert app.test_client().get("/api/models/colours").get_json()["version"] == 2
    (registry.root / "colours" / "2" / "labels").write_text("broken")
    (registry.root / "colours" / "active").write_text("1")
    shutil.move(registry.root, registry.root.with_name("away"))
    time.sleep(1.2)
    assert models.get("colours").version in (1, 2), (
        "the folder of all models is away: what is loaded goes on"
    )
    shutil.move(registry.root.with_name("away"), registry.root)
    registry.discard("colours")
    while models.loaded():
        assert time.monotonic() < until
        time.sleep(0.02)
    assert app.test_client().get("/api/models/colours").status_code == 404


@pytest.mark.parametrize(
    ("models", "default"),
    [
        ({"zoo": "red", "celebrities": "red", "celebrities-modern": "red"}, "celebrities-modern"),
        ({"zoo": "red", "celebrities": "red", "celebrities-modern": "broken"}, "celebrities"),
        ({"zoo": "red", "celebrities": "broken"}, "zoo"),
        ({"another": "broken", "zoo": "red"}, "zoo"),
        ({"another": "broken"}, "another"),
    ],
)
def test_who_answers_when_none_is_named(
    make: Make, registry: TinyRegistry, models: dict[str, str], default: str
) -> None:
    registry.discard("colours")
    for name, label in models.items():
        registry.add(name, 1)
        (registry.root / name / "1" / "labels").write_text(label)
    body = make().test_client().get("/api/models").get_json()
    assert body["default"] == default


def test_a_model_and_a_version_are_deleted(make: Make, registry: TinyRegistry) -> None:
    registry.add("colours", 2)
    registry.add("other", 1)
    client = make(local_role="admin").test_client()
    jobs = service_of(client.application).jobs
    answer = client.delete("/api/models/colours/versions/1")
    assert (answer.status_code, "is the one that answers" in answer.get_json()["detail"]) == (
        409,
        True,
    )
    assert client.delete("/api/models/colours/versions/2").get_json() == {
        "name": "colours",
        "versions": [2],
    }
    assert client.delete("/api/models/colours/versions/2").status_code == 404
    job = jobs.add("train", {"dataset": "d", "model": "colours", "recipe": None}, "me").id
    assert client.delete("/api/models/colours").status_code == 409
    jobs.cancel(job)
    service_of(client.application).models.erased.add(Rule.of("colours", 1, "red"))
    assert client.delete("/api/models/colours").get_json() == {"name": "colours", "versions": [1]}
    assert [model["name"] for model in client.get("/api/models").get_json()["models"]] == ["other"]
    assert client.delete("/api/models/colours").status_code == 404
    assert (
        make(local_role="admin", model="other")
        .test_client()
        .delete("/api/models/other")
        .status_code
        == 409
    )
    registry.add("colours", 1)  # another model of the name, which counts from 1 again
    assert "red" in client.get("/api/models/colours").get_json()["labels"]


def test_a_broken_version_that_was_promoted_elsewhere_is_not_followed(
    client: FlaskClient, registry: TinyRegistry, app: Flask
) -> None:
    registry.add("colours", 2)
    (registry.root / "colours" / "2" / "labels").write_text("broken")
    (registry.root / "colours" / "active").write_text("2")
    for _ in range(20):
        assert version(client) == 1
        time.sleep(0.01)


def test_reloads_under_load_lose_no_request(make: Make, registry: TinyRegistry) -> None:
    """Four clients ask while versions are swapped a hundred times; every answer is whole and from
    one version.
    """
    registry.add("colours", 2, ("green", "red"))
    registry.delay = 0.002
    app = make(at_once=2, queue=50, local_role="admin")
    wrong: list[Any] = []
    stop = threading.Event()

    def ask() -> None:
        client = app.test_client()
        while not stop.is_set():
            answer = client.post("/api/predict", data=make_picture(), content_type="image/png")
            body = answer.get_json()
            expected = {1: 3, 2: 2}.get(body.get("model", {}).get("version"))
            if answer.status_code != 200 or len(body["predictions"]) != expected:
                wrong.append(body)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    client = app.test_client()
    for number in range(100):
        chosen = {"version": 2 - number % 2}
        assert client.post("/api/models/colours/promote", json=chosen).status_code == 200
        assert client.post("/api/models/colours/reload").status_code == 200
    stop.set()
    for thread in threads:
        thread.join()
    assert not wrong
