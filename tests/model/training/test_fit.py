"""From samples to a recogniser: splits, search, refusing, assignment, and what too little data
says.
"""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from data_cleaning.datasets.class_names import NOTHING, UNKNOWN
from data_cleaning.datasets.dataset import Dataset
from data_cleaning.detection.crops import Quality
from data_cleaning.detection.detection import Detection
from data_cleaning.errors import DatasetError
from model.evaluation.cross_validation import Rounds
from model.evaluation.metrics import cross_validate, summary
from model.recipes.presets import RECIPES
from model.recipes.recipe import Step
from model.recognition.naming.gallery import Gallery, nearest_mean
from model.recognition.naming.recogniser import Acceptance, Recogniser, assign, class_numbers
from model.recognition.pipeline import PictureRegion
from model.training.fit import fit
from model.training.open_set.held_out import HeldOut
from model.training.options import TrainingOptions
from model.training.samples import Sample, near_copies, samples, training_rows
from model.training.splits import grouped_splits

RECIPE = RECIPES["object-classic"]
LIGHT = RECIPES["face-light"]
# Nobody measured how alike strangers look to these features.
UNMEASURED = replace(RECIPES["face-modern"], features=(Step("lbp"),), fpir=0.01)
QUICK = TrainingOptions(classifiers=("logistic_regression",), folds=3)


@pytest.fixture(scope="session")
def shapes(drawn_shapes: Path) -> list[Sample]:
    return samples(Dataset(drawn_shapes).items(), RECIPE)


def sample(label: str, vector: list[float], number: int) -> Sample:
    """A sample with one region and given features, and a hash that is like no other."""
    views = (np.array([vector], np.float32),)
    bits = np.random.default_rng(number).integers(0, 256, 32).astype(np.uint8)
    return Sample(Path(f"{number}.png"), label, f"{number:064x}", (_region(100),), views, bits)


def test_folds_keep_every_group_on_one_side() -> None:
    numbers = np.repeat([0, 1, 2], 20)
    groups = np.arange(60) // 4
    for learn, test in grouped_splits(numbers, groups, 5):
        assert not set(groups[learn]) & set(groups[test])
        assert set(numbers[test]) == {0, 1, 2}


@pytest.mark.parametrize(("smallest", "folds"), [(2, 2), (3, 3), (9, 5)])
def test_small_classes_mean_fewer_folds(smallest: int, folds: int) -> None:
    numbers = np.array([0] * 20 + [1] * smallest)
    assert len(grouped_splits(numbers, np.arange(len(numbers)), 5)) == folds


def test_three_shapes_are_told_apart_by_pictures_never_seen(shapes: list[Sample]) -> None:
    figures = summary(
        cross_validate(shapes, near_copies(shapes), RECIPE, QUICK, Rounds(folds=3))[0]
    )
    assert figures.pictures == figures.found == 36
    assert figures.accuracy is not None and figures.accuracy > 0.8


def test_all_three_classifiers_are_compared(shapes: list[Sample]) -> None:
    """And each fit of theirs is told: 2, 5 and 2 settings on 3 folds."""
    told: list[tuple[str, int, int]] = []
    options, copies = TrainingOptions(folds=3), near_copies(shapes)
    training = fit(shapes, copies, RECIPE, options, lambda *step: told.append(step[:3]))
    assert {t.name for t in training.searches} == {"svm", "logistic_regression", "random_forest"}
    assert training.chosen == max(training.searches, key=lambda t: t.score).name
    assert told[-1] == ("calibrate", 0, 1)
    assert sorted(set(told[:-1])) == [("search", done, 27) for done in range(28)]


def test_private_training_keeps_no_support_vectors(shapes: list[Sample]) -> None:
    training = fit(shapes, near_copies(shapes), RECIPE, TrainingOptions(folds=3, private=True))
    assert "svm" not in {t.name for t in training.searches}


def test_probabilities_sum_to_one_in_label_order(shapes: list[Sample]) -> None:
    model = fit(shapes, near_copies(shapes), RECIPE, QUICK).recogniser
    for one in shapes[:6]:
        (named,) = model.answer(one.views, [0.0])
        assert list(named.scores) == ["cross", "disc", "square"]
        assert sum(named.scores.values()) == pytest.approx(1)
        assert named.best == max(named.scores, key=named.scores.__getitem__)


