"""The session of the page: its cookie, its token, its secret."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from server.service import service_of
from tests.support.making import ONE_DATABASE, Make

ELSEWHERE = {"REMOTE_ADDR": "203.0.113.9"}


def test_session_of_the_page(app: Flask) -> None:
    """A cookie that scripts cannot read and other sites cannot send, and a token for whatever
    changes something.
    """
    client = app.test_client()
    key, row = service_of(app).keys.create("me", "admin")
    assert client.get("/api/session", environ_base=ELSEWHERE).get_json()["role"] == "none"
    assert client.post("/api/session", json={"key": "lk_a_b"}).status_code == 401
    logged = client.post("/api/session", json={"key": key})
    cookie = logged.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    token = client.get("/api/session", environ_base=ELSEWHERE).get_json()["csrf"]
    assert token
    body = {"name": "x", "role": "predict"}
    post: dict[str, Any] = {"json": body, "environ_base": ELSEWHERE}
    assert client.get("/api/keys", environ_base=ELSEWHERE).status_code == 200
    assert client.post("/api/keys", **post).status_code == 403
    assert client.post("/api/keys", headers={"X-CSRF-Token": "wrong"}, **post).status_code == 403
    assert client.post("/api/keys", headers={"X-CSRF-Token": token}, **post).status_code == 201
    foreign = {"X-CSRF-Token": token, "Origin": "https://evil.example"}
    assert client.post("/api/keys", headers=foreign, **post).status_code == 403
    service_of(app).keys.create("stays", "admin")
    service_of(app).keys.revoke(row.id)
    assert client.get("/api/keys", environ_base=ELSEWHERE).status_code == 401


@ONE_DATABASE
@pytest.mark.parametrize(
    ("peer", "scheme", "proxy", "secure"),
    [
        ("127.0.0.1", "https", "127.0.0.1", True),
        ("10.1.2.3", "HTTPS", "10.0.0.0/8", True),
        ("", "https", "unix", True),
        ("127.0.0.1", "http, https", "127.0.0.1", True),
        (
            "127.0.0.1",
            "https, http",
            "127.0.0.1",
            False,
        ),  # a caller's word, and behind it the proxy's own
        ("127.0.0.1", "http", "127.0.0.1", False),
        ("127.0.0.1", None, "127.0.0.1", False),
        ("127.0.0.1", "https", "", False),
        ("203.0.113.9", "https", "127.0.0.1", False),
        ("", "https", "127.0.0.1", False),
    ],
)
def test_behind_https_the_cookie_is_sent_by_https_alone(
    make: Make, peer: str, scheme: str | None, proxy: str, secure: bool
) -> None:
    """As the configured proxy says, and nobody else.

    The cookie of one way does not open the other.
    """
    app = make(trusted_proxy=proxy)
    client, key = app.test_client(), service_of(app).keys.create("me", "admin")[0]
    headers = {"X-Forwarded-For": "203.0.113.9"} | ({"X-Forwarded-Proto": scheme} if scheme else {})
    seen: dict[str, Any] = {"environ_base": {"REMOTE_ADDR": peer}, "headers": headers}
    cookie = client.post("/api/session", json={"key": key}, **seen).headers["Set-Cookie"]
    assert ("; Secure" in cookie, cookie.startswith("__Host-likeness_session=")) == (secure, secure)
    assert "Path=/" in cookie
    assert "Domain" not in cookie
    value = cookie.partition(";")[0].partition("=")[2]
    for name, opens in (("likeness_session", not secure), ("__Host-likeness_session", secure)):
        headers["Cookie"] = f"{name}={value}"
        status = app.test_client(use_cookies=False).get("/api/keys", **seen).status_code
        assert status == (200 if opens else 401), name


def test_log_out(app: Flask) -> None:
    client = app.test_client()
    client.post("/api/session", json={"key": service_of(app).keys.create("me", "admin")[0]})
    assert client.get("/api/keys", environ_base=ELSEWHERE).status_code == 200
    client.delete("/api/session")
    assert client.get("/api/keys", environ_base=ELSEWHERE).status_code == 401


def test_the_secret_of_sessions_is_for_this_user_alone(app: Flask) -> None:
    path = service_of(app).settings.state / "secret"
    assert path.stat().st_mode & 0o077 == 0
    assert len(path.read_bytes()) == 32


def test_an_answer_that_depends_on_the_cookie_says_so(app: Flask) -> None:
    """Also to a client that brought none: a cache must not give its answer to one that did."""
    client = app.test_client()
    told = client.get("/api/session", environ_base=ELSEWHERE)
    assert "Cookie" in told.vary
    assert "Set-Cookie" not in told.headers
    client.set_cookie("likeness_session", "made up")
    assert "Cookie" in client.get("/api/session", environ_base=ELSEWHERE).vary
