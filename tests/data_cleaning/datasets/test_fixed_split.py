"""Folders train, val and test are honoured; a class may still be called so."""

from __future__ import annotations

from pathlib import Path

import pytest

from data_cleaning.datasets.fixed_split import FixedSplit, learnt_items
from data_cleaning.errors import DatasetError


def filled(root: Path, *files: str) -> Path:
    for file in files:
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        (root / file).write_bytes(file.encode())
    return root


def test_a_divided_data_set(tmp_path: Path) -> None:
    root = filled(
        tmp_path, "train/anna/1.jpg", "train/ben/1.jpg", "val/anna/2.jpg", "test/ben/9.jpg"
    )
    assert FixedSplit.of(root) == FixedSplit((root / "train", root / "val"), root / "test")
    learnt = [(item.label, item.path.name) for item in learnt_items(root)]
    assert learnt == [("anna", "1.jpg"), ("ben", "1.jpg"), ("anna", "2.jpg")]


@pytest.mark.parametrize(
    "files",
    [
        ("anna/1.jpg", "ben/1.jpg"),
        ("train/1.jpg", "bus/1.jpg"),  # a class called train
        ("train/1.jpg", "test/1.jpg"),  # two classes, with pictures and no folders in them
        ("train/anna/1.jpg", "bus/1.jpg"),  # pictures of one class may lie in folders
        ("test/anna/1.jpg", "val/anna/1.jpg"),  # nothing to learn from
    ],
)
def test_a_data_set_of_classes_is_whole(tmp_path: Path, files: tuple[str, ...]) -> None:
    assert FixedSplit.of(filled(tmp_path, *files)) == FixedSplit((tmp_path,))


def test_an_empty_class_of_a_part_is_told(tmp_path: Path) -> None:
    root = filled(tmp_path, "train/anna/1.jpg", "validation/anna/.hidden", "train/_unknown/x.jpg")
    with pytest.raises(DatasetError, match="no pictures: anna"):
        learnt_items(root)
