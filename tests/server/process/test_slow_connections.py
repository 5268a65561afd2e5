"""Clients who are slow, or send what nobody wants: others are answered, and they get an answer."""

from __future__ import annotations

import contextlib
import http.client
import socket
import threading
import time
from collections.abc import Iterator

import pytest
import requests

from tests.support.serving import Running, running
from tests.support.tiny_models import TinyRegistry

SLOW = 45
PROBES = 40
SECONDS = 3.0
HEAD = b"POST /api/session HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
KINDS = {
    "silent": b"",
    "heads": b"GET /readyz HTTP/1.1\r\nHost: x\r\nX-Slow: ",
    "small bodies": HEAD + b"Content-Length: 60000\r\n\r\n{",
    "chunks": HEAD + b"Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n",
    "large bodies": b"POST /api/predict HTTP/1.1\r\nHost: x\r\nContent-Type: image/png\r\n"
    b"Content-Length: 9000000\r\n\r\n\x89PNG",
}


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("slow")
    TinyRegistry(folder / "artifacts").add("colours", 1)
    with running(folder, workers=1, log_level="error") as service:
        yield service


@contextlib.contextmanager
def slow_clients(port: int, first: bytes) -> Iterator[None]:
    """As many connections as it takes, each with a byte more every half second."""
    with contextlib.ExitStack() as stack:
        clients = [
            stack.enter_context(socket.create_connection(("127.0.0.1", port))) for _ in range(SLOW)
        ]
        for client in clients:
            client.sendall(first)
        over = threading.Event()

        def drip() -> None:
            while not over.wait(0.5):
                for client in clients:
                    with contextlib.suppress(OSError):
                        client.send(first and b"1")

        dripping = threading.Thread(target=drip)
        dripping.start()
        try:
            yield
        finally:
            over.set()
            dripping.join()


@pytest.mark.parametrize("kind", KINDS)
def test_probes_are_answered_beside_slow_connections(service: Running, kind: str) -> None:
    with slow_clients(service.port, KINDS[kind]):
        time.sleep(0.5)
        for _ in range(PROBES):
            assert requests.get(f"{service.url}/readyz", timeout=SECONDS).status_code == 200
            time.sleep(0.05)
        if kind in ("silent", "heads", "small bodies"):
            assert service.ask()["label"] == "red"


def test_a_head_that_does_not_come_is_told_so(service: Running) -> None:
    with socket.create_connection(("127.0.0.1", service.port)) as client:
        client.sendall(KINDS["heads"])
        client.settimeout(30)
        answer = http.client.HTTPResponse(client)
        answer.begin()
        assert (answer.status, answer.headers["Connection"]) == (408, "close")
        assert b"request-too-slow" in answer.read()


def test_a_head_without_end_is_refused(service: Running) -> None:
    with socket.create_connection(("127.0.0.1", service.port)) as client:
        client.sendall(b"GET / HTTP/1.1\r\n" + b"X-More: and more\r\n" * 4000)
        client.settimeout(5)
        assert client.recv(100).startswith(b"HTTP/1.1 431 ")


@pytest.mark.parametrize("head", [b"GET / HTTP/1.1\r\nNo Header\r\n\r\n", b"NONSENSE\r\n\r\n"])
def test_what_is_refused_before_a_route_is_known_is_not_sniffed(
    service: Running, head: bytes
) -> None:
    with socket.create_connection(("127.0.0.1", service.port)) as client:
        client.sendall(head)
        client.settimeout(30)
        answer = http.client.HTTPResponse(client)
        answer.begin()
        assert (answer.status, answer.headers["X-Content-Type-Options"]) == (400, "nosniff")
        assert answer.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("size", [3_000_000, 30_000_000])
def test_a_body_that_is_refused_unread_closes_the_connection_with_a_word(
    service: Running, size: int
) -> None:
    """The next request on the same connection used to find it closed."""
    with requests.Session() as session:
        headers = {"Content-Type": "image/png"}
        for _ in range(3):
            answer = session.post(
                f"{service.url}/api/nothing", bytes(size), headers=headers, timeout=20
            )
            assert (answer.status_code, answer.headers["Connection"]) == (404, "close")
            assert session.get(f"{service.url}/readyz", timeout=5).ok


def test_requests_that_come_together_are_answered_one_after_the_other(service: Running) -> None:
    one = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
    with socket.create_connection(("127.0.0.1", service.port)) as client:
        client.settimeout(5)
        client.sendall(one + one + one[:20])
        time.sleep(0.3)
        client.sendall(one[20:-4] + b"\r\nConnection: close\r\n\r\n")
        came = b""
        while data := client.recv(65536):
            came += data
    assert came.count(b"HTTP/1.1 200 ") == 3