def test_strangers_get_no_name_and_known_ones_do() -> None:
    """Two directions are known; a third is only in _unknown, a fourth was never seen at all."""
    random = np.random.default_rng(3)
    centres = {"a": [1, 0, 0, 0], "b": [0, 1, 0, 0], UNKNOWN: [0, 0, 1, 0]}
    data = [
        sample(label, (np.array(c) + random.normal(0, 0.05, 4)).tolist(), 100 * i + k)
        for i, (label, c) in enumerate(centres.items())
        for k in range(30)
    ]
    model = fit(data, near_copies(data), UNMEASURED, QUICK).recogniser
    assert model.labels == ("a", "b")
    assert model.acceptance.basis == "pictures of _unknown"
    answers = {d.label: model.answer(d.views, [0.0])[0] for d in data}
    assert (answers["a"].label, answers["b"].label, answers[UNKNOWN].label) == ("a", "b", None)
    stranger = model.answer([np.array([[0, 0, 0, 1]], np.float32)], [0.0])[0]
    assert (stranger.label, stranger.reason) == (None, "unknown")


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        (["a"] * 5, "only one class, a"),
        (["a"] * 5 + ["b"], r"Class b has 1 pictures, of which 1 .* at least 2"),
    ],
)
def test_too_little_says_what_is_missing(labels: list[str], words: str) -> None:
    data = [sample(label, [i, 1.0, 0.5], i) for i, label in enumerate(labels)]
    with pytest.raises(DatasetError, match=words):
        fit(data, near_copies(data), UNMEASURED, QUICK)


def test_pictures_with_nothing_to_learn_from_are_counted() -> None:
    data = [Sample(Path(f"{i}.png"), "ab"[i % 2], f"{i:064x}") for i in range(8)]
    with pytest.raises(DatasetError, match="In none of the 8 pictures was there a face"):
        fit(data, np.arange(8), UNMEASURED, QUICK)


def test_the_odd_face_out_is_not_chosen_for_training() -> None:
    """Nine pictures of one face; the tenth shows somebody else larger,
    and the same face smaller.
    """
    random = np.random.default_rng(5)
    alike = [sample("a", [1, 0, random.normal(0, 0.02)], i) for i in range(9)]
    stranger, same = np.array([[0, 1, 0]], np.float32), np.array([[1, 0, 0]], np.float32)
    regions = (_region(200), _region(50))
    mixed = Sample(Path("x.png"), "a", "f" * 64, regions, (stranger, same), np.zeros(32, np.uint8))
    others = [sample("b", [0, 0.1, 1], 50 + i) for i in range(9)]
    data = [*alike, mixed, *others]
    rows = training_rows(data, near_copies(data), UNMEASURED)
    assert rows.features[rows.sources.index("f" * 64)].tolist() == [1, 0, 0]


def _region(size: int) -> PictureRegion:
    return PictureRegion(Detection(0, 0, size, size), Quality(size, 0.5, 20.0, 200.0))


@pytest.mark.parametrize(
    ("probabilities", "believed", "expected"),
    [
        ([[0.9, 0.1]], [[True, True]], {0: 0}),
        ([[0.9, 0.1]], [[False, True]], {}),
        ([[0.9, 0.1], [0.2, 0.8]], [[True, True], [True, True]], {0: 0, 1: 1}),
        # both look like the first class: the surer one gets it, the other its own second where that
        # is believed
        ([[0.9, 0.1], [0.6, 0.4]], [[True, False], [True, True]], {0: 0, 1: 1}),
        ([[0.9, 0.1], [0.6, 0.4]], [[True, False], [True, False]], {0: 0}),
        # the pair with the larger sum wins, not the largest single one
        ([[0.9, 0.8], [0.85, 0.0]], [[True, True], [True, True]], {0: 1, 1: 0}),
    ],
)
def test_a_class_is_given_once_a_picture(
    probabilities: list, believed: list, expected: dict
) -> None:
    assert assign(np.array(probabilities), np.array(believed)) == expected


def test_the_best_answer_stays_the_largest_probability_when_a_class_is_taken() -> None:
    gallery = Gallery(np.eye(2, dtype=np.float32), np.array([0, 1]), ("x", "y"))
    model = Recogniser(
        ("a", "b"), _Fixed([[0.9, 0.1], [0.6, 0.4]]), gallery, Acceptance("probability", 0.3)
    )
    first, second = model.answer([np.zeros((1, 2), np.float32)] * 2, [0.0, 0.0])
    assert (first.label, second.label) == ("a", "b")
    for named in (first, second):
        assert named.best == max(named.scores, key=named.scores.__getitem__)
        assert sum(named.scores.values()) == pytest.approx(1)


