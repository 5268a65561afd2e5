"""Numbers behind the plots: FNIR against FPIR, histograms, the learning curve.

Nothing is drawn or read here.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import balanced_accuracy_score

from model.training.classifiers import CLASSIFIERS, NEAREST_EXAMPLES, SEED, Splits
from model.training.grid_search import GridSearchResult, quiet
from model.training.open_set.held_out import HeldOut
from model.training.plan import enrol
from model.training.samples import Rows
from model.training.splits import grouped_splits, unaltered

SHARES = (0.25, 0.5, 0.75, 1.0)
MOST_ROWS = 3000  # a learning curve on more rows than that tells no more and takes minutes


@dataclass(frozen=True)
class ScoreHistograms:
    """Counts of known ones and of strangers between each two of `edges`."""

    edges: tuple[float, ...]
    known: tuple[int, ...]
    strangers: tuple[int, ...]


@dataclass(frozen=True)
class LearningPoint:
    """Balanced accuracy on a part of the pictures.

    pictures: of a class, on average. score: 0 to 1. spread: standard deviation over the folds.
    """

    pictures: float
    score: float
    spread: float


def tradeoff(held: HeldOut, points: int = 50) -> list[list[float]]:
    """At most `points` pairs [FPIR, FNIR], FPIR rising and FNIR falling, from "name nobody" to
    "name everybody".

    The corners of the step function that says, for each part of the strangers that may be named,
    what part of the known must be missed. Small rates are the interesting ones, so too many corners
    are thinned evenly in the logarithm.
    """
    levels = np.unique(np.concatenate([held.known, held.strangers]))
    levels = np.append(levels[np.isfinite(levels)], np.inf)
    fpirs = (len(held.strangers) - np.searchsorted(np.sort(held.strangers), levels)) / len(
        held.strangers
    )
    refused = np.searchsorted(np.sort(held.known[held.right]), levels)
    fnirs = (np.sum(~held.right) + refused) / len(held.known)
    best: dict[float, float] = {}
    for fpir, fnir in zip(fpirs.tolist(), fnirs.tolist(), strict=True):
        best[fpir] = min(fnir, best.get(fpir, 1.0))
    pairs: list[list[float]] = []
    for fpir in sorted(best):
        if not pairs or best[fpir] < pairs[-1][1] or fpir == max(best):
            pairs.append([fpir, best[fpir]])
    if len(pairs) <= points:
        return pairs
    wanted = np.unique(np.geomspace(1, len(pairs), points).round().astype(int) - 1)
    return [pairs[i] for i in wanted]


def histogram(values: NDArray[np.float64], edges: NDArray[np.float64]) -> list[int]:
    """How many finite values fall between each two edges; those outside count in the outermost
    bins.
    """
    inside = np.clip(values[np.isfinite(values)], edges[0], edges[-1])
    counts: list[int] = np.histogram(inside, edges)[0].tolist()
    return counts


def score_histograms(
    known: Sequence[float], strangers: Sequence[float], bins: int = 30
) -> ScoreHistograms:
    """Counts of known and strangers over common edges that span both."""
    both = np.array([*known, *strangers], np.float64)
    both = both[np.isfinite(both)]
    low, high = (float(both.min()), float(both.max())) if len(both) else (0.0, 1.0)
    edges = np.linspace(low, max(high, low + 1e-6), bins + 1)
    return ScoreHistograms(
        tuple(edges.tolist()),
        tuple(histogram(np.array(known, np.float64), edges)),
        tuple(histogram(np.array(strangers, np.float64), edges)),
    )


def learning_curve(
    rows: Rows, numbers: NDArray[np.int64], chosen: GridSearchResult
) -> list[LearningPoint]:
    """Balanced accuracy of the chosen classifier, its parameters fixed, for growing parts of the
    pictures.

    Three folds that keep near copies on one side; the parts are nested, drawn by picture group
    within each class. Empty where a class has fewer than 6 groups: there is nothing
    to draw parts of.
    """
    per_class = [len(set(rows.groups[numbers == n].tolist())) for n in set(numbers.tolist())]
    if len(per_class) < 2 or min(per_class) < 6:
        return []
    if len(numbers) > MOST_ROWS:
        kept = _part(np.arange(len(numbers)), numbers, rows.groups, MOST_ROWS / len(numbers))
        rows, numbers = rows.subset(kept), numbers[kept]
    splits = unaltered(grouped_splits(numbers, rows.groups, 3), rows.altered)
    with quiet():
        return [_point(share, rows, numbers, splits, chosen) for share in SHARES]


def _point(
    share: float, rows: Rows, numbers: NDArray[np.int64], splits: Splits, chosen: GridSearchResult
) -> LearningPoint:
    scores, pictures = [], []
    for learn, test in splits:
        part = _part(learn, numbers, rows.groups, share)
        named = _named(rows, numbers, part, test, chosen)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a fold without a class is scored over the others
            scores.append(balanced_accuracy_score(numbers[test], named))
        pictures.append(len({rows.sources[i] for i in part}) / len(set(numbers.tolist())))
    return LearningPoint(float(np.mean(pictures)), float(np.mean(scores)), float(np.std(scores)))


def _named(
    rows: Rows,
    numbers: NDArray[np.int64],
    learn: NDArray[np.int64],
    test: NDArray[np.int64],
    trial: GridSearchResult,
) -> NDArray[np.int64]:
    """The class that some rows are given by what others taught."""
    if trial.name == NEAREST_EXAMPLES:
        classes = int(numbers.max()) + 1
        gallery = enrol(rows.subset(learn), numbers[learn], classes)
        nearest: NDArray[np.int64] = gallery.similarity(rows.features[test], classes).argmax(axis=1)
        return nearest
    model = CLASSIFIERS[trial.name].make().set_params(**trial.parameters)
    model.fit(rows.inside[learn], numbers[learn])
    return np.asarray(model.predict(rows.inside[test]))


def _part(
    learn: NDArray[np.int64], numbers: NDArray[np.int64], groups: NDArray[np.int64], share: float
) -> NDArray[np.int64]:
    """Of those rows the share of each class's groups that comes first in one fixed order; at least
    two groups.
    """
    order = np.random.default_rng(SEED).permutation(int(groups.max()) + 1)
    kept = np.zeros(len(learn), bool)
    for number in set(numbers[learn].tolist()):
        mine = np.unique(groups[learn][numbers[learn] == number])
        first = sorted(mine.tolist(), key=lambda g: order[g])[: max(2, round(share * len(mine)))]
        kept |= (numbers[learn] == number) & np.isin(groups[learn], first)
    return learn[kept]


def learning_verdict(curve: Sequence[LearningPoint]) -> str:
    """What a learning curve says to somebody who asks whether more pictures would help."""
    if len(curve) < 2:
        return (
            "There are too few pictures to tell whether more would help. They nearly always do at"
            " this stage."
        )
    gain = 100 * (curve[-1].score - curve[-2].score)
    if gain >= 1:
        return (
            f"The last quarter of the pictures still gained {gain:.1f} points: more pictures will"
            " probably help."
        )
    return (
        f"The last quarter of the pictures changed the score by {gain:+.1f} points: more pictures"
        " of the same kind will hardly help. Look at the mistakes instead, and add pictures like"
        " those."
    )
