"""The page on security names tests that exist, and settings with their real limits."""

from __future__ import annotations

import re

import pytest

from server.settings import FIELDS, Settings, variable
from tests.support.paths import ROOT

PAGE = (ROOT / "docs" / "security.md").read_text("utf-8")
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


def test_every_section_is_judged() -> None:
    table = PAGE.split("## OWASP ASVS", 1)[1]
    judged = re.findall(r"^\| \d[\d., to]+ .*? \| (.*?) \| \S.* \|$", table, re.MULTILINE)
    assert len(judged) >= 50
    assert set(judged) == {"yes", "in part", "no", "does not apply"}


def test_who_found_a_hole_is_told_where_to_say_so() -> None:
    text = (ROOT / "SECURITY.md").read_text("utf-8")
    assert "private vulnerability reporting" in text and "docs/security.md" in text
    assert not re.search(r"[\w.]+@[\w.]+", text), "no address of a person"
