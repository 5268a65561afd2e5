"""`make run`'s program: ports that are taken, processes that end, and the whole thing with and
without nginx.
"""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import PIL.Image
import pytest
import skimage.data

from likeness.cli import likeness, run
from likeness.serving import addresses, processes
from likeness.serving.addresses import MAKE
from likeness.serving.processes import CannotRun, Child
from likeness.serving.run import find_nginx
from tests.support.browsing import free_port, opened
from tests.support.paths import ROOT

SHIPPED = ROOT / "artifacts" / "celebrities"


def test_a_taken_port_is_named_with_what_to_do() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(
            CannotRun, match=rf"Port {port} .* is taken .* make run PORT={port + 1}"
        ):
            addresses.check_free(addresses.hosts("127.0.0.1"), port, MAKE)


@pytest.mark.parametrize("port", ["0", "65536", "99999", "-1", "8 080", "http", "\u0663"])
def test_a_port_that_cannot_be_is_refused(port: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        run(likeness, "likeness", ["serve", f"--port={port}"], MAKE)
    assert (
        f"{port!r} is no port; write a number from 1 to 65535: make run PORT=8080"
        in capsys.readouterr().err
    )


def test_an_address_of_nobody_here_is_not_called_taken() -> None:
    with pytest.raises(
        CannotRun, match=r"192\.0\.2\.1 cannot be listened on .* make run HOST=0\.0\.0\.0"
    ):
        addresses.check_free(addresses.hosts("192.0.2.1"), 8080, MAKE)


def test_localhost_listens_on_the_loopback_alone() -> None:
    assert {address for _, address in addresses.hosts("localhost")} <= {"127.0.0.1", "::1"}
    assert addresses.hosts("0.0.0.0") == [(socket.AF_INET, "0.0.0.0")]


def test_a_child_that_ends_is_reported() -> None:
    child = Child("short", [sys.executable, "-c", "raise SystemExit(3)"], signal.SIGTERM)
    child.start()
    with pytest.raises(CannotRun, match=r"short stopped by itself \(exit code 3\)"):
        processes.watch([child])


class Slow(BaseHTTPRequestHandler):
    """/readyz that is not there for the first second; after that as the server's `then` says."""

    def do_GET(self) -> None:
        server = self.server
        assert isinstance(server, Readiness)
        early = time.monotonic() < server.ready_at
        status, body = (502, b"<html>away</html>") if early else server.then
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *ignored: object) -> None:
        """Silence: the test's own output is enough."""


class Readiness(ThreadingHTTPServer):
    then: tuple[int, bytes]
    ready_at: float


NO_MODEL = json.dumps(
    {"status": 503, "code": "not-ready", "detail": "There is no trained model yet."}
).encode()


@pytest.mark.parametrize(
    ("then", "unready"),
    [((200, b"{}"), ""), ((503, NO_MODEL), "There is no trained model yet.")],
    ids=["a model", "no model"],
)
def test_waiting_says_what_it_waits_for(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    then: tuple[int, bytes],
    unready: str,
) -> None:
    monkeypatch.setattr(processes, "SAY_AFTER", 0.2)
    child = Child(
        "something", [sys.executable, "-c", "import time; time.sleep(60)"], signal.SIGTERM
    )
    child.start()
    server = Readiness(("127.0.0.1", 0), Slow)
    server.then, server.ready_at = then, time.monotonic() + 1
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        assert processes.wait_ready(f"http://127.0.0.1:{server.server_port}", child) == unready
    finally:
        server.shutdown()
        server.server_close()
        child.stop()
    output = capsys.readouterr().out
    assert re.fullmatch(
        r"Waiting for something since \d+ s; /readyz says 502 <html>away</html>\n", output
    )


def test_waiting_ends_with_what_was_said_last(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "READY_WITHIN", 0.5)
    child = Child(
        "something", [sys.executable, "-c", "import time; time.sleep(60)"], signal.SIGTERM
    )
    child.start()
    try:
        with pytest.raises(
            CannotRun, match=r"something was not ready .* /readyz said nothing yet \(.*refused"
        ):
            processes.wait_ready(f"http://127.0.0.1:{free_port()}", child)
    finally:
        child.stop()


def test_a_child_that_does_not_listen_to_reason_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "STOP_WITHIN", 0.2)
    deaf = (
        "import signal, time; [signal.signal(each, signal.SIG_IGN) for each in (2, 15)];"
        " time.sleep(60)"
    )
    child = Child("deaf", [sys.executable, "-c", deaf], signal.SIGTERM)
    child.start()
    child.stop()
    assert child.ended() is not None


@pytest.fixture
def more(request: pytest.FixtureRequest) -> dict[str, str]:
    """Settings besides the usual ones."""
    return getattr(request, "param", {})


