"""No name of a person is in anything that nginx writes, and what it refuses is no HTML."""

from __future__ import annotations

import json
import shutil
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from tests.support.browsing import Live, free_port, opened
from tests.support.serving import running
from tests.support.tiny_models import TinyRegistry

pytestmark = pytest.mark.nginx
Serve = Callable[..., str]
NAME = "zaphodine"
PLACE = f"/api/datasets/family/classes/{NAME}/pictures"


@pytest.fixture
def silent() -> Callable[[], str]:
    """An upstream that reads a little and hangs up."""

    def start() -> str:
        server = socket.create_server(("127.0.0.1", 0))

        def serve() -> None:
            while True:
                connection, _ = server.accept()
                connection.recv(100)
                connection.close()

        threading.Thread(target=serve, daemon=True).start()
        return f"127.0.0.1:{server.getsockname()[1]}"

    return start


def test_no_name_is_in_a_file_of_nginx(
    nginx: Serve, tmp_path: Path, silent: Callable[[], str]
) -> None:
    """Bodies that are buffered or too large, an application that is away, hangs up or is slow."""
    for app in (f"127.0.0.1:{free_port()}", silent()):
        base = nginx(app, max_body=900_000, max_batch=900_000, timeout=1)
        for size in (10, 700_000, 1_000_000):
            with suppress(OSError), opened(f"{base}{PLACE}", data=b"x" * size) as answer:
                assert answer.status in (413, 502)
        for address in ("/api/classes/", "/api/predictions?label=", "/x/"):
            with opened(f"{base}{address}{NAME}") as answer:
                assert answer.status == 502
        with opened(f"{base}/{NAME}{'x' * 300}") as answer:
            assert answer.status == 502
        port = int(base.rsplit(":", 1)[1])
        with socket.create_connection(("127.0.0.1", port)) as plain:
            plain.sendall(f"GET /{NAME} HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n".encode())
            plain.recv(1000)
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert any(path.name == "error.log" for path in written)
    assert [path for path in written if NAME.encode() in path.read_bytes()] == []


def test_a_full_disk_is_a_problem_answer(nginx: Serve, tmp_path: Path) -> None:
    """Here the folder of buffered bodies is gone, which fails like one on a full disk."""
    base = nginx(f"127.0.0.1:{free_port()}")
    body = tmp_path / "nginx0" / "body"
    shutil.rmtree(body)
    body.write_text("in the way")
    with opened(f"{base}{PLACE}", data=b"x" * 700_000) as answer:
        told = json.loads(answer.read())
        assert answer.headers["Content-Type"] == "application/problem+json"
    assert (answer.status, told["status"], told["code"]) == (507, 507, "no-space")


def test_a_long_address_is_answered_by_the_application(
    nginx: Serve, tmp_path: Path, live: Callable[..., Live]
) -> None:
    TinyRegistry(tmp_path / "artifacts").add("colours", 1)
    with running(tmp_path, trusted_proxy="127.0.0.1") as service:
        base = nginx(service.url.removeprefix("http://"))
        for place in (base, service.url):
            with opened(f"{place}/api/{'x' * 7600}") as answer:
                told = json.loads(answer.read())
            assert (answer.status, told["code"]) == (404, "not-found")
        with opened(f"{service.url}/{'x' * 9000}") as answer:
            assert answer.headers["Content-Type"] == "application/problem+json"
            assert json.loads(answer.read())["status"] == answer.status == 414


def test_what_a_kill_left_of_bodies_goes_at_the_next_start(nginx: Serve, tmp_path: Path) -> None:
    left = tmp_path / "nginx0" / "body" / "0000000001"
    left.parent.mkdir(parents=True)
    left.write_bytes(b"a picture")
    nginx(f"127.0.0.1:{free_port()}")
    assert not left.exists()
