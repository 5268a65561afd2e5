"""The journal before the database: nothing that was promised is lost."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from pathlib import Path
from typing import Any

import pytest

from server.errors import StoreDown
from server.service import service_of
from server.storage.journal import Journal
from tests.support.making import Make, ask


def test_a_database_that_is_away_delays_nothing_and_loses_nothing(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = make()
    service, client = service_of(app), app.test_client()
    there = service.history.insert

    def away(records: list[Any]) -> None:
        raise StoreDown("away")

    monkeypatch.setattr(service.journal, "insert", away)
    ids = [ask(client)["prediction_id"] for _ in range(5)]
    assert all(ids)
    with pytest.raises(StoreDown):
        service.journal.drain()
    assert service.journal.waiting() > 0
    monkeypatch.setattr(service.journal, "insert", there)
    service.journal.drain()
    assert service.journal.waiting() == 0
    assert all(service.history.find(record) for record in ids)


def test_half_a_line_and_leftovers_of_a_killed_process(tmp_path: Path) -> None:
    moved: list[Any] = []
    journal = Journal(tmp_path / "journal", moved.extend)
    (tmp_path / "journal").mkdir()
    journal.append({"n": 1})
    (tmp_path / "journal" / "moving-1").write_text('{"n": 0}\n{"n": tor')
    assert journal.drain() == 2
    assert [record["n"] for record in moved] == [0, 1]
    assert journal.drain() == 0


def test_lines_are_on_the_disk_before_the_database_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also while the database is away for long, a power cut costs no more than the last second."""
    happened: list[str] = []
    real = os.fsync

    def notice(handle: int) -> None:
        happened.append(Path(f"/proc/self/fd/{handle}").readlink().name)
        real(handle)

    monkeypatch.setattr(os, "fsync", notice)
    journal = Journal(
        tmp_path / "journal", lambda records: happened.append(f"{len(records)} inserted")
    )
    (tmp_path / "journal").mkdir()
    journal.append({"n": 1})
    assert not happened
    journal.drain()
    assert [record[:7] for record in happened] == ["moving-", "journal", "1 inser"]


def test_many_writers_and_one_mover_lose_nothing(tmp_path: Path) -> None:
    moved: list[Any] = []
    journal = Journal(tmp_path / "journal", moved.extend)
    (tmp_path / "journal").mkdir()

    def write(name: int) -> None:
        for number in range(200):
            assert journal.append({"id": f"{name}-{number}"})

    threads = [threading.Thread(target=write, args=(name,)) for name in range(4)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        journal.drain()
    journal.drain()
    assert sorted(record["id"] for record in moved) == sorted(
        f"{a}-{b}" for a in range(4) for b in range(200)
    )


def _write_for_ever(folder: Path, pipe: Any) -> None:
    journal = Journal(folder, lambda records: None)
    number = 0
    while True:
        if journal.append({"id": f"{os.getpid()}-{number}"}):
            pipe.send_bytes(f"{os.getpid()}-{number}".encode())
        number += 1


@pytest.mark.parametrize("round_", range(5))
def test_what_was_acknowledged_survives_kill_9(tmp_path: Path, round_: int) -> None:
    """A process is killed in the middle of writing; everything it had acknowledged is found,
    nothing else is broken.
    """
    folder = tmp_path / "journal"
    folder.mkdir()
    context = multiprocessing.get_context("fork")
    receive, send = context.Pipe(duplex=False)
    child = context.Process(target=_write_for_ever, args=(folder, send), daemon=True)
    child.start()
    send.close()
    acknowledged = [receive.recv_bytes().decode() for _ in range(100 + 37 * round_)]
    os.kill(child.pid or 0, signal.SIGKILL)
    child.join()
    while receive.poll():
        try:
            acknowledged.append(receive.recv_bytes().decode())
        except EOFError:
            break
    receive.close()
    moved: list[Any] = []
    Journal(folder, moved.extend).drain()
    assert set(acknowledged) <= {record["id"] for record in moved}
