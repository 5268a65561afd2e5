"""The threshold of a detector of people: searched below it, chosen on a data set, then applied.

Works on samples; nothing else is fitted here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from data_cleaning.datasets.class_names import NOTHING
from data_cleaning.detection.coco_ssd import FLOOR
from model.recipes.recipe import Recipe, Step
from model.training.samples import Sample

ENOUGH = 10  # pictures with and without people, below which a threshold is not chosen anew
_GRID = np.arange(FLOOR, 0.901, 0.02)


def at_lowest_threshold(recipe: Recipe) -> Recipe:
    """The recipe that reports all that its detector of people sees, so that a threshold can be
    chosen later.
    """
    if recipe.subject != "person":
        return recipe
    least = _at_threshold(recipe, FLOOR)
    return _doubtful(least) if recipe.judges else least


def choose_threshold(
    recipe: Recipe, all_samples: Sequence[Sample], copies: Sequence[int] | NDArray[np.int64] = ()
) -> Recipe:
    """The recipe with the detector's threshold that suits these pictures; copies: near-copy group
    of each.

    A recipe that judges lets the classifier have its say where at least 10 groups of `_none` and 10
    others have regions. Else, where there are at least 10 pictures of `_none` and 10 others: of all
    thresholds whose balanced accuracy of "somebody or nobody" lies within one standard error of the
    best, the nearest to the recipe's own. Samples should have been measured with
    `at_lowest_threshold`; no threshold below theirs can be chosen well.
    """
    if recipe.subject != "person":
        return recipe
    recipe = _certain(recipe)
    if recipe.judges and _can_judge(all_samples, copies):
        return _doubtful(recipe)
    empty = _best_scores([s for s in all_samples if s.label == NOTHING])
    peopled = _best_scores([s for s in all_samples if s.label != NOTHING])
    if min(len(empty), len(peopled)) < ENOUGH:
        return recipe
    return _at_threshold(
        recipe, _nearest_good(empty, peopled, float(recipe.detector.options["threshold"]))
    )


def above_threshold(sample: Sample, recipe: Recipe) -> Sample:
    """The sample with the regions that a recipe's detector of people would have reported at its
    threshold.
    """
    if recipe.subject != "person":
        return sample
    least = 0.0 if recipe.judging else max(float(recipe.detector.options["threshold"]), FLOOR)
    kept = [i for i, r in enumerate(sample.regions) if r.detection.score >= least]
    extra = tuple(sample.extra[i] for i in kept) if sample.extra else ()
    return replace(
        sample,
        regions=tuple(sample.regions[i] for i in kept),
        views=tuple(sample.views[i] for i in kept),
        extra=extra,
    )


def _at_threshold(recipe: Recipe, threshold: float) -> Recipe:
    options = {**recipe.detector.options, "threshold": round(threshold, 4)}
    return replace(recipe, detector=Step(recipe.detector.name, options))


def _doubtful(recipe: Recipe) -> Recipe:
    return replace(
        recipe, detector=Step(recipe.detector.name, {**recipe.detector.options, "doubtful": True})
    )


def _certain(recipe: Recipe) -> Recipe:
    options = {name: value for name, value in recipe.detector.options.items() if name != "doubtful"}
    return replace(recipe, detector=Step(recipe.detector.name, options))


def _can_judge(all_samples: Sequence[Sample], copies: Sequence[int] | NDArray[np.int64]) -> bool:
    """Different pictures of `_none`, that is: the frames of one quiet camera teach one wall, not
    emptiness.
    """
    numbers = copies if len(copies) else range(len(all_samples))
    groups: list[set[int]] = [set(), set()]
    for sample, number in zip(all_samples, numbers, strict=True):
        if sample.views:
            groups[sample.label == NOTHING].add(int(number))
    return min(map(len, groups)) >= ENOUGH


def _best_scores(some: Sequence[Sample]) -> NDArray[np.float64]:
    return np.array([max((r.detection.score for r in s.regions), default=0.0) for s in some])


def _nearest_good(empty: NDArray[np.float64], peopled: NDArray[np.float64], own: float) -> float:
    seen = np.array([(peopled >= t).mean() for t in _GRID])
    passed = np.array([(empty < t).mean() for t in _GRID])
    balanced = (seen + passed) / 2
    best = int(np.argmax(balanced))
    spread = (
        np.sqrt(
            seen[best] * (1 - seen[best]) / len(peopled)
            + passed[best] * (1 - passed[best]) / len(empty)
        )
        / 2
    )
    good = _GRID[balanced >= balanced[best] - spread]
    within = (
        good.min() <= own <= good.max()
        and balanced[np.abs(_GRID - own).argmin()] >= balanced[best] - spread
    )
    return own if within else float(good[np.abs(good - own).argmin()])
