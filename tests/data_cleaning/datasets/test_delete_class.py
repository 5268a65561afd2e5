"""Deleting a class of a data set: what goes, what moves, and what the rest goes on showing."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from data_cleaning.datasets.dataset import Dataset
from data_cleaning.datasets.decisions import Decision
from data_cleaning.datasets.delete_class import delete_class, may_show
from data_cleaning.files import sha256_of_file


@pytest.fixture
def family(tmp_path: Path) -> Dataset:
    """Two people. Every file's content is its name: no picture is decoded to delete one."""
    for place in ("anna/1", "anna/bens", "anna/nobodys", "ben/1", "ben/annas", "ben/strangers"):
        path = tmp_path / f"{place}.jpg"
        path.parent.mkdir(exist_ok=True)
        path.write_text(place)
    return Dataset(tmp_path)


def decide(dataset: Dataset, place: str, action: str, label: str | None) -> None:
    digest = sha256_of_file(dataset.root / f"{place}.jpg")
    moves = action == "move"
    dataset.decide(
        Decision(digest, action, label=None if moves else label, to=label if moves else None)
    )


def left(dataset: Dataset) -> dict[str, str]:
    return {path.read_text(): label for path, label in dataset.paths()}


def test_what_shows_the_class_goes_and_the_rest_stays_what_it_was(family: Dataset) -> None:
    decide(family, "anna/bens", "move", "ben")
    decide(family, "anna/nobodys", "reject", None)
    decide(family, "ben/annas", "move", "anna")
    decide(family, "ben/strangers", "move", "anna")
    decide(family, "ben/strangers", "not", "anna")
    before = {item.path.read_text(): item.label for item in family.items()}
    deleted = delete_class(family, "anna", shutil.rmtree)
    assert (len(deleted.digests), deleted.files, deleted.moved) == (3, 3, 1)
    assert deleted.decisions == 4
    assert left(family) == {"anna/bens": "ben", "ben/1": "ben", "ben/strangers": "ben"}
    after = {item.path.read_text(): item.label for item in family.items()}
    assert after == {name: before[name] for name in after}
    assert after["ben/strangers"] == "_unknown"
    assert "anna" not in (family.root / "decisions.jsonl").read_text()


def test_a_copy_in_another_folder_goes_too(family: Dataset) -> None:
    shutil.copy(family.root / "anna" / "1.jpg", family.root / "ben" / "copy.jpg")
    deleted = delete_class(family, "anna", shutil.rmtree)
    assert (len(deleted.digests), deleted.files) == (3, 4)
    assert set(left(family)) == {"ben/1", "ben/annas", "ben/strangers"}


def test_a_picture_moves_over_no_other_of_its_name(family: Dataset) -> None:
    decide(family, "anna/1", "move", "ben")
    delete_class(family, "anna", shutil.rmtree)
    assert {"anna/1", "ben/1"} <= set(left(family))


@pytest.mark.parametrize(
    ("folder", "shows", "expected"),
    [
        ("anna", "anna", True),
        ("ben", "anna", True),
        ("anna", None, True),
        ("anna", "_unknown", True),
        ("anna", "_none", True),
        ("anna", "ben", False),
        ("ben", None, False),
        ("_unknown", "_unknown", False),
    ],
)
def test_who_may_show_a_class(folder: str, shows: str | None, expected: bool) -> None:
    assert may_show("anna", folder, shows) is expected
