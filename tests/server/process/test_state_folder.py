"""The state folder in trouble: a second instance, damage, no right to write, a wrong clock."""

from __future__ import annotations

import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest
import requests

from server.errors import SettingError, StoreDamaged
from server.operations import clock
from server.service import expire, service_of
from server.settings import Settings
from server.storage import state_lock
from server.storage.database import Store, lock
from server.storage.state_lock import hold_state
from tests.support.making import Make, ask
from tests.support.paths import ROOT
from tests.support.ports import free_port
from tests.support.serving import Running, running, wait_gone, wait_ready
from tests.support.tiny_models import TinyRegistry


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    TinyRegistry(tmp_path / "artifacts").add("colours", 1)
    return tmp_path


def started_in_vain(service: Running, **changes: str) -> str:
    """What a service says that ends at once."""
    conf = str(ROOT / "server" / "process" / "gunicorn_conf.py")
    ended = subprocess.run(
        [sys.executable, "-m", "gunicorn", "-c", conf, "server.wsgi:app"],
        env=service.environment | {"LIKENESS_BIND": f"127.0.0.1:{free_port()}"} | changes,
        cwd=service.folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode != 0
    return ended.stdout + ended.stderr


def test_a_second_instance_is_told_who_holds_the_folder(folder: Path) -> None:
    """And the first one goes on as if nothing had been."""
    with running(folder) as service:
        before = service.ask()["prediction_id"]
        output = started_in_vain(service)
        (sentence,) = [line for line in output.splitlines() if "in use" in line]
        assert f"process {service.master.pid} on " in sentence
        assert f"listening on 127.0.0.1:{service.port}" in sentence
        assert "LIKENESS_STATE" in sentence
        assert "Traceback" not in output
        assert service.ask()["prediction_id"] > before
        key = requests.post(
            f"{service.url}/api/keys", json={"name": "x", "role": "predict"}, timeout=10
        )
        assert key.status_code == 201


def test_the_next_instance_starts_where_the_last_was_killed(folder: Path) -> None:
    with running(folder) as service:
        workers = service.workers()
        service.master.send_signal(signal.SIGKILL)
        service.master.wait()
        service.begin()  # it waits for the workers, who hold the folder until they have ended
        for worker in workers:
            wait_gone(worker)
        wait_ready(service)
        assert service.ask()


def test_holding_twice_is_holding_once(tmp_path: Path) -> None:
    """The settings are read again at a reload, by the same process."""
    hold_state(tmp_path, "here")
    hold_state(tmp_path, "here")
    other = "from pathlib import Path; import sys; from server.storage.state_lock import *;"
    code = f"{other} hold_state(Path(sys.argv[1]), 'there')"
    command = [sys.executable, "-c", code, str(tmp_path)]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    state_lock._held.pop((tmp_path / state_lock.NAME).resolve()).close()
    assert "listening on here" in ended.stderr


DAMAGE = {
    "no database at all": lambda data: b"this is no database" * 500,
    "a page in the middle": lambda data: data[:8192] + b"\xff" * 12288 + data[20480:],
    "cut off": lambda data: data[: len(data) // 2],
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_database_is_a_sentence_with_the_way_to_restore(
    make: Make, damage: str, settings: Settings
) -> None:
    """Nothing of it is changed, and what waits in the journal goes on waiting."""
    if settings.database_url:
        pytest.skip("SQLite's file")
    file = settings.state / "likeness.db"
    shutil.copy(file, settings.state / "backup.db")
    broken = DAMAGE[damage](file.read_bytes())
    file.write_bytes(broken)
    (settings.state / "journal").mkdir()
    (settings.state / "journal" / "current").write_text("{}\n")
    with pytest.raises(SettingError, match=r"is damaged \(.+\)\. Nothing was changed") as caught:
        make()
    assert "restore the backup" in str(caught.value)
    assert file.read_bytes() == broken
    assert (settings.state / "journal" / "current").read_text() == "{}\n"
    for name in ("likeness.db-wal", "likeness.db-shm"):
        (settings.state / name).unlink(missing_ok=True)
    shutil.copy(settings.state / "backup.db", file)
    (settings.state / "journal" / "current").unlink()
    assert make().test_client().get("/health").get_json()["database"]


def test_it_says_so_at_the_terminal(folder: Path) -> None:
    with running(folder) as service:
        service.ask()
        service.end()
        for rest in (folder / "var").glob("likeness.db-*"):
            rest.unlink()  # SQLite would mend the file from what it had not yet taken over
        (folder / "var" / "likeness.db").write_bytes(b"rubbish" * 1000)
        output = started_in_vain(service)
        assert "is damaged" in output
        assert "Traceback" not in output
        (folder / "var" / "likeness.db").unlink()
        service.begin()


def test_a_folder_that_may_not_be_written_is_a_sentence(folder: Path) -> None:
    with running(folder) as service:
        output = started_in_vain(service, LIKENESS_STATE="/proc/likeness")
    assert "nothing can be written there" in output
    assert "Traceback" not in output


@pytest.mark.parametrize("days", [400, -400])
def test_a_wrong_clock_deletes_nothing(
    make: Make,
    days: int,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """It is said, and for a day nothing goes because of its age."""
    app = make(keep_predictions_days=365, keep_pictures_days=30)
    service = service_of(app)
    watch = clock.Clock(service.settings.state / "clock.json")
    assert watch.is_steady()
    ask(app.test_client())
    service.keeper.stop()  # it would look at the clock as well, in between
    service.keeper.settle()
    right = time.time
    monkeypatch.setattr(time, "time", lambda: right() + days * clock.DAY)
    monkeypatch.setattr(time, "time_ns", lambda: int(time.time() * 1e9))
    expire(watch, service.kept, service.history, 365)
    assert "The clock of this machine was set" in caplog.text
    monkeypatch.undo()
    expire(watch, service.kept, service.history, 365)
    with service.store.read() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM predictions").scalar() == 1


def test_after_a_day_it_is_believed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    watch, right = clock.Clock(tmp_path / "clock"), time.time
    steady = []
    for hours in (0, 1, 9600, 9601, 9623, 9625):
        monkeypatch.setattr(time, "time", lambda hours=hours: right() + hours * 3600)
        steady.append(watch.is_steady())
    assert steady == [True, True, False, False, False, True]


@pytest.mark.parametrize("days", [400, -400])
def test_processes_do_not_take_each_others_doubt_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, days: int
) -> None:
    """Each has a watch of its own on one file, and they look in any order."""
    one, other, late = (clock.Clock(tmp_path / "clock.json") for _ in range(3))
    right = time.time
    assert one.is_steady()
    assert other.is_steady()
    before = (tmp_path / "clock.json").read_text()
    monkeypatch.setattr(time, "time", lambda: right() + days * clock.DAY)
    assert [watch.is_steady() for watch in (one, other, late, one)] == [False] * 4
    (tmp_path / "clock.json").write_text(before)  # as one that looked before the leap leaves it
    assert [watch.is_steady() for watch in (other, one)] == [False] * 2
    monkeypatch.setattr(time, "time", lambda: right() + (days + 1.1) * clock.DAY)
    assert [watch.is_steady() for watch in (late, one, other)] == [True] * 3


def test_the_watch_waits_for_another_process(tmp_path: Path) -> None:
    watch, over = clock.Clock(tmp_path / "clock.json"), threading.Event()
    with lock(tmp_path / "clock.lock"):
        looking = threading.Thread(target=lambda: (watch.is_steady(), over.set()))
        looking.start()
        assert not over.wait(0.3)
    looking.join(10)
    assert over.is_set()


def test_damage_while_it_runs_is_our_error(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'x.db'}")
    store.migrate()
    store.close()
    (tmp_path / "x.db").write_bytes(b"\x00" * 9000)
    with pytest.raises(StoreDamaged), store.read() as connection:
        connection.exec_driver_sql("SELECT * FROM keys")
    with (
        closing(sqlite3.connect(tmp_path / "x.db")) as connection,
        pytest.raises(sqlite3.DatabaseError),
    ):
        connection.execute("SELECT * FROM keys")
