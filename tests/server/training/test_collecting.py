"""Collecting over HTTP: a job that runs the real command against a provider of this machine."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient

from server.service import service_of
from server.settings import SettingError, load
from server.training.job_runner import Runner
from server.training.training_job import CANCELLED, COLLECT, DONE, ERASED
from tests.support.making import ONE_DATABASE, Make
from tests.support.providers import Providers
from tests.support.sites import drip, running

BODY = {"source": "openverse", "queries": ["Anna -x", "--json"], "count": 6}
ROUTE = "/api/datasets/family/classes/anna/collect"


@pytest.fixture
def providers() -> Iterator[Providers]:
    with running({}) as site:
        yield Providers(site, 8)


@pytest.fixture
def admin(make: Make, providers: Providers) -> FlaskClient:
    """An admin of a service that may collect, with an empty class."""
    app = make(
        local_role="admin",
        collect=True,
        collect_interval=0.0,
        train_nice=0,
        collect_private=True,
        collect_providers=f"openverse={providers.base}",
        dataset_pictures=5,
    )
    client = app.test_client()
    client.post("/api/datasets", json={"name": "family"})
    client.post("/api/datasets/family/classes", json={"name": "anna"})
    return client


def work(client: FlaskClient) -> None:
    service = service_of(client.application)
    Runner(service.jobs, service.settings).work()


def state(client: FlaskClient, job: str) -> dict[str, Any]:
    return dict(client.get(f"/api/jobs/{job}").get_json())


def test_a_search_fills_a_class_as_far_as_the_quota_goes(
    admin: FlaskClient, providers: Providers
) -> None:
    answer = admin.post(ROUTE, json=BODY)
    assert answer.status_code == 202, answer.get_json()
    assert admin.post(ROUTE, json=BODY).status_code == 409, "the same waits already"
    job = answer.get_json()["id"]
    work(admin)
    row = state(admin, job)
    assert (row["state"], row["kind"]) == (DONE, COLLECT), row
    assert row["result"]["counts"]["added"] == 5 and "entries" not in row["result"]
    assert "/" not in json.dumps(row["result"]).replace("it answered", ""), "no path of the server"
    assert row["progress"]["stage"] == "collect" and row["progress"]["total"] >= 5
    (found,) = admin.get("/api/datasets/family").get_json()["classes"]
    assert found == {"name": "anna", "pictures": 5}
    asked = [path for _, path in providers.site.asked if path.startswith("/v1/")]
    assert "q=Anna+-x" in asked[0], "what was typed is searched for, and is no option"
    full = admin.post(ROUTE, json={**BODY, "count": 7})
    assert full.get_json()["code"] == "quota-reached"


def test_a_collection_is_stopped_and_what_came_by_then_stays(
    admin: FlaskClient, providers: Providers
) -> None:
    providers.site.pages["/pictures/2.png"] = drip
    job = admin.post(ROUTE, json=BODY).get_json()["id"]
    thread = threading.Thread(target=work, args=(admin,))
    thread.start()
    while "/pictures/2.png" not in [path for _, path in providers.site.asked]:
        assert thread.is_alive()
    assert admin.post(f"/api/jobs/{job}/cancel").status_code == 200
    thread.join()
    assert state(admin, job)["state"] == CANCELLED
    (found,) = admin.get("/api/datasets/family").get_json()["classes"]
    assert found["pictures"] == 2


def test_forgetting_ends_it_and_leaves_no_name(admin: FlaskClient) -> None:
    waiting = admin.post(ROUTE, json=BODY).get_json()["id"]
    assert admin.delete("/api/classes/anna").status_code == 200
    row = state(admin, waiting)
    assert row["state"] == CANCELLED
    assert row["arguments"] == {"dataset": "family", "label": ERASED}
    assert "nna" not in json.dumps(admin.get("/api/jobs").get_json())


@ONE_DATABASE
@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"queries": []}, 422),
        ({"queries": ["a\nb"]}, 422),
        ({"source": "https://example.org"}, 422),
        ({"source": "s3://bucket"}, 422),
        ({"source": "/etc"}, 422),
        ({"count": 2001}, 422),
        ({"licences": ["mine"]}, 422),
        ({"source": "ddgs", "licences": ["by"]}, 422),
    ],
)
def test_what_is_refused(admin: FlaskClient, changes: dict[str, object], status: int) -> None:
    answer = admin.post(ROUTE, json=BODY | changes)
    assert answer.status_code == status, answer.get_json()
    assert admin.get("/api/jobs").get_json()["jobs"] == []


def test_a_class_that_there_is_not(admin: FlaskClient) -> None:
    answer = admin.post(ROUTE.replace("anna", "nobody"), json=BODY)
    assert answer.status_code == 404


def test_it_is_off_unless_the_settings_say_otherwise(make: Make) -> None:
    client = make(local_role="admin").test_client()
    client.post("/api/datasets", json={"name": "family"})
    client.post("/api/datasets/family/classes", json={"name": "anna"})
    about = client.get("/api/collecting").get_json()
    assert about["allowed"] is False and about["sources"][:3] == ["search", "openverse", "commons"]
    answer = client.post(ROUTE, json=BODY)
    assert answer.status_code == 409 and "LIKENESS_COLLECT=1" in answer.get_json()["detail"]


def test_who_may_only_train_may_not(make: Make) -> None:
    client = make(local_role="train", collect=True).test_client()
    assert client.post(ROUTE, json=BODY).status_code == 401, "a key of an admin is asked for"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LIKENESS_COLLECT_PROVIDERS", "openverse"),
        ("LIKENESS_COLLECT_PROVIDERS", "openverse=ftp://x"),
        ("LIKENESS_ARTIFACTS_STORE", "models"),
    ],
)
def test_settings_that_cannot_be_used(name: str, value: str) -> None:
    with pytest.raises(SettingError, match=name):
        load({name: value})


def test_models_in_a_store_have_a_folder_in_the_state_folder() -> None:
    settings = load({"LIKENESS_ARTIFACTS": "s3://models/x", "LIKENESS_STATE": "/srv/state"})
    assert settings.artifacts_store == "s3://models/x"
    assert str(settings.artifacts) == "/srv/state/models"
