"""What training learns: who it is (classifier), how alike (gallery), and whether to believe it
(threshold).

Works on features alone; knows nothing of pictures, files or HTTP. Naming and refusing are two
questions: the classifier names, and the name is believed only when the acceptance score reaches the
threshold.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from data_cleaning.datasets.class_names import NOTHING, UNKNOWN
from model.recipes.features import Features
from model.recognition.naming.gallery import Gallery, NearestExamples
from model.recognition.naming.presence_judge import PresenceJudge
from model.recognition.predictions import Reason


@dataclass(frozen=True)
class Acceptance:
    """When to believe a name.

    score: "similarity" (to the class's nearest examples, -1 to 1) or "probability" (0 to 1).
    threshold: the least score that is believed. basis: what it was fitted on, in words. fpir, fnir:
    the part of strangers named and of known ones refused or misnamed that were measured there, or
    None where nothing could be.
    """

    score: str
    threshold: float
    basis: str = ""
    target_fpir: float = 0.01
    fpir: float | None = None
    fnir: float | None = None


@dataclass(frozen=True)
class RegionAnswer:
    """The answer for one region.

    label: the name, or None. best: the most probable class all the same. scores: probability of
    every class, summing to 1 where there are several. acceptance: the score that belief rests on.
    labels: every name it gets, best first: at most one, but where a picture may carry several
    classes. faint: it is small or blurred.
    """

    label: str | None
    best: str
    scores: dict[str, float]
    similarity: float
    acceptance: float
    reason: Reason
    labels: tuple[str, ...] = ()
    faint: bool = False

    @property
    def probability(self) -> float:
        return self.scores[self.best]


class Classifier(Protocol):
    """What naming needs of a fitted classifier of scikit-learn."""

    def predict_proba(self, rows: Features, /) -> NDArray[np.float64]:
        """Probabilities, shape (n, classes)."""


@dataclass(frozen=True)
class PerClass:
    """A classifier for each class on its own, yes or no; they answer together as one."""

    models: tuple[Classifier, ...]

    def predict_proba(self, rows: Features) -> NDArray[np.float64]:
        """Probability of each class, 0 to 1, shape (n, classes); a row need not sum to 1."""
        return np.stack([model.predict_proba(rows)[:, 1] for model in self.models], axis=1)


@dataclass(frozen=True)
class Recogniser:
    """A fitted model of features.

    labels: the known classes, sorted; a trained `_unknown` or `_none` is not one of them.
    presence_judge: when a region shows nobody, where `_none` was trained (the classifier's last
    column then), or None. thresholds: where a picture may carry several classes, the probability
    from which each is given (the classifier is a PerClass then); else empty.
    """

    labels: tuple[str, ...]
    classifier: Classifier
    gallery: Gallery
    acceptance: Acceptance
    thresholds: tuple[float, ...] = ()
    presence_judge: PresenceJudge | None = None

    def score(self, views: Sequence[Features]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Probabilities and similarities of each region, both of shape (regions, labels).

        views: for each region its features, shape (views, d). Views of a region are averaged. Where
        strangers were trained on, a row of probabilities sums to what is left to the known classes.
        Of a region without views nothing is known: every class is as probable, none similar.
        """
        classes = len(self.labels)
        probabilities = np.full((len(views), classes), 1.0 / classes)
        similarities = np.full((len(views), classes), -1.0)
        measured = [number for number, of in enumerate(views) if len(of)]
        if measured:
            scores = self._score_measured([views[number] for number in measured])
            probabilities[measured], similarities[measured] = scores
        return probabilities, similarities

    def _score_measured(
        self, views: Sequence[Features]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        rows = np.concatenate(views)
        owner = np.repeat(np.arange(len(views)), [len(v) for v in views])
        classes = len(self.labels)
        similarities = self.gallery.similarity(rows, classes)
        if isinstance(self.classifier, NearestExamples):
            probabilities = self.classifier.probabilities(similarities)
        else:
            probabilities = self.classifier.predict_proba(rows)[:, :classes]
        return _mean_by(probabilities, owner, len(views)), _mean_by(similarities, owner, len(views))

    def shows_nobody(
        self, views: Sequence[Features], detected: Sequence[float]
    ) -> NDArray[np.bool_]:
        """For each region, whether it shows nobody. detected: the detector's scores, 0 to 1; views
        as in `score`.
        """
        if self.presence_judge is None or not views:
            return np.zeros(len(views), bool)
        return self.presence_judge.shows_nobody(np.array(detected), self.nobody_probability(views))

    def nobody_probability(self, views: Sequence[Features]) -> NDArray[np.float64]:
        """Probability that each region shows nobody, shape (regions,).

        For models with a `presence_judge` alone.
        """
        owner = np.repeat(np.arange(len(views)), [len(v) for v in views])
        return _mean_by(
            self.classifier.predict_proba(np.concatenate(views))[:, -1:], owner, len(views)
        )[:, 0]

    def answer(
        self, views: Sequence[Features], reserves: Sequence[float], once: bool = True
    ) -> list[RegionAnswer]:
        """Name every region of one picture.

        reserves: for each region, how far above the threshold its similarity must lie; infinite
        where it is too small to be named at all. once: a class is one individual, so it is given to
        at most one region.
        """
        if not views:
            return []
        probabilities, similarities = self.score(views)
        large = np.isfinite(reserves)
        if self.thresholds:
            rows = zip(probabilities, similarities, large, strict=True)
            return [self._several(p, s, wide) for p, s, wide in rows]
        accepted = self.acceptance_scores(
            probabilities, similarities, np.where(large, reserves, 0.0)
        )
        believable = (accepted >= self.acceptance.threshold) & large[:, None]
        regions = [
            _Scores(row, probabilities[row], similarities[row], accepted[row], bool(large[row]))
            for row in range(len(views))
        ]
        if once:
            taken = assign(probabilities, believable)
            return [self._named(region, taken) for region in regions]
        first = np.argmax(probabilities, axis=1)
        return [
            self._named(r, {int(first[r.row]): r.row} if believable[r.row, first[r.row]] else {})
            for r in regions
        ]

    def acceptance_scores(
        self,
        probabilities: NDArray[np.float64],
        similarities: NDArray[np.float64],
        reserves: NDArray[np.float64],
    ) -> NDArray[np.float64]:
        """The score that belief rests on, for every region and class: of a similarity the region's
        reserve is taken.
        """
        return (
            similarities - reserves[:, None]
            if self.acceptance.score == "similarity"
            else probabilities
        )

    def _several(
        self, probabilities: NDArray[np.float64], similarities: NDArray[np.float64], large: bool
    ) -> RegionAnswer:
        """Every class that reaches its own threshold."""
        order = np.argsort(-probabilities, kind="stable")
        given = [int(c) for c in order if large and probabilities[c] >= self.thresholds[c]]
        best = given[0] if given else int(order[0])
        return RegionAnswer(
            label=self.labels[best] if given else None,
            best=self.labels[best],
            scores=dict(zip(self.labels, probabilities.tolist(), strict=True)),
            similarity=float(similarities[best]),
            acceptance=float(probabilities[best]),
            reason=Reason.KNOWN if given else _why_not(large, False),
            labels=tuple(self.labels[c] for c in given),
        )

    def _named(self, region: _Scores, taken: dict[int, int]) -> RegionAnswer:
        lost = [c for c, owner in taken.items() if owner != region.row]
        first = best = int(np.argmax(region.probabilities))
        scores = region.probabilities
        # Where somebody else in this picture is more likely to be them, this one may still be the
        # next best that it was given; else it stays what it looks like, and gets no name.
        wanted = first in lost and region.accepted[first] >= self.acceptance.threshold
        if wanted and region.row in taken.values():
            scores = region.probabilities.copy()
            scores[lost] = 0.0
            best = int(np.argmax(scores))
        known = taken.get(best) == region.row
        if scores.sum() <= 0:
            scores = np.maximum(region.probabilities, 1e-12)
        return RegionAnswer(
            label=self.labels[best] if known else None,
            best=self.labels[best],
            scores=dict(zip(self.labels, _shares(scores).tolist(), strict=True)),
            similarity=float(region.similarities[best]),
            acceptance=float(region.accepted[best]),
            reason=Reason.KNOWN if known else _why_not(region.large, wanted),
            labels=(self.labels[best],) if known else (),
        )


@dataclass(frozen=True)
class _Scores:
    """What is known of one region of a picture; the arrays have an entry per class."""

    row: int
    probabilities: NDArray[np.float64]
    similarities: NDArray[np.float64]
    accepted: NDArray[np.float64]
    large: bool


def _shares(probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    """Probabilities scaled to sum to 1; a single class keeps its own, or it would always be
    certain.
    """
    return probabilities / probabilities.sum() if len(probabilities) > 1 else probabilities


def _why_not(large: bool, taken: bool) -> Reason:
    if not large:
        return Reason.TOO_SMALL
    return Reason.TAKEN if taken else Reason.UNKNOWN


def deciding_region(named: Sequence[RegionAnswer]) -> RegionAnswer | None:
    """Of several regions the known one with the largest acceptance score; without a known one, the
    largest of all.

    Faint regions speak only where no other one does, and those that show nobody never.
    """
    real = [n for n in named if n.reason != Reason.NOBODY]
    return max(real, key=lambda n: (n.label is not None, not n.faint, n.acceptance), default=None)


def assign(probabilities: NDArray[np.float64], believable: NDArray[np.bool_]) -> dict[int, int]:
    """Which region (row) gets which class (column): {class: region}, each at most once.

    Every region asks for its most probable class; where two ask for the same one, the assignment
    with the largest sum of believable probabilities is taken (Kuhn 1955, by scipy).
    """
    first = np.argmax(probabilities, axis=1)
    asks = [row for row in range(len(first)) if believable[row, first[row]]]
    if len({int(first[row]) for row in asks}) == len(asks):
        return {int(first[row]): row for row in asks}
    from scipy.optimize import linear_sum_assignment  # a tenth of the service's start, seldom used

    value = np.where(believable, probabilities, 0.0)[asks]
    rows, columns = linear_sum_assignment(value, maximize=True)
    return {int(c): asks[r] for r, c in zip(rows, columns, strict=True) if value[r, c] > 0}


def _mean_by(
    values: NDArray[np.float64], owner: NDArray[np.int64], count: int
) -> NDArray[np.float64]:
    """Rows averaged by owner: shape (count, columns)."""
    sums = np.zeros((count, values.shape[1]))
    np.add.at(sums, owner, values)
    return sums / np.bincount(owner, minlength=count)[:, None]


def class_numbers(labels: Sequence[str]) -> tuple[tuple[str, ...], NDArray[np.int64]]:
    """The known classes sorted, and each label's number; `_unknown` comes right after them and
    `_none` last.
    """
    known = tuple(sorted(set(labels) - {UNKNOWN, NOTHING}))
    numbers = {label: number for number, label in enumerate([*known, UNKNOWN, NOTHING])}
    return known, np.array([numbers[label] for label in labels], np.int64)
