"""What is logged: the journal, the database behind it, filters, pages, CSV, statistics, and what is
too old.
"""

from __future__ import annotations

import csv
import io
import json
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import PIL.Image
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update

from server.errors import StoreDown
from server.history.kept_pictures import KeptPictures
from server.history.prediction_log import PredictionLog
from server.history.statistics import statistics
from server.operations.housekeeping import Chore, Housekeeper
from server.service import service_of
from server.storage.database import Store, new_id, now
from server.storage.journal import Journal
from server.storage.tables import metadata, predictions
from tests.support.making import Make, make_picture

KeyOf = Callable[[str], dict[str, str]]


def ask(client: FlaskClient, colour: str = "red") -> dict[str, Any]:
    return client.post(
        "/api/predict", data=make_picture(colour), content_type="image/png"
    ).get_json()


def test_migrations_make_the_tables(app: Flask) -> None:
    """The tables that the migrations made are those of server/storage/tables.py, to the last
    column.
    """
    with service_of(app).store.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_an_answer_is_in_the_history(client: FlaskClient, key_of: KeyOf) -> None:
    admin = key_of("admin")
    asked = ask(client)
    (row,) = client.get("/api/predictions", headers=admin).get_json()["predictions"]
    assert row["id"] == asked["prediction_id"]
    assert (row["label"], row["reason"], row["model"], row["version"]) == (
        "red",
        "known",
        "colours",
        1,
    )
    assert row["client"] == "127.0.0.1"
    assert row["regions"][0]["label"] == "red"
    assert client.get(f"/api/predictions/{row['id']}", headers=admin).get_json() == row
    assert client.get(f"/api/predictions/{'0' * 32}", headers=admin).status_code == 404


def test_who_asked_is_logged(app: Flask) -> None:
    key, made = service_of(app).keys.create("shop", "admin")
    client = app.test_client()
    client.post(
        "/api/predict", data=make_picture(), content_type="image/png", headers={"X-API-Key": key}
    )
    (row,) = client.get("/api/predictions", headers={"X-API-Key": key}).get_json()["predictions"]
    assert row["key"] == made.id


def test_filters_and_pages(client: FlaskClient, key_of: KeyOf) -> None:
    admin = key_of("admin")
    for colour in ("red", "blue", "white", "black", "red"):
        ask(client, colour)

    def found(query: str) -> list[str | None]:
        answer = client.get(f"/api/predictions?{query}", headers=admin)
        return [each["label"] for each in answer.get_json()["predictions"]]

    assert found("") == ["red", None, None, "blue", "red"]
    assert found("label=red") == ["red", "red"]
    assert found("reason=nothing_found") == [None]
    assert found("reason=known&label=blue") == ["blue"]
    assert found("model=other") == []
    assert found(f"since={now() + 1000}") == []
    assert found(f"until={now() + 1000}") == ["red", None, None, "blue", "red"]
    first = client.get("/api/predictions?limit=2", headers=admin).get_json()
    second = client.get(
        f"/api/predictions?limit=2&before={first['next']}", headers=admin
    ).get_json()
    last = client.get(f"/api/predictions?limit=2&before={second['next']}", headers=admin).get_json()
    assert [
        each["label"] for page in (first, second, last) for each in page["predictions"]
    ] == found("")
    assert last["next"] is None


def test_csv_holds_everything_and_no_formula(
    app: Flask, client: FlaskClient, key_of: KeyOf
) -> None:
    admin = key_of("admin")
    ids = [ask(client)["prediction_id"] for _ in range(3)]
    client.get("/api/stats", headers=admin)
    with service_of(app).store.write() as connection:
        connection.execute(
            update(predictions).where(predictions.c.id == ids[0]).values(label="=cmd()")
        )
    with client.get("/api/predictions?format=csv&limit=1", headers=admin) as answer:
        rows = list(csv.DictReader(io.StringIO(answer.get_data(as_text=True))))
    assert [row["id"] for row in rows] == ids[::-1]
    assert rows[-1]["label"] == "'=cmd()"
    assert (rows[0]["regions"], len(rows[0]["probabilities"].split())) == ("red", 1)
    logged = client.get(f"/api/predictions/{ids[-1]}", headers=admin).get_json()
    assert float(rows[0]["probabilities"]) == pytest.approx(
        logged["regions"][0]["probability"], rel=1e-5
    )
    assert datetime.fromisoformat(rows[0]["when"]).timestamp() * 1000 == pytest.approx(
        int(rows[0]["time"]), abs=0.01
    )
    assert rows[0]["when"].endswith("+00:00")


