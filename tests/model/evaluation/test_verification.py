"""The LFW protocol: reading pairs, thresholds held against hand work, and whole runs on small real
sets.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from data_cleaning.detection.crops import Quality
from data_cleaning.detection.detection import Detection
from data_cleaning.errors import DatasetError
from data_cleaning.imaging.encoding import encode
from model.__main__ import main
from model.evaluation.verification import (
    Pair,
    area_under_curve,
    best_threshold,
    central,
    fold_accuracies,
    locate_pictures,
    read_pairs,
    verify,
)
from model.recipes.presets import RECIPES
from model.recognition.pipeline import PictureRegion
from model.training.samples import Sample

SMALL = "2\t1\nann\t1\t2\nann\t1\tbob\t3\ncy\t4\t5\ncy\t4\tdan\t6\n"


def test_pairs_are_read_by_fold(tmp_path: Path) -> None:
    (tmp_path / "pairs.txt").write_text(SMALL)
    assert read_pairs(tmp_path / "pairs.txt") == [
        Pair(("ann", 1), ("ann", 2), True, 0),
        Pair(("ann", 1), ("bob", 3), False, 0),
        Pair(("cy", 4), ("cy", 5), True, 1),
        Pair(("cy", 4), ("dan", 6), False, 1),
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "first line"),
        ("300\nann 1 2\n", "first line"),
        ("ten\t300\n", "first line"),
        ("2\t1\nann\t1\t2\n", "4 lines.*it has 1"),
        ("1\t1\nann\t1\t2\nann\t1\tbob\t3\n", "at least 2 folds"),
        (SMALL.replace("cy\t4\t5", "cy\t4\tfive"), "Line 4 .*no pair"),
        (SMALL.replace("cy\t4\t5", "cy\t4"), "Line 4 .*no pair"),
    ],
)
def test_a_wrong_pairs_file_says_where(text: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "pairs.txt").write_text(text)
    with pytest.raises(DatasetError, match=words):
        read_pairs(tmp_path / "pairs.txt")


def test_there_must_be_a_pairs_file(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="cannot be read"):
        read_pairs(tmp_path / "none.txt")


def test_pictures_are_found_whatever_their_suffix_and_zeros(tmp_path: Path) -> None:
    for name in ("ann/ann_0001.jpg", "ann/ann_2.PNG", "bob/bob_0003.webp", "cy/cy_04.bmp"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    pairs = [Pair(("ann", 1), ("ann", 2), True, 0), Pair(("bob", 3), ("cy", 4), False, 0)]
    found = locate_pictures(pairs, tmp_path)
    assert {k: p.name for k, p in found.items()} == {
        ("ann", 1): "ann_0001.jpg", ("ann", 2): "ann_2.PNG", ("bob", 3): "bob_0003.webp", ("cy",
            4): "cy_04.bmp",
    }  # fmt: skip
    with pytest.raises(DatasetError, match=r"1 of 2 pictures .* ann/ann_0007"):
        locate_pictures([Pair(("ann", 1), ("ann", 7), True, 0)], tmp_path)


@pytest.mark.parametrize(
    ("scores", "same", "threshold"),
    [
        ([0.1, 0.2, 0.8, 0.9], [False, False, True, True], 0.5),
        ([0.9, 0.1, 0.8, 0.2], [True, False, True, False], 0.5),
        ([0.1, 0.4, 0.6, 0.9], [False, True, True, True], 0.25),
        ([0.5], [True], 0.5 - 1e-6),
        ([0.5], [False], 0.5 + 1e-6),
        ([], [], 0.0),
    ],
)
def test_the_best_threshold_by_hand(scores: list, same: list, threshold: float) -> None:
    assert best_threshold(np.array(scores, float), np.array(same, bool)) == pytest.approx(threshold)


def test_equal_scores_are_never_cut_apart() -> None:
    scores, same = np.array([0.3, 0.5, 0.5, 0.5, 0.7]), np.array([False, True, False, True, True])
    assert best_threshold(scores, same) == pytest.approx(0.4)


def test_each_fold_is_judged_by_the_threshold_of_the_others() -> None:
    """Fold 1 lies .3 higher than fold 0: judged by each other's threshold, each loses one pair of
    two or none.
    """
    scores = np.array([0.6, 0.2, 0.9, 0.5])
    same, fold = np.array([True, False, True, False]), np.array([0, 0, 1, 1])
    accuracies, thresholds = fold_accuracies(scores, same, fold)
    assert thresholds == pytest.approx([0.7, 0.4])
    assert accuracies == [0.5, 0.5]


def test_a_pair_without_a_face_is_wrong_whatever_it_is() -> None:
    nan = float("nan")
    scores = np.array([0.9, 0.1, nan, nan, 0.9, 0.1])
    same, fold = np.array([True, False, True, False, True, False]), np.array([0, 0, 0, 0, 1, 1])
    assert fold_accuracies(scores, same, fold)[0] == [0.5, 1.0]


@pytest.mark.parametrize(
    ("scores", "same", "area"),
    [
        ([0.9, 0.8, 0.1], [True, True, False], 1.0),
        ([0.9, 0.5, 0.1], [True, False, True], 0.5),
        ([0.5, 0.5], [True, False], 0.5),
        ([0.5, float("nan")], [True, False], None),
    ],
)
def test_area_under_the_curve_by_hand(scores: list, same: list, area: float | None) -> None:
    assert area_under_curve(np.array(scores), np.array(same, bool)) == area


def test_the_face_nearest_the_middle_counts(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(encode(np.full((250, 250, 3), 90, np.uint8)))
    boxes = [
        Detection(0, 0, 120, 120, 0.99),
        Detection(100, 90, 60, 60, 0.7),
        Detection(190, 190, 50, 50, 0.8),
    ]
    regions = tuple(PictureRegion(box, Quality(60, 0.5, 20.0, 200.0)) for box in boxes)
    views = tuple(np.array([[i, 1.0], [i, 3.0]], np.float32) for i in (5, 0, 7))
    one = Sample(path, "a", "0" * 64, regions, views)
    chosen = central(one)
    assert chosen is not None
    assert chosen.tolist() == [0.0, 1.0]
    assert central(Sample(path, "a", "0" * 64)) is None


@pytest.fixture
def shape_pairs(drawn_shapes: Path, tmp_path: Path) -> tuple[Path, Path]:
    """Drawn shapes as people, and pairs of them in 3 folds; one picture is damaged."""
    root = tmp_path / "people"
    names = ("cross", "disc", "square")
    for name in names:
        (root / name).mkdir(parents=True)
        for number in range(12):
            data = (drawn_shapes / name / f"{number}.png").read_bytes()
            (root / name / f"{name}_{number + 1:04d}.png").write_bytes(data)
    damaged = root / "cross" / "cross_0001.png"
    damaged.write_bytes(damaged.read_bytes()[:200])
    lines = ["3\t4"]
    for fold in range(3):
        one, other = names[fold], names[(fold + 1) % 3]
        lines += [f"{one}\t{n}\t{n + 4}" for n in range(1, 5)]
        lines += [f"{one}\t{n}\t{other}\t{n}" for n in range(5, 9)]
    (tmp_path / "pairs.txt").write_text("\n".join(lines))
    return tmp_path / "pairs.txt", root


def test_a_whole_run(shape_pairs: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    words = ["verify", *map(str, shape_pairs), "--recipe", "object-classic"]
    assert main([*words, "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert (figures["pairs"], figures["folds"], figures["failures"]) == (24, 3, 1)
    assert [bad["path"] for bad in figures["unreadable"]] == ["cross/cross_0001.png"]
    folds = figures["fold_accuracies"]
    assert figures["accuracy"] == pytest.approx(sum(folds) / 3)
    assert figures["standard_error"] == pytest.approx(np.std(folds, ddof=1) / 3**0.5)
    assert figures["fold_accuracies"][0] <= 7 / 8
    assert figures["accuracy"] > 0.6
    assert main(words) == 0
    assert "not read: cross/cross_0001.png" in capsys.readouterr().out


def test_a_missing_folder_of_pictures_is_said(
    shape_pairs: tuple[Path, Path], tmp_path: Path, capsys
) -> None:
    assert (
        main(["verify", str(shape_pairs[0]), str(tmp_path / "away"), "--recipe", "object-classic"])
        == 2
    )
    assert "of the pairs are not in" in capsys.readouterr().err


def test_people_of_lfw_are_told_apart(shared_data: Path, tmp_path: Path) -> None:
    """Six people, three folds of 2 x 6 pairs, by the pretrained embedding."""
    root = shared_data / "faces" / "lfw_dev20"
    people = sorted(p for p in root.iterdir() if p.is_dir())[:6]
    numbers = {p.name: sorted(int(f.stem[-4:]) for f in p.glob("*.jpg"))[:7] for p in people}
    lines = ["3\t6"]
    for fold in range(3):
        a, b = people[2 * fold].name, people[2 * fold + 1].name
        lines += [f"{a}\t{numbers[a][i]}\t{numbers[a][i + 1]}" for i in range(6)]
        lines += [f"{a}\t{numbers[a][i]}\t{b}\t{numbers[b][i]}" for i in range(6)]
    (tmp_path / "pairs.txt").write_text("\n".join(lines))
    figures = verify(tmp_path / "pairs.txt", root, RECIPES["face-modern"]).to_json()
    assert figures["accuracy"] >= 0.9
    assert figures["failures"] == 0
