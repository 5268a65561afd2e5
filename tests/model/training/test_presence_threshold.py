"""The threshold of people is fitted to empty pictures, and cuts only the tail."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from data_cleaning.datasets.class_names import NOTHING, UNKNOWN
from data_cleaning.detection.coco_ssd import FLOOR
from data_cleaning.detection.crops import Quality
from data_cleaning.detection.detection import Detection
from data_cleaning.errors import RecipeError
from model.recipes.presets import RECIPES
from model.recipes.recipe import Recipe
from model.recognition.pipeline import PictureRegion
from model.training.plan import fit_presence_judge
from model.training.presence_threshold import above_threshold, at_lowest_threshold, choose_threshold
from model.training.samples import Sample


def seen(label: str, *scores: float) -> Sample:
    """A picture with a person of each score."""
    regions = tuple(
        PictureRegion(Detection(0, 0, 40, 80, s, kind="person"), Quality(40, 100.0, 100.0, 200.0))
        for s in scores
    )
    return Sample(
        Path("x.jpg"),
        label,
        "0" * 64,
        regions,
        tuple(np.full((1, 2), s, np.float32) for s in scores),
    )


@pytest.mark.parametrize(
    ("empty", "peopled", "expected"),
    [
        pytest.param(0.05, 0.9, 0.35, id="its own where every threshold between is right"),
        pytest.param(0.7, 0.9, 0.72, id="higher where empty pictures look peopled"),
        pytest.param(0.11, 0.3, 0.3, id="lower where people are hard to see"),
    ],
)
def test_empty_pictures_set_the_threshold(empty: float, peopled: float, expected: float) -> None:
    recipe = replace(RECIPES["person-classic"], judges=False)
    pictures = (
        [seen(NOTHING, empty)] * 20
        + [seen(UNKNOWN, peopled, 0.2)] * 15
        + [seen("rider", peopled)] * 15
    )
    threshold = choose_threshold(recipe, pictures).detector.options["threshold"]
    assert threshold == pytest.approx(expected, abs=0.021)


@pytest.mark.parametrize(
    ("recipe", "copies", "judging"),
    [
        pytest.param("person-classic", range(30), True, id="different empty pictures"),
        pytest.param(
            "person-classic", [0] * 15 + list(range(15)), False, id="one wall, again and again"
        ),
        pytest.param(
            "person-classic", list(range(15)) + [0] * 15, False, id="one person, again and again"
        ),
        pytest.param("person-modern", range(30), False, id="a recipe that does not judge"),
    ],
)
def test_the_classifier_judges_where_empty_pictures_differ(
    recipe: str, copies: list[int], judging: bool
) -> None:
    pictures = [seen(NOTHING, 0.3)] * 15 + [seen(UNKNOWN, 0.6)] * 15
    chosen = choose_threshold(RECIPES[recipe], pictures, copies)
    assert chosen.judging == judging
    assert len(above_threshold(seen(NOTHING, 0.12, 0.0), chosen).regions) == (2 if judging else 0)
    again = choose_threshold(replace(chosen, judges=False), pictures, copies)
    assert not again.judging, "a model that is trained anew without judging forgets it"


def test_detector_and_classifier_are_weighed() -> None:
    random = np.random.default_rng(8)
    truth = np.arange(400) % 2 == 0
    scores = np.clip(np.where(truth, 0.3, 0.6) + random.normal(0, 0.2, 400), 0, 1)
    empty = np.clip(np.where(truth, 0.7, 0.4) + random.normal(0, 0.2, 400), 0, 1)
    both = fit_presence_judge(scores, empty, truth)
    right = [
        (fit_presence_judge(s, e, truth).shows_nobody(s, e) == truth).mean()
        for s, e in ((scores, empty * 0), (scores * 0, empty))
    ]
    assert (both.shows_nobody(scores, empty) == truth).mean() > max(right) + 0.03
    assert min(both.detector, both.classifier) > 0
    assert both.shows_nobody(np.array([0.0, 1.0]), np.array([1.0, 0.0])).tolist() == [True, False]


@pytest.mark.parametrize("few", [[], [(NOTHING, 9)], [(UNKNOWN, 9)]])
def test_too_few_pictures_set_no_threshold(few: list[tuple[str, int]]) -> None:
    pictures = [seen(label, 0.8) for label, count in few for _ in range(count)]
    assert choose_threshold(RECIPES["person-classic"], pictures) == RECIPES["person-classic"]


def test_faces_and_things_have_no_such_threshold() -> None:
    for name in ("face-classic", "object-classic"):
        assert (
            at_lowest_threshold(RECIPES[name])
            == choose_threshold(RECIPES[name], [seen(NOTHING, 0.9)] * 30)
            == RECIPES[name]
        )
        assert above_threshold(seen("x", 0.1), RECIPES[name]).regions


def test_above_drops_regions_and_their_features_together() -> None:
    one = above_threshold(seen("rider", 0.9, 0.5, 0.3), RECIPES["person-classic"])
    assert [r.detection.score for r in one.regions] == [0.9, 0.5]
    assert [float(v[0, 0]) for v in one.views] == pytest.approx([0.9, 0.5])
    altered = replace(
        seen("rider", 0.9, 0.3), extra=tuple(np.full((2, 2), s, np.float32) for s in (0.9, 0.3))
    )
    assert [
        float(e[0, 0]) for e in above_threshold(altered, RECIPES["person-classic"]).extra
    ] == pytest.approx([0.9])
    assert at_lowest_threshold(RECIPES["person-classic"]).detector.options["threshold"] == FLOOR


def test_a_recipe_for_people_says_its_threshold() -> None:
    plain = RECIPES["person-classic"].to_json()
    assert Recipe.from_json(plain) == RECIPES["person-classic"]
    plain["detector"] = {"name": "person_hog", "options": {}}
    with pytest.raises(RecipeError, match="threshold"):
        Recipe.from_json(plain)
