"""The page's files as they lie there: whole, self-contained, and free of what a strict content
policy forbids.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support.paths import ROOT

UI = ROOT / "ui"
OURS = sorted(path for path in UI.rglob("*.*") if "vendor" not in path.parts)
PAGES = [path for path in OURS if path.suffix == ".html"]
SCRIPTS = [path for path in OURS if path.suffix == ".js"]


def name(path: Path) -> str:
    return str(path.relative_to(UI))


def test_there_is_something_to_look_at() -> None:
    assert {"index.html", "models.html", "nothing-here.html"} <= {path.name for path in PAGES}
    assert len(SCRIPTS) >= 10


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_a_page_has_nothing_inline(page: Path) -> None:
    text = page.read_text()
    assert not re.search(r"<script(?![^>]*\bsrc=)", text)
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", text)


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_what_a_page_names_exists(page: Path) -> None:
    named = re.findall(r'(?:src|href)="([^"#]+)"', page.read_text())
    files = [
        path.lstrip("/")
        for path in named
        if not path.startswith("vendor/") and path not in ("./", "/", "api/docs", "/api/docs")
    ]
    assert files
    for path in files:
        assert (UI / path).is_file() or (UI / f"{path}.html").is_file(), path


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_control_that_a_label_or_a_script_names_exists_once(page: Path) -> None:
    text = page.read_text()
    ids = re.findall(r'\sid="([^"]+)"', text)
    assert len(ids) == len(set(ids))
    wanted = re.findall(r'(?:for|aria-labelledby)="([^"]+)"', text)
    assert set(wanted) <= set(ids)


def test_every_screen_of_the_head_has_its_file() -> None:
    paths = re.findall(r'path: "([^"]*)"', (UI / "js" / "screens.js").read_text())
    assert paths
    for path in paths:
        assert (UI / (path or "index.html")).with_suffix(".html").is_file(), path


@pytest.mark.parametrize("script", SCRIPTS, ids=name)
def test_what_a_script_imports_exists(script: Path) -> None:
    text = script.read_text()
    for target, wanted in re.findall(
        r'^import .*?from "(\..*?)";|import\("(.*?)"\)', text, re.MULTILINE
    ):
        assert (script.parent / (target or wanted)).is_file(), target or wanted
    for names, target in re.findall(r'^import \{([^}]*)\} from "(.*?)";', text, re.MULTILINE):
        offered = (script.parent / target).read_text()
        for part in (part.strip() for part in names.split(",") if part.strip()):
            exported, _, here = part.partition(" as ")
            assert re.search(
                rf"^export (?:async )?(?:function|const|class) {exported}\b", offered, re.MULTILINE
            ), exported
            assert len(re.findall(rf"\b{here or exported}\b", text)) > 1, (
                f"{part} is imported and not used"
            )


@pytest.mark.parametrize("file", OURS, ids=name)
def test_nothing_comes_from_elsewhere(file: Path) -> None:
    foreign = re.findall(r"(?:https?:)?//[a-z0-9.-]+\.[a-z]{2,}", file.read_text())
    assert [address for address in foreign if "www.w3.org" not in address] == []


@pytest.mark.parametrize("file", OURS, ids=name)
def test_no_name_that_a_model_knows_is_written_down(file: Path) -> None:
    text = file.read_text().lower()
    for label in ("messi", "sharapova", "federer", "williams", "kohli", "delivery_rider"):
        assert label not in text
