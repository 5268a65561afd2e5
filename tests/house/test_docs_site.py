"""The documentation: it builds without a warning, its decisions have one form, its files exist."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.paths import ROOT

DOCS = ROOT / "docs"
DECISIONS = sorted((DOCS / "adr").glob("0*.md"))
HEADINGS = ["Context", "Decision", "What we gave up", "How we would know it was wrong"]
PAGES_OF_FILES = ["architecture.md", "security.md", *(f"adr/{path.name}" for path in DECISIONS)]


@pytest.mark.parametrize("module", ["sphinx", "myst_nb", "furo"])
def test_what_builds_it_is_installed(module: str) -> None:
    if importlib.util.find_spec(module) is None:
        pytest.skip(f"{module} is not installed: make docs")


def test_the_site_builds_without_a_warning(tmp_path: Path) -> None:
    """The notebooks unexecuted: tests/notebooks asks for those."""
    pytest.importorskip("myst_nb", reason="myst_nb is not installed: make docs")
    options = ["--fail-on-warning", "--keep-going", "--quiet", "--doctree-dir", tmp_path / "trees"]
    options += ["-t", "unexecuted"]
    command = [sys.executable, "-m", "sphinx", *options, DOCS, tmp_path / "site"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    pages = {path.name for path in (tmp_path / "site").glob("*.html")}
    assert {"index.html", "start.html", "your-own-people.html", "architecture.html"} <= pages
    fetched = re.compile(r"<(?:script|link|img)[^>]*(?:src|href)=\"https?:")
    for page in (tmp_path / "site").rglob("*.html"):
        assert not fetched.search(page.read_text()), page.name


@pytest.mark.parametrize("path", DECISIONS, ids=lambda path: path.stem)
def test_a_decision_has_the_form_of_all(path: Path) -> None:
    text = path.read_text()
    assert re.match(rf"# {path.name[:4]}\. \S.*\n\n- Status: \S", text)
    assert re.search(r"^- Date: \d{4}-\d\d-\d\d$", text, re.MULTILINE)
    assert re.findall(r"^## (.*)$", text, re.MULTILINE) == HEADINGS


def test_the_index_lists_every_decision_with_its_title() -> None:
    index = (DOCS / "adr" / "index.md").read_text()
    listed = re.findall(r"^\| (\d{4}) \| \[(.*?)\]\((.*?)\) \| (.*) \|$", index, re.MULTILINE)
    titles = [(path.read_text().split("\n", 1)[0], path.name) for path in DECISIONS]
    assert [(f"# {number}. {title}", name) for number, title, name, _ in listed] == titles
    assert all(status.startswith(("accepted", "superseded")) for *_, status in listed)


def test_what_supersedes_and_what_is_superseded_say_so_of_each_other() -> None:
    statuses = {
        path.name[:4]: path.read_text().split("- Date:", 1)[0].split("- Status:", 1)[1]
        for path in DECISIONS
    }
    for number, status in statuses.items():
        for other in re.findall(r"\[(\d{4})\]", status):
            assert number in statuses[other], f"{other} says nothing of {number}"


@pytest.mark.parametrize("page", PAGES_OF_FILES)
def test_files_that_a_page_names_exist(page: str) -> None:
    named = r"`((?:data_cleaning|deploy|model|nginx|server|tests|ui)/[\w/.-]+\.\w+)`"
    for path in re.findall(named, (DOCS / page).read_text()):
        assert (ROOT / path).is_file(), path
