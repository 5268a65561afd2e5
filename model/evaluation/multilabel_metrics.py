"""Numbers about answers where a picture may carry several classes. Nothing is drawn or fitted here.

Every class of every picture is a question of its own, yes or no.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import GroupKFold

from model.evaluation.calibration import (
    ReliabilityBin,
    calibration_error,
    ratio,
    reliability_bins,
    wilson,
)
from model.evaluation.cross_validation import FoldModels, Rounds, answer_folds
from model.evaluation.figures import Curve, Interval, MultilabelClassFigures, MultilabelEvaluation
from model.evaluation.metrics import mean_seconds, passed_over
from model.recipes.recipe import Recipe
from model.recognition.naming.recogniser import Recogniser, RegionAnswer
from model.recognition.pipeline import Stopwatch
from model.training.classifiers import SEED
from model.training.multilabel import fit_multilabel
from model.training.options import TrainingOptions
from model.training.samples import Sample, TrainingSet

DRAWS, AT_ONCE = 500, 20  # resamples behind an interval; so many of them in memory


@dataclass(frozen=True)
class MultilabelOutcome:
    """One picture and what was answered for its first region.

    truth: the classes that it carries. named: None where nothing was found. seconds: by stage, as
    in `Recognition`. thresholds: the probability that each class needed.
    """

    path: Path
    truth: frozenset[str]
    named: RegionAnswer | None
    seconds: dict[str, float]
    thresholds: dict[str, float]

    @property
    def given(self) -> frozenset[str]:
        """The classes that were answered."""
        return frozenset(self.named.labels) if self.named else frozenset()

    @property
    def right(self) -> bool:
        """Was the whole set of classes answered?"""
        return self.given == self.truth

    def score(self, label: str) -> float:
        """The probability that was stated for a class; 0 where nothing was found or the class is
        not known.
        """
        return self.named.scores.get(label, 0.0) if self.named else 0.0

    def margin(self, label: str) -> float:
        """How far that lies above the threshold of its model, -1 to 1; -2 where no threshold would
        give the class.
        """
        if self.named is None or self.named.reason == "too_small" or label not in self.thresholds:
            return -2.0
        return self.score(label) - self.thresholds[label]


def multilabel_outcome(sample: Sample, recogniser: Recogniser, recipe: Recipe) -> MultilabelOutcome:
    """Answer one sample."""
    reserves = [recipe.reserve(region.quality.side) for region in sample.regions[:1]]
    watch = Stopwatch(dict(sample.seconds))
    with watch.stage("predict"):
        named = recogniser.answer(sample.views[:1], reserves)
    thresholds = dict(zip(recogniser.labels, recogniser.thresholds, strict=True))
    return MultilabelOutcome(
        sample.path, sample.classes, named[0] if named else None, watch.seconds, thresholds
    )


def cross_validate_multilabel(
    training_set: TrainingSet, recipe: Recipe, options: TrainingOptions, rounds: Rounds
) -> list[MultilabelOutcome]:
    """Every picture answered by a model that never saw it or a near copy of it, in the order of the
    folds.
    """
    copies = training_set.copies
    splitter = GroupKFold(
        max(2, min(options.folds, len(set(copies.tolist())))), shuffle=True, random_state=SEED
    )
    splits = list(splitter.split(copies, groups=copies))
    models = FoldModels(lambda fold: fit_multilabel(fold, recipe, options), multilabel_outcome)
    return list(answer_folds(training_set, splits, models, rounds).outcomes.values())


def multilabel_summary(
    outcomes: Sequence[MultilabelOutcome], unreadable: Sequence[Sample] = ()
) -> MultilabelEvaluation:
    """The figures over all pictures.

    The calibration error is over all classes of all pictures in which something was found.
    """
    labels, total = carried(outcomes), len(outcomes)
    found = sum(o.named is not None for o in outcomes)
    correct = sum(o.right for o in outcomes)
    table = {label: one_class(outcomes, label) for label in labels}
    precisions = [row.average_precision for row in table.values()]
    return MultilabelEvaluation(
        pictures=total,
        found=found,
        failure_to_acquire=(total - found) / total,
        correct=correct,
        accuracy=correct / total,
        accuracy_interval=wilson(correct, total),
        accuracy_when_found=ratio(sum(o.right for o in outcomes if o.named), found),
        subset_accuracy=correct / total,
        mean_average_precision=float(np.mean(precisions)) if precisions else None,
        mean_average_precision_interval=mean_interval(outcomes, labels),
        macro_f1=float(np.mean([row.f1 for row in table.values()])) if table else None,
        per_class=table,
        ece=calibration_error(multilabel_reliability(outcomes)),
        seconds_per_picture=mean_seconds([o.seconds for o in outcomes]),
        unreadable=passed_over(unreadable),
    )


def carried(outcomes: Sequence[MultilabelOutcome]) -> list[str]:
    """All classes that any of the pictures carries, sorted."""
    return sorted(set().union(*(o.truth for o in outcomes)))


def one_class(outcomes: Sequence[MultilabelOutcome], label: str) -> MultilabelClassFigures:
    """Figures of one class over the pictures that carry it and those that were given it."""
    true = _truth(outcomes, label)
    given = np.array([label in o.given for o in outcomes])
    right, yes, claimed = int((true & given).sum()), int(true.sum()), int(given.sum())
    thresholds = [o.thresholds[label] for o in outcomes if label in o.thresholds]
    unweighted = np.ones((1, len(true)))
    return MultilabelClassFigures(
        pictures=yes,
        correct=right,
        threshold=float(np.mean(thresholds)) if thresholds else None,
        precision=ratio(right, claimed),
        precision_interval=wilson(right, claimed),
        recall=right / yes,
        recall_interval=wilson(right, yes),
        f1=2 * right / (yes + claimed),
        average_precision=float(average_precisions(true, _scores(outcomes, label), unweighted)[0]),
    )


def _truth(outcomes: Sequence[MultilabelOutcome], label: str) -> NDArray[np.bool_]:
    return np.array([label in o.truth for o in outcomes], bool)


def _scores(outcomes: Sequence[MultilabelOutcome], label: str) -> NDArray[np.float64]:
    return np.array([o.score(label) for o in outcomes], np.float64)


def average_precisions(
    true: NDArray[np.bool_], scores: NDArray[np.float64], weights: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Average precision for each row of weights, shape (draws, pictures); nan where no true picture
    has a weight.

    Equal scores count as one step, as in `sklearn.metrics.average_precision_score`, which takes one
    row at a time.
    """
    order = np.argsort(-scores, kind="stable")
    ends = np.append(np.flatnonzero(np.diff(scores[order])), len(order) - 1)
    right = np.cumsum(weights[:, order] * true[order], axis=1)[:, ends]
    given = np.cumsum(weights[:, order], axis=1)[:, ends]
    precision = right / np.maximum(given, 1e-12)
    steps = np.diff(right, axis=1, prepend=0.0)
    total = np.where(right[:, -1] > 0, right[:, -1], np.nan)
    return np.asarray((steps * precision).sum(axis=1) / total, np.float64)


