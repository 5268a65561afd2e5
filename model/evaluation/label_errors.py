"""Which labels of a data set are probably wrong: a model that has not seen a picture doubts its
folder.

Nothing is changed and nothing is saved; people decide. After Northcutt, Jiang, Chuang, "Confident
learning", JAIR 2021, with a second question of our own for pictures that show none of the classes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data_cleaning.datasets.class_names import NOTHING, UNKNOWN
from data_cleaning.errors import DatasetError
from data_cleaning.json_types import JsonObject
from data_cleaning.progress import ProgressCallback, silent
from model.evaluation.plain_data import to_plain
from model.recipes.recipe import Recipe
from model.recognition.naming.gallery import Gallery
from model.recognition.naming.recogniser import class_numbers
from model.training.classifiers import ProbabilityClassifier
from model.training.fit import check_enough
from model.training.grid_search import FitCounter, quiet, search, with_basis
from model.training.options import TrainingOptions
from model.training.plan import Plan
from model.training.samples import Rows, Sample, training_rows
from model.training.splits import grouped_splits

CLASSIFIER = "logistic_regression"  # quick, and honest about its doubts
FEWEST = 4  # pictures a class needs before anything can be said about one of them


@dataclass(frozen=True)
class Doubt:
    """One picture whose label is probably wrong.

    kind: "wrong_label" (it looks like `suggestion`) or "unlike" (it looks like none of the
    classes). own, other: out-of-fold probability of its label and of the suggestion. score: 0 to 1,
    how sure the doubt is.
    """

    kind: str
    sha256: str
    label: str
    suggestion: str | None
    note: str
    own: float
    other: float
    score: float


@dataclass(frozen=True)
class JudgedLabels:
    """What models that had not seen them say of the labels of n pictures.

    labels: the classes, `_unknown` last where there are strangers. given: index of each picture's
    label. probability: shape (n, labels). similarity: to each known class, shape (n, known), -1 to
    1. Both are of the region that is most like the given class.
    """

    labels: tuple[str, ...]
    given: NDArray[np.int64]
    probability: NDArray[np.float64]
    similarity: NDArray[np.float64]

    @property
    def accuracy(self) -> float:
        """The part of labels that the models agree with."""
        return float((self.probability.argmax(axis=1) == self.given).mean())


@dataclass(frozen=True)
class LabelErrors:
    """The pictures whose labels are doubtful, the most doubtful first, and what they were judged
    by.
    """

    doubts: tuple[Doubt, ...]
    judged: JudgedLabels

    def to_json(self) -> JsonObject:
        """What `likeness labels --json` prints."""
        return {
            "format": 1,
            "pictures": len(self.judged.given),
            "labels": list(self.judged.labels),
            "agreement": self.judged.accuracy,
            "doubts": to_plain(self.doubts),
        }


def find_label_errors(
    all_samples: Sequence[Sample],
    copies: NDArray[np.int64],
    recipe: Recipe,
    progress: ProgressCallback | None = None,
) -> LabelErrors:
    """copies: near-copy group of each sample.

    Raises DatasetError where there is too little to learn from.
    """
    check_enough(all_samples)
    usable = _usable(all_samples)
    chosen, groups = [all_samples[i] for i in usable], copies[usable]
    judged = hold_out(chosen, groups, recipe, progress)
    wrong = _disagreements(chosen, judged)
    taken = {doubt.sha256 for doubt in wrong}
    unlike = [doubt for doubt in _unlike(chosen, judged) if doubt.sha256 not in taken]
    return LabelErrors(tuple(sorted([*wrong, *unlike], key=lambda d: -d.score)), judged)


def hold_out(
    chosen: Sequence[Sample],
    groups: NDArray[np.int64],
    recipe: Recipe,
    progress: ProgressCallback | None = None,
) -> JudgedLabels:
    """Every picture judged by a model that saw neither it nor a near copy of it."""
    names, given = class_numbers([s.label for s in chosen])
    labels = (*names, UNKNOWN) if (given == len(names)).any() else names
    probability = np.zeros((len(chosen), len(labels)))
    similarity = np.zeros((len(chosen), len(labels)))
    with quiet():
        splits = grouped_splits(given, groups, 5)
        for number, (learn, test) in enumerate(splits, 1):
            rows = training_rows([chosen[i] for i in learn], groups[learn], recipe)
            judge = _Judge.fit(rows, labels, recipe)
            for i in test:
                probability[i], similarity[i] = judge.of(chosen[i], int(given[i]))
            if progress:
                progress(number, len(splits))
    return JudgedLabels(labels, given, probability, similarity[:, : len(names)])


@dataclass(frozen=True)
class _Judge:
    """A calibrated classifier and a gallery, without a threshold.

    columns: which of all labels it learnt; near copies may leave a fold without a small class.
    """

    classifier: ProbabilityClassifier
    gallery: Gallery
    columns: list[int]
    known: int
    labels: int

    @classmethod
    def fit(cls, rows: Rows, labels: tuple[str, ...], recipe: Recipe) -> _Judge:
        names, numbers = class_numbers(rows.labels)
        rows, basis = with_basis(rows)
        splits = grouped_splits(numbers, rows.groups, 3)
        counter = FitCounter((CLASSIFIER,), len(splits), silent)
        found = search(CLASSIFIER, rows.inside, numbers, splits, counter)
        plan = Plan(recipe, found, names, TrainingOptions(), basis)
        learnt = [*names, UNKNOWN] if (numbers == len(names)).any() else list(names)
        columns = [labels.index(name) for name in learnt]
        return cls(
            plan.served(rows, numbers),
            plan.gallery(rows, numbers),
            columns,
            len(names),
            len(labels),
        )

    def of(self, sample: Sample, given: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Probabilities and similarities of the region most like the given class; no doubt of a
        class never learnt.
        """
        regions = len(sample.views)
        probabilities, similarities = (
            np.zeros((regions, self.labels)),
            np.full((regions, self.labels), -1.0),
        )
        for row, views in enumerate(sample.views):
            probabilities[row, self.columns] = self.classifier.predict_proba(views).mean(axis=0)
            similarities[row, self.columns[: self.known]] = self.gallery.similarity(
                views, self.known
            ).mean(axis=0)
        if given not in self.columns:
            probabilities[:, given] = similarities[:, given] = 1.0
        best = int(probabilities[:, given].argmax())
        return probabilities[best], similarities[best]


