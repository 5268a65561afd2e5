"""Figures over the log of answers."""

from __future__ import annotations

import itertools
import time
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


def test_over_time(app: Flask, client: FlaskClient, key_of: KeyOf) -> None:
    log = service_of(app).history
    now = int(time.time() * 1000)
    kinds = ["known"] * 18 + ["unknown"] * 6 + ["nothing_found"] * 4
    log.insert(
        [
            {**sample(), "time": now - HOUR, "reason": kind, "seconds": 0.01 * (number + 1)}
            for number, kind in enumerate(kinds)
        ]
    )
    log.insert([{**sample(), "time": now - 40 * 24 * HOUR}])
    for span, count in (("hour", 60), ("day", 24), ("month", 30)):
        body = client.get(f"/api/stats/over-time?span={span}", headers=key_of("admin")).get_json()
        starts = [stretch["since"] for stretch in body["stretches"]]
        assert len(starts) == count
        assert {after - before for before, after in itertools.pairwise(starts)} == {body["stretch"]}
        assert starts[-1] <= now < body["until"] == starts[-1] + body["stretch"]
        [filled] = [row for row in body["stretches"] if row["predictions"]] or [None]
        if span == "hour":
            assert filled is None
            continue
        assert filled["since"] <= now - HOUR < filled["since"] + body["stretch"]
        assert (filled["known"], filled["unknown"], filled["nothing_found"]) == (18, 6, 4)
        assert filled["unknown_rate"] == 0.25
        assert (filled["p50"], filled["p95"]) == (0.14, 0.27)


def test_over_time_of_nothing(client: FlaskClient, key_of: KeyOf) -> None:
    stretches = client.get("/api/stats/over-time", headers=key_of("admin")).get_json()["stretches"]
    assert [row["p50"] for row in stretches] == [None] * 24
    answer = client.get("/api/stats/over-time?span=week", headers=key_of("admin"))
    assert answer.status_code in (400, 422)