@pytest.fixture
def started(
    tmp_path: Path, request: pytest.FixtureRequest, more: dict[str, str]
) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """`deploy/checkout/run.py` with the shipped model, until it says Ready."""
    if not SHIPPED.is_dir():
        pytest.skip("artifacts/celebrities is not trained")
    extra: list[str] = request.param
    if not extra and find_nginx() is None:
        pytest.skip("nginx is not installed: apt-get install nginx-light")
    port = free_port()
    command = [sys.executable, "deploy/checkout/run.py", "--port", str(port), *extra]
    environment = (
        os.environ | {"LIKENESS_STATE": str(tmp_path / "var"), "LIKENESS_WORKERS": "1"} | more
    )
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        try:
            yield process, f"http://localhost:{port}"
        finally:
            process.terminate()  # it stops gunicorn and nginx, which a kill would leave behind
            process.wait(60)


def until_ready(process: subprocess.Popen[str]) -> str:
    """Everything it says up to the line with the address."""
    assert process.stdout is not None
    output: list[str] = []
    for line in process.stdout:
        output.append(line)
        if line.startswith(("Ready:", "Running:")):
            break
    return "".join(output)


@pytest.mark.nginx
@pytest.mark.slow
@pytest.mark.parametrize(
    "started", [[], ["--no-nginx"]], indirect=True, ids=["nginx", "gunicorn alone"]
)
def test_it_ends_ready_and_stops_cleanly(started: tuple[subprocess.Popen[str], str]) -> None:
    process, base = started
    output = until_ready(process)
    assert f"Ready: {base} " in output, output
    assert f"the admin key, to be had once within an hour: {base}/#claim=" in output
    assert "lk_" not in output
    with opened(f"{base}/readyz") as answer:
        assert answer.status == 200
    with opened(base) as page:
        assert b"<title>Likeness</title>" in page.read()
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 0
    assert process.stdout is not None
    rest = process.stdout.read()
    assert rest.endswith("Stopped.\n")
    assert "SIG" not in rest, "a worker process was ended by a signal, or ended itself by one"


@pytest.mark.nginx
@pytest.mark.slow
@pytest.mark.parametrize(
    "started", [[], ["--no-nginx"]], indirect=True, ids=["nginx", "gunicorn alone"]
)
@pytest.mark.parametrize(
    "more", [{"LIKENESS_ARTIFACTS": "nothing-here"}], indirect=True, ids=["no model"]
)
def test_without_a_model_it_runs_and_says_so(started: tuple[subprocess.Popen[str], str]) -> None:
    process, base = started
    output = until_ready(process)
    assert "No model answers yet: There is no trained model yet. Train one:" in output
    assert output.splitlines()[-1].startswith(f"Running: {base} ")
    with opened(base) as page:
        assert b"<title>Likeness</title>" in page.read()


@pytest.mark.slow
@pytest.mark.parametrize("started", [["--no-nginx"]], indirect=True, ids=["gunicorn alone"])
@pytest.mark.parametrize("more", [{"LIKENESS_MODEL": "nope"}], indirect=True, ids=["no such model"])
def test_a_model_that_is_not_there_ends_it(started: tuple[subprocess.Popen[str], str]) -> None:
    process, _ = started
    output = until_ready(process)
    assert re.search(
        r"^likeness: LIKENESS_MODEL is 'nope'; the models here are .*celebrities",
        output,
        re.MULTILINE,
    )
    assert process.wait(60) == 1


@pytest.mark.nginx
@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.parametrize("started", [[]], indirect=True, ids=["nginx"])
def test_the_shipped_model_answers_in_the_browser(
    started: tuple[subprocess.Popen[str], str], browser: Any, tmp_path: Path
) -> None:
    process, base = started
    assert "Ready:" in until_ready(process)
    photograph = tmp_path / "astronaut.jpg"
    PIL.Image.fromarray(skimage.data.astronaut()).save(photograph, quality=92)
    page = browser.new_page(viewport={"width": 390, "height": 844})
    page.goto(base)
    page.wait_for_selector("#cards .card >> nth=4")
    page.set_input_files("#file", photograph)
    page.wait_for_selector("#answer[data-tone=good], #answer[data-tone=unsure]", timeout=60000)
    frame, box = page.locator("#picture").bounding_box(), page.locator(".box.chosen").bounding_box()
    # Her face lies around (224, 112) in the 512 x 512 picture, and is some 90 pixels wide.
    scale = frame["width"] / 512
    assert box["x"] < frame["x"] + 224 * scale < box["x"] + box["width"]
    assert box["y"] < frame["y"] + 112 * scale < box["y"] + box["height"]
    assert 50 * scale < box["width"] < 180 * scale
    names = page.locator(".scores tbody th").all_text_contents()  # behind a line, for a stranger
    assert sorted(names) == sorted(page.locator("#cards .card-name").all_inner_texts())
    assert len(names) == 5
    page.close()
