"""A stranger's large body is not taken in: the real nginx asks the real application first."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from server.service import service_of
from tests.support.browsing import Live, opened, picture

pytestmark = pytest.mark.nginx
Serve = Callable[..., str]
RED = picture({"ada_lovelace": (20, 30, 50, 40)}, size=(900, 700), format="BMP")
BMP = {"Content-Type": "image/bmp"}
BATCH = b'--x\r\nContent-Disposition: form-data; name=image; filename="a"\r\n\r\n' + RED
FORM = {"Content-Type": "multipart/form-data; boundary=x"}


@pytest.fixture
def road(nginx: Serve, live: Callable[..., Live]) -> tuple[str, Live]:
    """nginx's address and the application behind it, at which everybody is a stranger."""
    app = live(trusted_proxy="127.0.0.1", local_role="none")
    return nginx(app.url.removeprefix("http://")), app


def begun(base: str, path: str, more: str, size: int) -> bytes:
    """What comes back upon the head of a request and a part of its body; the rest is never sent."""
    host, port = base.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=5) as connection:
        head = f"POST {path} HTTP/1.1\r\nHost: {host}\r\n{more}\r\n\r\n"
        connection.sendall(head.encode())
        for _ in range(size // 65536):
            try:
                connection.sendall(bytes(65536))
            except OSError:
                break
        return connection.recv(65536)


@pytest.mark.parametrize(
    "path", ["/api/predict", "/api/predict/batch", "/api/datasets/d/classes/c/pictures", "/predict"]
)
def test_a_stranger_is_answered_before_the_body_has_come(
    road: tuple[str, Live], tmp_path: Path, path: str
) -> None:
    base, _ = road
    for length in ("Content-Length: 15000000", "Transfer-Encoding: chunked"):
        started = time.monotonic()
        answer = begun(base, path, f"{length}\r\nContent-Type: image/jpeg", 0)
        assert time.monotonic() - started < 2
        head, _, body = answer.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 401 ")
        assert b"application/problem+json" in head
        assert json.loads(body)["code"] == "needs-key"
    buffered = [each for each in tmp_path.glob("nginx*/body/**/*") if each.is_file()]
    assert buffered == []


def test_whoever_has_a_key_sends_as_ever(road: tuple[str, Live]) -> None:
    base, app = road
    key = service_of(app.app).keys.create("a key", "predict")[0]
    bearer = {"Authorization": f"Bearer {key}"}
    assert len(RED) > 1_000_000
    with opened(f"{base}/api/predict", data=RED, headers={**BMP, **bearer}) as answer:
        assert (answer.status, json.load(answer)["label"]) == (200, "ada_lovelace")
    batch = BATCH + b"\r\n" + BATCH + b"\r\n--x--\r\n"
    with opened(f"{base}/api/predict/batch", data=batch, headers={**FORM, **bearer}) as answer:
        assert (answer.status, json.load(answer)["failed"]) == (200, 0)
    with opened(f"{base}/api/predict", data=RED, headers={**BMP, "X-API-Key": "wrong"}) as answer:
        assert answer.status == 401


def test_the_machine_itself_needs_no_key(nginx: Serve, live: Callable[..., Live]) -> None:
    app = live(trusted_proxy="127.0.0.1")
    base = nginx(app.url.removeprefix("http://"))
    with opened(f"{base}/api/predict", data=RED, headers=BMP) as answer:
        assert answer.status == 200


@pytest.mark.parametrize(
    "claim",
    [
        {"X-Forwarded-For": "203.0.113.9"},
        {"Forwarded": "for=203.0.113.9"},
        {"Via": "1.1 tunnel"},
        {"CF-Connecting-IP": "203.0.113.9"},
        {"CF-Ray": "1"},
        {"X-Real-IP": "203.0.113.9"},
        {"True-Client-IP": "203.0.113.9"},
    ],
    ids=lambda claim: next(iter(claim)),
)
def test_a_tunnel_on_this_machine_makes_nobody_local(
    nginx: Serve, live: Callable[..., Live], claim: dict[str, str]
) -> None:
    app = live(trusted_proxy="127.0.0.1", local_role="admin")
    base = nginx(app.url.removeprefix("http://"))
    with opened(f"{base}/api/keys") as answer:
        assert answer.status == 200
    with opened(f"{base}/api/keys", headers=claim) as answer:
        assert answer.status == 401


@pytest.mark.parametrize("header", ["Via", "CF-Ray", "Cdn-Loop", "X-Client-IP", "Forwarded"])
def test_nor_does_one_before_the_application(live: Callable[..., Live], header: str) -> None:
    app = live(local_role="admin")
    with opened(f"{app.url}/api/keys") as answer:
        assert answer.status == 200
    with opened(f"{app.url}/api/keys", headers={header: "1"}) as answer:
        assert answer.status == 401


def test_an_application_that_is_away_is_said_to_be(nginx: Serve) -> None:
    base = nginx("127.0.0.1:9")
    with opened(f"{base}/api/predict", data=RED, headers=BMP) as answer:
        assert (answer.status, json.load(answer)["code"]) == (502, "away")
