"""Samples to a recogniser: search the classifiers, calibrate, enrol, choose when to believe.

Not for the server.

Every split keeps a picture's views and its near copies on one side.
"""

from __future__ import annotations

import os
import time
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import joblib
import numpy as np
from numpy.typing import NDArray
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.model_selection import GridSearchCV, StratifiedGroupKFold
from sklearn.pipeline import Pipeline
from threadpoolctl import threadpool_limits

from data_cleaning.datasets.dataset import UNKNOWN
from data_cleaning.errors import DatasetError
from model.recipes.features import Features
from model.recipes.recipe import Recipe
from model.recognition.presence import above, settled
from model.recognition.presence_judge import PresenceJudge
from model.recognition.recogniser import Gallery, Linear, Recogniser, class_numbers, project
from model.training.classifiers import (
    CLASSIFIERS,
    SEED,
    as_linear,
    basis,
    behind,
    calibrated,
    temper,
)
from model.training.open_set_threshold import HeldOut, choose_acceptance
from model.training.samples import Rows, Sample, training_rows

Splits = list[tuple[NDArray[np.int64], NDArray[np.int64]]]
SEARCH_ROWS = 3000  # more rows than this are thinned before the classifiers are compared


@dataclass(frozen=True)
class TrainingOptions:
    """What a person may choose about a training run.

    classifiers: which of CLASSIFIERS to compare. folds: of the search, where the classes are large
    enough. fpir: the part of strangers, 0 to 1, that may be given a name. strict: hold to it
    whatever it costs; otherwise at most `refusable` of those who would be named rightly are refused
    for its sake. private: keep no training example in the classifier. augment: which altered crops
    trained too, as `Augmentation.parse` reads it.
    """

    classifiers: tuple[str, ...] = tuple(CLASSIFIERS)
    folds: int = 5
    fpir: float = 0.01
    strict: bool = False
    refusable: float = 0.01
    private: bool = False
    augment: str = ""


@dataclass(frozen=True)
class GridSearchResult:
    """How one classifier did in the search: mean and spread of balanced accuracy over the folds, 0
    to 1.
    """

    name: str
    score: float
    spread: float
    parameters: dict[str, Any]
    fit_seconds: float
    search_seconds: float


@dataclass(frozen=True)
class Training:
    """A fitted recogniser and how it came about.

    recipe: with the detector's threshold settled on these pictures. held: the scores that the
    acceptance threshold was chosen on.
    """

    recogniser: Recogniser
    trials: tuple[GridSearchResult, ...]
    rows: Rows
    chosen: str
    recipe: Recipe
    held: HeldOut | None = None


def fit(
    all_samples: Sequence[Sample],
    copies: NDArray[np.int64],
    recipe: Recipe,
    wishes: TrainingOptions,
) -> Training:
    """Train on samples; copies: near-copy group of each.

    Raises DatasetError where there is too little to train on.
    """
    check_enough(all_samples)
    recipe = settled(recipe, all_samples, copies)
    all_samples = [above(s, recipe) for s in all_samples]
    rows = training_rows(all_samples, copies, recipe)
    labels, numbers = class_numbers(rows.labels)
    _check_rows(labels, all_samples, rows)
    with quiet():
        rows, found = with_basis(rows)
        few = searched(rows, numbers)
        splits = unaltered(
            grouped_splits(numbers[few], rows.groups[few], wishes.folds), rows.altered[few]
        )
        trials = [search(name, rows.inside[few], numbers[few], splits) for name in allowed(wishes)]
        best = max(trials, key=lambda t: t.score)
        plan = Plan(recipe, best, labels, wishes, found)
        recogniser, held = plan.fit(rows, numbers)
    return Training(recogniser, tuple(trials), rows, best.name, recipe, held)


def with_basis(rows: Rows) -> tuple[Rows, Pipeline]:
    """The rows with what a basis fitted on them gives, and the basis."""
    found = basis(rows.features)
    return replace(rows, inside=found.transform(rows.features).astype(np.float32)), found


