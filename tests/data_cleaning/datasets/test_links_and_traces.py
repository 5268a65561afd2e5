"""Deleting a class: no link out of the data set is followed, and no list of its own names it."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from data_cleaning.datasets.dataset import Dataset
from data_cleaning.datasets.decisions import Decision
from data_cleaning.datasets.delete_class import delete_class
from data_cleaning.files import sha256_of_file
from likeness.cli import main
from server.datasets.managed_datasets import Datasets


@pytest.fixture
def linked(tmp_path: Path) -> tuple[Datasets, Path]:
    """A data set whose class anna is a link to a folder elsewhere."""
    elsewhere = tmp_path / "photos"
    elsewhere.mkdir()
    for name in ("1.jpg", "2.jpg"):
        (elsewhere / name).write_bytes(name.encode())
    folders = Datasets(tmp_path / "datasets")
    folders.create("family")
    folders.create_class("family", "ben")
    (tmp_path / "datasets" / "family" / "ben" / "b.jpg").write_bytes(b"b")
    (tmp_path / "datasets" / "family" / "anna").symlink_to(elsewhere)
    digest = sha256_of_file(elsewhere / "2.jpg")
    folders.decide("family", Decision(digest, "move", to="ben", by="me"))
    return folders, elsewhere


@pytest.mark.parametrize("way", ["class", "erase", "command", "data set"])
def test_what_a_link_leads_to_stays(linked: tuple[Datasets, Path], way: str) -> None:
    folders, elsewhere = linked
    family = folders.folder("family")
    if way == "class":
        folders.delete_class("family", "anna")
    elif way == "erase":
        folders.erase_class("anna")
    elif way == "command":
        delete_class(Dataset(family), "anna", shutil.rmtree)
    else:
        (folders.root / "other").symlink_to(elsewhere)
        folders.delete("other")
    assert sorted(path.name for path in elsewhere.iterdir()) == ["1.jpg", "2.jpg"]
    assert os.path.lexists(family / "anna") == (way == "data set")
    assert not (folders.root / "other").exists()
    assert (family / "ben" / "b.jpg").exists()


def test_a_class_called_like_half_a_file_is_no_rubbish(tmp_path: Path) -> None:
    folders = Datasets(tmp_path)
    folders.create("family")
    folders.create_class("family", "x.part")
    half = tmp_path / "family" / "x.part" / ".1.jpg.abcd.part"
    half.write_bytes(b"")
    for path in (half, half.parent):
        os.utime(path, (0, 0))
    assert folders.tidy() == 1
    assert half.parent.is_dir()


def test_collected_files_are_for_their_owner_and_group(tmp_path: Path, astronaut: bytes) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.png").write_bytes(astronaut)
    before = os.umask(0o022)
    try:
        data = tmp_path / "data"
        assert main(["collect", str(data), "anna", str(tmp_path / "in")]) == 0
    finally:
        os.umask(before)
    written = [path for path in data.rglob("*") if path.is_file()]
    assert len(written) == 2
    assert {path.stat().st_mode & 0o777 for path in written} == {0o640}
    delete_class(Dataset(data), "anna", shutil.rmtree)
    assert (data / "sources.jsonl").read_text() == ""


def test_the_list_of_sources_loses_the_class_alone(tmp_path: Path) -> None:
    for label in ("anna", "ben"):
        (tmp_path / label).mkdir()
        (tmp_path / label / "1.jpg").write_bytes(label.encode())
    lines = [json.dumps({"label": label, "name": "1.jpg"}) for label in ("anna", "ben")]
    (tmp_path / "sources.jsonl").write_text("\n".join(lines) + "\n")
    delete_class(Dataset(tmp_path), "anna", shutil.rmtree)
    assert (tmp_path / "sources.jsonl").read_text() == lines[1] + "\n"
