"""Fitting for pictures that may carry several classes: one folder a class, the same picture in each
folder that fits it.

Every class is a question of its own, yes or no, with its own calibrated probability and threshold.
Answering is in `recogniser`. Not for the server.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from sklearn.calibration import CalibratedClassifierCV
from sklearn.metrics import average_precision_score
from sklearn.model_selection import GroupKFold, ParameterGrid
from sklearn.pipeline import Pipeline

from data_cleaning.datasets.class_names import SPECIAL
from data_cleaning.datasets.dataset import Item
from data_cleaning.errors import DatasetError
from data_cleaning.progress import StageCallback, silent
from model.recipes.recipe import Recipe
from model.recognition.naming.gallery import Gallery, project
from model.recognition.naming.recogniser import Acceptance, PerClass, Recogniser
from model.training.classifiers import (
    CLASSIFIERS,
    SEED,
    Split,
    Splits,
    behind,
)
from model.training.fitted import FittedTraining
from model.training.grid_search import (
    CALIBRATING,
    FitCounter,
    GridSearchResult,
    fit_calibrated,
    quiet,
    with_basis,
)
from model.training.options import TrainingOptions
from model.training.plan import discriminant_space
from model.training.samples import Rows, TrainingSet
from model.training.splits import searched, unaltered

LEAST = 4  # different pictures that a class needs on either side of yes and no
EDGES = (0.05, 0.95)  # no threshold lies outside of these
BASIS = "each class's own threshold, where the mean of precision and recall (F1) was best"


def merge_folders(items: Sequence[Item]) -> tuple[list[Item], dict[str, frozenset[str]]]:
    """Each picture once, and by its sha256 the classes of all folders that it lies in; `_unknown`
    and `_none` stand for no class.
    """
    classes: dict[str, frozenset[str]] = {}
    first: dict[str, Item] = {}
    for item in items:
        own = frozenset[str]() if item.label in SPECIAL else frozenset({item.label})
        classes[item.sha256] = classes.get(item.sha256, frozenset()) | own
        first.setdefault(item.sha256, item)
    return list(first.values()), classes


@dataclass(frozen=True)
class MultilabelRows:
    """What classifiers are fitted on. answers: bool, shape (rows, labels): which classes the row's
    picture carries.
    """

    rows: Rows
    answers: NDArray[np.bool_]
    labels: tuple[str, ...]

    def sets(self) -> NDArray[np.int64]:
        """A number for each row, the same for the same set of classes."""
        return np.unique(self.answers, axis=0, return_inverse=True)[1].ravel().astype(np.int64)

    def subset(self, index: NDArray[np.int64] | NDArray[np.bool_]) -> MultilabelRows:
        """The rows of an index or a mask."""
        return MultilabelRows(self.rows.subset(index), self.answers[index], self.labels)


def multilabel_rows(training_set: TrainingSet) -> MultilabelRows:
    """Rows of the first region of each picture.

    Raises DatasetError where a class has too few pictures to learn.
    """
    labels, samples = training_set.labels, training_set.samples
    shown = [i for i, sample in enumerate(samples) if sample.views]
    if not shown:
        raise DatasetError("In none of the pictures was there anything to learn from.")
    blocks = [
        np.concatenate([v[0] for v in (samples[i].views, samples[i].extra) if v]) for i in shown
    ]
    plain = [len(samples[i].views[0]) for i in shown]
    pictures = np.repeat(shown, [len(block) for block in blocks])
    rows = Rows(
        np.concatenate(blocks),
        tuple(samples[i].label for i in pictures),
        tuple(samples[i].sha256 for i in pictures),
        training_set.copies[pictures],
        altered=np.concatenate(
            [np.arange(len(b)) >= p for b, p in zip(blocks, plain, strict=True)]
        ),
    )
    answers = np.array([[label in samples[i].classes for label in labels] for i in pictures])
    _check(labels, answers, rows.groups)
    return MultilabelRows(rows, answers, labels)


def _check(labels: tuple[str, ...], answers: NDArray[np.bool_], groups: NDArray[np.int64]) -> None:
    for column, label in enumerate(labels):
        yes, no = _groups(answers[:, column], groups)
        if min(yes, no) < LEAST:
            raise DatasetError(
                f"Class {label} has {yes} different pictures that carry it and {no} that do not; "
                f"at least {LEAST} of both are needed."
            )


def _groups(answer: NDArray[np.bool_], groups: NDArray[np.int64]) -> tuple[int, int]:
    """How table different pictures carry a class, and how table do not."""
    return len(set(groups[answer].tolist())), len(set(groups[~answer].tolist()))


def fit_multilabel(
    training_set: TrainingSet,
    recipe: Recipe,
    options: TrainingOptions,
    progress: StageCallback = silent,
) -> FittedTraining:
    """Train one classifier a class, of the kind and with the parameters that are best over all
    classes.

    Raises DatasetError where there is too little to train on.
    """
    table = multilabel_rows(training_set)
    with quiet():
        rows, basis = with_basis(table.rows)
        table = replace(table, rows=rows)
        searches = _compare(table, options, progress)
        progress(*CALIBRATING)
        best = max(searches, key=lambda result: np.nan_to_num(result.score))
        model = Recogniser(
            table.labels,
            PerClass(tuple(behind(basis, model) for model in _models(best, table))),
            _gallery(table, basis, recipe),
            Acceptance("probability", -1.0, BASIS),
            _thresholds(best, table, options.folds),
        )
    return FittedTraining(model, searches, table.rows, best.name, recipe)


def _compare(
    table: MultilabelRows, options: TrainingOptions, progress: StageCallback
) -> tuple[GridSearchResult, ...]:
    """How each classifier that is allowed does on some of the rows."""
    few = table.subset(searched(table.rows, table.sets()))
    splits = unaltered(_splits(few, options.folds), few.rows.altered)
    counter = FitCounter(options.names(), len(splits), progress)
    searches = tuple(_search(name, few, splits, counter) for name in options.names())
    if all(np.isnan(result.score) for result in searches):
        raise DatasetError(
            "The pictures fall into so few different groups that no fold has a yes and a no."
        )
    return searches


def _splits(table: MultilabelRows, folds: int) -> Splits:
    groups = table.rows.groups
    splitter = GroupKFold(
        max(2, min(folds, len(set(groups.tolist())))), shuffle=True, random_state=SEED
    )
    return list(splitter.split(table.answers, groups=groups))


def _search(
    name: str, table: MultilabelRows, splits: Splits, counter: FitCounter
) -> GridSearchResult:
    """The best parameters of one kind of classifier, by the mean average precision over the classes
    and folds.
    """
    start, best, fits = time.perf_counter(), None, 0
    for parameters in ParameterGrid(dict(CLASSIFIERS[name].grid)):
        scores = []
        for split in splits:
            scores.append(_fold_score(name, parameters, table, split))
            counter.fitted()
        fits += len(splits)
        usable = [score for score in scores if not np.isnan(score)] or [float("nan")]
        found = float(np.mean(usable)), float(np.std(usable)), parameters
        best = found if best is None or found[0] > best[0] else best
    counter.ended(name)
    assert best is not None
    took = time.perf_counter() - start
    return GridSearchResult(name, best[0], best[1], best[2], took / fits, took)


def _fold_score(
    name: str, parameters: Mapping[str, object], table: MultilabelRows, split: Split
) -> float:
    """Mean average precision over the classes that have a yes and a no on both sides of a split;
    nan without any.
    """
    learn, test = split
    scores = []
    for answer in table.answers.T:
        if min(len(set(answer[part].tolist())) for part in split) < 2:
            continue
        model = CLASSIFIERS[name].make().set_params(**parameters)
        model.fit(table.rows.inside[learn], answer[learn])
        ask = getattr(model, "decision_function", None) or (
            lambda rows, model=model: model.predict_proba(rows)[:, 1]
        )
        scores.append(average_precision_score(answer[test], ask(table.rows.inside[test])))
    return float(np.mean(scores)) if scores else float("nan")


def _models(found: GridSearchResult, table: MultilabelRows) -> list[CalibratedClassifierCV]:
    """One calibrated classifier a class, of what the basis gives."""
    return [
        fit_calibrated(found, table.rows, answer) for answer in table.answers.T.astype(np.int64)
    ]


def _thresholds(found: GridSearchResult, table: MultilabelRows, folds: int) -> tuple[float, ...]:
    """For each class the probability at which F1 was best on pictures that the model had not
    seen.
    """
    unseen = np.full(table.answers.shape, np.nan)
    for learn, test in _splits(table, min(folds, 3)):
        part = table.subset(learn)
        if min(min(_groups(answer, part.rows.groups)) for answer in part.answers.T) < 2:
            continue  # the calibration inside needs two of each
        unseen[test] = PerClass(tuple(_models(found, part))).predict_proba(table.rows.inside[test])
    usable = ~np.isnan(unseen[:, 0]) & ~table.rows.altered
    return tuple(
        best_f1(unseen[usable, c], table.answers[usable, c]) for c in range(len(table.labels))
    )


def best_f1(probabilities: NDArray[np.float64], answers: NDArray[np.bool_]) -> float:
    """The threshold with the best F1, half way to the next value below, from .05 to .95; .5 without
    any yes.
    """
    if not answers.any():
        return 0.5
    order = np.argsort(-probabilities, kind="stable")
    right = np.cumsum(answers[order])
    f1 = 2 * right / (np.arange(1, len(order) + 1) + answers.sum())
    at = int(np.argmax(f1))
    values = probabilities[order]
    below = values[at + 1] if at + 1 < len(values) else values[at]
    return float(np.clip((values[at] + below) / 2, *EDGES))


def _gallery(table: MultilabelRows, basis: Pipeline, recipe: Recipe) -> Gallery:
    """Every picture once for each class that it carries; the space tells sets of classes apart."""
    plain = table.subset(~table.rows.altered)
    space = (
        discriminant_space(basis, plain.rows.inside, plain.sets())
        if recipe.gallery == "discriminant"
        else None
    )
    row, owner = np.nonzero(plain.answers)
    sources = tuple(plain.rows.sources[i] for i in row)
    return Gallery(project(space, plain.rows.features[row]), owner.astype(np.int64), sources, space)
