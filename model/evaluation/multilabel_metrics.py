"""Numbers about answers where a picture may carry several classes. Nothing is drawn or fitted here.

Every class of every picture is a question of its own, yes or no; the counterpart of `evaluate`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import GroupKFold

from data_cleaning.progress import ProgressCallback
from model.evaluation.metrics import binned, calibration_error, wilson
from model.recipes.recipe import Recipe
from model.recognition.pipeline import Stopwatch
from model.recognition.recogniser import Recogniser, RegionAnswer
from model.training.classifiers import SEED
from model.training.multilabel import How, Truths, fit_many
from model.training.samples import Sample

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


def verdict(
    one: Sample, truths: Truths, recogniser: Recogniser, recipe: Recipe
) -> MultilabelOutcome:
    """Answer one sample."""
    reserves = [recipe.reserve(region.quality.side) for region in one.regions[:1]]
    watch = Stopwatch(dict(one.seconds))
    with watch.stage("predict"):
        named = recogniser.answer(one.views[:1], reserves)
    thresholds = dict(zip(recogniser.labels, recogniser.thresholds, strict=True))
    return MultilabelOutcome(
        one.path, truths[one.sha256], named[0] if named else None, watch.seconds, thresholds
    )


def cross_validate_many(
    all_samples: Sequence[Sample],
    truths: Truths,
    copies: NDArray[np.int64],
    how: How,
    progress: ProgressCallback | None = None,
) -> list[MultilabelOutcome]:
    """Every picture answered by a model that never saw it or a near copy of it, in the sample order
    of the folds.
    """
    verdicts: list[MultilabelOutcome] = []
    splitter = GroupKFold(
        max(2, min(how.options.folds, len(set(copies.tolist())))), shuffle=True, random_state=SEED
    )
    splits = list(splitter.split(copies, groups=copies))
    for number, (learn, test) in enumerate(splits, 1):
        training = fit_many([all_samples[i] for i in learn], truths, copies[learn], how)
        verdicts += [verdict(all_samples[i], truths, training.recogniser, how.recipe) for i in test]
        if progress:
            progress(number, len(splits))
    return verdicts


def summary_many(
    verdicts: Sequence[MultilabelOutcome], unreadable: Sequence[Sample] = ()
) -> dict[str, Any]:
    """The figures of `evaluate` and `crossval` where a picture may carry several classes, as plain
    data.

    correct and accuracy count pictures whose whole set of classes is right (subset accuracy).
    mean_average_precision and macro_f1 are means over the classes; per_class is as of `one_class`.
    ece: how far stated probabilities are off, over all classes of all pictures in which something
    was found. Intervals are of 95 %.
    """
    labels = carried(verdicts)
    found = sum(v.named is not None for v in verdicts)
    correct = sum(v.right for v in verdicts)
    each = {label: one_class(verdicts, label) for label in labels}
    precisions = [row["average_precision"] for row in each.values()]
    return {
        "multi_label": True,
        "pictures": len(verdicts),
        "found": found,
        "failure_to_acquire": (len(verdicts) - found) / len(verdicts),
        "correct": correct,
        "accuracy": correct / len(verdicts),
        "accuracy_interval": wilson(correct, len(verdicts)),
        "accuracy_when_found": sum(v.right for v in verdicts if v.named) / found if found else None,
        "subset_accuracy": correct / len(verdicts),
        "mean_average_precision": float(np.mean(precisions)) if precisions else None,
        "mean_average_precision_interval": mean_interval(verdicts, labels),
        "macro_f1": float(np.mean([row["f1"] or 0.0 for row in each.values()])) if each else None,
        "per_class": each,
        "ece": calibration_error(reliability_many(verdicts)),
        "seconds_per_picture": sum(sum(v.seconds.values()) for v in verdicts) / len(verdicts),
        "unreadable": [{"path": str(s.path), "error": s.error} for s in unreadable],
    }


def carried(verdicts: Sequence[MultilabelOutcome]) -> list[str]:
    """All classes that any of the pictures carries, sorted."""
    return sorted(set().union(*(v.truth for v in verdicts)))


def one_class(verdicts: Sequence[MultilabelOutcome], label: str) -> dict[str, Any]:
    """Figures of one class: pictures that carry it, correct ones of them, precision, recall, F1,
    average precision.

    threshold: the mean over the models that answered, or None where they do not know the class.
    """
    true = _truth(verdicts, label)
    said = np.array([label in v.given for v in verdicts])
    right, yes, claimed = int((true & said).sum()), int(true.sum()), int(said.sum())
    thresholds = [v.thresholds[label] for v in verdicts if label in v.thresholds]
    return {
        "pictures": yes,
        "correct": right,
        "threshold": float(np.mean(thresholds)) if thresholds else None,
        "precision": right / claimed if claimed else None,
        "precision_interval": wilson(right, claimed),
        "recall": right / yes,
        "recall_interval": wilson(right, yes),
        "f1": 2 * right / (yes + claimed),
        "average_precision": float(
            average_precisions(true, _scores(verdicts, label), np.ones((1, len(true))))[0]
        ),
    }


def _truth(verdicts: Sequence[MultilabelOutcome], label: str) -> NDArray[np.bool_]:
    return np.array([label in v.truth for v in verdicts], bool)


def _scores(verdicts: Sequence[MultilabelOutcome], label: str) -> NDArray[np.float64]:
    return np.array([v.score(label) for v in verdicts], np.float64)


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
    said = np.cumsum(weights[:, order], axis=1)[:, ends]
    precision = right / np.maximum(said, 1e-12)
    steps = np.diff(right, axis=1, prepend=0.0)
    return (steps * precision).sum(axis=1) / np.where(right[:, -1] > 0, right[:, -1], np.nan)


def mean_interval(
    verdicts: Sequence[MultilabelOutcome], labels: Sequence[str]
) -> list[float] | None:
    """95 % interval of the mean average precision: pictures drawn anew, with replacement, DRAWS
    times.

    A class of which a draw holds no picture is left out of that draw's mean. None without a class.
    Source: Efron, "Bootstrap methods", Annals of Statistics 1979, by percentiles.
    """
    if not labels:
        return None
    random, count = np.random.default_rng(SEED), len(verdicts)
    asked = [(_truth(verdicts, label), _scores(verdicts, label)) for label in labels]
    means: list[NDArray[np.float64]] = []
    for _ in range(DRAWS // AT_ONCE):
        weights = random.multinomial(count, np.full(count, 1 / count), size=AT_ONCE).astype(
            np.float64
        )
        table = np.stack([average_precisions(true, scores, weights) for true, scores in asked])
        known = ~np.isnan(table)
        drawn = known.any(axis=0)
        means.append(np.where(known, table, 0.0).sum(axis=0)[drawn] / known.sum(axis=0)[drawn])
    low, high = np.percentile(np.concatenate(means), [2.5, 97.5])
    return [float(low), float(high)]


def reliability_many(verdicts: Sequence[MultilabelOutcome], bins: int = 10) -> list[dict[str, Any]]:
    """The reliability diagram as of `evaluate.reliability`, over every class of every picture; bins
    count these.
    """
    labels = carried(verdicts)
    return binned(
        [(v.score(label), label in v.truth) for v in verdicts if v.named for label in labels], bins
    )


def precision_recall(
    verdicts: Sequence[MultilabelOutcome], label: str, points: int = 80
) -> list[list[float]]:
    """Pairs [recall, precision], recall rising, one for each threshold; at most `points`, thinned
    evenly.

    Over the distance from each model's own threshold, as folds differ in theirs, so the chosen
    point lies on it.
    """
    true, margins = _truth(verdicts, label), np.array([v.margin(label) for v in verdicts])
    order = np.argsort(-margins, kind="stable")
    ends = np.append(np.flatnonzero(np.diff(margins[order])), len(order) - 1)
    ends = ends[margins[order][ends] > -2.0]
    right = np.cumsum(true[order])[ends]
    pairs = np.stack([right / max(1, true.sum()), right / (ends + 1)], axis=1).tolist()
    if len(pairs) <= points:
        return pairs
    return [pairs[i] for i in np.unique(np.linspace(0, len(pairs) - 1, points).round().astype(int))]
