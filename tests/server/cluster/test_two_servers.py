"""Two servers behind one real nginx: one is killed under load, and a forget counts at both."""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path

import pytest
import requests

from tests.support.live import Serve
from tests.support.serving import PICTURE, Running, start
from tests.support.tiny_models import TinyRegistry

pytestmark = pytest.mark.nginx
ENOUGH = 60  # requests before the kill, and after it


class Load:
    """Asks again and again, in three threads, and remembers what went wrong."""

    def __init__(self, url: str) -> None:
        self.url, self.answered, self.failed = url, 0, list[str]()
        self._ended, self._guard = threading.Event(), threading.Lock()
        kinds = (self._list_models, self._predict, self._predict)
        self._threads = [threading.Thread(target=self._ask, args=(kind,)) for kind in kinds]

    def __enter__(self) -> Load:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join(60)

    def wait_for(self, more: int) -> None:
        wanted = self.answered + more
        until = time.monotonic() + 60
        while self.answered < wanted:
            assert time.monotonic() < until, self.failed
            time.sleep(0.02)

    def _list_models(self) -> requests.Response:
        return requests.get(f"{self.url}/api/models", timeout=30)

    def _predict(self) -> requests.Response:
        headers = {"Content-Type": "image/png"}
        return requests.post(f"{self.url}/api/predict", data=PICTURE, headers=headers, timeout=30)

    def _ask(self, kind: object) -> None:
        while not self._ended.is_set():
            try:
                answer = kind()  # type: ignore[operator]
                wrong = "" if answer.ok else f"{answer.status_code} {answer.text}"
            except requests.RequestException as error:
                wrong = repr(error)
            with self._guard:
                self.answered += 1
                self.failed += [wrong] if wrong else []


def kill(server: Running) -> None:
    """As a machine does that goes out: the workers too, at once."""
    pids = [server.master.pid, *server.workers()]
    os.kill(server.master.pid, signal.SIGSTOP)  # it must not replace them
    for pid in reversed(pids):
        os.kill(pid, signal.SIGKILL)
    server.master.wait(30)


def test_one_is_killed_under_load_and_a_forget_counts_at_both(
    postgres: str, tmp_path: Path, nginx: Serve
) -> None:
    TinyRegistry(tmp_path / "artifacts").add("colours", 1)
    shared = {
        "database_url": postgres,
        "artifacts": tmp_path / "artifacts",
        "datasets": tmp_path / "datasets",
        "trusted_proxy": "127.0.0.1",
        "open": 1,  # for whom we ask without nginx
    }
    pair = []
    try:
        for name in "ab":
            (tmp_path / name).mkdir()
            pair.append(start(tmp_path / name, **shared))
        url = nginx(",".join(f"127.0.0.1:{server.port}" for server in pair))
        with Load(url) as load:
            load.wait_for(ENOUGH)
            kill(pair[0])
            load.wait_for(ENOUGH)
            pair[0].begin()
            load.wait_for(ENOUGH)
        assert load.failed == []
        assert all("'red'" in str(server.ask()) for server in pair)
        answer = requests.delete(f"{url}/api/classes/red", timeout=60)
        assert answer.status_code == 200, answer.text
        assert not any("'red'" in str(server.ask()) for server in pair)
        logged = requests.get(f"{url}/api/predictions", timeout=30)
        assert logged.ok and '"red"' not in logged.text
    finally:
        for server in pair:
            server.end()
