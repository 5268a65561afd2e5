"""When a key or a session ends: signing out, time, revoking, rotating. One table for all ways."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from server.access import keys, session_rows
from server.service import service_of
from server.storage.database import now
from server.training.training_job import TRAIN
from tests.support.making import Make

ELSEWHERE = {"REMOTE_ADDR": "203.0.113.9"}
MINUTE, DAY = 60_000, 24 * 3600_000
Step = Callable[[FlaskClient, str], object]


def later(milliseconds: int) -> Step:
    """The clock goes on, or back."""

    def step(client: FlaskClient, key: str) -> None:
        shift = lambda: now() + milliseconds  # noqa: E731
        client.patch.setattr(session_rows, "now", shift)  # type: ignore[attr-defined]
        client.patch.setattr(keys, "now", shift)  # type: ignore[attr-defined]

    return step


def used_every(minutes: int, times: int) -> Step:
    def step(client: FlaskClient, key: str) -> None:
        for turn in range(1, times + 1):
            later(turn * minutes * MINUTE)(client, key)
            client.get("/api/keys", environ_base=ELSEWHERE)

    return step


def sign_out(client: FlaskClient, key: str) -> None:
    assert client.delete("/api/session", environ_base=ELSEWHERE).status_code == 200


def sign_out_everywhere(client: FlaskClient, key: str) -> None:
    """From another browser of the same person."""
    other = signed_in(client.application, key)
    assert other.delete("/api/session?everywhere=true", environ_base=ELSEWHERE).status_code == 200


def sign_out_elsewhere(client: FlaskClient, key: str) -> None:
    signed_in(client.application, key).delete("/api/session", environ_base=ELSEWHERE)


def sign_in_again(client: FlaskClient, key: str) -> None:
    client.post("/api/session", json={"key": key}, environ_base=ELSEWHERE)


def revoke(client: FlaskClient, key: str) -> None:
    service_of(client.application).keys.revoke(key.split("_")[1])


def rotate(client: FlaskClient, key: str) -> None:
    service_of(client.application).keys.rotate(key.split("_")[1])


def nothing(client: FlaskClient, key: str) -> None:
    pass


def signed_in(app: Flask, key: str) -> FlaskClient:
    client = app.test_client()
    assert client.post("/api/session", json={"key": key}).status_code == 200
    return client


# what happens; whether the cookie still opens, and the key
ENDS: dict[str, tuple[Step, bool, bool]] = {
    "nothing": (nothing, True, True),
    "sign-out": (sign_out, False, True),
    "sign-out in another browser": (sign_out_elsewhere, True, True),
    "sign-out everywhere": (sign_out_everywhere, False, True),
    "signed in again": (sign_in_again, False, True),
    "half an hour idle": (later(30 * MINUTE), True, True),
    "an hour idle": (later(60 * MINUTE), False, True),
    "used for eleven hours": (used_every(50, 13), True, True),
    "used for twelve hours": (used_every(50, 15), False, True),
    "key expired": (later(2 * DAY), False, False),
    "key revoked": (revoke, False, False),
    "key rotated": (rotate, False, False),
    "clock set forward 400 days": (later(400 * DAY), False, False),
    "clock set back 400 days": (later(-400 * DAY), False, True),
}


@pytest.mark.parametrize("event", ENDS)
def test_what_ends_a_session_and_a_key(
    app: Flask, event: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The cookie is the one that the browser had before: ending is not left to the browser."""
    step, cookie_opens, key_opens = ENDS[event]
    table = service_of(app).keys
    table.create("another", "admin")
    key = table.create("me", "admin", now() + DAY)[0]
    client = signed_in(app, key)
    client.patch = monkeypatch  # type: ignore[attr-defined]
    cookie = client.get_cookie("likeness_session")
    assert cookie is not None
    step(client, key)
    headers = {"Cookie": f"likeness_session={cookie.value}"}
    bare = app.test_client(use_cookies=False)
    shown = bare.get("/api/keys", headers=headers, environ_base=ELSEWHERE)
    assert (shown.status_code == 200) == cookie_opens
    bearer = {"Authorization": f"Bearer {key}"}
    opened = bare.get("/api/keys", headers=bearer, environ_base=ELSEWHERE).status_code
    assert (opened == 200) == key_opens


def test_a_signed_out_cookie_makes_no_key(app: Flask) -> None:
    client = signed_in(app, service_of(app).keys.create("me", "admin")[0])
    token = client.get("/api/session").get_json()["csrf"]
    value = client.get_cookie("likeness_session").value  # type: ignore[union-attr]
    client.delete("/api/session")
    answer = app.test_client(use_cookies=False).post(
        "/api/keys",
        json={"name": "x", "role": "admin"},
        headers={"Cookie": f"likeness_session={value}", "X-CSRF-Token": token},
        environ_base=ELSEWHERE,
    )
    assert answer.status_code == 401
    assert "x" not in [key.name for key in service_of(app).keys.all()]


def test_a_cookie_of_an_older_version_means_nothing(app: Flask) -> None:
    """It named the key itself, and nothing could end it."""
    key = service_of(app).keys.create("me", "admin")[1]
    client = app.test_client()
    with client.session_transaction() as cookie:
        cookie["key"], cookie["csrf"] = key.id, "x"
    assert client.get("/api/keys", environ_base=ELSEWHERE).status_code == 401


@pytest.mark.parametrize("event", ["sign-out everywhere", "key revoked", "key rotated"])
@pytest.mark.parametrize("by", ["session", "key"])
def test_an_open_stream_ends_within_seconds(make: Make, event: str, by: str) -> None:
    app = make()
    service = service_of(app)
    service.keys.create("another", "admin")
    key = service.keys.create("me", "admin")[0]
    client = signed_in(app, key) if by == "session" else app.test_client(use_cookies=False)
    headers = {"Authorization": f"Bearer {key}"} if by == "key" else {}
    job = service.jobs.add(TRAIN, {"dataset": "d", "model": "m"}, "me").id
    stream = client.get(f"/api/jobs/{job}/events", headers=headers, environ_base=ELSEWHERE)
    pieces: list[Any] = []
    reader = threading.Thread(target=lambda: pieces.extend(stream.response), daemon=True)
    reader.start()
    time.sleep(0.3)
    assert reader.is_alive()
    ENDS[event][0](client, key)
    reader.join(3)
    ends = event != "sign-out everywhere" or by == "session"
    assert reader.is_alive() != ends
    if not ends:
        revoke(client, key)
        reader.join(3)
    assert pieces[0]


def test_rotating_a_key(app: Flask) -> None:
    """The same name, role and end; also the last admin key. The new one is shown once."""
    table = service_of(app).keys
    text, old = table.create("me", "admin", now() + DAY)
    bearer = {"Authorization": f"Bearer {text}"}
    client = app.test_client()
    answer = client.post(f"/api/keys/{old.id}/rotate", headers=bearer, environ_base=ELSEWHERE)
    assert answer.status_code == 201
    new = answer.get_json()
    assert (new["name"], new["role"], new["expires"]) == (old.name, old.role, old.expires)
    assert table.check(new["key"]) is not None
    assert table.check(text) is None
    bearer = {"Authorization": f"Bearer {new['key']}"}
    again = client.post(f"/api/keys/{old.id}/rotate", headers=bearer, environ_base=ELSEWHERE)
    assert again.status_code == 409


def test_rows_of_ended_sessions_are_removed(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = service_of(app).sessions
    rows.begin("a")
    assert rows.expire() == 0
    monkeypatch.setattr(session_rows, "now", lambda: now() + DAY)
    assert rows.expire() == 1
