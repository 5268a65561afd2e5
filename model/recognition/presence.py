"""Is anybody there? The threshold of a detector of people, and the answers that rest on it.

Nothing is fitted here.

A picture shows nobody, somebody, or somebody with a name. The words for that, which older services
answered with and clients still read, are made here and nowhere else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data_cleaning.datasets.dataset import NOTHING, UNKNOWN
from data_cleaning.detection.person_detectors import FLOOR
from model.recipes.recipe import Recipe, Step
from model.training.samples import Sample

HUMAN, NO_HUMAN = "Human", "No Human"
ENOUGH = 10  # pictures with and without people, below which a threshold is not chosen anew
_GRID = np.arange(FLOOR, 0.901, 0.02)


def wide(recipe: Recipe) -> Recipe:
    """The recipe that reports all that its detector of people sees, so that a threshold can be
    chosen later.
    """
    if recipe.subject != "person":
        return recipe
    least = _at(recipe, FLOOR)
    return _doubtful(least) if recipe.judges else least


def settled(
    recipe: Recipe, all_samples: Sequence[Sample], copies: Sequence[int] | NDArray[np.int64] = ()
) -> Recipe:
    """The recipe with the detector's threshold that suits these pictures; copies: near-copy group
    of each.

    A recipe that judges lets the classifier have its say where at least 10 groups of `_none` and 10
    others have regions. Else, where there are at least 10 pictures of `_none` and 10 others: of all
    thresholds whose balanced accuracy of "somebody or nobody" lies within one standard error of the
    best, the nearest to the recipe's own. Samples should have been looked at with `wide(recipe)`;
    no threshold below theirs can be chosen well.
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
    return _at(recipe, _nearest_good(empty, peopled, float(recipe.detector.options["threshold"])))


def above(one: Sample, recipe: Recipe) -> Sample:
    """The sample with the regions that a recipe's detector of people would have reported at its
    threshold.
    """
    if recipe.subject != "person":
        return one
    least = 0.0 if recipe.judging else max(recipe.detector.options["threshold"], FLOOR)
    kept = [i for i, r in enumerate(one.regions) if r.detection.score >= least]
    extra = tuple(one.extra[i] for i in kept) if one.extra else ()
    return replace(
        one,
        regions=tuple(one.regions[i] for i in kept),
        views=tuple(one.views[i] for i in kept),
        extra=extra,
    )


def known_answer(human_detected: bool, label: str | None) -> tuple[str, str] | str:
    """What a picture shows in the words of older services; label: the data set's own, or None.

    ("human_detected", label), ("human_detected", "others") or "no human detected".
    """
    if not human_detected:
        return "no human detected"
    return "human_detected", label or "others"


def way(human_detected: bool, label: str | None) -> str:
    """The same as one class of three (or more, with more labels): the label, "Human" or "No Human"."""
    if not human_detected:
        return NO_HUMAN
    return label or HUMAN


def ways(answers: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """Figures over (truth, said) pairs: truth a folder's name, `_unknown` and `_none` among them;
    said by `way`.

    labels: of columns; truths: of rows; matrix; recall by truth; balanced_accuracy, the mean of
    recalls. human_balanced_accuracy: of somebody or nobody alone, or None where no truth is nobody
    (or somebody).
    """
    pairs = [
        ({UNKNOWN: HUMAN, NOTHING: NO_HUMAN}.get(truth, truth), said) for truth, said in answers
    ]
    named = sorted({name for pair in pairs for name in pair} - {HUMAN, NO_HUMAN})
    columns = [*named, HUMAN, NO_HUMAN]
    truths = [name for name in columns if any(truth == name for truth, _ in pairs)]
    matrix = [
        [sum(pair == (truth, said) for pair in pairs) for said in columns] for truth in truths
    ]
    recall = {t: row[columns.index(t)] / sum(row) for t, row in zip(truths, matrix, strict=True)}
    somebody = [said != NO_HUMAN for truth, said in pairs if truth != NO_HUMAN]
    nobody = [said == NO_HUMAN for truth, said in pairs if truth == NO_HUMAN]
    return {
        "labels": columns,
        "truths": truths,
        "matrix": matrix,
        "recall": recall,
        "balanced_accuracy": sum(recall.values()) / len(recall) if recall else None,
        "human_balanced_accuracy": (
            float(np.mean(somebody) + np.mean(nobody)) / 2 if somebody and nobody else None
        ),
    }


def _at(recipe: Recipe, threshold: float) -> Recipe:
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
    for one, number in zip(all_samples, numbers, strict=True):
        if one.views:
            groups[one.label == NOTHING].add(int(number))
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
