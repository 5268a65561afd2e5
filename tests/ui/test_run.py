"""`make run`'s program: ports that are taken, processes that end, and the whole thing with and without nginx."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from browsing import ROOT, free_port, opened

from deploy import run
from deploy.run import Child

SHIPPED = ROOT / "artifacts" / "celebrities"


def test_a_taken_port_is_named_with_what_to_do() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(run.CannotRun, match=rf"Port {port} .* is taken .* make run PORT={port + 1}"):
            run.check_free(run.hosts("127.0.0.1"), port)


def test_localhost_listens_on_the_loopback_alone() -> None:
    assert {address for _, address in run.hosts("localhost")} <= {"127.0.0.1", "::1"}
    assert run.hosts("0.0.0.0") == [(socket.AF_INET, "0.0.0.0")]


def test_a_child_that_ends_is_reported() -> None:
    child = Child("short", [sys.executable, "-c", "raise SystemExit(3)"], signal.SIGTERM)
    child.start()
    with pytest.raises(run.CannotRun, match=r"short stopped by itself \(exit code 3\)"):
        run.watch([child])


def test_a_child_that_does_not_listen_to_reason_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "STOP_WITHIN", 0.2)
    deaf = "import signal, time; [signal.signal(each, signal.SIG_IGN) for each in (2, 15)]; time.sleep(60)"
    child = Child("deaf", [sys.executable, "-c", deaf], signal.SIGTERM)
    child.start()
    child.stop()
    assert child.ended() is not None


@pytest.fixture
def started(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """`deploy/run.py` with the shipped model, until it says Ready."""
    if not SHIPPED.is_dir():
        pytest.skip("artifacts/celebrities is not trained")
    extra: list[str] = request.param
    if not extra and run.find_nginx() is None:
        pytest.skip("nginx is not installed: apt-get install nginx-light")
    port = free_port()
    command = [sys.executable, "deploy/run.py", "--port", str(port), *extra]
    environment = os.environ | {"LIKENESS_STATE": str(tmp_path / "var"), "LIKENESS_WORKERS": "1"}
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        try:
            yield process, f"http://localhost:{port}"
        finally:
            process.kill() if process.poll() is None else None


@pytest.mark.nginx
@pytest.mark.slow
@pytest.mark.parametrize("started", [[], ["--no-nginx"]], indirect=True, ids=["nginx", "gunicorn alone"])
def test_it_ends_ready_and_stops_cleanly(started: tuple[subprocess.Popen[str], str]) -> None:
    process, base = started
    assert process.stdout is not None
    said: list[str] = []
    for line in process.stdout:
        said.append(line)
        if line.startswith("Ready:"):
            break
    assert any(base in line for line in said), "".join(said)
    with opened(f"{base}/readyz") as answer:
        assert answer.status == 200
    with opened(base) as page:
        assert b"<title>Likeness</title>" in page.read()
    process.send_signal(signal.SIGINT)
    assert process.wait(30) == 0
    assert process.stdout.read().endswith("Stopped.\n")
