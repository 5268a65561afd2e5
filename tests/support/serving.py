"""The service as it runs, for tests: gunicorn with our settings on a free port, asked and ended
from outside.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import requests

from server.history.prediction_log import PredictionLog
from server.storage.database import Store
from server.storage.journal import Journal
from tests.support.making import make_picture
from tests.support.paths import ROOT
from tests.support.ports import free_port

PICTURE = make_picture("red")


@dataclasses.dataclass
class Running:
    """A service under gunicorn: where it is, and what it was started with."""

    folder: Path
    environment: dict[str, str]
    port: int
    app: str
    master: subprocess.Popen[bytes] = dataclasses.field(init=False)

    def begin(self) -> None:
        """Start, also once more after an end; ready when this returns."""
        conf = str(ROOT / "server" / "process" / "gunicorn_conf.py")
        with (self.folder / "log").open("ab") as log:
            self.master = subprocess.Popen(
                [sys.executable, "-m", "gunicorn", "-c", conf, self.app],
                env=self.environment,
                stdout=log,
                stderr=log,
                cwd=self.folder,
            )
        wait_ready(self)

    def end(self) -> None:
        self.master.terminate()
        self.master.wait(60)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def ask(self) -> dict[str, Any]:
        answer = requests.post(
            f"{self.url}/api/predict",
            data=PICTURE,
            headers={"Content-Type": "image/png"},
            timeout=20,
        )
        answer.raise_for_status()
        return dict(answer.json())

    def workers(self) -> list[int]:
        children = (
            Path(f"/proc/{self.master.pid}/task/{self.master.pid}/children").read_text().split()
        )
        return [int(pid) for pid in children]


def start(folder: Path, app: str = "tests.server.tiny_wsgi:app", **settings: object) -> Running:
    """A service that is ready. app: server.tiny_wsgi with the small registry, or server.wsgi as it
    is. settings: ours.
    """
    port = free_port()
    given = {
        "state": folder / "var",
        "artifacts": folder / "artifacts",
        "datasets": folder / "datasets",
    }
    given |= {
        "bind": f"127.0.0.1:{port}",
        "workers": 2,
        "at_once": 1,
        "local_role": "admin",
        **settings,
    }
    environment = {f"LIKENESS_{name.upper()}": str(value) for name, value in given.items()}
    environment = {**os.environ, **environment, "PYTHONPATH": str(ROOT)}
    running = Running(folder, environment, port, app)
    running.begin()
    return running


def wait_ready(running: Running) -> None:
    until = time.monotonic() + 150
    while True:
        with contextlib.suppress(requests.ConnectionError, requests.Timeout):
            if requests.get(f"{running.url}/readyz", timeout=2).ok:
                return
        assert running.master.poll() is None, (running.folder / "log").read_text()
        assert time.monotonic() < until, (running.folder / "log").read_text()
        time.sleep(0.05)


@contextlib.contextmanager
def running(folder: Path, **settings: object) -> Iterator[Running]:
    """A service with the small registry, ended at the end of the block."""
    service = start(folder, **settings)
    try:
        yield service
    finally:
        service.end()


def logged(folder: Path) -> set[str]:
    """Every id in the database after what waits in the journal has been moved there."""
    store = Store(f"sqlite:///{folder / 'var' / 'likeness.db'}")
    history = PredictionLog(store)
    Journal(folder / "var" / "journal", history.insert).drain()
    with store.read() as connection:
        found = {row[0] for row in connection.exec_driver_sql("SELECT id FROM predictions")}
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
        assert not list(connection.exec_driver_sql("PRAGMA foreign_key_check"))
    store.close()
    return found


def wait_gone(pid: int) -> None:
    """Until a process is no more; workers whose master is gone end by themselves."""
    until = time.monotonic() + 30
    while True:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return
        assert time.monotonic() < until
        time.sleep(0.05)
