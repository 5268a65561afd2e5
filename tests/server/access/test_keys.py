"""Keys: the first one, their life, and a database that is away."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from flask import Flask
from flask.testing import FlaskClient

from server.errors import RequestError, StoreDown
from server.service import service_of
from server.storage.database import now

ELSEWHERE = {"REMOTE_ADDR": "203.0.113.9"}


def test_only_a_hash_of_a_key_is_stored(app: Flask) -> None:
    key = service_of(app).keys.create("me", "admin")[0]
    assert app.test_client().get("/api/keys", headers={"X-API-Key": key}).status_code == 200
    with service_of(app).store.read() as connection:
        stored = str(connection.exec_driver_sql("SELECT * FROM keys").fetchall())
    assert key.split("_", 2)[2] not in stored


def test_life_of_a_key(client: FlaskClient, key_of: Callable[[str], dict[str, str]]) -> None:
    admin = key_of("admin")
    created = client.post(
        "/api/keys", json={"name": "shop", "role": "predict", "days": 1}, headers=admin
    )
    assert created.status_code == 201
    key = created.get_json()
    assert key["expires"] == pytest.approx((time.time() + 86400) * 1000, abs=60_000)
    used = {"Authorization": f"Bearer {key['key']}"}
    assert client.get("/api/models", headers=used, environ_base=ELSEWHERE).status_code == 200
    listed = client.get("/api/keys", headers=admin).get_json()["keys"]
    assert {row["name"]: row["valid"] for row in listed}["shop"] is True
    assert all("key" not in row and "hash" not in row for row in listed)
    assert client.delete(f"/api/keys/{key['id']}", headers=admin).get_json()["valid"] is False
    assert client.get("/api/models", headers=used, environ_base=ELSEWHERE).status_code == 401
    assert client.delete("/api/keys/abc", headers=admin).status_code == 404


@pytest.mark.parametrize("name", ["", "x" * 65, "a\nb", "\x1b[2J"])
def test_names_that_no_key_has(app: Flask, name: str) -> None:
    """Neither over HTTP nor at the machine itself: the list of keys is shown in terminals."""
    with pytest.raises(RequestError, match="1 to 64 printable characters"):
        service_of(app).keys.create(name, "predict")


def test_the_last_admin_key_stays(app: Flask, key_of: Callable[[str], dict[str, str]]) -> None:
    client, admin = app.test_client(), key_of("admin")
    ids = [
        row["id"]
        for row in client.get("/api/keys", headers=admin).get_json()["keys"]
        if row["role"] == "admin"
    ]
    own = admin["Authorization"].split("_")[1]
    others = [row for row in ids if row != own]
    assert [client.delete(f"/api/keys/{row}", headers=admin).status_code for row in others] == [
        200
    ] * len(others)
    assert client.delete(f"/api/keys/{own}", headers=admin).status_code == 409


def test_a_database_that_is_away_does_not_lock_out_who_was_in(
    app: Flask, key_of: Callable[[str], dict[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """For a while, and as they were: an unknown key, a wrong secret and one that expires meanwhile
    stay out.
    """
    client, keys = app.test_client(), service_of(app).keys
    expiring = {"X-API-Key": keys.create("short", "predict", now() + 60_000)[0]}
    known, fresh = key_of("predict"), key_of("predict")
    wrong = {"Authorization": known["Authorization"][:-1] + "!"}

    def statuses() -> list[int]:
        every = (known, wrong, fresh, expiring)
        return [
            client.get("/api/models", headers=row, environ_base=ELSEWHERE).status_code
            for row in every
        ]

    assert client.get("/api/models", headers=known, environ_base=ELSEWHERE).status_code == 200
    assert client.get("/api/models", headers=expiring, environ_base=ELSEWHERE).status_code == 200

    @contextmanager
    def away() -> Iterator[None]:
        raise StoreDown("away")
        yield

    monkeypatch.setattr(service_of(app).store, "read", away)
    assert statuses() == [200, 401, 503, 200]
    assert client.get("/api/keys", headers=known, environ_base=ELSEWHERE).status_code == 403
    monkeypatch.setattr("server.access.keys.now", lambda: now() + 120_000)
    assert statuses() == [200, 401, 503, 401]
    monkeypatch.setattr("server.access.keys.REMEMBERED", 0.0)
    assert statuses() == [503, 503, 503, 503]
