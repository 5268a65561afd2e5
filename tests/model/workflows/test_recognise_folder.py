"""A folder of pictures into a table: every row once, however often it is stopped or killed."""

from __future__ import annotations

import csv
import json
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from data_cleaning.errors import InputError
from likeness.cli import likeness, run
from model.recognition.registry import Registry
from model.workflows import recognise_folder as module
from model.workflows.recognise_folder import COLUMNS, Done, Run, recognise_folder
from tests.support.paths import ROOT
from tests.support.trained import saved


@pytest.fixture(scope="module")
def shapes(once, drawn_shapes: Path) -> Path:  # type: ignore[no-untyped-def]
    return Path(once("recognised", lambda folder: saved(Registry(folder), "shapes", drawn_shapes)))


@pytest.fixture
def asked(shapes: Path, drawn_shapes: Path, tmp_path: Path) -> Run:
    """Two folders of pictures, one that cannot be read, and what is none."""
    source = tmp_path / "source"
    shutil.copytree(drawn_shapes, source / "deep" / "er")
    (source / "broken.jpg").write_bytes(b"no picture")
    (source / ".hidden.png").write_bytes(b"hidden")
    (source / "notes.txt").write_text("no picture either")
    return Run(str(source), str(shapes), "shapes", 1)


def rows_of(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_each_picture_has_its_rows(asked: Run, tmp_path: Path) -> None:
    out = tmp_path / "answers.jsonl"
    assert recognise_folder(asked, out) == Done(37, 0, 37)
    rows = rows_of(out)
    assert [row["picture"] for row in rows] == sorted(row["picture"] for row in rows)
    broken = [row for row in rows if row["reason"] == "unreadable"]
    assert [row["picture"] for row in broken] == ["broken.jpg"] and broken[0]["note"]
    right = [row["label"] == Path(str(row["picture"])).parent.name for row in rows]
    assert sum(right) >= 30
    assert not out.with_name("answers.jsonl.parts").exists()


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_every_kind_of_table_holds_the_same(asked: Run, tmp_path: Path, kind: str) -> None:
    if kind == "parquet":
        pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    plain, out = tmp_path / "a.jsonl", tmp_path / f"a.{kind}"
    recognise_folder(asked, plain)
    recognise_folder(asked, out)
    if kind == "csv":
        with out.open(newline="") as file:
            found = list(csv.DictReader(file))
        wanted = [
            {k: "" if v is None else str(v) for k, v in row.items()} for row in rows_of(plain)
        ]
    else:
        import pyarrow.parquet as pq

        found, wanted = pq.read_table(out).to_pylist(), rows_of(plain)
    assert found == wanted and list(found[0]) == list(COLUMNS)


def test_it_goes_on_where_it_was_stopped(
    asked: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PICTURES", 4)
    out, before = tmp_path / "answers.jsonl", 0

    def stop(done: int, total: int) -> None:
        if done == 6:
            raise KeyboardInterrupt

    for _ in range(5):
        with pytest.raises(KeyboardInterrupt):
            recognise_folder(asked, out, stop)
        before += 4
        assert not out.exists()
    extra = Path(asked.source) / "a-late-one.jpg"
    extra.write_bytes(b"no picture")
    assert recognise_folder(asked, out) == Done(38 - before, before, 38)
    assert set(Counter(str(row["picture"]) for row in rows_of(out)).values()) == {1}


def test_what_does_not_fit_is_refused(asked: Run, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"ends with none of \.jsonl"):
        recognise_folder(asked, tmp_path / "answers.xlsx")
    with pytest.raises(InputError, match="is not a folder"):
        recognise_folder(Run("/none", asked.artifacts, "shapes", 1), tmp_path / "a.csv")
    (tmp_path / "there.csv").write_text("mine")
    with pytest.raises(InputError, match="is there already"):
        recognise_folder(asked, tmp_path / "there.csv")
    parts = module.Parts.of(tmp_path / "other.csv", asked)
    with pytest.raises(InputError, match="is of another run"):
        recognise_folder(Run(asked.source, asked.artifacts, "shapes", 2), tmp_path / "other.csv")
    with parts.held(), pytest.raises(InputError, match="Another process"):
        recognise_folder(asked, tmp_path / "other.csv")


def test_killed_in_the_middle_every_row_is_there_once(asked: Run, tmp_path: Path) -> None:
    """kill -9 of the command itself, while it writes small parts."""
    out = tmp_path / "answers.jsonl"
    code = (
        "import sys; from model.workflows import recognise_folder as m; m.PICTURES = 3;"
        "from likeness.cli import main; sys.exit(main(sys.argv[1:]))"
    )
    options = ["recognise", asked.source, "--out", str(out), "--artifacts", asked.artifacts]
    process = subprocess.Popen([sys.executable, "-c", code, *options], cwd=ROOT)
    parts = out.with_name("answers.jsonl.parts")
    while not list(parts.glob("part-*")) and process.poll() is None:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert run(likeness, "likeness", options) == 0
    assert set(Counter(str(row["picture"]) for row in rows_of(out)).values()) == {1}
    assert len(rows_of(out)) == 37
