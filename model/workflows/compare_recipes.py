"""The recipe `auto`: every recipe that fits and is installed, tried on one's own pictures.

Fits; saves nothing.

What counts is what is expected to go wrong: known ones missed and strangers named. The quickest
within one standard error of the best is kept: a difference that chance explains is not
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
from model.recipes.presets import RECIPES, missing_files, preset
from model.recipes.recipe import Recipe
from model.recognition.naming.stranger_population import population_of
from model.training.classifiers import NEAREST_EXAMPLES
from model.training.fit import check_different, check_enough, fit
from model.training.options import TrainingOptions
from model.training.presence_threshold import at_lowest_threshold
from model.training.samples import Sample, near_copies, samples, usable
from model.workflows.tasks.task import RecipeChoice

FOLDS = 3
# of the pictures must show a face (or a person) for the recipes of faces (or people) to be tried
SHOWN = 0.8
WITHOUT_FILES = "face-classic"
NO_FILES = (
    "Recipe face-classic: no pretrained file is installed, and it needs none; those that need some"
    " are more often right and tell strangers."
)
# Why a recipe was taken, as a code.
NEEDS_NO_FILES, QUICKEST_OF_BEST, ONLY_ONE = "needs_no_files", "quickest_of_best", "only_one"


def choose_by_default(items: Sequence[Item], progress: StageCallback) -> RecipeChoice:
    """What trains where nobody said: what `choose` keeps where pretrained files are installed, else
    face-classic, which needs none.
    """
    networks = [recipe for recipe in RECIPES.values() if recipe.weights()]
    if any(not missing_files(recipe) for recipe in networks):
        return choose(items, progress)
    return RecipeChoice(preset(WITHOUT_FILES), reason=NO_FILES, code=NEEDS_NO_FILES)


def choose(items: Sequence[Item], progress: StageCallback) -> RecipeChoice:
    """Try the recipes that fit these pictures, and keep the quickest within one standard error of
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
        _reason(kept, len(measured)),
        QUICKEST_OF_BEST if len(measured) > 1 else ONLY_ONE,
    )


def _why_skip(name: str, items: Sequence[Item]) -> str:
    """Why a recipe is not tried, or ""."""
    recipe = RECIPES[name]
    if recipe.subject == "person" and all(item.label != NOTHING for item in items):
        return "no _none folder"
    return missing_files(recipe)


def cost(attempt: RecipeAttempt) -> float:
    """What is expected to go wrong: known ones missed, and strangers named.

    Whoever takes the classes to be all there is names every stranger.
    """
    strangers = 1.0 if attempt.strangers_named is None else attempt.strangers_named
    return 1 - (attempt.accuracy or 0.0) + strangers


def cheapest_good(attempts: Sequence[RecipeAttempt]) -> RecipeAttempt:
    """The one that takes the least time, of those within one standard error of the least cost."""
    best = min(attempts, key=cost)
    most = cost(best) + (best.error or 0.0) + 1e-9
    return min((a for a in attempts if cost(a) <= most), key=lambda a: a.milliseconds or 0.0)


def _reason(kept: RecipeAttempt, tried: int) -> str:
    """Which recipe was taken and why, in a sentence."""
    strangers = ""
    if kept.strangers_named is not None:
        strangers = f" and names {kept.strangers_named:.1%} of strangers"
    if tried > 1:
        why = f", the quickest of the best of {tried} that were tried"
    else:
        why = "; no other could be tried"
    return f"Recipe {kept.recipe}: it misses {1 - (kept.accuracy or 0.0):.1%}{strangers}{why}."


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
        figures, strangers = _quick_figures(good, recipe)
    except DatasetError as error:
        missed = _nothing_found(good)
        return RecipeAttempt(name, failure_to_acquire=missed, note=str(error)), measured
    share = figures.accuracy or 0.0
    spread = float(np.sqrt(share * (1 - share) / max(figures.pictures, 1)))
    took = float(np.mean([sum(s.seconds.values()) for s in good])) * 1000
    missed = figures.failure_to_acquire or 0.0
    attempt = RecipeAttempt(name, share, spread, missed, round(took, 2), strangers_named=strangers)
    return attempt, measured


def _quick_figures(
    good: Sequence[Sample], recipe: Recipe
) -> tuple[SingleLabelEvaluation, float | None]:
    """Of a quick cross-validation; and the share of strangers that is expected to get a name:
    measured where there are pictures of `_unknown`, else what the threshold allows.
    """
    quick = "logistic_regression" if population_of(recipe) is None else NEAREST_EXAMPLES
    options, copies = TrainingOptions(classifiers=(quick,), folds=FOLDS), near_copies(good)
    check_different(good, copies)
    outcomes, _ = cross_validate(good, copies, recipe, options, Rounds(FOLDS))
    figures = summary(outcomes)
    if figures.unknown:
        return figures, figures.unknown.fpir
    acceptance = fit(good, copies, recipe, options).recogniser.acceptance
    if acceptance.fpir is None:
        return figures, None if recipe.closed else 1.0
    return figures, acceptance.fpir


def _nothing_found(good: Sequence[Sample]) -> float:
    return float(np.mean([not s.regions for s in good])) if good else 1.0


def _shows(attempt: RecipeAttempt) -> bool:
    return attempt.failure_to_acquire is not None and attempt.failure_to_acquire <= 1 - SHOWN