def search(
    name: str, features: Features, numbers: NDArray[np.int64], splits: Splits
) -> GridSearchResult:
    """GridSearchCV of one classifier over its grid."""
    candidate = CLASSIFIERS[name]
    grid = GridSearchCV(
        candidate.make(),
        dict(candidate.grid),
        scoring="balanced_accuracy",
        cv=splits,
        refit=False,
        n_jobs=os.cpu_count(),
    )
    start = time.perf_counter()
    with joblib.parallel_config("threading"):
        grid.fit(features, numbers)
    found = grid.cv_results_
    i = grid.best_index_
    return GridSearchResult(
        name,
        float(found["mean_test_score"][i]),
        float(found["std_test_score"][i]),
        dict(grid.best_params_),
        float(found["mean_fit_time"][i]),
        time.perf_counter() - start,
    )


@dataclass(frozen=True)
class Plan:
    """Everything but the data that fitting a recogniser needs, once the classifier is chosen."""

    recipe: Recipe
    trial: GridSearchResult
    labels: tuple[str, ...]
    wishes: TrainingOptions
    basis: Pipeline

    def fit(self, rows: Rows, numbers: NDArray[np.int64]) -> tuple[Recogniser, HeldOut | None]:
        """Classifier, gallery and threshold on all rows; and the scores that the threshold was
        chosen on.
        """
        acceptance, held = choose_acceptance(self, rows, numbers)
        recogniser = Recogniser(
            self.labels,
            self.served(rows, numbers),
            self.gallery(rows, numbers),
            acceptance,
            presence_judge=self.presence_judge(rows, numbers),
        )
        return recogniser, held

    def classifier(self, rows: Rows, numbers: NDArray[np.int64]) -> Any:
        """The chosen classifier, calibrated and fitted on what the basis gives."""
        return fitted(self.trial, rows, numbers)

    def served(self, rows: Rows, numbers: NDArray[np.int64]) -> Any:
        """The same as a classifier of features."""
        return behind(self.basis, self.classifier(rows, numbers))

    def presence_judge(self, rows: Rows, numbers: NDArray[np.int64]) -> PresenceJudge | None:
        """When a region shows nobody, from scores out of fold; None where no pictures of `_none`
        were trained on.
        """
        truth = numbers > len(self.labels)
        if not truth.any():
            return None
        empty = np.zeros(len(numbers))
        for learn, test in grouped_splits(numbers, rows.groups, self.wishes.folds):
            model = self.classifier(rows.subset(learn), numbers[learn])
            empty[test] = model.predict_proba(rows.inside[test])[:, -1]
        plain = ~rows.altered
        return PresenceJudge.fit(rows.scores[plain], empty[plain], truth[plain])

    def gallery(self, rows: Rows, numbers: NDArray[np.int64]) -> Gallery:
        """The enrolled examples of the known classes, in the recipe's space."""
        known = (numbers < len(self.labels)) & ~rows.altered
        enrolled = rows.subset(known)
        space = None
        if self.recipe.gallery == "discriminant":
            space = discriminant_space(self.basis, rows.inside, numbers)
        return Gallery(project(space, enrolled.features), numbers[known], enrolled.sources, space)


def fitted(trial: GridSearchResult, rows: Rows, numbers: NDArray[np.int64]) -> Any:
    """The classifier that a trial found, calibrated and fitted on what the basis gives."""
    bare = CLASSIFIERS[trial.name].make().set_params(**trial.parameters)
    splits, classes = grouped_splits(numbers, rows.groups, 3), len(set(numbers.tolist()))
    try:
        model = calibrated(bare, splits, classes).fit(rows.inside, numbers)
    except RuntimeError:  # no best temperature was found: a sigmoid always ends
        model = calibrated(bare, splits, 2).fit(rows.inside, numbers)
    temper(model, rows.inside)
    model.cv = 3  # the splits are row numbers of the training data: no business of the bundle
    return model


