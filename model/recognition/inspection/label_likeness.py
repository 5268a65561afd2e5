"""Which pictures look like another class than their own, or like nobody of it, before anything is
trained: by how alike their embeddings are.

What a training finds out later (model/evaluation/label_errors.py) is surer; this is there at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data_cleaning.datasets.findings import LabelDoubt
from model.recipes.features import Features
from model.recognition.naming.gallery import NEAREST, nearest_mean

SAME = 0.97  # cosine: the same picture once more, which says nothing of its label
BLOCK = 512


@dataclass(frozen=True)
class LikenessRule:
    """When a label is doubted, in cosine.

    ahead: by how much another class must be more alike than the own one. alike: how alike it must
    be at least. unlike: below that a picture is like nobody of its class; None where the embedding
    cannot say that.

    Measured with SFace: of 649 rightly filed faces of 25 people 4 are doubted; of 83 moved to a
    wrong class all; of 160 strangers' faces, filed at random, 152.
    """

    ahead: float
    alike: float
    unlike: float | None


RULES = {
    "face": LikenessRule(ahead=0.05, alike=0.363, unlike=0.30),
    "person": LikenessRule(ahead=0.08, alike=0.5, unlike=None),
    "object": LikenessRule(ahead=0.08, alike=0.5, unlike=None),
}


@dataclass(frozen=True)
class LabelledVectors:
    """One picture of a class. vectors: shape (regions, d), each of length 1; (0, 0) for none."""

    sha256: str
    label: str
    vectors: Features


def doubt_labels(pictures: Sequence[LabelledVectors], rule: LikenessRule) -> list[LabelDoubt]:
    """The doubts about pictures of known classes; special classes are neither doubted nor
    suggested.
    """
    shown = [one for one in pictures if len(one.vectors) and not one.label.startswith("_")]
    if not shown:
        return []
    shown.sort(key=lambda one: one.label)  # so that a class lies in one piece
    labels = sorted({one.label for one in shown})
    given = np.array([labels.index(one.label) for one in shown])
    likeness = _likeness(shown, given, len(labels))
    doubts = [_doubt(one, labels, row, rule) for one, row in zip(shown, likeness, strict=True)]
    return [doubt for doubt in doubts if doubt is not None]


def _likeness(
    shown: Sequence[LabelledVectors], given: NDArray[np.int64], classes: int
) -> NDArray[np.float64]:
    """Mean cosine of each picture to the NEAREST most alike others of each class, shape
    (pictures, classes): of the region that is most like the own class. NaN where a class has fewer
    others.
    """
    sizes = [len(one.vectors) for one in shown]
    every = np.concatenate([one.vectors for one in shown])
    picture = np.repeat(np.arange(len(shown)), sizes)
    owners = given[picture]
    result = np.full((len(shown), classes), np.nan)
    best = np.full(len(shown), -np.inf)
    for start in range(0, len(every), BLOCK):
        rows = slice(start, start + BLOCK)
        cosines = every[rows] @ every.T
        cosines[(picture[rows, None] == picture[None, :]) | (cosines > SAME)] = -np.inf
        means = _class_means(cosines, owners, classes)
        for row, of in zip(means, picture[rows], strict=True):
            own = np.nan_to_num(row[given[of]], nan=-1.0)
            if own > best[of]:
                best[of], result[of] = own, row
    return result


def _class_means(
    cosines: NDArray[np.float32], owners: NDArray[np.int64], classes: int
) -> NDArray[np.float64]:
    """owners: the class of each column, rising."""
    means = np.full((len(cosines), classes), np.nan)
    edges = np.searchsorted(owners, np.arange(classes + 1))
    for number in range(classes):
        inside = cosines[:, edges[number] : edges[number + 1]]
        enough = np.isfinite(inside).sum(axis=1) >= NEAREST
        if enough.any():
            means[enough, number] = nearest_mean(inside[enough])
    return means


def _doubt(
    one: LabelledVectors, labels: Sequence[str], row: NDArray[np.float64], rule: LikenessRule
) -> LabelDoubt | None:
    own = row[labels.index(one.label)]
    others = np.where([label == one.label for label in labels], np.nan, row)
    other = -1 if np.isnan(others).all() else int(np.nanargmax(others))
    if other >= 0 and others[other] >= rule.alike:
        alike = float(others[other])
        if np.isnan(own) or alike > own + rule.ahead:
            note = f"It looks more like {labels[other]} ({alike:.2f}{_beside(own)})."
            score = min(1.0, 0.5 + alike / 2)
            return LabelDoubt("wrong_label", one.sha256, one.label, note, score, labels[other])
    if rule.unlike is not None and own < rule.unlike:
        note = f"Likeness to the others of its class {own:.2f}; from {rule.unlike:.2f} on it fits."
        return LabelDoubt("unlike", one.sha256, one.label, note, 1 - max(0.0, float(own)), None)
    return None


def _beside(own: float) -> str:
    return "" if np.isnan(own) else f", its own class {own:.2f}"