def _usable(all_samples: Sequence[Sample]) -> list[int]:
    """Pictures with a region, of classes large enough to judge one by the others."""
    shown = [i for i, s in enumerate(all_samples) if s.views and s.label != NOTHING]
    labels = [all_samples[i].label for i in shown]
    usable = [i for i in shown if labels.count(all_samples[i].label) >= FEWEST]
    if len({all_samples[i].label for i in usable}) < 2:
        raise DatasetError(
            f"Labels cannot be checked: fewer than two classes have {FEWEST} pictures with"
            " something found."
        )
    return usable


def _disagreements(chosen: Sequence[Sample], judged: JudgedLabels) -> list[Doubt]:
    """Another class is as sure of the picture as it is, on average, of its own pictures; and surer
    than the label.
    """
    line = np.arange(len(chosen))
    own = judged.probability[line, judged.given]
    sure = np.where(judged.probability >= _usual(judged), judged.probability, 0.0)
    sure[line, judged.given] = 0.0
    other = sure.argmax(axis=1)
    found = []
    for i in np.nonzero(sure[line, other] > own)[0].tolist():
        label = judged.labels[int(other[i])]
        looks = "like a stranger" if label == UNKNOWN else f"like {label}"
        note = (
            f"Looks {looks} ({sure[i, other[i]]:.0%}) rather than {chosen[i].label} ({own[i]:.0%})."
        )
        found.append(_doubt(chosen[i], "wrong_label", label, note, (own[i], sure[i, other[i]])))
    return found


def _usual(judged: JudgedLabels) -> NDArray[np.float64]:
    """Mean probability that the pictures of each label have of it, shape (labels,); 2 where there
    is none.
    """
    own = judged.probability[np.arange(len(judged.given)), judged.given]
    return np.array(
        [
            own[judged.given == k].mean() if (judged.given == k).any() else 2.0
            for k in range(len(judged.labels))
        ]
    )


def _unlike(chosen: Sequence[Sample], judged: JudgedLabels) -> list[Doubt]:
    """No more like its own class than pictures usually are like a wrong one; and named with less
    than even odds.
    """
    known = np.nonzero(judged.given < judged.similarity.shape[1])[0]
    if judged.similarity.shape[1] < 2 or len(known) == 0:
        return []
    own = judged.similarity[known, judged.given[known]]
    others = judged.similarity[known].copy()
    others[np.arange(len(known)), judged.given[known]] = -np.inf
    wrong = others.max(axis=1)
    if np.median(own) <= np.quantile(wrong, 0.95):
        return []  # these features do not tell enough to doubt by likeness alone
    usual = float(np.median(wrong))
    found = []
    for i, like in zip(known.tolist(), own, strict=True):
        sure = judged.probability[i, judged.given[i]]
        if like < usual and sure < 0.5:
            note = (
                f"Likeness to the others of {chosen[i].label} {like:.2f}; to a wrong class it is"
                f" usually {usual:.2f}."
            )
            found.append(_doubt(chosen[i], "unlike", None, note, (sure, 0.0)))
    return found


def _doubt(
    sample: Sample, kind: str, suggestion: str | None, note: str, odds: tuple[float, float]
) -> Doubt:
    own, other = float(odds[0]), float(odds[1])
    score = other * (1 - own) if kind == "wrong_label" else 1 - own
    return Doubt(kind, sample.sha256, sample.label, suggestion, note, own, other, score)