def discriminant_space(
    basis_: Pipeline, inside: Features, numbers: NDArray[np.int64]
) -> Linear | None:
    """A basis and linear discriminants as one map from features, to at most classes - 1 dimensions.

    None where one class alone gives nothing to tell apart. Source: Belhumeur et al., "Eigenfaces
    vs. Fisherfaces", PAMI 1997.
    """
    if len(set(numbers.tolist())) < 2:
        return None
    lda = LinearDiscriminantAnalysis(solver="eigen", shrinkage="auto").fit(inside, numbers)
    keep = lda.scalings_[:, : len(lda.classes_) - 1].T
    first = as_linear(basis_)
    offset = keep @ (
        first.offset - inside.mean(axis=0)
    )  # centred: the cosine must not see where zero lay
    return Linear((keep @ first.matrix).astype(np.float32), offset.astype(np.float32))


def grouped_splits(numbers: NDArray[np.int64], groups: NDArray[np.int64], folds: int) -> Splits:
    """Stratified folds with each group on one side; fewer folds where a class has fewer groups, at
    least 2.
    """
    smallest = min(len(set(groups[numbers == n].tolist())) for n in set(numbers.tolist()))
    splitter = StratifiedGroupKFold(max(2, min(folds, smallest)), shuffle=True, random_state=SEED)
    return list(splitter.split(np.zeros(len(numbers)), numbers, groups))


def searched(rows: Rows, numbers: NDArray[np.int64]) -> NDArray[np.int64]:
    """Row numbers, rising, that the classifiers are compared on: all, or of each class an equal
    part of its groups.

    The comparison fits some forty models and a support vector machine's time grows with the square
    of the rows; which classifier and which parameters are best shows on SEARCH_ROWS of them
    already.
    """
    share = SEARCH_ROWS / len(numbers)
    if share >= 1:
        return np.arange(len(numbers))
    chance = np.random.default_rng(SEED)
    kept: list[NDArray[np.int64]] = []
    for number in sorted(set(numbers.tolist())):
        groups = np.unique(rows.groups[numbers == number])
        some = chance.permutation(groups)[: max(10, round(share * len(groups)))]
        kept.append(np.flatnonzero((numbers == number) & np.isin(rows.groups, some)))
    return np.sort(np.concatenate(kept))


def unaltered(splits: Splits, altered: NDArray[np.bool_]) -> Splits:
    """The same splits with altered crops left out of what is measured on."""
    return [(learn, test[~altered[test]]) for learn, test in splits]


@contextmanager
def quiet() -> Iterator[None]:
    """One thread for linear algebra (the folds already use the cores), and no warnings that nobody
    can act on.
    """
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.filterwarnings("ignore", module="sklearn")
        warnings.filterwarnings(
            "ignore", category=RuntimeWarning, module="scipy.optimize"
        )  # a search from infinity
        yield


def check_enough(all_samples: Sequence[Sample]) -> None:
    """Raises DatasetError where there are not two classes, or one class and strangers."""
    present = {s.label for s in all_samples if not s.label.startswith("_")}
    strangers = any(s.label == UNKNOWN for s in all_samples)
    if len(present) + strangers < 2:
        raise DatasetError(
            f"There is only one class, {', '.join(present) or 'none'}. Training tells classes"
            f" apart: add a second folder of pictures, or a folder {UNKNOWN} with pictures of"
            " others."
        )


def _check_rows(labels: tuple[str, ...], all_samples: Sequence[Sample], rows: Rows) -> None:
    usable: Counter[str] = Counter()
    for label, _ in {
        (label, g) for label, g in zip(rows.labels, rows.groups.tolist(), strict=True)
    }:
        usable[label] += 1
    for label in sorted({s.label for s in all_samples if not s.label.startswith("_")}):
        if usable[label] < 2:
            pictures = sum(s.label == label for s in all_samples)
            raise DatasetError(
                f"Class {label} has {pictures} pictures, of which {usable[label]} different ones"
                " show something to learn from; at least 2 are needed, and 10 or more are better."
            )


def allowed(wishes: TrainingOptions) -> list[str]:
    """Names of the classifiers to compare. Raises DatasetError where none is left."""
    names = [
        n for n in wishes.classifiers if not (wishes.private and CLASSIFIERS[n].keeps_examples)
    ]
    if not names:
        raise DatasetError(
            "Every chosen classifier keeps training examples; choose another one, or drop"
            " --private."
        )
    return names
