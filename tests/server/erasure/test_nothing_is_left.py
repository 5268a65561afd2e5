"""After a forgetting the name is in no file that the product writes: each is searched."""

from __future__ import annotations

import json
import logging
import os
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask

from data_cleaning.datasets.dataset import Dataset
from data_cleaning.datasets.delete_class import delete_class
from data_cleaning.imaging.decoding import read
from data_cleaning.imaging.encoding import encode
from likeness.delivery.event import Event
from likeness.delivery.outbox import About, Letter, Outbox
from likeness.delivery.topics import Topics
from likeness.delivery.webhook import WAY
from model.recognition.registry import Registry
from server.operations.logs import Lines
from server.service import service_of
from server.settings import Settings
from server.storage.database import Store, now
from server.storage.outboxes import outbox_file
from server.training.job_runner import Runner
from server.training.training_job import ERASE, FAILED, TRAIN
from tests.support.making import Make
from tests.support.many_events import event
from tests.support.paths import ROOT
from tests.support.started import started_idle
from tests.support.trained import saved

NAME = "zaphodine"


def places_of(name: str, *folders: Path) -> list[str]:
    """Files that hold a name, in their content or their path, as any program may write it."""
    forms = {name.encode(), name.encode("utf-16-le"), name.encode("utf-16-be")}
    found = []
    for folder in folders:
        for path in folder.rglob("*"):
            held = path.is_file() and any(form in path.read_bytes() for form in forms)
            if held or name in str(path.relative_to(folder)):
                found.append(str(path))
    return found


@pytest.fixture
def shapes(tmp_path: Path, drawn_shapes: Path) -> Path:
    """The drawn shapes, the discs under the name of somebody."""
    folder = tmp_path / "datasets" / "shapes"
    shutil.copytree(drawn_shapes, folder)
    (folder / "disc").rename(folder / NAME)
    (folder / "groups.csv").write_text(
        f"file,group\n{NAME}/0.png,{NAME}s day\ncross/0.png,{NAME}s day\ncross/1.png,{NAME}s day\n"
    )
    return folder


