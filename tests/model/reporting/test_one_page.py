"""The report on one page: a PDF of A4 whose text can be read, whatever the names are."""

from __future__ import annotations

import copy
import json
import re
import shutil
import subprocess
import zlib
from pathlib import Path
from typing import Any

import pytest

from likeness.cli import likeness, run
from model.reporting.one_page.page import one_page
from model.reporting.one_page.sheet import Style


@pytest.fixture(scope="module")
def report(shapes_artifacts: Path) -> dict[str, Any]:
    return json.loads((shapes_artifacts / "shapes" / "1" / "report.json").read_text("utf-8"))


def text_of(pdf: bytes, tmp_path: Path) -> str:
    """What another program reads out of it."""
    if not shutil.which("pdftotext"):
        pytest.skip("pdftotext, of poppler-utils, is not installed")
    (tmp_path / "sheet.pdf").write_bytes(pdf)
    words = ["pdftotext", "-layout", str(tmp_path / "sheet.pdf"), "-"]
    return subprocess.run(words, check=True, capture_output=True, timeout=60).stdout.decode()


def pages(pdf: bytes) -> int:
    return len(re.findall(rb"/Type /Page\b", pdf))


def test_a_training_leaves_the_page_beside_its_report(shapes_artifacts: Path) -> None:
    pdf = (shapes_artifacts / "shapes" / "1" / "report.pdf").read_bytes()
    assert pdf.startswith(b"%PDF-")
    assert pages(pdf) == 1
    assert re.search(rb"/MediaBox \[ 0 0 595(\.\d+)? 842(\.\d+)? \]", pdf)
    assert b"/Subtype /Image" not in pdf


def test_it_says_what_the_report_says(report: dict[str, Any], tmp_path: Path) -> None:
    text = text_of(one_page(report), tmp_path)
    assert "How well shapes knows its classes" in text
    figures = report["figures"]
    for label, row in figures["per_class"].items():
        assert re.search(rf"{label}\s+{row['correct']} of {row['pictures']}\b", text)
    assert report["facts"]["data_sha256"][:16] in text
    assert "The class with the" in text  # the rest of the name may stand on the next line


def odd(report: dict[str, Any], name: str, count: int) -> dict[str, Any]:
    """The same report of many classes with a name of that kind."""
    changed = copy.deepcopy(report)
    row = changed["figures"]["per_class"]["disc"]
    changed["name"] = "m" * 64
    changed["verdict"]["sentence"] = f"Weakest is {name}. " * 12
    changed["advice"] = [f"Add pictures of {name}. " * 20] * 9
    changed["figures"]["per_class"] = {f"{name} {i}": row for i in range(count)}
    return changed


@pytest.mark.parametrize(
    "name",
    [
        "Ελένη Παπαδοπούλου",
        "김연아 선수",
        "محمد صلاح",
        "$\\frac{1}{2}$ & <b> %",
        "x" * 300,
        "😀",
        "a\nb",
    ],
)
@pytest.mark.parametrize("count", [1, 60])
def test_no_name_breaks_it(report: dict[str, Any], name: str, count: int) -> None:
    pdf = one_page(odd(report, name, count))
    assert pages(pdf) == 1
    assert len(pdf) > 10_000


def test_names_in_other_scripts_can_be_read(report: dict[str, Any], tmp_path: Path) -> None:
    text = text_of(one_page(odd(report, "Ελένη Ильич", 2)), tmp_path)
    assert "Ελένη Ильич 1" in text
    assert text.count("m") >= 64


def test_a_line_fits_and_a_long_word_is_broken() -> None:
    style = Style(8)
    for text in ("word " * 50, "w" * 400, "a " + "b" * 90):
        lines = style.wrap(text, 120, 4)
        assert 1 < len(lines) <= 4
        assert all(style.width(line) <= 120 for line in lines)
    assert style.wrap("w" * 400, 120, 4)[-1].endswith("…")
    assert style.fit("short", 120) == "short"


@pytest.mark.parametrize(
    "change",
    [{"unknown": None}, {"learning": None, "unknown": None}, {"verdict": None}, {"facts": {}}],
)
def test_what_is_missing_leaves_no_hole(report: dict[str, Any], change: dict[str, Any]) -> None:
    assert pages(one_page({**report, **change})) == 1


def test_the_same_report_gives_the_same_bytes(report: dict[str, Any]) -> None:
    assert zlib.crc32(one_page(report)) == zlib.crc32(one_page(report))


def test_the_command_writes_it_again(
    shapes_artifacts: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ["--artifacts", str(shapes_artifacts)]
    files = ["--pdf", str(tmp_path / "a" / "s.pdf"), "--html", str(tmp_path / "s.html")]
    assert run(likeness, "likeness", ["report", "shapes", *files, *where]) == 0
    kept = shapes_artifacts / "shapes" / "1"
    assert (tmp_path / "a" / "s.pdf").read_bytes() == (kept / "report.pdf").read_bytes()
    assert (tmp_path / "s.html").read_text() == (kept / "report-public.html").read_text()
    assert run(likeness, "likeness", ["report", "shapes", *where]) == 2
    assert "--pdf FILE" in capsys.readouterr().err
