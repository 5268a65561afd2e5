"""The recipe `auto`: every recipe that fits and is installed, tried on one's own pictures.

Fits; saves nothing.

The cheapest within one standard error of the best is kept: a difference that chance explains is not
worth milliseconds. After Breiman et al., "Classification and regression trees", 1984, who prune
trees so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from data_cleaning.datasets.class_names import NOTHING
from data_cleaning.datasets.dataset import Item
from data_cleaning.errors import DatasetError
from data_cleaning.progress import StageCallback
from model.evaluation.cross_validation import Rounds
from model.evaluation.figures import RecipeAttempt, SingleLabelEvaluation
from model.evaluation.metrics import cross_validate, summary
from model.recipes.presets import RECIPES, missing_files
from model.recipes.recipe import Recipe
from model.training.classifiers import NEAREST_EXAMPLES
from model.training.fit import check_different, check_enough
from model.training.open_set.stranger_population import population_of
from model.training.options import TrainingOptions
from model.training.presence_threshold import at_lowest_threshold
from model.training.samples import Sample, near_copies, samples, usable
from model.workflows.tasks.task import RecipeChoice

FOLDS = 3
# of the pictures must show a face (or a person) for the recipes of faces (or people) to be tried
SHOWN = 0.8


def choose(items: Sequence[Item], progress: StageCallback) -> RecipeChoice:
    """Try the recipes that fit these pictures, and keep the cheapest within one standard error of
    the best.

    Faces are tried first: where fewer than 80 % of the pictures show one, people are (if there are
    pictures of `_none`, which say that people matter), and things. Raises DatasetError where
    nothing could be tried.
    """
    tried: dict[str, tuple[RecipeAttempt, list[Sample]]] = {}
    skipped: list[RecipeAttempt] = []
    for subject in ("face", "person", "object"):
        names = [name for name, recipe in RECIPES.items() if recipe.subject == subject]
        notes = {name: _why_skip(name, items) for name in names}
        skipped += [RecipeAttempt(name, note=note) for name, note in notes.items() if note]
        tried |= {name: _attempt(name, items, progress) for name, note in notes.items() if not note}
        if any(_shows(attempt) for attempt, _ in tried.values()):
            break
    measured = [attempt for attempt, _ in tried.values() if attempt.accuracy is not None]
    if not measured:
        why = [attempt.note for attempt, _ in tried.values() if attempt.note]
        found_out = f" {why[-1]}" if why else ""
        raise DatasetError(f"No recipe found enough in these pictures to be tried.{found_out}")
    kept = cheapest_good(measured)
    attempts = [*(attempt for attempt, _ in tried.values()), *skipped]
    return RecipeChoice(
        RECIPES[kept.recipe],
        tuple(replace(attempt, kept=attempt is kept) for attempt in attempts),
        tried[kept.recipe][1],
    )


def _why_skip(name: str, items: Sequence[Item]) -> str:
    """Why a recipe is not tried, or ""."""
    recipe = RECIPES[name]
    if recipe.subject == "person" and all(item.label != NOTHING for item in items):
        return "no _none folder"
    return missing_files(recipe)


def cheapest_good(attempts: Sequence[RecipeAttempt]) -> RecipeAttempt:
    """The one that takes the least time, of those within one standard error of the best."""
    best = max(attempts, key=lambda a: a.accuracy or 0.0)
    floor = (best.accuracy or 0.0) - (best.error or 0.0)
    return min(
        (a for a in attempts if (a.accuracy or 0.0) >= floor), key=lambda a: a.milliseconds or 0.0
    )


def _attempt(
    name: str, items: Sequence[Item], progress: StageCallback
) -> tuple[RecipeAttempt, list[Sample]]:
    recipe = RECIPES[name]
    measured = samples(
        items,
        at_lowest_threshold(recipe),
        lambda done, total: progress(name, done, total, f"Trying {name}"),
    )
    good = usable(measured)
    try:
        check_enough(good, alone=population_of(recipe) is not None)
        figures = _quick_figures(good, recipe)
    except DatasetError as error:
        missed = _nothing_found(good)
        return RecipeAttempt(name, failure_to_acquire=missed, note=str(error)), measured
    share = figures.accuracy or 0.0
    spread = float(np.sqrt(share * (1 - share) / max(figures.pictures, 1)))
    took = float(np.mean([sum(s.seconds.values()) for s in good])) * 1000
    missed = figures.failure_to_acquire or 0.0
    return RecipeAttempt(name, share, spread, missed, round(took, 2)), measured


def _quick_figures(good: Sequence[Sample], recipe: Recipe) -> SingleLabelEvaluation:
    quick = "logistic_regression" if population_of(recipe) is None else NEAREST_EXAMPLES
    options = TrainingOptions(classifiers=(quick,), folds=FOLDS)
    copies = near_copies(good)
    check_different(good, copies)
    outcomes, _ = cross_validate(good, copies, recipe, options, Rounds(FOLDS))
    return summary(outcomes)


def _nothing_found(good: Sequence[Sample]) -> float:
    return float(np.mean([not s.regions for s in good])) if good else 1.0


def _shows(attempt: RecipeAttempt) -> bool:
    return attempt.failure_to_acquire is not None and attempt.failure_to_acquire <= 1 - SHOWN
