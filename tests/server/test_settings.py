"""The table of settings: defaults, where a value came from, and the sentence a wrong one gives."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from server.__main__ import main
from server.errors import SettingError
from server.settings import FIELDS, Settings, load, variable
from server.storage.database import Store
from server.web.api_docs.settings_page import settings_markdown
from tests.support.paths import ROOT


def test_defaults_are_good() -> None:
    assert load({}) == Settings()


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("queue", "3", 3),
        ("open", "1", True),
        ("open", "false", False),
        ("picture_seconds", "2.5", 2.5),
        ("state", "/srv/likeness", Path("/srv/likeness")),
        (
            "bind",
            "[::1]:8000,unix:/run/app.sock, 0.0.0.0:80",
            "[::1]:8000,unix:/run/app.sock, 0.0.0.0:80",
        ),
        ("database_url", "postgresql+psycopg://u:p@h/d", "postgresql+psycopg://u:p@h/d"),
        ("trusted_proxy", "127.0.0.1, 10.0.0.0/8,unix", "127.0.0.1, 10.0.0.0/8,unix"),
        (
            "cors_origins",
            "https://a.example,http://b.example:8000",
            "https://a.example,http://b.example:8000",
        ),
    ],
)
def test_values(name: str, text: str, value: object) -> None:
    assert getattr(load({variable(name): text}), name) == value


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("LIKENESS_QUEUE", "many", "LIKENESS_QUEUE is 'many'; it must be a whole number."),
        ("LIKENESS_QUEUE", "-1", "LIKENESS_QUEUE is -1; it must be between 0 and 1000."),
        ("LIKENESS_RECYCLE", "-1", "LIKENESS_RECYCLE is -1; it must be at least 0."),
        ("LIKENESS_OPEN", "perhaps", "LIKENESS_OPEN is 'perhaps'; it must be 1 or 0."),
        (
            "LIKENESS_PICTURE_SECONDS",
            "nan",
            "LIKENESS_PICTURE_SECONDS is 'nan'; it must be a number.",
        ),
        ("LIKENESS_PICTURE_SECONDS", "inf", "must be between 0.1 and 600"),
        ("LIKENESS_LOCAL_ROLE", "god", "must be one of none, predict, train, admin"),
        ("LIKENESS_TRUSTED_PROXY", "nginx", "write addresses like 127.0.0.1"),
        ("LIKENESS_CORS_ORIGINS", "*", "write origins like https://shop.example"),
        (
            "LIKENESS_CORS_ORIGINS",
            "https://a.example/path",
            "write origins like https://shop.example",
        ),
        ("LIKENESS_FETCH_PORTS", "80,web", "write ports between 1 and 65535"),
        ("LIKENESS_STATE", " ", "it must name a folder"),
        ("LIKENESS_WORKERS", "1_0", "LIKENESS_WORKERS is '1_0'; it must be a whole number."),
        ("LIKENESS_WORKERS", "\u0663", "it must be a whole number."),
        (
            "LIKENESS_BIND",
            "nowhere",
            "LIKENESS_BIND holds 'nowhere'; write 127.0.0.1:8000 or unix:",
        ),
        ("LIKENESS_BIND", "127.0.0.1:99999", "LIKENESS_BIND holds '127.0.0.1:99999'"),
        ("LIKENESS_BIND", "127.0.0.1:8000, unix:", "LIKENESS_BIND holds 'unix:'"),
        (
            "LIKENESS_DATABASE_URL",
            "nonsense",
            "write sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME.",
        ),
        (
            "LIKENESS_DATABASE_URL",
            "mysql://u:secret@h/d",
            "LIKENESS_DATABASE_URL does not name a database that is known",
        ),
        ("LIKENESS_QUEU", "3", "There is no setting LIKENESS_QUEU."),
    ],
)
def test_wrong_values_give_a_sentence(name: str, text: str, message: str) -> None:
    with pytest.raises(SettingError) as error:
        load({name: text})
    assert "secret" not in str(error.value)
    assert message in str(error.value)


def test_printed_with_where_they_came_from(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LIKENESS_QUEUE", "7")
    monkeypatch.setenv("LIKENESS_DATABASE_URL", "postgresql://me:secret@host/db")
    assert main(["settings", "--json"]) == 0
    rows = {row["name"]: row for row in json.loads(capsys.readouterr().out)}
    assert len(rows) == len(FIELDS)
    assert (rows["LIKENESS_QUEUE"]["value"], rows["LIKENESS_QUEUE"]["origin"]) == (
        7,
        "environment LIKENESS_QUEUE",
    )
    assert rows["LIKENESS_THREADS"]["origin"] == "default"
    assert "secret" not in rows["LIKENESS_DATABASE_URL"]["value"]
    assert main(["settings"]) == 0
    assert "LIKENESS_QUEUE = 7" in capsys.readouterr().out


def test_a_wrong_value_stops_the_start_with_one_sentence(tmp_path: Path) -> None:
    environment = {**os.environ, "LIKENESS_QUEUE": "many", "PYTHONPATH": str(ROOT)}
    for command in (["-c", "import server.wsgi"], ["-m", "server", "settings"]):
        ended = subprocess.run(
            [sys.executable, *command],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
        )
        assert ended.returncode != 0
        assert ended.stderr == "likeness: LIKENESS_QUEUE is 'many'; it must be a whole number.\n"


def test_the_docs_page_is_the_table() -> None:
    assert (ROOT / "docs" / "settings.md").read_text() == settings_markdown()


def test_every_setting_has_help() -> None:
    assert all(len(field.metadata["help"]) > 15 for field in FIELDS)


@pytest.mark.parametrize(
    "command",
    [["-m", "server", "keys", "list"], ["-m", "gunicorn", "-c", "server/process/gunicorn_conf.py"]],
)
def test_a_state_folder_that_cannot_be_written_stops_the_start_with_a_sentence(
    command: list[str],
) -> None:
    """Nobody can make a folder there, not even root."""
    there = {**os.environ, "LIKENESS_STATE": "/proc/nowhere", "LIKENESS_BIND": "127.0.0.1:0"}
    ended = subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env=there,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode != 0
    assert "LIKENESS_STATE is /proc/nowhere: nothing can be written there" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(
    ("url", "missing", "message"),
    [
        (
            "postgresql://u:secret@h/d",
            "psycopg",
            r"needs the package psycopg.*\. Install it: (?P<command>.*)$",
        ),
        (
            "postgresql+pg8000://u:secret@h/d",
            "pg8000",
            r"needs the package pg8000.*write postgresql://USER",
        ),
    ],
)
def test_a_driver_that_is_not_installed_is_named(
    monkeypatch: pytest.MonkeyPatch, url: str, missing: str, message: str
) -> None:
    monkeypatch.setitem(sys.modules, missing, None)  # type: ignore[arg-type]
    with pytest.raises(SettingError) as error:
        Store(url)
    ended = re.search(message, str(error.value))
    assert ended, str(error.value)
    assert "secret" not in str(error.value)
    if missing == "psycopg":
        python, *_, file = shlex.split(ended["command"])
        assert python == sys.executable
        assert "psycopg[binary]==" in Path(file).read_text()
