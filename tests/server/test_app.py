"""Health, models, the page, and what happens when a model is missing or broken."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.support.making import ONE_DATABASE, Make
from tests.support.tiny_models import TinyRegistry


def test_alive_and_ready(client: FlaskClient) -> None:
    assert client.get("/healthz").get_json() == {"status": "ok"}
    assert client.get("/readyz").get_json() == {"status": "ok", "model": "colours", "version": 1}


def test_without_any_model_it_lives_and_is_not_ready(make: Make, registry: TinyRegistry) -> None:
    shutil.rmtree(registry.root)
    client = make().test_client()
    assert client.get("/healthz").status_code == 200
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert "python -m model train" in answer.get_json()["detail"]
    listed = client.get("/api/models").get_json()
    assert listed.pop("asking")["addresses"] is False
    assert listed == {"default": None, "models": [], "broken": []}


def test_models(client: FlaskClient) -> None:
    body = client.get("/api/models").get_json()
    assert body["default"] == "colours"
    assert body["models"][0]["labels"] == ["blue", "green", "red"]
    detail = client.get("/api/models/colours").get_json()
    assert detail["facts"]["classes"] == 3
    with client.get(detail["report"]) as report:
        assert b"colours 1" in report.data
    assert report.mimetype == "text/html"
    policy = report.headers["Content-Security-Policy"]
    assert "sandbox" in policy and "script" not in policy
    assert client.get("/api/models/nobody").status_code == 404


@pytest.mark.parametrize(
    ("role", "seen"), [("predict", b"public"), ("train", b"colours 1"), ("admin", b"colours 1")]
)
def test_a_report_shows_pictures_to_those_who_may_see_data_sets(
    role: str, seen: bytes, make: Make, registry: TinyRegistry
) -> None:
    (registry.root / "colours" / "1" / "report-public.html").write_text("public")
    with make(local_role=role).test_client().get("/api/models/colours/report") as report:
        assert seen in report.data


def test_a_broken_model_is_listed_and_the_others_answer(make: Make, registry: TinyRegistry) -> None:
    registry.add("bad", 1)
    (registry.root / "bad" / "1" / "labels").write_text("broken")
    body = make().test_client().get("/api/models").get_json()
    assert [model["name"] for model in body["models"]] == ["colours"]
    assert body["broken"][0]["name"] == "bad"


def test_a_model_that_fails_unexpectedly_stops_neither_the_start_nor_the_others(
    make: Make, registry: TinyRegistry
) -> None:
    registry.add("odd", 1)
    (registry.root / "odd" / "1" / "labels").write_bytes(
        b"\xff\xfe"
    )  # no UTF-8: an error that is none of ours
    client = make(model="odd").test_client()
    assert client.get("/readyz").status_code == 503
    (broken,) = client.get("/api/models").get_json()["broken"]
    assert broken == {"name": "odd", "detail": "The model odd cannot be loaded; the log says why."}
    assert client.get("/api/models/colours").status_code == 200


@ONE_DATABASE
@pytest.mark.parametrize(
    "path", ["/nothing", "/../server/wsgi.py", "/.git/config", "/api/nothing", "/a/.b", "/%00"]
)
def test_what_is_not_there(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert answer.get_json()["code"] == "not-found"


def test_the_page_is_served_with_safe_headers(make: Make, tmp_path: Path) -> None:
    (tmp_path / "ui").mkdir()
    (tmp_path / "ui" / "index.html").write_text("<h1>hello</h1>")
    (tmp_path / "ui" / "app.js").write_text("1")
    client = make(ui=tmp_path / "ui").test_client()
    with client.get("/") as page:
        text = page.data
    assert b"hello" in text
    assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]
    with client.get("/app.js") as script:
        assert script.headers["X-Content-Type-Options"] == "nosniff"


def test_an_unexpected_error_tells_nothing_and_names_the_request(app: Flask) -> None:
    app.extensions["likeness"].models.registry.names = lambda: 1 / 0
    answer = app.test_client().get("/api/models", headers={"X-Request-Id": "abcdef0123456789"})
    body = answer.get_json()
    assert (answer.status_code, body["code"], body["request_id"]) == (
        500,
        "internal",
        "abcdef0123456789",
    )
    assert "zero" not in body["detail"]
