"""Figures held against ones worked out by hand, and the commands that print them."""

from __future__ import annotations

import json
import shutil
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from data_cleaning.datasets.class_names import NOTHING, UNKNOWN
from data_cleaning.datasets.dataset import Dataset
from data_cleaning.imaging.encoding import encode
from model.__main__ import main
from model.evaluation.calibration import wilson
from model.evaluation.cross_validation import Rounds
from model.evaluation.curves import (
    LearningPoint,
    histogram,
    learning_curve,
    learning_verdict,
    score_histograms,
    tradeoff,
)
from model.evaluation.figures import ClassFigures, Confusion, FalseAlarms
from model.evaluation.metrics import (
    PictureOutcome,
    confusion,
    cross_validate,
    expected_calibration_error,
    false_alarms,
    per_class,
    reliability,
    summary,
    unknown,
)
from model.recipes.presets import RECIPES
from model.recognition.naming.recogniser import RegionAnswer
from model.recognition.registry import Registry
from model.training.grid_search import GridSearchResult, with_basis
from model.training.open_set.held_out import HeldOut
from model.training.options import TrainingOptions
from model.training.samples import Rows, near_copies, samples
from tests.support.trained import saved

RECIPE = RECIPES["object-classic"]
HOW = ("--recipe", "object-classic", "--classifiers", "logistic_regression")
ISSUE_KEYS = {
    "pictures", "found", "failure_to_acquire", "correct", "accuracy", "accuracy_when_found",
        "per_class", "confusion",
    "seconds_per_picture", "ece", "accuracy_interval", "unreadable",
}  # fmt: skip


def region(
    best: str, probability: float = 0.9, acceptance: float = 0.8, threshold: float = 0.5
) -> RegionAnswer:
    """A region's answer, named where its score reaches the threshold."""
    known = acceptance >= threshold
    scores = {best: probability, "other": 1 - probability}
    return RegionAnswer(
        best if known else None,
        best,
        scores,
        acceptance,
        acceptance,
        "known" if known else "unknown",
    )


def answered(
    truth: str,
    *named: RegionAnswer,
    threshold: float = 0.5,
    number: list[int] = [0],  # noqa: B006
) -> PictureOutcome:
    number[0] += 1
    best = max(named, key=lambda n: (n.label is not None, n.acceptance), default=None)
    seconds = {"decode": 0.25, "predict": 0.5}
    label = best.label if best else None
    return PictureOutcome(
        Path(f"{truth}/{number[0]}.png"), truth, bool(named), label, named, seconds, threshold
    )


HAND = [
    answered("a", region("a")),
    answered("a", region("a")),
    answered("a", region("b")),
    answered("a"),  # nothing found
    answered("b", region("b")),
    answered("b", region("b", acceptance=0.2)),  # refused
]


@pytest.mark.parametrize(
    ("successes", "trials", "interval"),
    [
        (
            8,
            10,
            [0.4902, 0.9433],
        ),  # Newcombe, Statistics in Medicine 1998, and any statistics package
        (0, 10, [0.0, 0.2775]),
        (10, 10, [0.7225, 1.0]),
        (81, 263, [0.2553, 0.3662]),  # Newcombe's own first example
        (0, 0, None),
    ],
)
def test_wilson_interval(successes: int, trials: int, interval: list[float] | None) -> None:
    found = wilson(successes, trials)
    assert found == (None if interval is None else pytest.approx(interval, abs=1e-4))


def test_summary_counts_every_picture() -> None:
    figures = summary(HAND).to_json()
    assert set(figures) == ISSUE_KEYS
    assert (figures["pictures"], figures["found"], figures["correct"]) == (6, 5, 3)
    assert figures["failure_to_acquire"] == pytest.approx(1 / 6)
    assert figures["accuracy"] == pytest.approx(3 / 6)
    assert figures["accuracy_when_found"] == pytest.approx(3 / 5)
    assert figures["seconds_per_picture"] == pytest.approx(0.75)


