"""The command `likeness`: every help, the older names, what a script may listen to."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from likeness import __version__
from likeness.cli import data_cleaning, likeness, model, run, server
from likeness.lazy_group import Entry, LazyGroup
from tests.support.paths import ROOT

HEAVY = ("numpy", "cv2", "sklearn", "flask", "sqlalchemy", "matplotlib", "onnx")


def commands(group: click.Group, *path: str) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Every command below a group, by the words that are typed for it; hidden ones left out."""
    ctx = click.Context(group)
    for name in group.list_commands(ctx):
        command = group.get_command(ctx, name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from commands(command, *path, name)
        else:
            yield (*path, name), command


ALL = dict(commands(likeness))


def entries(group: LazyGroup) -> Iterator[tuple[str, Entry]]:
    for name, entry in group.table.items():
        command = entry.load()
        if isinstance(command, LazyGroup):
            yield from entries(command)
        elif not isinstance(command, click.Group):
            yield name, entry


def test_it_has_every_command_that_was_promised() -> None:
    promised = (
        "train evaluate crossval predict explain export verify labels weights clean crop duplicates"
        " review collect serve settings migrate"
    )
    assert {(name,) for name in promised.split()} <= set(ALL)
    assert {("keys", name) for name in ("create", "list", "revoke")} <= set(ALL)
    versions = ("list", "inspect", "compare", "promote", "rollback", "forget")
    assert {("models", name) for name in versions} <= set(ALL)


@pytest.mark.parametrize("words", ALL, ids=" ".join)
def test_a_newcomer_can_act_on_its_help(
    words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(likeness, "likeness", [*words, "--help"]) == 0
    text = capsys.readouterr().out
    assert f"Usage: likeness {' '.join(words)} " in text
    if words not in {("keys", "list"), ("keys", "revoke")}:  # nothing to choose
        assert "Example: " in text and f"likeness {' '.join(words)}" in text.split("Example: ")[1]
    for parameter in ALL[words].params:
        if isinstance(parameter, click.Option):
            assert parameter.help, f"{words} {parameter.opts} has no help"
        else:
            metavar = str(parameter.metavar or parameter.human_readable_name).strip("[].")
            assert metavar.upper() in text.split("Options:")[0].upper()


@pytest.mark.parametrize(("name", "entry"), list(entries(likeness)), ids=str)
def test_the_list_says_what_the_command_says_of_itself(name: str, entry: Entry) -> None:
    first = (entry.load().help or "").partition("\n")[0]
    assert first.startswith(entry.summary[0].upper() + entry.summary[1:]), name


@pytest.mark.parametrize(
    ("group", "package"), [(model, "model"), (data_cleaning, "data_cleaning"), (server, "server")]
)
def test_the_older_names_are_the_same_commands(group: LazyGroup, package: str) -> None:
    targets = {entry.target for _, entry in entries(likeness)}
    assert {entry.target for _, entry in entries(group)} <= targets
    text = (ROOT / package / "__main__.py").read_text("utf-8")
    assert len(text.splitlines()) <= 12


def test_its_help_loads_nothing_heavy() -> None:
    code = "import sys; from likeness.cli import main; main(['--help']); print(sorted(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    loaded = set(done.stdout.splitlines()[-1].strip("[]").replace("'", "").split(", "))
    assert "click" in loaded
    assert not loaded & set(HEAVY)


def test_the_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(likeness, "likeness", ["--version"]) == 0
    assert capsys.readouterr().out == f"likeness {__version__}\n"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_prints_a_script_and_where_it_goes(
    shell: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(likeness, "likeness", ["completion", shell]) == 0
    captured = capsys.readouterr()
    assert "_LIKENESS_COMPLETE" in captured.out
    assert f"likeness completion {shell} > " in captured.err


def test_it_completes_names_of_commands_and_options() -> None:
    environment = {
        **os.environ,
        "_LIKENESS_COMPLETE": "bash_complete",
        "COMP_WORDS": "likeness tr",
        "COMP_CWORD": "1",
    }
    start = [sys.executable, "-c", "from likeness.cli import main; main()"]
    done = subprocess.run(start, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.stdout.split() == ["plain,train"]
    environment |= {"COMP_WORDS": "likeness train --rec", "COMP_CWORD": "2"}
    done = subprocess.run(start, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.stdout.split() == ["plain,--recipe"]


def test_keys_and_migrate_answer_a_script(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LIKENESS_STATE", str(tmp_path / "var"))

    def answer(*words: str) -> object:
        assert run(likeness, "likeness", [*words, "--json"]) == 0
        return json.loads(capsys.readouterr().out)

    migrated = answer("migrate")
    assert isinstance(migrated, dict) and migrated["before"] is None and migrated["after"]
    created = answer("keys", "create", "me", "--role", "train")
    assert isinstance(created, dict) and created["key"].startswith("lk_")
    rows = answer("keys", "list")
    assert isinstance(rows, list) and [(r["name"], r["role"]) for r in rows] == [("me", "train")]
    assert answer("keys", "revoke", rows[0]["id"]) == {"revoked": rows[0]["id"]}


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["tran"], "No such command 'tran'"),
        (["train", "somewhere"], "Missing option '--name'"),
        (["crossval", "x", "--folds", "1"], "1 is not in the range 2<=x<=20"),
        (["crossval", "x", "--fpir", "nan"], "a share from 0 to 1 is allowed"),
        (["crossval", "x", "--augment", "twist"], "There is no alteration twist"),
        (["clean", "x", "--no-labels", "--recipe", "face-classic"], "do not go together"),
        (["predict", "celebrities"], "Missing argument 'PICTURE...'"),
        (["weights", "vgg"], "'vgg' is none of "),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_what_is_typed_wrongly_ends_with_2_and_a_sentence(
    words: list[str], complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        run(likeness, "likeness", words)
    assert complaint in capsys.readouterr().err
