"""Figures over the log of answers."""

from __future__ import annotations

from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from server.service import service_of
from tests.server.records import sample
from tests.support.making import KeyOf, ask

HOUR = 3_600_000
NEW_YEAR = 1_767_225_600_000  # 2026-01-01T00:00Z


def test_statistics_of_a_stretch_of_time(app: Flask, client: FlaskClient, key_of: KeyOf) -> None:
    admin, history = key_of("admin"), service_of(app).history
    history.insert([{**sample(day), "time": NEW_YEAR + day * 24 * HOUR} for day in range(10)])

    def summary(query: str) -> Any:
        body = client.get(f"/api/stats?{query}", headers=admin).get_json()
        return {
            name: body.get(name) for name in ("predictions", "days", "since", "until", "detail")
        }

    until = {"until": NEW_YEAR + 5 * 24 * HOUR, "detail": None}
    two = {"predictions": 2, "days": None, "since": NEW_YEAR + 3 * 24 * HOUR}
    assert summary("since=2026-01-04&until=2026-01-06") == two | until
    assert summary("days=2&until=2026-01-06") == two | {"days": 2} | until
    assert "either days or since" in summary("days=30&since=2026-01-04")["detail"]


def test_statistics(client: FlaskClient, key_of: KeyOf) -> None:
    admin = key_of("admin")
    for colour in ("red", "red", "white"):
        ask(client, colour)
    for path in ("/api/stats", "/stats"):
        body = client.get(path, headers=admin).get_json()
        assert body["predictions"] == 3
        assert body["by_label"] == {"red": 2}
        assert body["by_reason"] == {"known": 2, "unknown": 1}
        assert body["mean_seconds"] > 0
