"""Samples to a recogniser: search the classifiers, calibrate, enrol, choose when to believe.

Not for the server.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from data_cleaning.datasets.class_names import UNKNOWN
from data_cleaning.errors import DatasetError
from data_cleaning.progress import StageCallback, silent
from model.recipes.recipe import Recipe
from model.recognition.naming.recogniser import Recogniser, class_numbers
from model.recognition.naming.stranger_population import population_of
from model.training.embedding.comparison import Judging
from model.training.embedding.enrolment import choose_examples
from model.training.embedding.fit import fit_embedding
from model.training.fitted import FittedTraining
from model.training.grid_search import (
    CALIBRATING,
    FitCounter,
    GridSearchResult,
    quiet,
    search,
    with_basis,
)
from model.training.open_set.held_out import HeldOut
from model.training.open_set.threshold import choose_acceptance
from model.training.options import TrainingOptions
from model.training.plan import Plan
from model.training.presence_threshold import above_threshold, choose_threshold
from model.training.samples import Rows, Sample, training_rows
from model.training.splits import grouped_splits, searched, unaltered


def fit(
    all_samples: Sequence[Sample],
    copies: NDArray[np.int64],
    recipe: Recipe,
    options: TrainingOptions,
    progress: StageCallback = silent,
) -> FittedTraining:
    """Train on samples; copies: near-copy group of each.

    Raises DatasetError where there is too little to train on.
    """
    population = population_of(recipe)
    check_enough(all_samples, alone=population is not None)
    recipe = choose_threshold(recipe, all_samples, copies)
    all_samples = [above_threshold(s, recipe) for s in all_samples]
    enrolment = choose_examples(all_samples, copies, population) if population else None
    rows = training_rows(all_samples, copies, recipe, enrolment.regions if enrolment else None)
    labels, numbers = class_numbers(rows.labels)
    _check_rows(labels, all_samples, rows)
    with quiet():
        rows, basis = with_basis(rows)
        if population and enrolment:
            data = (all_samples, enrolment, rows, numbers, len(labels), basis)
            judging = Judging(*data, recipe, options, population)
            return fit_embedding(judging, labels, progress)
        searches = _compare(rows, numbers, options, progress)
        progress(*CALIBRATING)
        best = max(searches, key=lambda result: result.score)
        plan = Plan(recipe, best, labels, options, basis)
        recogniser, held_out = _recogniser(plan, rows, numbers)
    return FittedTraining(recogniser, searches, rows, best.name, recipe, held_out)


def _compare(
    rows: Rows, numbers: NDArray[np.int64], options: TrainingOptions, progress: StageCallback
) -> tuple[GridSearchResult, ...]:
    """How each classifier that is allowed does on some of the rows."""
    few = searched(rows, numbers)
    splits = unaltered(
        grouped_splits(numbers[few], rows.groups[few], options.folds), rows.altered[few]
    )
    names, data = options.names(), (rows.inside[few], numbers[few], splits)
    counter = FitCounter(names, len(splits), progress)
    return tuple(search(name, *data, counter) for name in names)


def _recogniser(
    plan: Plan, rows: Rows, numbers: NDArray[np.int64]
) -> tuple[Recogniser, HeldOut | None]:
    """Classifier, gallery and threshold on all rows; and the scores that the threshold was chosen
    on.
    """
    acceptance, held_out = choose_acceptance(plan, rows, numbers)
    recogniser = Recogniser(
        plan.labels,
        plan.served(rows, numbers),
        plan.gallery(rows, numbers),
        acceptance,
        presence_judge=plan.presence_judge(rows, numbers),
    )
    return recogniser, held_out


def check_enough(all_samples: Sequence[Sample], alone: bool = False) -> None:
    """Raises DatasetError where there are not two classes, or one class and strangers.

    alone: one class is enough, as it is for an embedding whose population of strangers is known.
    """
    present = {s.label for s in all_samples if not s.label.startswith("_")}
    strangers = any(s.label == UNKNOWN for s in all_samples)
    if len(present) + (strangers or (alone and bool(present))) < 2:
        raise DatasetError(
            f"There is only one class, {', '.join(present) or 'none'}. Training tells classes"
            f" apart: add a second folder of pictures, or a folder {UNKNOWN} with pictures of"
            " others."
        )


def check_different(all_samples: Sequence[Sample], copies: NDArray[np.int64]) -> None:
    """Raises DatasetError where a class has one picture alone, near copies aside: it can be learnt
    or tried out, and not both.
    """
    different = {(s.label, g) for s, g in zip(all_samples, copies.tolist(), strict=True)}
    counts = Counter(label for label, _ in different if not label.startswith("_"))
    single = sorted(label for label, count in counts.items() if count < 2)
    if single:
        raise DatasetError(
            f"There is one picture alone, near copies aside, of {', '.join(single)}; at least 2 of"
            " each class are needed, and 10 or more are better."
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
