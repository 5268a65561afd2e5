"""People enrolled without a training: who is named then, and who is left as they were."""

from __future__ import annotations

import numpy as np
import pytest

from model.recipes.presets import RECIPES
from model.recognition.bundle import Bundle
from model.recognition.enrolling import (
    Example,
    MovedExample,
    PartlyFitted,
    can_enrol,
    pair_threshold,
    untrained,
    with_examples,
)
from model.recognition.manifest import Facts
from model.recognition.naming.gallery import Gallery, NearestExamples, project
from model.recognition.naming.recogniser import Acceptance, Classifier, Recogniser
from model.recognition.naming.stranger_population import population_of

MODERN = RECIPES["face-modern"]
RATE = MODERN.fpir
LENGTH = 128


def face(person: int, picture: int = 0) -> np.ndarray:
    """Features of a picture of somebody, near to the others of them and to nobody else's."""
    own = np.random.default_rng(person).normal(size=LENGTH)
    noise = np.random.default_rng([person, picture]).normal(size=LENGTH)
    return (own + 0.5 * noise).astype(np.float32)


def example(label: str, person: int, picture: int = 0) -> Example:
    return Example(label, f"{person}-{picture}", face(person, picture))


class ByPlace:
    """A fitted classifier of two classes: the first number of a row says which."""

    def predict_proba(self, rows: np.ndarray) -> np.ndarray:
        first = (rows[:, :1] > 0).astype(float) * 0.8 + 0.1
        return np.hstack([1 - first, first])


def trained(classifier: Classifier | None = None) -> Bundle:
    """ada is 1 and bea is 2, three pictures each, with a threshold that training corrected."""
    rows = np.stack([face(person, n) for person in (1, 2) for n in range(3)])
    owners = np.repeat([0, 1], 3)
    gallery = Gallery(
        project(None, rows), owners, tuple(f"{p}-{n}" for p in (1, 2) for n in range(3))
    )
    threshold = population_of(MODERN).threshold([3, 3], RATE) + 0.05
    rule = Acceptance("similarity", threshold, "", RATE)
    nearest = NearestExamples(gallery, 2, 33.0, threshold)
    recogniser = Recogniser(("ada", "bea"), classifier or nearest, gallery, rule)
    return Bundle("m", 4, MODERN, recogniser, Facts())


def named(bundle: Bundle, person: int) -> str | None:
    (answer,) = bundle.recogniser.answer([face(person, 99)[None]], [0.0])
    return answer.label


def test_somebody_is_known_from_one_example_on_and_strangers_stay_strangers() -> None:
    more = with_examples(trained(), [example("cyd", 3)], [])
    assert more is not None and more.labels == ("ada", "bea", "cyd")
    assert [named(more, person) for person in (1, 2, 3, 4)] == ["ada", "bea", "cyd", None]
    assert (more.name, more.version) == ("m", 4)


def test_a_model_of_examples_alone() -> None:
    first = untrained("m", MODERN, [example("cyd", 3), example("ada", 1)])
    assert first.labels == ("ada", "cyd") and first.version == 0
    assert [named(first, person) for person in (1, 2, 3)] == ["ada", None, "cyd"]
    assert first.recogniser.acceptance.threshold == population_of(MODERN).threshold([1, 1], RATE)


def test_one_person_alone_is_told_from_strangers() -> None:
    first = untrained("m", MODERN, [example("cyd", 3)])
    assert [named(first, person) for person in (3, 4, 5)] == ["cyd", None, None]


def test_the_threshold_rises_with_the_people_and_keeps_what_training_corrected() -> None:
    before = trained()
    more = with_examples(before, [example(f"p{n}", n) for n in range(10, 40)], [])
    population = population_of(MODERN)
    expected = population.threshold([3, 3, *([1] * 30)], RATE) + 0.05
    assert more.recogniser.acceptance.threshold == pytest.approx(expected, abs=1e-5)
    assert more.recogniser.acceptance.threshold > before.recogniser.acceptance.threshold


def test_who_is_taken_out_is_not_named_and_who_is_renamed_is() -> None:
    gone = [MovedExample(f"1-{n}", "ada", None) for n in range(3)]
    renamed = [MovedExample(f"2-{n}", "bea", "dot") for n in range(3)]
    left = with_examples(trained(), [], [*gone, *renamed])
    assert left.labels == ("dot",)
    assert [named(left, person) for person in (1, 2)] == [None, "dot"]
    assert not {source for source in left.recogniser.gallery.sources if source.startswith("1-")}


def test_two_become_one() -> None:
    both = with_examples(trained(), [], [MovedExample(f"2-{n}", "bea", "ada") for n in range(3)])
    assert both.labels == ("ada",)
    assert [named(both, person) for person in (1, 2)] == ["ada", "ada"]


def test_nobody_is_left() -> None:
    gone = [
        MovedExample(f"{p}-{n}", label, None)
        for p, label in ((1, "ada"), (2, "bea"))
        for n in range(3)
    ]
    assert with_examples(trained(), [], gone) is None


def test_what_a_training_knows_already_is_not_enrolled_twice() -> None:
    same = with_examples(trained(), [example("ada", 1, 0)], [])
    assert len(same.recogniser.gallery.sources) == 6


def test_a_fitted_classifier_goes_on_naming_whom_nothing_happened_to() -> None:
    before = trained(ByPlace())
    more = with_examples(before, [example("aaa", 3)], [])
    classifier = more.recogniser.classifier
    assert isinstance(classifier, PartlyFitted) and more.labels == ("aaa", "ada", "bea")
    for person in (1, 2):
        rows = face(person, 7)[None]
        old = before.recogniser.classifier.predict_proba(rows)
        assert classifier.predict_proba(rows)[0].tolist() == [0.0, *old[0].tolist()]
    assert classifier.predict_proba(face(3, 7)[None])[0].argmax() == 0
    assert named(more, 3) == "aaa"


def test_who_lost_an_example_is_named_by_what_is_left() -> None:
    more = with_examples(trained(ByPlace()), [], [MovedExample("1-0", "ada", None)])
    rows = face(1, 7)[None]
    near = more.recogniser.classifier.nearest.predict_proba(rows)
    assert np.array_equal(more.recogniser.classifier.predict_proba(rows), near)


@pytest.mark.parametrize(
    ("recipe", "can"),
    [
        ("face-modern", True),
        ("face-light", True),
        ("face-classic", False),
        ("object-modern", False),
    ],
)
def test_which_recipes_can(recipe: str, can: bool) -> None:
    assert can_enrol(RECIPES[recipe]) is can
    assert (pair_threshold(RECIPES[recipe]) > 0) is can
