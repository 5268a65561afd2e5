"""Somebody enrolled in one process is known in every one; the training that follows takes over,
and who is deleted is in no version that is left.
"""

from __future__ import annotations

import contextlib
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests

from model.recognition.registry import Registry
from server.access.keys import Keys
from server.storage.database import Store
from tests.server.compreface.conftest import People
from tests.support import serving
from tests.support.paths import ROOT


@pytest.fixture
def running(tmp_path: Path) -> Iterator[serving.Running]:
    shipped = ROOT / "artifacts" / "celebrities-modern"  # without any model nothing is ready
    shutil.copytree(shipped, tmp_path / "artifacts" / "celebrities-modern")
    service = serving.start(
        tmp_path,
        "server.wsgi:app",
        compreface=1,
        train_nice=0,
        enrol_train_seconds=2,
        local_role="predict",
    )
    yield service
    service.end()


def key_of(folder: Path) -> dict[str, str]:
    store = Store(f"sqlite:///{folder / 'var' / 'likeness.db'}")
    key, _ = Keys(store).create("a client", "train", model="family")
    store.close()
    return {"x-api-key": key}


@contextlib.contextmanager
def connections(running: serving.Running, count: int = 12) -> Iterator[list[requests.Session]]:
    """Open connections: so many that every process holds one."""
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(requests.Session()) for _ in range(count)]


def until(holds: Callable[[], bool], what: str, seconds: float = 180) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, what
        time.sleep(0.2)


@pytest.mark.slow
def test_every_process_knows_at_once_and_a_training_follows(
    running: serving.Running, people: People
) -> None:
    first, second, *_ = people
    headers, api = key_of(running.folder), f"{running.url}/api/v1/recognition"

    def named(session: requests.Session, picture: Path) -> str | None:
        answer = session.post(
            f"{api}/recognize",
            params={"limit": 1},
            files={"file": picture.read_bytes()},
            headers=headers,
        ).json()
        (face,) = answer["result"]
        best = face["subjects"][0] if face["subjects"] else {"similarity": 0}
        return best["subject"] if best["similarity"] >= 0.81 else None

    def add(name: str, picture: Path) -> None:
        requests.post(
            f"{api}/faces",
            params={"subject": name},
            files={"file": picture.read_bytes()},
            headers=headers,
            timeout=30,
        ).raise_for_status()

    with connections(running) as sessions:
        assert {named(session, people[first][5]) for session in sessions} == {None}
        add(first, people[first][0])
        assert {named(session, people[first][5]) for session in sessions} == {first}
    for name in (first, second):
        for picture in people[name][:4]:
            add(name, picture)
    registry = Registry(running.folder / "artifacts")
    until(lambda: 1 in registry.versions("family"), "no training followed")
    with connections(running) as sessions:
        assert {named(session, people[second][5]) for session in sessions} == {second}
        assert requests.delete(f"{api}/subjects/{first}", headers=headers, timeout=30).json() == {
            "subject": first
        }
        assert {named(session, people[first][5]) for session in sessions} == {None}
        assert {named(session, people[second][5]) for session in sessions} == {second}
    assert first not in str(list((running.folder / "datasets").rglob("*")))
    until(lambda: 1 not in registry.versions("family"), "the version that knew them stays")
    assert registry.manifest("family", registry.active("family")).labels == (second,)
