"""The service as it runs: gunicorn with our settings, several processes, recycling, reloading. kill
-9 is next door.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from server.operations import metrics
from tests.support.paths import ROOT
from tests.support.serving import PICTURE, Running, logged, running, start
from tests.support.tiny_models import TinyRegistry


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    registry = TinyRegistry(tmp_path / "artifacts")
    registry.add("colours", 1)
    registry.add("colours", 2)
    return tmp_path


def test_numbers_of_all_processes_are_added_and_name_nobody(folder: Path) -> None:
    with running(folder) as service:
        for _ in range(20):
            service.ask()
        text = requests.get(f"{service.url}/metrics", timeout=30).text
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    values = dict(line.rsplit(" ", 1) for line in lines)
    asked = 'likeness_requests_total{method="POST",route="/api/predict",status="200"}'
    assert float(values[asked]) == 20
    assert float(values['likeness_answers_total{kind="known",model="colours"}']) == 20
    assert float(values['likeness_model_version{model="colours"}']) == 1
    assert float(values['likeness_stage_seconds_count{stage="decode"}']) == 20
    assert not {"red", "blue", "green"} & set(re.findall(r"\w+", " ".join(lines)))
    assert "127.0.0.1" not in text


def numbers(service: Running) -> dict[str, float]:
    text = requests.get(f"{service.url}/metrics", timeout=30).text
    lines = [line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, value in lines}


ASKED = 'likeness_requests_total{method="POST",route="/api/predict",status="200"}'


def test_replaced_processes_leave_their_numbers_and_no_files(folder: Path) -> None:
    """However often processes are recycled, reloaded or killed: nothing is counted twice or lost,
    no file is added.
    """
    with running(folder, recycle=5) as service:
        for _ in range(60):
            service.ask()
        service.master.send_signal(signal.SIGHUP)
        for _ in range(20):
            service.ask()
        kill_a_worker(service)
        for _ in range(20):
            service.ask()
        found = numbers(service)
        assert found[ASKED] == 100
        assert found['likeness_stage_seconds_count{stage="decode"}'] == 100
        assert found["likeness_pictures_inside"] == 0
        files = [path.stem.rsplit("_", 1) for path in metrics.folder(folder / "var").glob("*.db")]
    kinds, places = (
        4,
        {"master", *(str(number) for number in range(5))},
    )  # two, twice while all are replaced, one late
    assert not list(metrics.folder(folder / "var").glob("*.db")), (
        "what lies in memory goes with the service"
    )
    assert {place for _, place in files} <= places
    assert len(files) <= kinds * len(places)


def kill_a_worker(service: Running) -> None:
    """And wait until there are two again."""
    victim = service.workers()[0]
    os.kill(victim, signal.SIGKILL)
    until = time.monotonic() + 20
    while victim in service.workers() or len(service.workers()) < 2:
        assert time.monotonic() < until
        time.sleep(0.02)


def test_a_fresh_process_never_answers_with_what_was_active_when_the_service_began(
    folder: Path,
) -> None:
    with running(folder) as service:
        requests.post(f"{service.url}/api/models/colours/promote", json={"version": 2}, timeout=30)
        until = time.monotonic() + 20
        while {service.ask()["model"]["version"] for _ in range(20)} != {2}:
            assert time.monotonic() < until
        for _ in range(3):
            kill_a_worker(service)
            assert {ask_patiently(service)["model"]["version"] for _ in range(30)} == {2}


def ask_patiently(service: Running) -> dict[str, Any]:
    """An answer, also when a connection went down with a process."""
    while True:
        try:
            return service.ask()
        except requests.ConnectionError:
            time.sleep(0.01)


def test_logs_are_json_with_a_request_id_and_no_key(folder: Path) -> None:
    with running(folder) as service:
        requests.get(
            f"{service.url}/api/models?model=anna",
            headers={"X-Request-Id": "abcdefgh-1234", "X-API-Key": "lk_0_verysecret"},
            timeout=30,
        )
    text = (folder / "log").read_text()
    lines = [
        json.loads(line)
        for line in text.splitlines()
        if not line.startswith("Likeness: the admin key")
    ]
    (line,) = [entry for entry in lines if entry.get("request_id") == "abcdefgh-1234"]
    assert (line["route"], line["status"], line["method"]) == ("/api/models", 401, "GET")
    assert "verysecret" not in text
    assert "?model=anna" not in text


def client(
    service: Running, keep: bool, answered: list[str], failed: list[object], stop: threading.Event
) -> None:
    """Asks until told to stop, or until nobody listens any more. keep: on one connection for as
    long as that lives.
    """
    connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=20)
    while not stop.is_set():
        try:
            connection.connect() if connection.sock is None else None
        except ConnectionRefusedError:
            return
        except OSError as error:
            failed.append(error)
            return
        try:
            connection.request("POST", "/api/predict", PICTURE, {"Content-Type": "image/png"})
            answer = connection.getresponse()
            body = json.loads(answer.read())
            answered.append(body["prediction_id"]) if answer.status == 200 else failed.append(body)
        except (OSError, http.client.HTTPException) as error:
            failed.append(error)
        if not keep or failed:
            connection.close()
    connection.close()


@contextlib.contextmanager
def clients(service: Running) -> Iterator[tuple[list[str], list[object]]]:
    """Four of them: two that keep their connection, as a proxy does, and two that make a new one
    entry time.
    """
    answered: list[str] = []
    failed: list[object] = []
    stop = threading.Event()
    threads = [
        threading.Thread(target=client, args=(service, n < 2, answered, failed, stop))
        for n in range(4)
    ]
    for thread in threads:
        thread.start()
    try:
        yield answered, failed
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def wait_until(true: Callable[[], bool], seconds: float = 30) -> None:
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until, "it never came"
        time.sleep(0.02)


def test_recycling_and_reloading_lose_nothing(folder: Path) -> None:
    """Processes are replaced every 30 requests, and all of them twice more by a signal,
    under load.
    """
    with running(folder, recycle=30) as service:
        seen: set[int] = set()

        def answered(wanted: int) -> bool:
            seen.update(
                service.workers()
            )  # often: at any one moment a process may be missing that comes or goes
            return len(acknowledged) > wanted or bool(failed)

        with clients(service) as (acknowledged, failed):
            for wanted in (150, 300):
                wait_until(lambda wanted=wanted: answered(wanted))  # type: ignore[misc]
                before = set(service.workers())
                service.master.send_signal(signal.SIGHUP)
                wait_until(lambda before=before: not before & set(service.workers()))  # type: ignore[misc]
            wait_until(lambda: answered(450))
        assert failed == []
        assert not before & set(service.workers())
        assert len(seen) > 6, "two and two and two by the signals alone"
    assert set(acknowledged) <= logged(folder)


@pytest.mark.parametrize("round_", range(3))
def test_an_ordered_end_answers_everybody_who_was_let_in(folder: Path, round_: int) -> None:
    """SIGTERM under load: who asks on a connection that was made gets the answer; new connections
    are refused.
    """
    service = start(folder)
    with clients(service) as (answered, failed):
        wait_until(lambda: len(answered) > 50 + 20 * round_ or bool(failed))
        service.end()
        assert service.master.returncode == 0
    assert failed == []
    assert set(answered) <= logged(folder)


def test_promotion_reaches_every_process(folder: Path) -> None:
    with running(folder) as service:
        answer = requests.post(
            f"{service.url}/api/models/colours/promote", json={"version": 2}, timeout=5
        )
        assert answer.json()["version"] == 2
        until = time.monotonic() + 20
        while {service.ask()["model"]["version"] for _ in range(20)} != {2}:
            assert time.monotonic() < until


def test_the_server_loads_no_training_and_no_plots(tmp_path: Path) -> None:
    """Starting server.wsgi brings in neither model.train nor matplotlib."""
    script = (
        "import sys, server.wsgi;bad = [name for name in ('model.training.fit', 'matplotlib',"
        " 'seaborn') if name in sys.modules];sys.exit(' '.join(bad) or 0)"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    environment |= {"LIKENESS_STATE": str(tmp_path), "LIKENESS_ARTIFACTS": str(tmp_path / "none")}
    ended = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True
    )
    assert (ended.returncode, ended.stderr) == (0, "")


def test_processes_that_answer_collect_garbage(tmp_path: Path) -> None:
    """Nothing looks for it while gunicorn loads, which a reload does once more."""
    code = (
        "import gc, types; from server.process import gunicorn_conf; loading = gc.isenabled();"
        " gunicorn_conf.pre_fork(types.SimpleNamespace(WORKERS={}), types.SimpleNamespace());"
        " print(loading, gc.isenabled())"
    )
    run = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, "LIKENESS_STATE": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert run.stdout.strip() == "False True", run.stdout + run.stderr