HOUR = 3_600_000
NEW_YEAR = 1_767_225_600_000  # 2026-01-01T00:00Z


@pytest.mark.parametrize(
    ("when", "milliseconds"),
    [
        (str(NEW_YEAR), NEW_YEAR),
        ("2026-01-01", NEW_YEAR),
        ("2026-01-01T00:00", NEW_YEAR),
        ("2026-01-01T01:30:00Z", NEW_YEAR + HOUR * 3 // 2),
        ("2026-01-01 01:00", NEW_YEAR + HOUR),
        ("2026-01-01T01:00:00.25", NEW_YEAR + HOUR + 250),
        ("2026-01-01T02:00%2B01:00", NEW_YEAR + HOUR),
        ("2026-01-01T02:00+01:00", NEW_YEAR + HOUR),  # a + that was not escaped comes as a space
        ("2025-12-31T22:00-03:00", NEW_YEAR + HOUR),
        (
            "2026-13-01",
            (
                "must be milliseconds since 1970, a date as 2026-01-31, or a time as"
                " 2026-01-31T09:30Z; month"
            ),
        ),
        ("2026-02-30", "day is out of range for month"),
        ("2026-01-01T25:00", "hour must be in 0..23"),
        (
            "2026-1-1",
            (
                "must be milliseconds since 1970, a date as 2026-01-31, or a time as"
                " 2026-01-31T09:30Z."
            ),
        ),
        ("2026-01-01T00:00-24:00", "a date as 2026-01-31, or a time as 2026-01-31T09:30Z."),
        ("01.01.2026", "a date as 2026-01-31"),
        ("2026-W01-1", "a date as 2026-01-31"),
        ("2026-01-01T01:00 UTC", "a date as 2026-01-31"),
        ("٢٠٢٦-01-01", "a date as 2026-01-31"),
        ("yesterday", "a date as 2026-01-31"),
        ("", "a date as 2026-01-31"),
        ("1969-12-31", "must be at least 0"),
        ("2300-01-01", "must be at most 9999999999999"),
        ("-1", "must be at least 0"),
        ("9" * 20, "a date as 2026-01-31"),
    ],
)
def test_times_of_the_query(app: Flask, key_of: KeyOf, when: str, milliseconds: int | str) -> None:
    """Two answers a millisecond apart: `since` begins with the second one, `until` ends before it."""
    client, admin, history = app.test_client(), key_of("admin"), service_of(app).history
    if isinstance(milliseconds, str):
        for path in ("predictions", "stats"):
            answer = client.get(f"/api/{path}?until={when}", headers=admin)
            assert (answer.status_code, milliseconds in answer.get_json()["detail"]) == (
                422,
                True,
            ), answer.get_json()
        return
    history.insert([{**sample(height), "time": milliseconds + height} for height in (-1, 0)])
    for name, height in (("since", 0), ("until", -1)):
        (row,) = client.get(f"/api/predictions?{name}={when}", headers=admin).get_json()[
            "predictions"
        ]
        assert row["height"] == height
        assert client.get(f"/api/stats?{name}={when}", headers=admin).get_json()["predictions"] == 1


def test_statistics_of_a_stretch_of_time(app: Flask, client: FlaskClient, key_of: KeyOf) -> None:
    admin, history = key_of("admin"), service_of(app).history
    history.insert([{**sample(day), "time": NEW_YEAR + day * 24 * HOUR} for day in range(10)])

    def told(query: str) -> Any:
        body = client.get(f"/api/stats?{query}", headers=admin).get_json()
        return {
            name: body.get(name) for name in ("predictions", "days", "since", "until", "detail")
        }

    until = {"until": NEW_YEAR + 5 * 24 * HOUR, "detail": None}
    two = {"predictions": 2, "days": None, "since": NEW_YEAR + 3 * 24 * HOUR}
    assert told("since=2026-01-04&until=2026-01-06") == two | until
    assert told("days=2&until=2026-01-06") == two | {"days": 2} | until
    assert "either days or since" in told("days=30&since=2026-01-04")["detail"]


def test_statistics(client: FlaskClient, key_of: KeyOf) -> None:
    admin = key_of("admin")
    for colour in ("red", "red", "white"):
        ask(client, colour)
    for path in ("/api/stats", "/stats"):
        body = client.get(path, headers=admin).get_json()
        assert body["predictions"] == 3
        assert body["by_label"] == {"red": 2}
        assert body["by_reason"] == {"known": 2, "unknown": 1}
        assert body["mean_seconds"] > 0


def test_no_picture_is_kept_unless_wished(client: FlaskClient, app: Flask) -> None:
    ask(client)
    service_of(app).keeper.settle()
    assert not list(service_of(app).settings.state.rglob("*.jpg"))


def kept_picture(app: Flask, prediction: str) -> bytes:
    """Once it is kept: the housekeeping thread may be the one that is writing it."""
    service_of(app).keeper.settle()
    for _ in range(100):
        if data := service_of(app).kept.read(prediction):
            return data
        time.sleep(0.05)
    pytest.fail("the picture was not kept")


def test_kept_pictures_are_reencoded_and_expire(make: Make) -> None:
    app = make(keep_pictures_days=1)
    hidden = make_picture("red", kind="JPEG") + b"hidden behind the picture"
    asked = (
        app.test_client().post("/api/predict", data=hidden, content_type="image/jpeg").get_json()
    )
    service = service_of(app)
    kept = kept_picture(app, asked["prediction_id"])
    assert kept[:2] == b"\xff\xd8"
    assert b"hidden" not in kept
    assert service.kept.expire() == 0
    old = time.time() - 2 * 86400
    for _ in range(100):  # that thread may still write the file anew, or expire it first
        with suppress(FileNotFoundError):
            os.utime(service.kept.path(asked["prediction_id"]), (old, old))
        service.kept.expire()
        if service.kept.read(asked["prediction_id"]) is None:
            return
        time.sleep(0.05)
    pytest.fail("an expired picture is still there")


def test_a_kept_picture_can_be_seen(make: Make) -> None:
    app = make(keep_pictures_days=7)
    client, admin = app.test_client(), {"X-API-Key": service_of(app).keys.create("me", "admin")[0]}
    kept, gone = ask(client)["prediction_id"], ask(client, "blue")["prediction_id"]
    data, _ = kept_picture(app, kept), kept_picture(app, gone)
    answer = client.get(f"/api/predictions/{kept}/picture", headers=admin)
    assert answer.data == data
    assert (answer.status_code, answer.mimetype) == (200, "image/jpeg")
    assert PIL.Image.open(io.BytesIO(answer.data)).size == (64, 48)
    assert service_of(app).kept.remove([gone]) == 1
    for prediction, said in (
        (gone, "LIKENESS_KEEP_PICTURES_DAYS, the days for"),
        ("0" * 32, "There is no prediction"),
    ):
        answer = client.get(f"/api/predictions/{prediction}/picture", headers=admin)
        assert (answer.status_code, said in answer.get_json()["detail"]) == (404, True)
    rows = client.get("/api/predictions", headers=admin).get_json()["predictions"]
    assert [(row["id"], row["kept"]) for row in rows] == [(gone, False), (kept, True)]
    assert client.get(f"/api/predictions/{kept}", headers=admin).get_json()["kept"] is True


def test_old_predictions_are_removed(app: Flask, client: FlaskClient) -> None:
    old, new = ask(client)["prediction_id"], ask(client)["prediction_id"]
    service = service_of(app)
    service.keeper.settle()
    with service.store.write() as connection:
        connection.execute(
            update(predictions).where(predictions.c.id == old).values(time=now() - 11 * 86_400_000)
        )
    assert service.history.expire(0) == 0
    assert service.history.expire(10) == 1
    assert service.history.find(old) is None
    assert service.history.find(new) is not None


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
    assert all(service.history.find(each) for each in ids)


def test_an_answer_that_cannot_be_logged_is_given_and_says_so(
    app: Flask, client: FlaskClient
) -> None:
    service = service_of(app)
    ask(client)
    service.journal.drain()
    object.__setattr__(service.journal, "backlog", 10)
    body = ask(client)
    assert (body["label"], body["prediction_id"]) == ("red", None)
    object.__setattr__(service.journal, "backlog", 1 << 20)
    assert ask(client)["prediction_id"]


def sample(number: int = 0) -> dict[str, Any]:
    return {
        "id": new_id(),
        "time": now(),
        "model": "m",
        "version": 1,
        "digest": "0" * 64,
        "width": 1,
        "height": number,
        "label": None,
        "reason": "unknown",
        "seconds": 0.1,
        "stages": {},
        "client": None,
        "key": None,
        "regions": [],
    }


def test_what_comes_twice_is_there_once(app: Flask) -> None:
    history, one = service_of(app).history, sample()
    history.insert([one])
    history.insert([one, sample()])
    assert statistics(history.store, 0).predictions == 2


def test_labels_as_long_as_a_data_set_may_have_them(app: Flask) -> None:
    """A folder made by hand may have a longer name than the API gives; its answers must not be left
    out.
    """
    history, label = service_of(app).history, "é" * 100 + "x" * 100
    region = {
        "position": 0,
        "label": label,
        "best": label,
        "probability": 1.0,
        "similarity": None,
        "reason": "known",
    }
    history.insert([{**sample(), "label": label, "regions": [region | {"box": [0, 0, 1, 1]}]}])
    assert statistics(history.store, 0).by_label == {label: 1}
    assert history.erase_class(label)[1] == 0
    assert statistics(history.store, 0).predictions == 0


def test_one_bad_record_does_not_hold_up_the_others(app: Flask) -> None:
    history = service_of(app).history
    bad = {**sample(), "model": None}
    history.insert([sample(), bad, sample()])
    assert statistics(history.store, 0).predictions == 2


def test_half_a_line_and_leftovers_of_a_killed_process(tmp_path: Path) -> None:
    moved: list[Any] = []
    journal = Journal(tmp_path / "journal", moved.extend)
    (tmp_path / "journal").mkdir()
    journal.append({"n": 1})
    (tmp_path / "journal" / "moving-1").write_text('{"n": 0}\n{"n": tor')
    assert journal.drain() == 2
    assert [each["n"] for each in moved] == [0, 1]
    assert journal.drain() == 0


def test_lines_are_on_the_disk_before_the_database_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also while the database is away for long, a power cut costs no more than the last second."""
    happened: list[str] = []
    real = os.fsync

    def told(handle: int) -> None:
        happened.append(Path(f"/proc/self/fd/{handle}").readlink().name)
        real(handle)

    monkeypatch.setattr(os, "fsync", told)
    journal = Journal(
        tmp_path / "journal", lambda records: happened.append(f"{len(records)} inserted")
    )
    (tmp_path / "journal").mkdir()
    journal.append({"n": 1})
    assert not happened
    journal.drain()
    assert [each[:7] for each in happened] == ["moving-", "journal", "1 inser"]


def test_a_commit_waits_for_the_disk(app: Flask) -> None:
    store = service_of(app).store
    setting = (
        "PRAGMA synchronous" if store.engine.dialect.name == "sqlite" else "SHOW synchronous_commit"
    )
    with store.read() as connection:
        assert connection.exec_driver_sql(setting).scalar() in (2, "on")


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
    assert sorted(each["id"] for each in moved) == sorted(
        f"{a}-{b}" for a in range(4) for b in range(200)
    )


def _write_for_ever(folder: Path, said: Any) -> None:
    journal = Journal(folder, lambda records: None)
    number = 0
    while True:
        if journal.append({"id": f"{os.getpid()}-{number}"}):
            said.send_bytes(f"{os.getpid()}-{number}".encode())
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
    assert set(acknowledged) <= {each["id"] for each in moved}


def test_the_store_waits_for_another_writer(app: Flask) -> None:
    """Two writers at once: the second one waits, it does not fail."""
    history = service_of(app).history
    failed: list[BaseException] = []

    def write() -> None:
        try:
            for _ in range(20):
                history.insert([sample()])
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed
    assert statistics(history.store, 0).predictions == 80


def test_a_database_that_cannot_be_reached_is_told_apart(tmp_path: Path) -> None:
    store = Store("postgresql://nobody@127.0.0.1:1/none")
    with pytest.raises(StoreDown, match="Answers go on"), store.read():
        pass
    with pytest.raises(StoreDown):
        PredictionLog(store).insert([json.loads(json.dumps(sample()))])
    store.close()


def test_what_is_old_goes_also_when_nobody_asks_anything(tmp_path: Path) -> None:
    """A service that is left alone keeps its word about days all the same."""
    done = threading.Event()
    journal = Journal(tmp_path / "journal", lambda records: None)
    chores = [
        Chore(lambda: 1 / 0, 60),
        Chore(done.set, 60),
    ]  # one that fails keeps no other from its turn
    keeper = Housekeeper(journal, KeptPictures(tmp_path / "pictures", 0), chores)
    keeper.start()
    assert done.wait(10)
    keeper.stop()


def test_a_process_that_ends_keeps_the_pictures_that_wait(tmp_path: Path) -> None:
    """The second one comes while the thread rests between two rounds, as it does most of the time
    under load.
    """
    kept = KeptPictures(tmp_path / "pictures", 1)
    keeper = Housekeeper(Journal(tmp_path / "journal", lambda records: None), kept)
    first, second = "a" * 32, "b" * 32
    keeper.notice(first, make_picture("red"))
    until = time.monotonic() + 10
    while kept.read(first) is None and time.monotonic() < until:
        time.sleep(0.005)
    keeper.notice(second, make_picture("blue"))
    keeper.stop()
    assert kept.read(first) is not None
    assert kept.read(second) is not None
