"""A backup while the service answers, everything destroyed, and put back."""

from __future__ import annotations

import io
import json
import os
import secrets
import shutil
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from flask.testing import FlaskClient

from likeness.cli import likeness, run
from model.recognition.enrolling import Example
from server.enrolment.enrolled_examples import EnrolledExamples
from server.service import service_of
from server.settings import Settings, load
from server.storage.database import now
from server.training.runner_process import RunnerProcesses
from server.training.training_job import ERASE
from tests.support.started import started_idle

POSTGRES = os.environ.get("LIKENESS_TEST_POSTGRES", "")
Command = Callable[..., int]


@pytest.fixture(params=["sqlite", "postgres"] if POSTGRES else ["sqlite"])
def database_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """Empty for the SQLite file; else a PostgreSQL database of this test alone."""
    if request.param == "sqlite":
        yield ""
        return
    import psycopg

    name = f"test_{secrets.token_hex(6)}"
    with psycopg.connect(POSTGRES, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        yield f"{POSTGRES.rpartition('/')[0]}/{name}"
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def likeness_here(
    tmp_path: Path,
    shapes_artifacts: Path,
    drawn_shapes: Path,
    database_url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> Command:
    """The command, for a service in tmp_path that knows the drawn shapes."""
    shutil.copytree(shapes_artifacts, tmp_path / "artifacts")
    shutil.copytree(drawn_shapes, tmp_path / "datasets" / "shapes")
    monkeypatch.setattr(os, "environ", dict(os.environ))
    for name in ("STATE", "ARTIFACTS", "DATASETS"):
        os.environ[f"LIKENESS_{name}"] = str(tmp_path / name.lower())
    os.environ |= {"LIKENESS_DATABASE_URL": database_url, "LIKENESS_LOCAL_ROLE": "admin"}
    monkeypatch.setattr(RunnerProcesses, "start", lambda _: None)
    return lambda *words: run(likeness, "likeness", list(words))


def service() -> tuple[FlaskClient, Any]:
    app = started_idle(load())
    return app.test_client(), service_of(app)


def ask(client: FlaskClient, picture: Path) -> dict[str, Any]:
    answer = client.post("/api/predict", data=picture.read_bytes(), content_type="image/png")
    assert answer.status_code == 200, answer.get_json()
    return dict(answer.get_json())


def same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    keys = ("label", "model", "regions")
    return [one[key] for key in keys] == [other[key] for key in keys]


def destroy(settings: Settings) -> None:
    for folder in (settings.state, settings.artifacts, settings.datasets):
        shutil.rmtree(folder)


def test_what_was_destroyed_comes_back(
    likeness_here: Command, drawn_shapes: Path, tmp_path: Path, database_url: str
) -> None:
    disc = drawn_shapes / "disc" / "0.png"
    client, before = service()
    key = before.keys.create("phone", "predict")[0]
    answer = ask(client, disc)
    assert likeness_here("backup", str(tmp_path / "backup.tar")) == 0
    assert (tmp_path / "backup.tar").stat().st_mode & 0o077 == 0
    later = ask(client, disc)
    before.journal.drain()
    before.close()
    destroy(before.settings)

    assert likeness_here("restore", str(tmp_path / "backup.tar")) == 0
    client, after = service()
    assert same(ask(client, disc), answer)
    assert after.history.find(answer["prediction_id"])
    assert after.history.find(later["prediction_id"]) is None
    assert after.keys.check(key) is not None
    kept = sorted(path.name for path in (tmp_path / "datasets/shapes/disc").iterdir())
    assert kept == sorted(path.name for path in (drawn_shapes / "disc").iterdir())
    after.close()


def test_who_was_forgotten_after_the_backup_stays_forgotten(
    likeness_here: Command, drawn_shapes: Path, tmp_path: Path
) -> None:
    disc = drawn_shapes / "disc" / "0.png"
    client, before = service()
    assert ask(client, disc)["label"] == "disc"
    assert likeness_here("backup", str(tmp_path / "backup.tar")) == 0
    assert client.delete("/api/classes/disc").status_code == 200
    before.close()

    assert likeness_here("restore", str(tmp_path / "backup.tar")) == 0
    assert not (tmp_path / "datasets" / "shapes" / "disc").exists()
    client, after = service()
    assert "disc" not in json.dumps(ask(client, disc))
    assert "disc" not in after.history.labels()
    assert [job.kind for job in after.jobs.all()] == [ERASE]
    after.close()


def test_a_model_that_cannot_answer_here_is_put_back_too(
    likeness_here: Command, tmp_path: Path
) -> None:
    """As one whose pretrained files could not be had on the new machine."""
    _, before = service()
    version = tmp_path / "artifacts" / "other" / "1"
    shutil.copytree(next(before.settings.artifacts.glob("*/1")), version)
    for file in version.glob("*.skops"):
        file.write_bytes(b"")
    assert likeness_here("backup", str(tmp_path / "backup.tar")) == 0
    before.close()
    destroy(before.settings)
    assert likeness_here("restore", str(tmp_path / "backup.tar")) == 0
    assert (version / "manifest.json").is_file()


def test_people_without_pictures_come_back_and_the_forgotten_do_not(
    likeness_here: Command, tmp_path: Path
) -> None:
    client, before = service()
    enrolled = EnrolledExamples(before.settings.enrolled)
    for label in ("ada", "bob"):
        example = Example(label, f"{label}.png", np.ones(128, np.float32))
        enrolled.change("team", lambda one, new=example: one.with_example(new, now()))
    assert likeness_here("backup", str(tmp_path / "backup.tar")) == 0
    assert client.delete("/api/classes/bob").status_code == 200
    shutil.copy(before.settings.state / "forgotten.jsonl", tmp_path / "list")
    before.close()
    destroy(before.settings)
    words = ("restore", str(tmp_path / "backup.tar"), "--forgotten", str(tmp_path / "list"))
    assert likeness_here(*words) == 0
    assert [one.label for one in enrolled.read("team").examples] == ["ada"]


def test_the_list_of_a_machine_that_is_no_more_counts_too(
    likeness_here: Command, drawn_shapes: Path, tmp_path: Path
) -> None:
    client, before = service()
    assert likeness_here("backup", str(tmp_path / "backup.tar")) == 0
    client.delete("/api/classes/disc")
    shutil.copy(before.settings.state / "forgotten.jsonl", tmp_path / "list")
    before.close()
    destroy(before.settings)
    words = ("restore", str(tmp_path / "backup.tar"), "--forgotten", str(tmp_path / "list"))
    assert likeness_here(*words) == 0
    client, after = service()
    assert "disc" not in json.dumps(ask(client, drawn_shapes / "disc" / "0.png"))
    assert not (tmp_path / "datasets" / "shapes" / "disc").exists()
    after.close()


def test_who_was_forgotten_before_and_came_again_is_not_forgotten(
    likeness_here: Command, drawn_shapes: Path, tmp_path: Path
) -> None:
    client, before = service()
    client.delete("/api/classes/square")
    shutil.copytree(drawn_shapes / "square", tmp_path / "datasets" / "shapes" / "square")
    assert likeness_here("backup", str(tmp_path / "backup.tar")) == 0
    before.close()
    assert likeness_here("restore", str(tmp_path / "backup.tar")) == 0
    assert (tmp_path / "datasets" / "shapes" / "square").is_dir()


def archive(path: Path, **members: bytes) -> None:
    with tarfile.open(path, "w") as tar:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))


