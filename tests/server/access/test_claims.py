"""The link to the first admin key: once, within an hour, and no key in what is printed."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from server.access import claims
from server.access.claims import page_address
from server.process.startup import prepare_storage
from server.service import service_of
from server.settings import Settings
from server.storage.database import now

ELSEWHERE = {"REMOTE_ADDR": "203.0.113.9"}


def offered(app: Flask) -> str:
    """What the link of the next start holds."""
    links: list[str] = []
    prepare_storage(service_of(app), links.append)
    (link,) = links
    assert "lk_" not in link
    return link.partition("#claim=")[2]


def take(app: Flask, token: str) -> Any:
    return app.test_client().post("/api/claim", json={"claim": token}, environ_base=ELSEWHERE)


def test_the_link_gives_the_admin_key_once(app: Flask) -> None:
    assert service_of(app).keys.all() == []
    token = offered(app)
    answer = take(app, token)
    assert (answer.status_code, answer.get_json()["role"]) == (201, "admin")
    key = service_of(app).keys.check(answer.get_json()["key"])
    assert key is not None
    again = take(app, token)
    assert again.status_code == 401
    assert "has been used" in again.get_json()["detail"]
    assert len(service_of(app).keys.all()) == 1


@pytest.mark.parametrize(("minutes", "status"), [(59, 201), (60, 401), (-1, 401), (-600, 401)])
def test_the_link_works_for_an_hour(
    app: Flask, minutes: int, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the clock is set back meanwhile."""
    token = offered(app)
    monkeypatch.setattr(claims, "now", lambda: now() + minutes * 60_000)
    assert take(app, token).status_code == status


def test_each_start_has_another_link_until_there_is_a_key(app: Flask) -> None:
    first, second = offered(app), offered(app)
    assert take(app, first).status_code == 401
    service_of(app).keys.create("me", "admin")
    assert take(app, second).status_code == 401
    assert service_of(app).access.claims.offer() is None


@pytest.mark.parametrize("token", ["x", "", "a" * 201, 3])
def test_what_is_no_claim(app: Flask, token: object) -> None:
    assert take(app, token).status_code in (401, 422)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("bind", "public", "address"),
    [
        ("127.0.0.1:8000", "", "http://localhost:8000"),
        ("0.0.0.0:8080,[::]:8080", "", "http://localhost:8080"),
        ("faces.example:80", "", "http://faces.example:80"),
        ("unix:/run/x", "https://faces.example/", "https://faces.example"),
    ],
)
def test_the_address_of_the_link(bind: str, public: str, address: str) -> None:
    assert page_address(Settings(bind=bind, public_url=public)) == address