@pytest.mark.parametrize(
    ("side", "reserve"),
    [(400, 0.0), (80, 0.0), (40, 0.01), (24, 0.01 * math.log2(80 / 24)), (23, math.inf)],
)
def test_what_a_face_of_some_side_must_be_above_the_threshold(side: int, reserve: float) -> None:
    assert LIGHT.reserve(side) == pytest.approx(reserve)
    assert RECIPES["face-classic"].reserve(side) == (math.inf if side < 24 else 0.0)


def test_thresholds_are_fitted_to_what_answering_takes_off() -> None:
    """The same small face of a stranger costs the large ones nothing: the threshold lies lower by
    its reserve.
    """
    rng = np.random.default_rng(7)
    centres = np.eye(4)
    data = [
        sample("abcd"[n], (centres[n] + rng.normal(0, 0.3, 4)).tolist(), 100 * n + k)
        for n in range(4)
        for k in range(20)
    ]
    small = [
        replace(one, regions=(replace(one.regions[0], quality=Quality(20, 1.0, 0.0, 255.0)),))
        for one in data
    ]
    careful = replace(UNMEASURED, caution=0.05, smallest=20)
    plain, wary = (
        fit(
            some, near_copies(some), careful, replace(QUICK, strict=True)
        ).recogniser.acceptance.threshold
        for some in (data, small)
    )
    assert wary == pytest.approx(plain - 0.1)


def test_a_region_too_small_to_tell_gets_no_name() -> None:
    gallery = Gallery(np.eye(2, dtype=np.float32), np.array([0, 1]), ("x", "y"))
    model = Recogniser(("a", "b"), _Fixed([[0.9, 0.1]]), gallery, Acceptance("probability", 0.3))
    (named,) = model.answer([np.zeros((1, 2), np.float32)], [math.inf])
    assert (named.label, named.reason, named.best) == (None, "too_small", "a")


@pytest.mark.parametrize(
    ("score", "reserve", "label"),
    [
        ("similarity", 0.0, "a"),
        ("similarity", 0.05, "a"),
        ("similarity", 0.15, None),
        ("probability", 0.15, "a"),
    ],
)
def test_a_small_face_must_be_more_alike(score: str, reserve: float, label: str | None) -> None:
    """The region is alike to a by .8, and probable by .9; both thresholds are .7."""
    gallery = Gallery(np.eye(2, dtype=np.float32), np.array([0, 1]), ("x", "y"))
    model = Recogniser(("a", "b"), _Fixed([[0.9, 0.1]]), gallery, Acceptance(score, 0.7))
    (named,) = model.answer([np.array([[0.8, 0.6]], np.float32)], [reserve])
    assert named.label == label
    assert named.similarity == pytest.approx(0.8)
    assert named.acceptance == pytest.approx(0.8 - reserve if score == "similarity" else 0.9)


class _Fixed:
    """A classifier with the answers that it is given."""

    def __init__(self, answers: list[list[float]]) -> None:
        self.answers = np.array(answers)

    def predict_proba(self, rows: np.ndarray) -> np.ndarray:
        return self.answers


@pytest.mark.parametrize(("fpir", "threshold"), [(0.0, 0.9), (0.1, 0.8), (0.5, 0.4), (1.0, 0.0)])
def test_the_threshold_lets_through_what_was_wished(fpir: float, threshold: float) -> None:
    held = HeldOut(np.array([1.0]), np.array([True]), np.arange(10) / 10)
    chosen = held.threshold_at(fpir)
    assert chosen == pytest.approx(threshold, abs=1e-9)
    assert held.fpir(chosen) <= fpir + (fpir == 1.0)


def test_fnir_counts_refusals_and_wrong_names() -> None:
    held = HeldOut(
        np.array([0.9, 0.8, 0.3, 0.95]), np.array([True, True, True, False]), np.array([0.1])
    )
    assert held.fnir(0.5) == 0.5


@pytest.mark.parametrize(
    ("cosines", "mean"),
    [([[0.9, 0.1, 0.6, 0.3]], 0.6), ([[0.5]], 0.5), ([[0.2, 0.4]], 0.3), ([[]], -1.0)],
)
def test_similarity_is_the_mean_of_the_three_nearest(cosines: list, mean: float) -> None:
    assert nearest_mean(np.array(cosines, float).reshape(1, -1))[0] == pytest.approx(mean)


def test_strangers_and_nobody_are_the_last_numbers_and_no_labels() -> None:
    labels, numbers = class_numbers(["b", UNKNOWN, "a", NOTHING])
    assert labels == ("a", "b")
    assert numbers.tolist() == [1, 2, 0, 3]
