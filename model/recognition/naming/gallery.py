"""Enrolled examples, how alike something is to each class of them, and naming by that alone.

Works on features; nothing here is fitted, and nothing is refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

from model.recipes.features import Features
from model.recognition.naming.nearest_index import NearestIndex

NEAREST = 3  # similarity is the mean over this many nearest enrolled examples of a class
MANY = 100_000  # examples from which an index is quicker than comparing with all


@dataclass(frozen=True)
class Linear:
    """A linear map of features. matrix: float32, shape (k, d); offset: float32, shape (k,)."""

    matrix: Features
    offset: Features

    def transform(self, features: Features) -> Features:
        """Shape (n, d) to shape (n, k)."""
        return features @ self.matrix.T + self.offset


@dataclass(frozen=True)
class Gallery:
    """Enrolled examples of every class.

    vectors: float32, shape (n, k), each of length 1. owners: int64, shape (n,), index of the class.
    sources: for each vector, the sha256 of the picture it came from. space: the map from features
    to the space of `vectors`, or None where they are the features themselves.
    """

    vectors: Features
    owners: NDArray[np.int64]
    sources: tuple[str, ...]
    space: Linear | None = None

    def similarity(self, features: Features, classes: int) -> NDArray[np.float64]:
        """Mean cosine to the nearest NEAREST examples of each class, -1 to 1, shape (n, classes).

        From MANY examples on, where faiss is installed, of those classes alone that could be the
        most similar; -1 for the others.
        """
        asked = project(self.space, features)
        if self._index is not None:
            return self._index.similarity(asked, classes, NEAREST)
        cosines = asked @ self.vectors.T
        return self._spans.nearest_means(cosines, classes)

    def examples(self, classes: int) -> NDArray[np.int64]:
        """How many examples each class has, shape (classes,)."""
        return np.bincount(self.owners, minlength=classes)

    @cached_property
    def _index(self) -> NearestIndex | None:
        return NearestIndex.of(self.vectors, self.owners) if len(self.owners) >= MANY else None

    @cached_property
    def _spans(self) -> ClassSpans:
        return ClassSpans.of(self.owners)


@dataclass(frozen=True)
class ClassSpans:
    """Where each class's examples lie once they are ordered by class.

    order: indices that sort them, or None where they lie so already. present: the classes with
    examples, rising. starts, counts: of each present class's examples in that order.
    """

    order: NDArray[np.int64] | None
    present: NDArray[np.int64]
    starts: NDArray[np.int64]
    counts: NDArray[np.int64]

    @classmethod
    def of(cls, owners: NDArray[np.int64]) -> ClassSpans:
        """owners: the class of each example."""
        sorted_already = bool((np.diff(owners) >= 0).all())
        order = None if sorted_already else np.argsort(owners, kind="stable")
        present, counts = np.unique(owners, return_counts=True)
        return cls(order, present, np.cumsum(counts) - counts, counts)

    def nearest_means(self, cosines: NDArray[np.floating], classes: int) -> NDArray[np.float64]:
        """Mean of each class's NEAREST largest values in every row, shape (rows, classes); -1 for a
        class without examples.

        Its time does not grow with the classes where there are more of them than rows.
        """
        ordered = cosines if self.order is None else cosines[:, self.order]
        means = np.full((len(cosines), classes), -1.0)
        if len(cosines) < len(self.present):
            for row, values in enumerate(ordered):
                means[row, self.present] = self._means_of_row(values)
            return means
        for number, start, count in zip(self.present, self.starts, self.counts, strict=True):
            means[:, number] = nearest_mean(ordered[:, start : start + count])
        return means

    def _means_of_row(self, values: NDArray[np.floating]) -> NDArray[np.floating]:
        """Takes the largest value out of every class at once, NEAREST times."""
        rest = values.copy()
        total = np.zeros(len(self.counts), values.dtype)
        for place in range(NEAREST):
            best = np.maximum.reduceat(rest, self.starts)
            total += np.where(self.counts > place, best, 0)
            hits = np.flatnonzero(rest == np.repeat(best, self.counts))
            classes = np.searchsorted(self.starts, hits, side="right")
            once = np.append(True, classes[1:] != classes[:-1])  # of equal values, the first alone
            rest[hits[once]] = -np.inf
        return total / np.minimum(self.counts, NEAREST)


def project(space: Linear | None, features: Features) -> Features:
    """Features of shape (n, d) as vectors of length 1 in a gallery's space, shape (n, k)."""
    inside = features if space is None else space.transform(features)
    lengths = np.linalg.norm(inside, axis=1, keepdims=True)
    return np.asarray(inside / np.maximum(lengths, 1e-12), np.float32)


def nearest_mean(cosines: NDArray[np.floating]) -> NDArray[np.floating]:
    """Mean of the NEAREST largest values of each row; -1 for rows without any."""
    count = cosines.shape[1]
    if count == 0:
        return np.full(len(cosines), -1.0)
    best = min(NEAREST, count)
    return np.asarray(np.partition(cosines, count - best, axis=1)[:, count - best :].mean(axis=1))


@dataclass(frozen=True)
class NearestExamples:
    """Names by the class whose nearest examples are most alike: a classifier that is the gallery.

    sharpness: how fast probability follows similarity, above 0. level: the similarity at which a
    class is as probable as that it is none of them.
    """

    gallery: Gallery
    classes: int
    sharpness: float
    level: float

    @property
    def n_features_in_(self) -> int:
        """The length of a row of features, under the name that scikit-learn gives it."""
        space = self.gallery.space
        return int((self.gallery.vectors if space is None else space.matrix).shape[1])

    def predict_proba(self, rows: Features) -> NDArray[np.float64]:
        """Probability of each class, shape (n, classes); a row sums to 1 less that of none."""
        return self.probabilities(self.gallery.similarity(rows, self.classes))

    def probabilities(self, similarities: NDArray[np.float64]) -> NDArray[np.float64]:
        """The same from similarities, shape (n, classes)."""
        odds = self.sharpness * (similarities - self.level)
        with_none = np.hstack([odds, np.zeros((len(odds), 1))])
        return np.asarray(softmax(with_none, axis=1))[:, :-1]