def test_per_class_by_hand() -> None:
    table = per_class(HAND)
    assert table["a"] == ClassFigures(4, 2, 1.0, 0.5, pytest.approx(2 / 3))
    assert table["b"] == ClassFigures(2, 1, 0.5, 0.5, 0.5)


def test_confusion_by_hand() -> None:
    labels = ("a", "b", "(none)")
    assert confusion(HAND) == Confusion(labels, ("a", "b"), ((2, 1, 1), (0, 1, 1)))


def test_calibration_error_by_hand() -> None:
    """Bin .9-1: stated .95, right 1 of 2; bin .6-.7: stated .65, right 2 of 2.

    Half of .45 and half of .35.
    """
    outcomes = [
        answered("a", region("a", 0.95)),
        answered("b", region("a", 0.95)),
        answered("a", region("a", 0.65)),
        answered("a", region("a", 0.65)),
        answered("a"),
    ]
    assert expected_calibration_error(outcomes) == pytest.approx(0.40)
    rows = reliability(outcomes)
    assert [(r.low, r.pictures, r.right) for r in rows] == [(0.6, 2, 1.0), (0.9, 2, 0.5)]


def test_certainty_falls_into_the_last_bin_and_nothing_into_none() -> None:
    assert reliability([answered("a", region("a", 1.0))])[0].low == 0.9
    assert expected_calibration_error([answered("a")]) is None


def test_a_stranger_is_named_when_any_region_is() -> None:
    crowd = answered(UNKNOWN, region("a", acceptance=0.1), region("b", acceptance=0.6))
    lone = answered(UNKNOWN, region("a", acceptance=0.4))
    empty = answered(UNKNOWN)
    figures = unknown(HAND, [crowd, lone, empty, empty])
    assert figures.fpir == pytest.approx(1 / 4)
    assert figures.fnir == pytest.approx(3 / 6)
    assert (figures.strangers, figures.strangers_found) == (3, 2)
    assert figures.threshold == 0.5


def test_the_curve_passes_through_the_chosen_point() -> None:
    strangers = [answered(UNKNOWN, region("a", acceptance=s)) for s in (0.1, 0.3, 0.45, 0.7)]
    figures = unknown(HAND, strangers)
    assert min(y for x, y in figures.curve if x <= figures.fpir) == figures.fnir
    # above .7 no stranger is named: the known ones, at .8, still are
    assert figures.fnir_at_fpir_0_01 == pytest.approx(3 / 6)
    assert figures.curve[-1] == [1.0, pytest.approx(2 / 6)]


def test_folds_with_thresholds_of_their_own_meet_at_zero() -> None:
    known = [
        answered("a", region("a", acceptance=0.6, threshold=0.5)),
        answered("a", region("a", acceptance=0.6, threshold=0.7), threshold=0.7),
    ]
    strangers = [answered(UNKNOWN, region("a", acceptance=0.45))]
    figures = unknown(known, strangers)
    assert figures.fnir == 0.5
    assert [0.0, 0.5] in figures.curve
    assert figures.threshold == pytest.approx(0.6)


def test_tradeoff_by_hand() -> None:
    held = HeldOut(np.array([0.9, 0.8, 0.3]), np.array([True] * 3), np.array([0.5, 0.1]))
    assert tradeoff(held) == [[0.0, pytest.approx(1 / 3)], [0.5, 0.0], [1.0, 0.0]]


def test_a_long_curve_is_thinned_and_keeps_its_ends() -> None:
    random = np.random.default_rng(1)
    held = HeldOut(random.normal(1, 1, 500), np.full(500, True), random.normal(0, 1, 500))
    curve = tradeoff(held)
    assert 20 < len(curve) <= 50
    assert curve[0][0] == 0.0
    assert curve[-1] == [1.0, pytest.approx(held.fnir(held.strangers.min()))]
    assert all(a[0] < b[0] and a[1] >= b[1] for a, b in pairwise(curve))


