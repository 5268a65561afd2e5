"""The Makefile and the setup: what it lists, what it says when something is missing."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from likeness.serving import jquery as get_jquery
from tests.support.paths import ROOT


def run(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=ROOT, env=os.environ | environment, capture_output=True, text=True, timeout=60
    )


def test_help_lists_every_target_in_a_line() -> None:
    targets = re.findall(r"^\.PHONY: (\S+)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    listed = re.findall(r"^  make (\S+) +\S", run("make", "help").stdout, re.MULTILINE)
    assert sorted(listed) == sorted(targets)
    assert {"setup", "run", "test", "train", "lint", "docs", "bench", "clean"} <= set(listed)


def test_train_says_what_it_needs() -> None:
    done = run("make", "--no-print-directory", "-o", "setup", "train", "DATA=somewhere")
    assert done.returncode == 2
    assert "make train DATA=folder NAME=name" in done.stdout


def fake_python(folder: Path, version: str, modules: int) -> str:
    """A program that answers setup.sh's two questions as an old, or an incomplete, Python would."""
    program = folder / "python3"
    fits = 1 if version.startswith("3.9") else 0
    program.write_text(
        "#!/bin/sh\n"
        f'case "$*" in --version) echo "Python {version}";;\n'
        f"*version_info*) exit {fits};; *ensurepip*) exit {modules};; esac\n"
    )
    program.chmod(0o755)
    return str(program)


@pytest.mark.parametrize(
    ("version", "modules", "says"),
    [
        (
            "3.9.2",
            0,
            ["Python 3.11 or newer", "this machine has Python 3.9.2", "apt-get install python3"],
        ),
        ("3.12.1", 1, ["has no venv module", "apt-get install python3-venv"]),
    ],
)
def test_setup_says_which_python_is_missing(
    tmp_path: Path, version: str, modules: int, says: list[str]
) -> None:
    venv = tmp_path / "venv"
    done = run("deploy/setup.sh", VENV=str(venv), PYTHON=fake_python(tmp_path, version, modules))
    assert done.returncode == 1
    assert all(words in done.stderr for words in says), done.stderr
    assert not venv.exists()


def noting_python(venv: Path) -> Path:
    """A .venv whose Python writes down what it is asked, and succeeds; the file it writes to."""
    noted = venv / "noted"
    (venv / "bin").mkdir(parents=True)
    program = venv / "bin" / "python"
    program.write_text(f'#!/bin/sh\necho "$@" >>"{noted}"\n')
    program.chmod(0o755)
    return noted


LIBRARIES, DRIVER = "requirements.lock", "requirements-postgres.txt"
CAMERAS = ("requirements-client.txt", "requirements-mqtt.txt")


@pytest.mark.parametrize(
    ("arguments", "url", "file", "installed"),
    [
        ([], "", "", [LIBRARIES]),
        ([], "sqlite:////tmp/a.db", "", [LIBRARIES]),
        ([], "postgresql://u@h/d", "", [LIBRARIES, DRIVER]),
        ([], "", "LIKENESS_DATABASE_URL=postgresql://u@h/d", [LIBRARIES]),
        (["--environment"], "", "LIKENESS_DATABASE_URL=postgresql://u@h/d", [LIBRARIES, DRIVER]),
        (["--environment"], "", " LIKENESS_DATABASE_URL='postgres://u@h/d'", [LIBRARIES, DRIVER]),
        (["--environment"], "", "#LIKENESS_DATABASE_URL=postgresql://u@h/d", [LIBRARIES]),
        (["--environment"], "", "LIKENESS_MQTT=mqtt://localhost", [LIBRARIES, *CAMERAS]),
        (["--environment"], "", "LIKENESS_WEBHOOK=", [LIBRARIES]),
        (["--dev"], "", "", ["requirements-dev.txt"]),
        (["--docs"], "", "", [LIBRARIES, "requirements-docs.txt"]),
    ],
)
def test_setup_installs_what_the_database_needs_and_only_once(
    tmp_path: Path, arguments: list[str], url: str, file: str, installed: list[str]
) -> None:
    noted = noting_python(tmp_path / "venv")
    environment = tmp_path / "likeness.env"
    environment.write_text(f"LIKENESS_QUEUE=3\n{file}\n")
    if arguments == ["--environment"]:
        arguments = ["--environment", str(environment)]
    here = {"VENV": str(tmp_path / "venv"), "LIKENESS_DATABASE_URL": url, "NPM": "no-npm"}
    for _ in range(2):
        done = run("deploy/setup.sh", *arguments, **here)
        assert done.returncode == 0, done.stderr
    assert re.findall(r"pip install .* -r (\S+)", noted.read_text()) == installed


@pytest.mark.parametrize(
    ("hashes", "listed"),
    [
        ("", "--require-hashes -r requirements.lock"),
        ("1", "--require-hashes -r requirements.lock"),
        ("0", "-r requirements.txt"),
    ],
)
def test_setup_checks_hashes_unless_one_declines(tmp_path: Path, hashes: str, listed: str) -> None:
    noted = noting_python(tmp_path / "venv")
    done = run("deploy/setup.sh", VENV=str(tmp_path / "venv"), NPM="no-npm", HASHES=hashes)
    assert done.returncode == 0, done.stderr
    assert f"--progress-bar off {listed}\n" in noted.read_text()


def test_where_a_hash_fails_it_never_falls_back_to_versions(tmp_path: Path) -> None:
    noted = noting_python(tmp_path / "venv")
    program = tmp_path / "venv" / "bin" / "python"
    program.write_text(program.read_text() + 'case "$*" in *--require-hashes*) exit 1;; esac\n')
    done = run("deploy/setup.sh", VENV=str(tmp_path / "venv"), NPM="no-npm")
    assert done.returncode == 1
    assert "HASHES=0 checks the libraries by version alone" in done.stderr
    assert noted.read_text().count("pip install") == 1


def test_hashes_that_one_insists_on_are_not_left_out(tmp_path: Path) -> None:
    noted = noting_python(tmp_path / "venv")
    here = {"VENV": str(tmp_path / "venv"), "NPM": "no-npm"}
    refused = run("deploy/setup.sh", "--dev", HASHES="1", **here)
    assert refused.returncode == 1
    assert "there are hashes for requirements.txt alone" in refused.stderr
    assert "requirements-dev.txt" not in noted.read_text()
    unknown = run("deploy/setup.sh", HASHES="yes", **here)
    assert unknown.returncode == 1
    assert "HASHES is yes; it may be 0 or 1" in unknown.stderr


def test_setup_refuses_a_wish_it_does_not_know(tmp_path: Path) -> None:
    done = run("deploy/setup.sh", "--postgre", VENV=str(tmp_path / "venv"))
    assert done.returncode == 2
    known = "--dev, --docs, --no-command and --environment FILE"
    assert done.stderr == f"setup: there is no --postgre; there are {known}\n"


def test_jquery_is_the_pinned_one_or_none(tmp_path: Path, jquery: None) -> None:
    data = get_jquery.TARGET.read_bytes()
    assert get_jquery.check(data) == data
    with pytest.raises(get_jquery.WrongFile, match=get_jquery.SHA256):
        get_jquery.check(data + b" ")
    changed = tmp_path / "jquery.js"
    changed.write_bytes(data[:-1])
    assert not get_jquery.installed(changed)
    assert get_jquery.TARGET.name in (ROOT / "ui" / "index.html").read_text()