LAST = {"format": 1, "version": "1", "time": 0, "database": "sqlite", "files": []}


@pytest.mark.parametrize(
    ("members", "says"),
    [
        ({}, "cut off"),
        ({"state/../../evil": b"", "likeness-backup.json": b"{}"}, "does not belong"),
        ({"/etc/passwd": b""}, "does not belong"),
        ({"likeness-backup.json": json.dumps({**LAST, "format": 2}).encode()}, "the form 2"),
        ({"likeness-backup.json": b"{}"}, "cannot be read"),
        ({"likeness-backup.json": json.dumps(LAST).encode()}, "The database is missing"),
    ],
)
def test_what_is_no_backup_changes_nothing(
    likeness_here: Command,
    tmp_path: Path,
    members: dict[str, bytes],
    says: str,
    capsys: pytest.CaptureFixture[str],
    database_url: str,
) -> None:
    if database_url:
        pytest.skip("its files lie elsewhere")
    service()[1].close()
    before = sorted(tmp_path.rglob("*"))
    archive(tmp_path / "wrong.tar", **members)
    assert likeness_here("restore", str(tmp_path / "wrong.tar")) == 2
    assert says in capsys.readouterr().err
    after = sorted(path for path in tmp_path.rglob("*") if path.name != "wrong.tar")
    assert [path for path in after if path.name != "instance.lock"] == before


def test_a_backup_that_is_cut_off_changes_nothing(
    likeness_here: Command, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    service()[1].close()
    assert likeness_here("backup", str(tmp_path / "backup.tar")) == 0
    whole = (tmp_path / "backup.tar").read_bytes()
    for length in (0, 100, len(whole) // 2, len(whole) - 12_000):
        (tmp_path / "backup.tar").write_bytes(whole[:length])
        assert likeness_here("restore", str(tmp_path / "backup.tar")) == 2
    assert "no whole backup" in capsys.readouterr().err
    assert (tmp_path / "artifacts" / "shapes" / "1" / "manifest.json").is_file()