def test_false_alarms_tell_found_from_named() -> None:
    nothing = [
        answered(NOTHING),
        answered(NOTHING, region("a", acceptance=0.1)),
        answered(NOTHING, region("a")),
    ]
    figures = false_alarms([*nothing, answered(NOTHING)])
    assert figures == FalseAlarms(4, 2, 1, 0.5, 0.25)


def test_special_folders_are_no_classes_of_the_figures() -> None:
    figures = summary([*HAND, answered(NOTHING), answered(UNKNOWN, region("a"))]).to_json()
    assert figures["pictures"] == 6
    assert set(figures["per_class"]) == {"a", "b"}
    assert figures["unknown"]["fpir"] == 1.0
    assert figures["false_alarms"]["found"] == 0


def test_histograms_count_everything_once() -> None:
    assert histogram(np.array([-5.0, 0.1, 0.5, 9.0, np.inf]), np.array([0.0, 0.5, 1.0])) == [2, 2]
    both = score_histograms([0.9, 0.8], [0.1])
    assert (sum(both.known), sum(both.strangers)) == (2, 1)
    assert score_histograms([], []).known == (0,) * 30


def test_more_pictures_help_where_classes_are_wide() -> None:
    """Two noisy classes in 60 dimensions: with few examples a linear model is bad, with many it is
    good.
    """
    random = np.random.default_rng(2)
    numbers = np.repeat([0, 1], 120)
    features = random.normal(0, 1, (240, 60)).astype(np.float32)
    features[numbers == 1] += 0.4
    names = tuple("ab"[n] for n in numbers)
    rows = Rows(features, names, tuple(str(i) for i in range(240)), np.arange(240))
    trial = GridSearchResult("logistic_regression", 0, 0, {"C": 0.1}, 0, 0)
    curve = learning_curve(with_basis(rows)[0], numbers, trial)
    assert [point.pictures for point in curve] == [20.0, 40.0, 60.0, 80.0]
    assert curve[-1].score > curve[0].score + 0.05
    assert all(0 <= point.score <= 1 for point in curve)


