"""Numbers about answers: what a model gets right, misses, refuses and takes for somebody. Nothing is drawn here.

Accuracy never stands alone: failure to acquire, the part of strangers named (FPIR) and of known people
missed (FNIR), and calibration stand beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data_cleaning.dataset import NOTHING, UNKNOWN
from model.pipeline import large_enough
from model.presence import above, way, ways
from model.recipe import Recipe
from model.recogniser import Named, Recogniser, speaker
from model.samples import Sample
from model.train import Splits, Wishes, fit, grouped_splits

NOBODY = "(none)"  # the confusion matrix's column for pictures that get no name


@dataclass(frozen=True)
class Outcome:
    """One picture, its truth, and what was answered.

    found: at least one detection. label: the picture's answer or None. named: answers of all its regions.
    """

    path: Path
    truth: str
    found: bool
    label: str | None
    named: tuple[Named, ...]
    seconds: float

    @property
    def best(self) -> Named | None:
        """The region that speaks for the picture: the best known one, else the one nearest to being known."""
        return speaker(self.named)


def outcome(one: Sample, recogniser: Recogniser, recipe: Recipe) -> Outcome:
    """Answer one sample."""
    one = above(one, recipe)
    large = [large_enough(region, recipe) for region in one.regions]
    named = tuple(recogniser.answer(one.views, large, recipe.once))
    best = speaker(named)
    label = best.label if best else None
    return Outcome(one.path, one.label, bool(one.regions), label, named, sum(one.seconds.values()))


def cross_validate(
    all_samples: Sequence[Sample],
    copies: NDArray[np.int64],
    recipe: Recipe,
    wishes: Wishes,
    folds: int = 5,
    progress: Callable[[int, int], None] | None = None,
) -> list[Outcome]:
    """Every picture answered by a model that never saw it or a near copy of it, from detection to answer."""
    labels = sorted({s.label for s in all_samples})
    numbers = np.array([labels.index(s.label) for s in all_samples])
    splits: Splits = grouped_splits(numbers, copies, folds)
    outcomes: dict[int, Outcome] = {}
    for number, (learn, test) in enumerate(splits, 1):
        training = fit([all_samples[i] for i in learn], copies[learn], recipe, wishes)
        outcomes |= {int(i): outcome(all_samples[i], training.recogniser, training.recipe) for i in test}
        if progress:
            progress(number, len(splits))
    return [outcomes[i] for i in range(len(all_samples))]


def summary(outcomes: Sequence[Outcome], unreadable: Sequence[Sample] = ()) -> dict[str, Any]:
    """The figures that `evaluate` and `crossval` print, as plain data.

    Over pictures of known classes: pictures, found, failure_to_acquire, correct, accuracy (of all
    pictures), accuracy_when_found, accuracy_interval (Wilson, 95 %), per_class, confusion,
    seconds_per_picture, ece. unknown: where there are strangers. unreadable: files passed over.
    """
    known = [o for o in outcomes if o.truth not in (UNKNOWN, NOTHING)]
    found = sum(o.found for o in known)
    correct = sum(o.label == o.truth for o in known)
    figures: dict[str, Any] = {
        "pictures": len(known),
        "found": found,
        "failure_to_acquire": _ratio(len(known) - found, len(known)),
        "correct": correct,
        "accuracy": _ratio(correct, len(known)),
        "accuracy_interval": wilson(correct, len(known)),
        "accuracy_when_found": _ratio(correct, found),
        "per_class": per_class(known),
        "confusion": confusion(known),
        "ece": expected_calibration_error(known),
        "seconds_per_picture": _ratio(sum(o.seconds for o in outcomes), len(outcomes)),
        "unreadable": [{"path": str(s.path), "error": s.error} for s in unreadable],
    }
    return figures


def presence(outcomes: Sequence[Outcome], recipe: Recipe) -> dict[str, Any]:
    """{"ways": `presence.ways`} for recipes of people where there are pictures of `_unknown` or `_none`, else {}."""
    special = any(o.truth in (UNKNOWN, NOTHING) for o in outcomes)
    if recipe.subject != "person" or not special:
        return {}
    return {"ways": ways([(o.truth, way(o.found, o.label)) for o in outcomes])}


def per_class(outcomes: Sequence[Outcome]) -> dict[str, dict[str, float | int | None]]:
    """Pictures, precision, recall and F1 of each class."""
    table: dict[str, dict[str, float | int | None]] = {}
    for label in sorted({o.truth for o in outcomes}):
        true = sum(o.truth == label for o in outcomes)
        said = sum(o.label == label for o in outcomes)
        right = sum(o.truth == label == o.label for o in outcomes)
        precision, recall = _ratio(right, said), _ratio(right, true)
        table[label] = {
            "pictures": true,
            "correct": right,
            "precision": precision,
            "recall": recall,
            "f1": 2 * right / (said + true) if said + true else None,
        }
    return table


def confusion(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """labels: names of columns, the last one for no name; matrix: a row per true class in that order."""
    truths = sorted({o.truth for o in outcomes})
    columns = [*sorted({*truths, *(o.label for o in outcomes if o.label)}), NOBODY]
    matrix = [[sum(o.truth == t and (o.label or NOBODY) == c for o in outcomes) for c in columns] for t in truths]
    return {"labels": columns, "truths": truths, "matrix": matrix}


def expected_calibration_error(outcomes: Sequence[Outcome], bins: int = 10) -> float | None:
    """Mean distance between stated probability and share of right ones, over equal bins, weighted by size.

    Over the region that speaks for each picture with one, its best class. Source: Naeini et al., AAAI 2015.
    """
    spoken = [(o.best.probability, o.best.best == o.truth) for o in outcomes if o.best]
    if not spoken:
        return None
    probability, right = np.array([p for p, _ in spoken]), np.array([r for _, r in spoken], float)
    bin_of = np.minimum((probability * bins).astype(int), bins - 1)
    gaps = [
        abs(float(probability[bin_of == b].mean() - right[bin_of == b].mean())) * float((bin_of == b).mean())
        for b in range(bins)
        if (bin_of == b).any()
    ]
    return sum(gaps)


def wilson(successes: int, trials: int, z: float = 1.96) -> list[float] | None:
    """95 % interval of a proportion. Source: Wilson, JASA 1927."""
    if trials == 0:
        return None
    share = successes / trials
    middle = (share + z * z / (2 * trials)) / (1 + z * z / trials)
    half = z / (1 + z * z / trials) * np.sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials))
    return [max(0.0, float(middle - half)), min(1.0, float(middle + half))]


def _ratio(part: float, whole: float) -> float | None:
    return part / whole if whole else None
