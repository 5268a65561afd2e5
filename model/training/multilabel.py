"""Pictures that may carry several classes: one folder a class, the same picture in each folder that
fits it.

Every class is a question of its own, yes or no, with its own calibrated probability and threshold.
Fitting for that; answering is in `recogniser`, figures are in `evaluate_many`. Not for the server.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score
from sklearn.model_selection import GroupKFold, ParameterGrid
from sklearn.pipeline import Pipeline

from data_cleaning.datasets.dataset import SPECIAL, Item
from data_cleaning.errors import DatasetError
from model.recipes.recipe import Recipe
from model.recognition.gallery import Gallery, project
from model.recognition.recogniser import Acceptance, PerClass, Recogniser
from model.training.classifiers import CLASSIFIERS, SEED, behind
from model.training.fit import FittedTraining
from model.training.grid_search import GridSearchResult, fit_calibrated, quiet, with_basis
from model.training.options import TrainingOptions, allowed
from model.training.plan import discriminant_space
from model.training.samples import Rows, Sample
from model.training.splits import Splits, searched, unaltered

Truths = dict[str, frozenset[str]]  # classes of each picture, by its sha256
LEAST = 4  # different pictures that a class needs on either side of yes and no
EDGES = (0.05, 0.95)  # no threshold lies outside of these
BASIS = "each class's own threshold, where the mean of precision and recall (F1) was best"


def together(items: Sequence[Item]) -> tuple[list[Item], Truths]:
    """Each picture once, and the classes of all folders that it lies in; `_unknown` and `_none`
    stand for no class.
    """
    truths: Truths = {}
    first: dict[str, Item] = {}
    for item in items:
        own = frozenset() if item.label in SPECIAL else frozenset({item.label})
        truths[item.sha256] = truths.get(item.sha256, frozenset()) | own
        first.setdefault(item.sha256, item)
    return list(first.values()), truths


@dataclass(frozen=True)
class Many:
    """What classifiers are fitted on. answers: bool, shape (rows, labels): which classes the row's
    picture carries.
    """

    rows: Rows
    answers: NDArray[np.bool_]
    labels: tuple[str, ...]

    def sets(self) -> NDArray[np.int64]:
        """A number for each row, the same for the same set of classes."""
        return np.unique(self.answers, axis=0, return_inverse=True)[1].ravel().astype(np.int64)

    def subset(self, index: NDArray) -> Many:
        """The rows of an index or a mask."""
        return Many(self.rows.subset(index), self.answers[index], self.labels)


def table(all_samples: Sequence[Sample], truths: Truths, copies: NDArray[np.int64]) -> Many:
    """Rows of the first region of each picture.

    Raises DatasetError where a class has too few pictures to learn.
    """
    labels = tuple(sorted(set().union(*truths.values())))
    seen = [i for i, one in enumerate(all_samples) if one.views]
    blocks = [
        np.concatenate([v[0] for v in (all_samples[i].views, all_samples[i].extra) if v])
        for i in seen
    ]
    repeats = [len(block) for block in blocks]
    plain = [len(all_samples[i].views[0]) for i in seen]
    pictures = np.repeat(seen, repeats)
    if not blocks:
        raise DatasetError("In none of the pictures was there anything to learn from.")
    rows = Rows(
        np.concatenate(blocks),
        tuple(all_samples[i].label for i in pictures),
        tuple(all_samples[i].sha256 for i in pictures),
        copies[pictures],
        altered=np.concatenate([np.arange(n) >= p for n, p in zip(repeats, plain, strict=True)]),
    )
    answers = np.array([[label in truths[source] for label in labels] for source in rows.sources])
    _check(labels, answers, rows.groups)
    return Many(rows, answers, labels)


def _check(labels: tuple[str, ...], answers: NDArray[np.bool_], groups: NDArray[np.int64]) -> None:
    for column, label in enumerate(labels):
        yes, no = _groups(answers[:, column], groups)
        if min(yes, no) < LEAST:
            raise DatasetError(
                f"Class {label} has {yes} different pictures that carry it and {no} that do not; "
                f"at least {LEAST} of both are needed."
            )


def _groups(answer: NDArray[np.bool_], groups: NDArray[np.int64]) -> tuple[int, int]:
    """How many different pictures carry a class, and how many do not."""
    return len(set(groups[answer].tolist())), len(set(groups[~answer].tolist()))


@dataclass(frozen=True)
class How:
    """The choices of one training."""

    recipe: Recipe
    options: TrainingOptions


def fit_many(
    all_samples: Sequence[Sample], truths: Truths, copies: NDArray[np.int64], how: How
) -> FittedTraining:
    """Train one classifier a class, of the kind and with the parameters that are best over all
    classes.
    """
    many = table(all_samples, truths, copies)
    with quiet():
        rows, found = with_basis(many.rows)
        many = replace(many, rows=rows)
        few = many.subset(searched(many.rows, many.sets()))
        splits = unaltered(_splits(few, how.options.folds), few.rows.altered)
        trials = [_search(name, few, splits) for name in allowed(how.options)]
        if all(np.isnan(trial.score) for trial in trials):
            raise DatasetError(
                "The pictures fall into so few different groups that no fold has a yes and a no."
            )
        best = max(trials, key=lambda t: np.nan_to_num(t.score))
        model = Recogniser(
            many.labels,
            PerClass(tuple(behind(found, model) for model in _models(best, many))),
            _gallery(many, found, how.recipe),
            Acceptance("probability", -1.0, BASIS),
            _thresholds(best, many, how.options.folds),
        )
    return FittedTraining(model, tuple(trials), many.rows, best.name, how.recipe)


def _splits(many: Many, folds: int) -> Splits:
    groups = many.rows.groups
    splitter = GroupKFold(
        max(2, min(folds, len(set(groups.tolist())))), shuffle=True, random_state=SEED
    )
    return list(splitter.split(many.answers, groups=groups))


def _search(name: str, many: Many, splits: Splits) -> GridSearchResult:
    """The best parameters of one kind of classifier, by the mean average precision over the classes
    and folds.
    """
    start, best, fits = time.perf_counter(), None, 0
    for parameters in ParameterGrid(dict(CLASSIFIERS[name].grid)):
        scores = [_fold_score(name, parameters, many, split) for split in splits]
        fits += len(splits)
        usable = [score for score in scores if not np.isnan(score)] or [float("nan")]
        found = float(np.mean(usable)), float(np.std(usable)), parameters
        best = found if best is None or found[0] > best[0] else best
    assert best is not None
    took = time.perf_counter() - start
    return GridSearchResult(name, best[0], best[1], best[2], took / fits, took)


def _fold_score(name: str, parameters: dict[str, Any], many: Many, split: tuple) -> float:
    """Mean average precision over the classes that have a yes and a no on both sides of a split;
    nan without any.
    """
    learn, test = split
    scores = []
    for answer in many.answers.T:
        if min(len(set(answer[part].tolist())) for part in split) < 2:
            continue
        model = (
            CLASSIFIERS[name]
            .make()
            .set_params(**parameters)
            .fit(many.rows.inside[learn], answer[learn])
        )
        ask = getattr(model, "decision_function", None) or (
            lambda rows, model=model: model.predict_proba(rows)[:, 1]
        )
        scores.append(average_precision_score(answer[test], ask(many.rows.inside[test])))
    return float(np.mean(scores)) if scores else float("nan")


def _models(trial: GridSearchResult, many: Many) -> list[Any]:
    """One calibrated classifier a class, of what the basis gives."""
    return [fit_calibrated(trial, many.rows, answer) for answer in many.answers.T.astype(np.int64)]


def _thresholds(trial: GridSearchResult, many: Many, folds: int) -> tuple[float, ...]:
    """For each class the probability at which F1 was best on pictures that the model had not seen."""
    unseen = np.full(many.answers.shape, np.nan)
    for learn, test in _splits(many, min(folds, 3)):
        part = many.subset(learn)
        if min(min(_groups(answer, part.rows.groups)) for answer in part.answers.T) < 2:
            continue  # the calibration inside needs two of each
        unseen[test] = PerClass(tuple(_models(trial, part))).predict_proba(many.rows.inside[test])
    usable = ~np.isnan(unseen[:, 0]) & ~many.rows.altered
    return tuple(
        best_f1(unseen[usable, c], many.answers[usable, c]) for c in range(len(many.labels))
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


def _gallery(many: Many, found: Pipeline, recipe: Recipe) -> Gallery:
    """Every picture once for each class that it carries; the space tells sets of classes apart."""
    plain = many.subset(~many.rows.altered)
    space = (
        discriminant_space(found, plain.rows.inside, plain.sets())
        if recipe.gallery == "discriminant"
        else None
    )
    row, owner = np.nonzero(plain.answers)
    sources = tuple(plain.rows.sources[i] for i in row)
    return Gallery(project(space, plain.rows.features[row]), owner.astype(np.int64), sources, space)
