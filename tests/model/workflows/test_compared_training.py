"""`train` with simpler ways beside it, and with a test that is set aside."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from model.__main__ import main
from tests.model.reporting.report_page import check_alone

HOW = ("--recipe", "object-classic", "--classifiers", "logistic_regression")


def trained(data: Path, models: Path, *options: str) -> Path:
    words = ["train", str(data), "--name", "shapes", *HOW, "--artifacts", str(models), *options]
    assert main(words) == 0
    return models / "shapes" / "1"


def report_of(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "report.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def divided(drawn_shapes: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shapes divided: 7 of each class to train, 2 for validation, 3 for the test. One of those
    is a copy of a picture to train, and another is drawn much like one.
    """
    root = tmp_path_factory.mktemp("divided")
    for picture in drawn_shapes.glob("*/*.png"):
        number = int(picture.stem)
        part = "train" if number < 7 else "val" if number < 9 else "test"
        place = root / part / picture.parent.name / picture.name
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(picture, place)
    shutil.copy(root / "train/disc/0.png", root / "test/disc/9.png")
    return root


@pytest.fixture(scope="module")
def compared(divided: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return trained(divided, tmp_path_factory.mktemp("models"), "--baseline")


def test_figures_stand_beside_those_of_simpler_ways(compared: Path) -> None:
    figures = report_of(compared)["figures"]
    rows = {row["name"]: row for row in figures["baselines"]["rows"]}
    assert list(rows) == ["top_layer", "tutorial", "majority_class"]
    assert {row["pictures"] for row in rows.values()} == {figures["pictures"]} == {27}
    assert rows["majority_class"]["correct"] <= 9
    assert rows["tutorial"]["found"] == 27
    assert rows["top_layer"]["accuracy"] > rows["majority_class"]["accuracy"]
    assert figures["train_accuracy"] >= figures["accuracy"]
    assert "top_3_accuracy" not in figures  # of three classes it says nothing
    curves = figures["baselines"]["curves"]
    assert len(curves["epochs"]) > curves["best"]
    assert [row["accuracy"] for row in figures["baselines"]["quoted"]] == [0.7, 0.75]


def test_the_page_shows_them(compared: Path) -> None:
    read = check_alone((compared / "report.html").read_text("utf-8"))
    for text in (
        "Compared with",
        "The saved model on what it learnt",
        "The tutorials' way",
        "VGG16 with a new top layer",
        "The test that was set aside",
        "2 of them are near copies",
        "A top layer, epoch by epoch",
        "balanced, so that every class counts alike",
    ):
        assert text in read.text
    assert read.tags.count("svg") == 5  # two of them of the top layer


def test_the_test_is_judged_and_its_copies_are_told(compared: Path) -> None:
    test = report_of(compared)["figures"]["held_out_test"]
    assert (test["folder"], test["figures"]["pictures"], test["near_copies"]) == ("test", 9, 2)
    assert set(test["figures"]["per_class"]) == {"cross", "disc", "square"}


def test_the_test_changes_nothing(divided: Path, compared: Path, tmp_path: Path) -> None:
    """The same model comes of the same pictures without it, whatever lies in it."""
    root = tmp_path / "undivided"
    shutil.copytree(divided, root, ignore=shutil.ignore_patterns("test"))
    alone = trained(root, tmp_path / "models")
    manifests = [json.loads((f / "manifest.json").read_text()) for f in (compared, alone)]
    for key in ("labels", "acceptance", "sources", "recipe"):
        assert manifests[0][key] == manifests[1][key]
    assert manifests[0]["facts"]["data_sha256"] == manifests[1]["facts"]["data_sha256"]
    galleries = [np.load(f / "gallery.npz") for f in (compared, alone)]
    for part in galleries[0].files:
        assert np.array_equal(galleries[0][part], galleries[1][part])
    assert "held_out_test" not in report_of(alone)["figures"]
    assert [row["name"] for row in report_of(alone)["figures"]["baselines"]["rows"]] == [
        "majority_class"
    ]


def test_a_test_of_others_is_refused_before_the_work(
    divided: Path, drawn_shapes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "star").mkdir()
    shutil.copy(drawn_shapes / "disc" / "1.png", tmp_path / "star")
    words = ["train", str(divided), "--name", "shapes", *HOW, "--test", str(tmp_path)]
    assert main([*words, "--artifacts", str(tmp_path / "models")]) == 2
    assert "star" in capsys.readouterr().err
    assert not (tmp_path / "models").exists()


def test_simpler_ways_name_one_class_a_picture(
    drawn_shapes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["train", str(drawn_shapes), "--name", "shapes", *HOW, "--multi-label", "--baseline"]
    assert main([*words, "--artifacts", str(tmp_path)]) == 2
    assert "--baseline does not go with several" in capsys.readouterr().err


def test_crossval_compares_in_its_own_folds(
    drawn_shapes: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["crossval", str(drawn_shapes), *HOW, "--folds", "2", "--baseline"]) == 0
    printed = capsys.readouterr().out
    assert "top_layer" in printed
    assert "majority_class" in printed
