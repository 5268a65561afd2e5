"""Which face of each picture shows its class, and which pictures say something wrong of it.

For embeddings whose population of strangers is known. Wrong labels are data to show a person first:
they neither name anybody nor move a threshold. Nothing is fitted and no picture is touched.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from data_cleaning.datasets.class_names import NOTHING, UNKNOWN
from model.recipes.features import Features
from model.recognition.naming.gallery import NEAREST
from model.recognition.naming.stranger_population import StrangerPopulation
from model.training.samples import Sample

ROUNDS = 3  # faces and examples settle each other; the third round hardly changes any
MISTAKEN = 0.01  # a face is like another class where one stranger in a hundred would be so alike
ENOUGH = 3  # other examples that a class needs before one of them can be called unlike the rest


@dataclass(frozen=True)
class DoubtfulExample:
    """A picture that is not enrolled, though its folder says so.

    path, label: the picture and its folder's class. kind: "other_class" (it looks like another
    class than its folder's),
    "two_classes" (the same, and it or a near copy of it is filed there too) or "unlike" (it looks
    like nobody of its folder). looks_like: the class it resembles, or None. own, other: similarity
    to the other examples of its folder, and to that class, -1 to 1.
    """

    path: Path
    label: str
    kind: str
    looks_like: str | None
    own: float
    other: float


@dataclass(frozen=True)
class Enrolment:
    """regions: for each picture that is enrolled which of its regions shows its class, by the
    index of its sample. doubtful: those that are not enrolled, the most doubtful first.
    """

    regions: dict[int, int]
    doubtful: tuple[DoubtfulExample, ...]


def choose_examples(
    all_samples: Sequence[Sample], copies: NDArray[np.int64], population: StrangerPopulation
) -> Enrolment:
    """The face that each picture of a class is enrolled by, and the pictures that are not.

    copies: near-copy group of each sample. The face most like the other examples of the class is
    taken; a picture is doubtful where even that one is more like another class, or no more like its
    own than strangers are.
    """
    known = [
        i
        for i, one in enumerate(all_samples)
        if one.label not in (UNKNOWN, NOTHING) and any(len(v) for v in one.views)
    ]
    if not known:
        return Enrolment({}, ())
    faces = _Faces.of([all_samples[i] for i in known], copies[known])
    chosen, kept = faces.largest, np.ones(len(known), bool)
    for _ in range(ROUNDS):
        judged = _Judged.of(faces, chosen, kept, population)
        if np.array_equal(judged.chosen, chosen) and np.array_equal(judged.kept, kept):
            break
        chosen, kept = judged.chosen, judged.kept
    doubtful = [judged.doubt(int(k), faces, all_samples[known[k]]) for k in np.flatnonzero(~kept)]
    regions = {known[k]: int(faces.regions[chosen[k]]) for k in np.flatnonzero(kept)}
    return Enrolment(regions, tuple(sorted(doubtful, key=lambda d: d.own - d.other)))


@dataclass(frozen=True)
class _Faces:
    """Every face of the pictures of classes, a row each.

    vectors: length 1, shape (faces, d). pictures: index of each one's picture. regions: its number
    in the picture. labels, numbers: class names, and the class of each picture. groups: near-copy
    group of each picture. largest: for each picture the row of its best detected face.
    """

    vectors: Features
    pictures: NDArray[np.int64]
    regions: NDArray[np.int64]
    labels: tuple[str, ...]
    numbers: NDArray[np.int64]
    groups: NDArray[np.int64]
    largest: NDArray[np.int64]

    @classmethod
    def of(cls, shown: Sequence[Sample], groups: NDArray[np.int64]) -> _Faces:
        rows = [(p, r) for p, one in enumerate(shown) for r, v in enumerate(one.views) if len(v)]
        vectors = np.stack([shown[p].views[r][0] for p, r in rows])
        labels, numbers = np.unique([one.label for one in shown], return_inverse=True)
        pictures = np.array([p for p, _ in rows])
        return cls(
            vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12),
            pictures,
            np.array([r for _, r in rows]),
            tuple(labels.tolist()),
            numbers.astype(np.int64),
            groups,
            np.searchsorted(pictures, np.arange(len(shown))),
        )

    def similarities(
        self, chosen: NDArray[np.int64], kept: NDArray[np.bool_]
    ) -> NDArray[np.float64]:
        """Of every face to every class, shape (faces, labels), leaving the face's own picture out,
        and near copies of it where they are filed in another class. -1 where nothing is left.
        """
        columns = []
        for number in range(len(self.labels)):
            examples = np.flatnonzero(kept & (self.numbers == number))
            cosines = self.vectors @ self.vectors[chosen[examples]].T
            same = self.pictures[:, None] == examples
            copied = self.groups[self.pictures][:, None] == self.groups[examples]
            elsewhere = self.numbers[self.pictures] != number
            cosines[same | (copied & elsewhere[:, None])] = -np.inf
            columns.append(_mean_of_largest(cosines))
        return np.stack(columns, axis=1)


def last_of_each(owners: NDArray[np.int64], scores: NDArray[np.float64]) -> NDArray[np.int64]:
    """For each owner that there is, rising, the index of its largest score."""
    order = np.lexsort((scores, owners))
    last: NDArray[np.int64] = order[np.append(np.diff(owners[order]) != 0, True)]
    return last


def _mean_of_largest(cosines: NDArray[np.floating]) -> NDArray[np.float64]:
    """Mean of the NEAREST largest values of each row, fewer where fewer are finite; -1 without
    any.
    """
    padded = np.pad(cosines, ((0, 0), (0, NEAREST)), constant_values=-np.inf)
    best = -np.partition(-padded, NEAREST - 1, axis=1)[:, :NEAREST]
    finite = np.isfinite(best)
    total = np.where(finite, best, 0.0).sum(axis=1)
    return np.where(finite.any(axis=1), total / np.maximum(finite.sum(axis=1), 1), -1.0)


@dataclass(frozen=True)
class _Judged:
    """chosen: the face that each picture is enrolled by; kept: is it? own, other, looks_like: of
    that face.
    """

    chosen: NDArray[np.int64]
    kept: NDArray[np.bool_]
    own: NDArray[np.float64]
    other: NDArray[np.float64]
    looks_like: NDArray[np.int64]

    @classmethod
    def of(
        cls,
        faces: _Faces,
        chosen: NDArray[np.int64],
        kept: NDArray[np.bool_],
        population: StrangerPopulation,
    ) -> _Judged:
        similarities = faces.similarities(chosen, kept)
        rows = np.arange(len(faces.pictures))
        own = similarities[rows, faces.numbers[faces.pictures]]
        chosen = last_of_each(faces.pictures, own)
        theirs = similarities[chosen]
        theirs[np.arange(len(chosen)), faces.numbers] = -1.0
        looks_like = theirs.argmax(axis=1)
        other = theirs.max(axis=1)
        counts = np.bincount(faces.numbers, minlength=len(faces.labels))
        different, kind = np.unique(np.maximum(counts, 1), return_inverse=True)
        alike = np.array([population.threshold([int(n)], MISTAKEN) for n in different])[kind]
        common = np.array([population.mean(int(n)) for n in different])[kind]
        wrong = (other > own[chosen]) & (other >= alike[looks_like])
        unlike = (own[chosen] < common[faces.numbers]) & (counts[faces.numbers] > ENOUGH)
        return cls(
            chosen,
            ~_spared(faces.numbers, wrong | unlike),
            own[chosen],
            other,
            np.where(wrong, looks_like, -1),
        )

    def doubt(self, k: int, faces: _Faces, one: Sample) -> DoubtfulExample:
        like = int(self.looks_like[k])
        filed = (faces.groups == faces.groups[k]) & (faces.numbers == like)
        kind = "unlike" if like < 0 else "two_classes" if filed.any() else "other_class"
        label = None if like < 0 else faces.labels[like]
        return DoubtfulExample(
            one.path, one.label, kind, label, float(self.own[k]), float(self.other[k])
        )


def _spared(numbers: NDArray[np.int64], doubtful: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The doubtful ones, but none of a class that would lose more than half of its examples or keep
    fewer than two: then it is the class that is odd, and a person must look.
    """
    total, lost = np.bincount(numbers), np.bincount(numbers, weights=doubtful)
    odd = (2 * lost > total) | (total - lost < 2)
    return doubtful & ~odd[numbers]
