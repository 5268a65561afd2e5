"""`python -m server` at a terminal: keys, the database they are for, a reader who goes away."""

from __future__ import annotations

import os
import re
import sqlite3
import subprocess
import sys
from pathlib import Path

import alembic.command
import alembic.config
import pytest

from server.__main__ import main
from server.storage.database import MIGRATIONS, Store
from tests.support.paths import ROOT

COMMAND = [sys.executable, "-m", "server"]


def likeness(folder: Path, *arguments: str, umask: int = 0o022) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        umask=umask,
        capture_output=True,
        text=True,
        timeout=300,
    )


def test_a_key_says_for_which_database_it_is_and_its_files_are_private(tmp_path: Path) -> None:
    address = f"sqlite:///{tmp_path}/var/likeness.db"
    first = likeness(tmp_path, "keys", "create", "me")
    assert re.fullmatch(r"lk_\w+_\S+\n", first.stdout)
    assert (
        first.stderr == f"likeness: made a new database, {address}.\n"
        f"likeness: this key is for the service with the database {address}.\n"
    )
    assert likeness(tmp_path, "keys", "create", "me").stderr.count("made a new database") == 0
    paths = [tmp_path / "var", *(tmp_path / "var").iterdir()]
    assert len(paths) >= 2
    assert [path for path in paths if path.stat().st_mode & 0o077] == []


def test_a_password_is_not_shown(tmp_path: Path, new_database_url: str) -> None:
    secret = new_database_url.replace("://likeness@", "://likeness:secret@")
    (tmp_path / "likeness.env").write_text(f"LIKENESS_DATABASE_URL='{secret}'\n")
    done = likeness(tmp_path, "--environment", "likeness.env", "keys", "create", "me")
    assert (
        f"made a new database, {'postgresql://likeness:***@' if secret else 'sqlite:///'}"
        in done.stderr
    )
    assert "secret" not in done.stderr


def test_settings_come_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "likeness.env").write_text(f"LIKENESS_STATE='{tmp_path}/the state'\n")
    done = likeness(tmp_path, "--environment", "likeness.env", "keys", "create", "me")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "the state" / "likeness.db").is_file()
    assert not (tmp_path / "var").exists()
    missing = likeness(tmp_path, "--environment", "nothing.env", "keys", "list")
    assert (missing.returncode, missing.stdout) == (2, "")
    assert (
        missing.stderr
        == "likeness: The settings in nothing.env cannot be read: No such file or directory.\n"
    )


@pytest.mark.parametrize(
    ("days", "listed"),
    [
        ("0", r"valid    never expires "),
        ("0.5", r"valid    until \d{4}-\d\d-\d\d \d\d:\d\d UTC "),
        ("3650", r"valid    until \d{4}-\d\d-\d\d \d\d:\d\d UTC "),
        ("-1", None),
        ("nan", None),
        ("inf", None),
        ("1e12", None),
        ("1e-9", None),
        ("3651", None),
        ("soon", None),
    ],
)
def test_days_of_a_key(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    days: str,
    listed: str | None,
) -> None:
    monkeypatch.setenv("LIKENESS_STATE", str(tmp_path / "var"))
    create = ["keys", "create", "me", "--days", days]
    if listed is None:
        with pytest.raises(SystemExit, match="2"):
            main(create)
        message = (
            f"Invalid value for '--days': {days!r}: write days from 0.001 to 3650,"
            " or 0 for a key for ever"
        )
        assert message in capsys.readouterr().err
        assert not (tmp_path / "var").exists()
        return
    assert main(create) == 0
    assert main(["keys", "list"]) == 0
    assert re.search(listed + r"+me$", capsys.readouterr().out.strip())


def test_a_revoked_and_an_expired_key_are_told_apart(tmp_path: Path) -> None:
    for name in ("ended", "over"):
        likeness(tmp_path, "keys", "create", name, "--days", "1")
    with sqlite3.connect(tmp_path / "var" / "likeness.db") as connection:
        connection.execute("UPDATE keys SET expires = 1700000000000 WHERE name = 'over'")
        (identity,) = connection.execute("SELECT id FROM keys WHERE name = 'ended'").fetchone()
    connection.close()
    assert likeness(tmp_path, "keys", "revoke", identity).stdout == f"{identity} is revoked.\n"
    rows = likeness(tmp_path, "keys", "list").stdout.splitlines()
    assert "revoked  until " in rows[0]
    assert "expired  until 2023-11-14 22:13 UTC" in rows[1]