@pytest.mark.slow
def test_the_name_is_in_no_file(
    tmp_path: Path, settings: Settings, shapes: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Pictures, decisions, answers, corrections, jobs and their logs, journal, kept pictures,
    reports, bundles, the database with its free pages.
    """
    if settings.database_url:
        pytest.skip("its files lie elsewhere")
    registry = Registry(settings.artifacts)
    saved(registry, "shapes", shapes)
    app = started_idle(
        Settings(**{**vars(settings), "local_role": "admin", "keep_pictures_days": 1}), registry
    )
    service, client = service_of(app), app.test_client()
    disc = encode(read(shapes / NAME / "3.png"))
    answers = [
        client.post("/api/predict", data=disc, content_type="image/png").get_json()
        for _ in range(30)
    ]
    assert answers[0]["label"] == NAME
    for number, answer in enumerate(answers[:3]):
        word = {"prediction_id": answer["prediction_id"], "action": "is", "label": NAME}
        client.post("/api/corrections", json={**word, "note": f"{NAME} again"})
        service.keeper.notice(answer["prediction_id"], disc)
        job = service.jobs.add(
            (TRAIN, ERASE, TRAIN)[number],
            {"dataset": "shapes", "model": "shapes", "label": NAME if number == 1 else ""},
            "me",
        ).id
        folder = service.settings.state / "jobs" / job
        folder.mkdir(parents=True)
        (folder / "log").write_text(f"crops {NAME}")
        progress = {"stage": "crops", "message": f"{NAME}/1.png"}
        said = f"no pictures: {NAME}"
        result = {"pictures": {NAME: 3}}
        service.jobs.change(job, state=FAILED, message=said, progress=progress, result=result)
    assert places_of(NAME, settings.state, settings.artifacts, settings.datasets)

    caplog.clear()
    answer = client.delete(f"/api/classes/{NAME}")
    assert answer.status_code == 200, answer.get_json()
    assert Runner(service.jobs, service.settings).work() == 1
    (ended,) = [job for job in service.jobs.all() if job.kind == ERASE and job.state != FAILED]
    assert ended.state == "done", ended
    service.keeper.settle()
    service.close()

    assert places_of(NAME, settings.state, settings.artifacts, settings.datasets) == []
    assert NAME not in "\n".join(Lines().format(record) for record in caplog.records)
    assert (shapes / "groups.csv").read_text().count("cross/") == 2


def test_free_pages_hold_nothing(app: Flask) -> None:
    """Rows that were moved from page to page before they were deleted leave copies behind."""
    service = service_of(app)
    if service.store.engine.dialect.name != "sqlite":
        pytest.skip("SQLite's file")
    jobs = [service.jobs.add(TRAIN, {"dataset": "d", "model": f"m{n}"}, "me").id for n in range(40)]
    for turn in range(6):
        for job in jobs[turn::2]:
            service.jobs.change(job, state=FAILED, message=f"{NAME} " * (40 * (turn + 1)))
    service.jobs.remove_name(NAME)
    service.store.compact()
    assert places_of(NAME, service.settings.state) == []


def test_files_of_postgresql_hold_nothing(app: Flask) -> None:
    """Its plain VACUUM leaves the bytes of deleted rows in pages and indexes."""
    store = service_of(app).store
    if store.engine.dialect.name == "sqlite":
        pytest.skip("PostgreSQL's files")
    jobs = service_of(app).jobs
    for number in range(300):
        job = jobs.add(TRAIN, {"dataset": "d", "model": f"m{number}"}, "me").id
        jobs.change(job, state=FAILED, message=f"no pictures: {NAME}")
    assert lies_in_tables(store, NAME)
    jobs.remove_name(NAME)
    store.compact()
    assert not lies_in_tables(store, NAME)


def lies_in_tables(store: Store, name: str) -> bool:
    """Whether a file of the test's own tables, or of their indexes, holds a name: a yes or no, for
    a failure is not to print the files.
    """
    with store.engine.connect() as connection:
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("CHECKPOINT")
        root = Path(str(connection.exec_driver_sql("SHOW data_directory").scalar()))
        files = connection.exec_driver_sql(
            "SELECT pg_relation_filepath(c.oid) FROM pg_class c"
            " WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'i')"
            " UNION SELECT pg_relation_filepath(c.reltoastrelid) FROM pg_class c"
            " WHERE c.relnamespace = current_schema()::regnamespace AND c.reltoastrelid > 0"
        ).scalars()
        return any(name.encode() in (root / file).read_bytes() for file in files)


def test_the_log_holds_no_text_of_an_error() -> None:
    """A path, a key of a table, a parameter of a statement: each may be a name."""

    def fails() -> None:
        try:
            raise KeyError(NAME)
        except KeyError as error:
            raise FileNotFoundError(2, "No such file", f"/datasets/{NAME}/1.jpg") from error

    with pytest.raises(FileNotFoundError) as caught:
        fails()
    info = (caught.type, caught.value, caught.tb)
    record = logging.LogRecord("likeness", logging.ERROR, "x", 1, "failed", (), info)
    line = json.loads(Lines().format(record))
    assert NAME not in str(line)
    assert "FileNotFoundError: No such file" in line["error"]
    assert "KeyError" in line["error"]
    assert "in fails" in line["error"]


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("Error handling request %s %s", ("DELETE", f"/api/classes/{NAME}")),
        ("Error handling request %s", (f"/api/predictions?label={NAME}",)),
        (f"Invalid request from ip=::1: Invalid HTTP request line: 'GETT /x/{NAME}'", ()),
    ],
)
def test_what_gunicorn_says_of_a_request_has_no_address(text: str, values: tuple[str, ...]) -> None:
    record = logging.LogRecord("gunicorn.error", logging.ERROR, "x", 1, text, values, None)
    line = Lines().format(record)
    assert NAME not in line
    assert "is not logged" in line


def test_a_killed_forgetting_loses_no_training(make: Make) -> None:
    """The training that it had stopped is queued by whoever finds the file."""
    app = make()
    service = service_of(app)
    wanted = {"dataset": "family", "model": "new"}
    job = service.jobs.add(TRAIN, wanted, "me")
    forgetting = "import sys, os, json; sys.path.insert(0, sys.argv[1]);"
    code = (
        f"{forgetting} from pathlib import Path; from types import SimpleNamespace as N;"
        " from server.erasure.stopped_trainings import StoppedTrainings as S;"
        " s = S(Path(sys.argv[2]), None); c = s.forgetting(); c.__enter__();"
        " s.remember([N(arguments=json.loads(sys.argv[3]), by='me')]); os.kill(os.getpid(), 9)"
    )
    state = str(service.settings.state)
    os.spawnv(os.P_WAIT, sys.executable, [sys.executable, "-c", code, str(ROOT), state,
                                          json.dumps(wanted)])  # fmt: skip
    service.jobs.change(job.id, state="cancelled")
    for chore in service.keeper.chores:
        chore.do()
    (again,) = [job for job in service.jobs.all() if job.state == "queued"]
    assert (again.arguments, again.by) == (wanted, "me")
    assert not (service.settings.state / "stopped.json").exists()


def test_groups_lose_the_files_of_a_class(shapes: Path) -> None:
    dataset = Dataset(shapes)
    delete_class(dataset, NAME, shutil.rmtree)
    groups = dataset.groups()
    assert set(groups) == {"cross/0.png", "cross/1.png"}
    assert groups["cross/0.png"] == groups["cross/1.png"]
    assert NAME not in (shapes / "groups.csv").read_text()


def letters_of(event: Event) -> list[Letter]:
    return [*Topics(names="topics").letters(event), Letter(event.id, WAY, event.to_json().encode())]


def test_events_of_cameras_hold_nothing(make: Make) -> None:
    """Those that wait, and those that were delivered, whose bytes lie in the log of changes; while
    the camera's process goes on. It cannot add one of a picture from before.
    """
    app = make(local_role="admin")
    service = service_of(app)
    outbox = Outbox(outbox_file(service.settings.state, "door"))
    hers = [replace(event(number), name=NAME, time=now()) for number in range(40)]
    for one in (*hers, event(100)):
        assert outbox.add(letters_of(one), About(one.name, one.time, [f"image/{one.id}"])) == 3
    outbox.delivered([letter.number for letter in outbox.waiting("mqtt", 30)])
    assert places_of(NAME, service.settings.state)

    answer = app.test_client().delete(f"/api/classes/{NAME}")

    assert answer.status_code == 200, answer.get_json()
    assert answer.get_json()["removed"]["events"] == 40
    assert places_of(NAME, service.settings.state) == []
    assert {letter.event for letter in outbox.waiting("", 100)} == {event(100).id}
    assert outbox.add(letters_of(hers[0]), About(NAME, hers[0].time)) == 0
    later = replace(hers[0], time=now() + 60_000)
    assert outbox.add(letters_of(later), About(NAME, later.time)) == 3, "she has come back"
    assert sorted(outbox.to_clear()) == sorted(f"image/{one.id}" for one in hers)
    outbox.close()


def test_a_file_of_events_that_cannot_be_changed_is_said(make: Make) -> None:
    """And nothing else was removed before."""
    app = make(local_role="admin")
    file = outbox_file(service_of(app).settings.state, "door")
    file.parent.mkdir(parents=True)
    file.write_bytes(b"no database, and more than a hundred bytes of it" * 3)
    answer = app.test_client().delete("/api/classes/red")
    assert answer.status_code == 503
    assert "delete door.db" in answer.get_json()["detail"]
