"""The service as it runs: gunicorn with our settings, several processes, recycling, and kill -9 of any of them."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import random
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from making import make_picture
from tiny_models import TinyRegistry

from server.history import History
from server.journal import Journal
from server.store import Store

ROOT = Path(__file__).resolve().parents[2]
PICTURE = make_picture("red")


@dataclasses.dataclass
class Running:
    """A service under gunicorn: where it is, and what it was started with."""

    folder: Path
    environment: dict[str, str]
    port: int
    master: subprocess.Popen[bytes]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def ask(self) -> dict[str, Any]:
        answer = requests.post(
            f"{self.url}/api/predict", data=PICTURE, headers={"Content-Type": "image/png"}, timeout=20
        )
        answer.raise_for_status()
        return dict(answer.json())

    def workers(self) -> list[int]:
        children = Path(f"/proc/{self.master.pid}/task/{self.master.pid}/children").read_text().split()
        return [int(each) for each in children]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start(folder: Path, **settings: object) -> Running:
    port = free_port()
    given = {"state": folder / "var", "artifacts": folder / "artifacts", "datasets": folder / "datasets"}
    given |= {"bind": f"127.0.0.1:{port}", "workers": 2, "at_once": 1, "local_role": "admin", **settings}
    environment = {f"LIKENESS_{name.upper()}": str(value) for name, value in given.items()}
    environment = {**os.environ, **environment, "PYTHONPATH": f"{ROOT}:{ROOT / 'tests' / 'server'}"}
    running = Running(folder, environment, port, _gunicorn(folder, environment))
    wait_ready(running)
    return running


def _gunicorn(folder: Path, environment: dict[str, str]) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "gunicorn", "-c", str(ROOT / "server" / "gunicorn_conf.py"), "tiny_wsgi:app"]
    with (folder / "log").open("ab") as log:
        return subprocess.Popen(command, env=environment, stdout=log, stderr=log, cwd=folder)


def wait_ready(running: Running) -> None:
    until = time.monotonic() + 60
    while True:
        with contextlib.suppress(requests.ConnectionError, requests.Timeout):
            if requests.get(f"{running.url}/readyz", timeout=2).ok:
                return
        assert running.master.poll() is None, (running.folder / "log").read_text()
        assert time.monotonic() < until, (running.folder / "log").read_text()
        time.sleep(0.05)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    registry = TinyRegistry(tmp_path / "artifacts")
    registry.add("colours", 1)
    registry.add("colours", 2)
    return tmp_path


@contextlib.contextmanager
def running(folder: Path, **settings: object) -> Iterator[Running]:
    made = start(folder, **settings)
    try:
        yield made
    finally:
        made.master.terminate()
        made.master.wait(60)


def logged(folder: Path) -> set[str]:
    """Every id in the database after what waits in the journal has been moved there."""
    store = Store(f"sqlite:///{folder / 'var' / 'likeness.db'}")
    history = History(store)
    Journal(folder / "var" / "journal", history.insert).drain()
    with store.read() as connection:
        found = {row[0] for row in connection.exec_driver_sql("SELECT id FROM predictions")}
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
        assert not list(connection.exec_driver_sql("PRAGMA foreign_key_check"))
    store.close()
    return found


def test_numbers_of_all_processes_are_added_and_name_nobody(folder: Path) -> None:
    with running(folder) as service:
        for _ in range(20):
            service.ask()
        text = requests.get(f"{service.url}/metrics", timeout=5).text
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    values = dict(line.rsplit(" ", 1) for line in lines)
    asked = 'likeness_requests_total{method="POST",route="/api/predict",status="200"}'
    assert float(values[asked]) == 20
    assert float(values['likeness_answers_total{kind="known",model="colours"}']) == 20
    assert float(values['likeness_model_version{model="colours"}']) == 1
    assert float(values['likeness_stage_seconds_count{stage="decode"}']) == 20
    assert not {"red", "blue", "green"} & set(re.findall(r"\w+", " ".join(lines)))
    assert "127.0.0.1" not in text


def test_logs_are_json_with_a_request_id_and_no_key(folder: Path) -> None:
    with running(folder) as service:
        requests.get(
            f"{service.url}/api/models?model=anna",
            headers={"X-Request-Id": "abcdefgh-1234", "X-API-Key": "lk_0_verysecret"},
            timeout=5,
        )
    text = (folder / "log").read_text()
    lines = [json.loads(line) for line in text.splitlines() if not line.startswith("Likeness: the admin key")]
    (line,) = [each for each in lines if each.get("request_id") == "abcdefgh-1234"]
    assert (line["route"], line["status"], line["method"]) == ("/api/models", 401, "GET")
    assert "verysecret" not in text
    assert "?model=anna" not in text


def test_recycling_and_reloading_lose_nothing(folder: Path) -> None:
    """Processes are replaced every 30 requests, and all of them once more by a signal, under load."""
    ids, failed = [], []

    def ask(service: Running) -> None:
        for _ in range(60):
            try:
                ids.append(service.ask()["prediction_id"])
            except Exception as error:
                failed.append(error)

    with running(folder, recycle=30) as service:
        first = set(service.workers())
        threads = [threading.Thread(target=ask, args=(service,)) for _ in range(3)]
        for thread in threads:
            thread.start()
        time.sleep(0.5)
        service.master.send_signal(signal.SIGHUP)
        for thread in threads:
            thread.join()
        assert not failed
        assert not first & set(service.workers())
    assert len(ids) == 180
    assert set(ids) <= logged(folder)


def test_promotion_reaches_every_process(folder: Path) -> None:
    with running(folder) as service:
        answer = requests.post(f"{service.url}/api/models/colours/promote", json={"version": 2}, timeout=5)
        assert answer.json()["version"] == 2
        until = time.monotonic() + 20
        while {service.ask()["model"]["version"] for _ in range(20)} != {2}:
            assert time.monotonic() < until


@pytest.mark.parametrize("whom", ["worker", "master"])
@pytest.mark.parametrize("round_", range(int(os.environ.get("LIKENESS_TEST_KILLS", "2"))))
def test_kill_9_loses_no_acknowledged_answer(folder: Path, whom: str, round_: int) -> None:
    """At a random moment, under load: the database is whole, and every id that a client has was logged."""
    chance = random.Random(f"{whom}{round_}")
    ids: list[str] = []
    stop = threading.Event()

    def ask() -> None:
        while not stop.is_set():
            with contextlib.suppress(requests.RequestException):
                ids.append(service.ask()["prediction_id"])

    service = start(folder)
    workers = service.workers()
    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    time.sleep(0.3 + chance.random())
    os.kill(service.master.pid if whom == "master" else chance.choice(workers), signal.SIGKILL)
    time.sleep(0.3)
    if whom == "worker":
        wait_ready(service)
        service.master.kill()
    stop.set()
    service.master.wait(30)
    for thread in threads:
        thread.join()
    for worker in workers:
        _gone(worker)
    assert len(ids) > 5
    assert set(ids) <= logged(folder)
    again = start(folder)
    try:
        assert again.ask()["label"] == "red"
        assert set(ids) <= logged(folder)
    finally:
        again.master.terminate()
        again.master.wait(60)


def _gone(pid: int) -> None:
    """Workers notice that their master is gone and end by themselves."""
    until = time.monotonic() + 30
    while True:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return
        assert time.monotonic() < until
        time.sleep(0.05)


def test_the_server_loads_no_training_and_no_plots(tmp_path: Path) -> None:
    """Starting server.wsgi brings in neither model.train nor matplotlib."""
    script = (
        "import sys, server.wsgi;"
        "bad = [name for name in ('model.train', 'matplotlib', 'seaborn') if name in sys.modules];"
        "sys.exit(' '.join(bad) or 0)"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    environment |= {"LIKENESS_STATE": str(tmp_path), "LIKENESS_ARTIFACTS": str(tmp_path / "none")}
    ended = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True)
    assert (ended.returncode, ended.stderr) == (0, "")