@pytest.mark.parametrize(
    "arguments", [["keys", "list"], ["settings"], ["api"], ["migrate"]], ids=" ".join
)
def test_a_reader_who_goes_away_ends_it_quietly(tmp_path: Path, arguments: list[str]) -> None:
    likeness(tmp_path, "keys", "create", "me")
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = subprocess.run(
            [*COMMAND, *arguments],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=writing,
            stderr=subprocess.PIPE,
            text=True,
            timeout=300,
        )
    finally:
        os.close(writing)
    assert done.stderr == ""
    assert done.returncode == 1


def test_migrate_says_what_it_did(tmp_path: Path) -> None:
    address = f"sqlite:///{tmp_path}/var/likeness.db"
    assert likeness(tmp_path, "migrate").stderr == f"likeness: made a new database, {address}.\n"
    again = likeness(tmp_path, "migrate").stdout
    form = re.fullmatch(
        rf"{re.escape(address)} has the present form, (\w+): nothing was done\.\n", again
    )
    assert form
    (tmp_path / "var" / "likeness.db").unlink()
    at_first_form(address)
    was = likeness(tmp_path, "migrate").stdout
    assert was == f"{address} was brought from 0001 to the present form, {form[1]}.\n"


def at_first_form(address: str) -> None:
    """A database as the first version made it."""
    config = alembic.config.Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    store = Store(address)
    with store.write() as connection:
        config.attributes["connection"] = connection
        alembic.command.upgrade(config, "0001")
    store.close()


@pytest.mark.parametrize(
    "command",
    [
        ["-m", "server", "migrate"],
        ["-m", "server", "keys", "list"],
        [
            "-m",
            "gunicorn",
            "-c",
            str(ROOT / "server" / "process" / "gunicorn_conf.py"),
            "server.wsgi:app",
        ],
    ],
    ids=["migrate", "keys", "gunicorn"],
)
def test_a_database_of_a_newer_version_is_refused_with_a_sentence(
    tmp_path: Path, command: list[str]
) -> None:
    likeness(tmp_path, "migrate")
    with sqlite3.connect(tmp_path / "var" / "likeness.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0999'")
    connection.close()
    before = (tmp_path / "var" / "likeness.db").read_bytes()
    done = subprocess.run(
        [sys.executable, *command],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), "LIKENESS_BIND": "127.0.0.1:0"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode != 0
    assert (
        done.stderr
        == "likeness: The database was made by a newer version of Likeness: its form, 0999, is not"
        " known here. Install that version again, or restore the backup that was taken before"
        " upgrading.\n"
    )
    assert (tmp_path / "var" / "likeness.db").read_bytes() == before


@pytest.mark.parametrize(
    ("model", "refused"),
    [("squares", "LIKENESS_MODEL is 'squares'; the models here are colours."), ("colours", "")],
)
def test_a_model_that_is_not_there_stops_the_start(
    tmp_path: Path, model: str, refused: str
) -> None:
    (tmp_path / "artifacts" / "colours" / "1").mkdir(parents=True)
    (tmp_path / "artifacts" / "colours" / "1" / "manifest.json").write_text("{}")
    done = subprocess.run(
        [sys.executable, "-c", "import server.wsgi"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), "LIKENESS_MODEL": model},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert (done.returncode != 0) == bool(refused)
    assert ("LIKENESS_MODEL" in done.stderr) == bool(refused)
    if refused:
        assert done.stderr == f"likeness: {refused}\n"


def test_without_any_model_the_chosen_one_may_come_later(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import server.wsgi"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), "LIKENESS_MODEL": "family"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr


def test_passwords_of_brokers_and_webhooks_are_not_shown(tmp_path: Path) -> None:
    here = {
        "LIKENESS_MQTT": "mqtt://me:geheim@broker.lan:1883",
        "LIKENESS_WEBHOOK": "https://me:geheim@example.org/hook",
        "LIKENESS_WEBHOOK_SECRET": "geheim geheim geheim",
        "LIKENESS_STATE": str(tmp_path),
    }
    command = [sys.executable, "-m", "likeness", "settings"]
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, **here}, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert "geheim" not in done.stdout
    assert "mqtt://me:***@broker.lan:1883" in done.stdout