def mean_interval(outcomes: Sequence[MultilabelOutcome], labels: Sequence[str]) -> Interval | None:
    """95 % interval of the mean average precision: pictures drawn anew, with replacement, DRAWS
    times.

    A class of which a draw holds no picture is left out of that draw's mean. None without a class.
    Source: Efron, "Bootstrap methods", Annals of Statistics 1979, by percentiles.
    """
    if not labels:
        return None
    random, count = np.random.default_rng(SEED), len(outcomes)
    questions = [(_truth(outcomes, label), _scores(outcomes, label)) for label in labels]
    means: list[NDArray[np.float64]] = []
    for _ in range(DRAWS // AT_ONCE):
        weights = random.multinomial(count, np.full(count, 1 / count), size=AT_ONCE).astype(
            np.float64
        )
        table = np.stack([average_precisions(true, scores, weights) for true, scores in questions])
        known = ~np.isnan(table)
        drawn = known.any(axis=0)
        means.append(np.where(known, table, 0.0).sum(axis=0)[drawn] / known.sum(axis=0)[drawn])
    low, high = np.percentile(np.concatenate(means), [2.5, 97.5])
    return float(low), float(high)


def multilabel_reliability(
    outcomes: Sequence[MultilabelOutcome], bins: int = 10
) -> tuple[ReliabilityBin, ...]:
    """The reliability diagram over every class of every picture; bins count these."""
    labels = carried(outcomes)
    stated = [(o.score(label), label in o.truth) for o in outcomes if o.named for label in labels]
    return reliability_bins(stated, bins)


def precision_recall(outcomes: Sequence[MultilabelOutcome], label: str, points: int = 80) -> Curve:
    """Pairs [recall, precision], recall rising, one for each threshold; at most `points`, thinned
    evenly.

    Over the distance from each model's own threshold, as folds differ in theirs, so the chosen
    point lies on it.
    """
    true, margins = _truth(outcomes, label), np.array([o.margin(label) for o in outcomes])
    order = np.argsort(-margins, kind="stable")
    ends = np.append(np.flatnonzero(np.diff(margins[order])), len(order) - 1)
    ends = ends[margins[order][ends] > -2.0]
    right = np.cumsum(true[order])[ends]
    pairs: Curve = np.stack([right / max(1, true.sum()), right / (ends + 1)], axis=1).tolist()
    if len(pairs) <= points:
        return pairs
    return [pairs[i] for i in np.unique(np.linspace(0, len(pairs) - 1, points).round().astype(int))]
