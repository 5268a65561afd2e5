"""A picture that keeps a thread for ever: others are answered, and the process is replaced."""

from __future__ import annotations

import time
from pathlib import Path

import requests
from flask.testing import FlaskClient

from server.service import service_of
from tests.support.making import Make, make_picture
from tests.support.serving import start
from tests.support.tiny_models import TinyRegistry

HANGS = make_picture("red", (99, 48))


def test_health_and_metrics_see_it(make: Make) -> None:
    app = make()
    client: FlaskClient = app.test_client()
    service = service_of(app)
    assert client.get("/readyz").status_code == 200
    service.pool._given_up.add(object())  # type: ignore[arg-type]
    service.metrics.pictures_stuck(service.pool.stuck)
    answer = client.get("/readyz")
    assert (answer.status_code, answer.get_json()["code"]) == (503, "not-ready")
    assert "1 threads are stuck" in answer.get_json()["detail"]
    assert b"likeness_threads_stuck 1.0" in client.get("/metrics").data
    assert client.get("/healthz").status_code == 200


def test_the_process_is_replaced_and_nobody_else_suffers(tmp_path: Path) -> None:
    TinyRegistry(tmp_path / "artifacts").add("colours", 1)
    service = start(tmp_path, "tests.server.hanging_wsgi:app", workers=1, picture_seconds=1.0)
    try:
        (before,) = service.workers()
        url, headers = f"{service.url}/api/predict", {"Content-Type": "image/png"}
        begun = time.monotonic()
        hanging = requests.post(url, data=HANGS, headers=headers, timeout=30)
        assert (hanging.status_code, hanging.json()["code"]) == (503, "too-slow")
        assert time.monotonic() - begun < 3.0
        slowest = 0.0
        until = time.monotonic() + 30
        while service.workers() in ([before], []) and time.monotonic() < until:
            begun = time.monotonic()
            assert service.ask()["label"] == "red"
            slowest = max(slowest, time.monotonic() - begun)
        assert service.workers() not in ([before], [])
        assert slowest < 8.0
        assert service.ask()["label"] == "red"
        assert requests.get(f"{service.url}/readyz", timeout=5).ok
    finally:
        service.end()
