"""A training of classes with one picture each is refused in words, before it begins."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from data_cleaning.datasets.dataset import Dataset
from data_cleaning.datasets.decisions import Decision
from data_cleaning.errors import DatasetError
from data_cleaning.files import sha256_of_file
from data_cleaning.progress import Progress
from model.workflows.compare_recipes import choose
from tests.support.making import Make, make_picture
from tests.support.pictures import draw


def test_two_classes_with_one_picture_each_do_not_start_a_training(
    make: Make, tmp_path: Path
) -> None:
    client = make(local_role="train").test_client()
    for label in ("anna", "bert"):
        folder = tmp_path / "datasets" / "family" / label
        folder.mkdir(parents=True)
        (folder / "1.png").write_bytes(make_picture("red"))
    wanted = {"dataset": "family", "model": "family"}
    refused = client.post("/api/jobs", json=wanted)
    assert refused.status_code == 409
    detail = refused.get_json()["detail"]
    assert detail.startswith("These classes of 'family' have one picture: anna, bert.")
    assert client.get("/api/jobs").get_json()["jobs"] == []
    shutil.copy(folder / "1.png", folder / "2.png")
    shutil.copy(folder / "1.png", folder.with_name("anna") / "2.png")
    assert client.post("/api/jobs", json=wanted).status_code == 202


def test_where_decisions_say_what_pictures_show_the_training_counts(
    make: Make, tmp_path: Path
) -> None:
    client = make(local_role="train").test_client()
    root = tmp_path / "datasets" / "family"
    for label, count in (("anna", 1), ("bert", 4)):
        (root / label).mkdir(parents=True)
        for number in range(count):
            (root / label / f"{number}.png").write_bytes(make_picture("red"))
    moved = Decision(sha256_of_file(root / "bert" / "0.png"), "move", to="carl")
    Dataset(root).decide(moved)
    assert client.post("/api/jobs", json={"dataset": "family", "model": "m"}).status_code == 202


def test_the_recipe_auto_says_what_is_missing(tmp_path: Path) -> None:
    root = draw(tmp_path / "drawn", ("disc", "cross"), count=1)
    with pytest.raises(DatasetError, match="one picture alone, near copies aside, of cross, disc"):
        choose(Dataset(root).items(), Progress(as_json=True))
