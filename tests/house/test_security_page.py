"""The page on security names tests that exist, and settings with their real limits."""

from __future__ import annotations

import re

import pytest

from server.settings import FIELDS, Settings, variable
from tests.support.paths import ROOT

PAGE = (ROOT / "docs" / "security.md").read_text("utf-8")
ASVS = (ROOT / "docs" / "asvs.md").read_text("utf-8")
PROMISES = PAGE.split("## What is promised", 1)[1].split("\n## ", 1)[0]
ROWS = [row for row in PROMISES.splitlines() if row.startswith("| ")][1:]


@pytest.mark.parametrize("row", ROWS)
def test_every_promise_has_a_test(row: str) -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", row)
    assert named, "a promise without a test"
    for path, name in named:
        assert re.search(rf"^def {name}\(", (ROOT / path).read_text("utf-8"), re.MULTILINE), name


def test_settings_named_there_exist() -> None:
    known = {variable(field.name) for field in FIELDS}
    assert set(re.findall(r"LIKENESS_[A-Z_]+", PAGE)) <= known


def test_limits_told_there_are_the_defaults() -> None:
    settings = Settings()
    assert f"{settings.picture_bytes >> 20} MB, {settings.picture_pixels // 10**6} million" in PAGE
    assert f"{settings.batch_pictures} pictures, {settings.batch_bytes >> 20} MB" in PAGE
    assert f"{settings.bodies_bytes >> 20} MB, half of it from one client" in PAGE
    assert f"| {settings.picture_seconds:.0f} s |" in PAGE


def test_every_item_is_judged_once() -> None:
    """Items of level 2 are named; those of a range are all of level 2."""
    table = re.findall(r"^\| (\d[\d., to]+) \| (.*?) \| \S.* \|$", ASVS, re.MULTILINE)
    assert {answer for _, answer in table} == {"yes", "no", "does not apply"}
    items = [item for named, _ in table for item in _items(named)]
    assert sorted(items) == sorted(set(items))
    assert {int(item.split(".")[0]) for item in items} == set(range(1, 15))
    assert len(items) >= 240


def _items(named: str) -> list[str]:
    """`3.1.1 to 3.1.3, 3.2.1` as four."""
    found: list[str] = []
    for part in named.split(", "):
        first, _, last = part.partition(" to ")
        section, _, number = first.rpartition(".")
        until = int(last.rpartition(".")[2]) if last else int(number)
        found += [f"{section}.{n}" for n in range(int(number), until + 1)]
    return found


def test_tests_that_the_items_name_exist() -> None:
    names = set(re.findall(r"`(test_\w+)`", ASVS))
    files = list((ROOT / "tests").rglob("test_*.py"))
    there = {path.stem for path in files}
    for path in files:
        there |= set(re.findall(r"^def (test_\w+)\(", path.read_text("utf-8"), re.MULTILINE))
    assert names and names <= there


def test_who_found_a_hole_is_told_where_to_say_so() -> None:
    text = (ROOT / "SECURITY.md").read_text("utf-8")
    assert "private vulnerability reporting" in text and "docs/security.md" in text
    assert not re.search(r"[\w.]+@[\w.]+", text), "no address of a person"