def test_views_and_copies_of_a_picture_never_part_in_a_learning_curve() -> None:
    """Labels are noise and every picture comes twice: a model that saw the copy would be right."""
    random = np.random.default_rng(3)
    features = np.repeat(random.normal(0, 1, (60, 30)), 2, axis=0).astype(np.float32)
    numbers = np.repeat(random.permutation([0, 1] * 30), 2)
    rows = Rows(
        features,
        tuple("ab"[n] for n in numbers),
        tuple(str(i // 2) for i in range(120)),
        np.arange(120) // 2,
    )
    curve = learning_curve(
        with_basis(rows)[0], numbers, GridSearchResult("svm", 0, 0, {"C": 10.0}, 0, 0)
    )
    assert curve[-1].score < 0.75


@pytest.mark.parametrize(
    ("scores", "words"),
    [
        ([], "too few"),
        ([0.5, 0.9], "gained 40.0 points"),
        ([0.9, 0.901], "will hardly help"),
        ([0.9, 0.85], "-5.0"),
    ],
)
def test_the_verdict_reads_the_last_step(scores: list[float], words: str) -> None:
    assert words in learning_verdict([LearningPoint(i, s, 0.0) for i, s in enumerate(scores)])


def test_no_learning_curve_on_a_handful_of_pictures() -> None:
    rows = Rows(np.zeros((8, 2), np.float32), tuple("aaaabbbb"), tuple("01234567"), np.arange(8))
    assert learning_curve(rows, np.repeat([0, 1], 4), GridSearchResult("svm", 0, 0, {}, 0, 0)) == []


def test_every_fold_answers_every_stranger(drawn_shapes: Path) -> None:
    shapes = samples(Dataset(drawn_shapes).items(), RECIPE)
    known, strangers = (
        [s for s in shapes if s.label != "disc"],
        [s for s in shapes if s.label == "disc"][:4],
    )
    options = TrainingOptions(classifiers=("logistic_regression",), folds=3)
    outcomes, strange = cross_validate(
        known, near_copies(known), RECIPE, options, Rounds(3, strangers)
    )
    assert [o.path for o in outcomes] == [s.path for s in known]
    assert len(strange) == 3 * 4
    figures = summary(outcomes, (), strange).unknown
    assert figures is not None and figures.strangers == 4
    assert all("predict" in o.seconds for o in outcomes)


@pytest.fixture(scope="session")
def mixed(drawn_shapes: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Crosses and squares to know, discs as strangers, a grey wall with nothing on it, a text, half
    a picture.
    """
    root = tmp_path_factory.mktemp("mixed") / "mixed"
    shutil.copytree(drawn_shapes, root)
    (root / "disc").rename(root / UNKNOWN)
    (root / NOTHING).mkdir()
    (root / NOTHING / "wall.png").write_bytes(encode(np.full((60, 80, 3), 120, np.uint8)))
    (root / "cross" / "broken.png").write_bytes((root / "cross" / "0.png").read_bytes()[:300])
    (root / "cross" / "not.jpg").write_text("a text")
    return root


def run(capsys: pytest.CaptureFixture[str], *words: object) -> dict:
    assert main([str(w) for w in words]) == 0
    return json.loads(capsys.readouterr().out)


def test_crossval_and_evaluate_print_the_same_keys(
    mixed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    saved(Registry(tmp_path), "m", mixed)
    crossed = run(capsys, "crossval", mixed, "--folds", "2", *HOW, "--json")
    judged = run(
        capsys,
        "evaluate",
        "m",
        mixed,
        "--artifacts",
        tmp_path,
        "--json",
        "--report",
        tmp_path / "r.html",
    )
    assert set(judged) == ISSUE_KEYS | {"unknown", "false_alarms", "recipe"}
    assert set(crossed) == {*judged, "baselines"}  # folds of one's own are what baselines need
    for figures in (crossed, judged):
        assert figures["pictures"] == 24
        assert sorted(Path(bad["path"]).name for bad in figures["unreadable"]) == [
            "broken.png",
            "not.jpg",
        ]
        assert figures["unknown"]["strangers"] == 12
        assert figures["false_alarms"]["pictures"] == 1
    assert judged["accuracy"] > 0.9
    assert (tmp_path / "r.html").read_text("utf-8").startswith("<!doctype html>")
    assert not list(tmp_path.glob("*.part"))


@pytest.mark.parametrize("lie", ["flat", "by person", "linked"])
def test_strangers_may_lie_flat_or_by_person(
    lie: str, drawn_shapes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    people = tmp_path / "people"
    if lie == "linked":
        people.mkdir()
        (people / "somebody").symlink_to(drawn_shapes / "disc")
    else:
        shutil.copytree(drawn_shapes / "disc", people if lie == "flat" else people / "somebody")
    shutil.copytree(drawn_shapes / "cross", tmp_path / "data" / "cross")
    shutil.copytree(drawn_shapes / "square", tmp_path / "data" / "square")
    figures = run(
        capsys, "crossval", tmp_path / "data", *HOW, "--folds", "2", "--strangers", people, "--json"
    )
    assert figures["unknown"]["strangers"] == 12
    assert figures["pictures"] == 24


def test_no_strangers_is_an_error(
    drawn_shapes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["crossval", str(drawn_shapes), *HOW, "--strangers", str(tmp_path)]) == 2
    assert "no pictures of strangers" in capsys.readouterr().err


def test_drawn_pictures_differ(drawn_shapes: Path) -> None:
    """The figures above mean something only if no two drawn pictures are near copies."""
    shapes = samples(Dataset(drawn_shapes).items(), RECIPE)
    assert len(set(near_copies(shapes).tolist())) > 30
