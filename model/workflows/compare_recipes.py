"""The recipe `auto`: every recipe that fits and is installed, tried on one's own pictures.

Fits; saves nothing.

The cheapest within one standard error of the best is kept: a difference that chance explains is not
worth milliseconds. After Breiman et al., "Classification and regression trees", 1984, who prune
trees so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from data_cleaning.datasets.dataset import NOTHING, Item
from data_cleaning.errors import DatasetError, WeightsBroken, WeightsMissing
from data_cleaning.pretrained import locate
from data_cleaning.progress import StageCallback
from model.evaluation.metrics import Rounds, cross_validate, summary
from model.recipes.presets import RECIPES
from model.recipes.recipe import Recipe
from model.training.fit import check_enough
from model.training.options import TrainingOptions
from model.training.presence_threshold import at_lowest_threshold
from model.training.samples import Sample, near_copies, samples, usable

AUTO = "auto"
FOLDS = 3
# of the pictures must show a face (or a person) for the recipes of faces (or people) to be tried
SHOWN = 0.8


@dataclass(frozen=True)
class Attempt:
    """One recipe's figures in a quick cross-validation with logistic regression.

    accuracy: of all pictures, 0 to 1, with its standard error. milliseconds: a picture, decode to
    features, mean. note: why it was not tried, or "".
    """

    recipe: str
    accuracy: float | None = None
    error: float | None = None
    failure_to_acquire: float | None = None
    milliseconds: float | None = None
    note: str = ""


@dataclass(frozen=True)
class Choice:
    """What was kept: the recipe, its samples, and every attempt as plain data."""

    recipe: Recipe
    samples: list[Sample]
    attempts: tuple[dict[str, Any], ...]


def choose(items: Sequence[Item], say: StageCallback) -> Choice:
    """Try the recipes that fit these pictures, and keep the cheapest within one standard error of
    the best.

    Faces are tried first: where fewer than 80 % of the pictures show one, people are (if there are
    pictures of `_none`, which say that people matter), and things. Raises DatasetError where
    nothing could be tried.
    """
    tried: dict[str, tuple[Attempt, list[Sample]]] = {}
    skipped: list[Attempt] = []
    for subject in ("face", "person", "object"):
        if subject == "person" and all(item.label != NOTHING for item in items):
            skipped += [
                Attempt(n, note="no _none folder")
                for n, r in RECIPES.items()
                if r.subject == subject
            ]
            continue
        for name in [n for n, r in RECIPES.items() if r.subject == subject]:
            missing = _missing(RECIPES[name])
            if missing:
                skipped.append(Attempt(name, note=missing))
            else:
                tried[name] = _attempt(name, items, say)
        if any(_shows(attempt) for attempt, _ in tried.values()):
            break
    measured = [attempt for attempt, _ in tried.values() if attempt.accuracy is not None]
    if not measured:
        raise DatasetError("No recipe found enough in these pictures to be tried.")
    kept = cheapest_good(measured)
    rows = tuple(
        asdict(a) | {"kept": a is kept} for a in [*(a for a, _ in tried.values()), *skipped]
    )
    return Choice(RECIPES[kept.recipe], tried[kept.recipe][1], rows)


def cheapest_good(attempts: Sequence[Attempt]) -> Attempt:
    """The one that takes the least time, of those within one standard error of the most accurate."""
    best = max(attempts, key=lambda a: a.accuracy or 0.0)
    floor = (best.accuracy or 0.0) - (best.error or 0.0)
    return min(
        (a for a in attempts if (a.accuracy or 0.0) >= floor), key=lambda a: a.milliseconds or 0.0
    )


def _attempt(name: str, items: Sequence[Item], say: StageCallback) -> tuple[Attempt, list[Sample]]:
    recipe = RECIPES[name]
    looked = samples(
        items,
        at_lowest_threshold(recipe),
        lambda done, total: say(name, done, total, f"Trying {name}"),
    )
    good = usable(looked)
    check_enough(good)
    try:
        quick = TrainingOptions(classifiers=("logistic_regression",), folds=FOLDS)
        outcomes, _ = cross_validate(good, near_copies(good), recipe, quick, Rounds(FOLDS))
    except DatasetError as error:
        return Attempt(name, failure_to_acquire=_nothing_found(good), note=str(error)), looked
    figures = summary(outcomes)
    share = figures["accuracy"]
    spread = float(np.sqrt(share * (1 - share) / max(figures["pictures"], 1)))
    took = float(np.mean([sum(s.seconds.values()) for s in good])) * 1000
    return Attempt(name, share, spread, figures["failure_to_acquire"], round(took, 2)), looked


def _nothing_found(good: Sequence[Sample]) -> float:
    return float(np.mean([not s.regions for s in good])) if good else 1.0


def _shows(attempt: Attempt) -> bool:
    return attempt.failure_to_acquire is not None and attempt.failure_to_acquire <= 1 - SHOWN


def _missing(recipe: Recipe) -> str:
    try:
        for name in recipe.weights():
            locate(name)
    except (WeightsMissing, WeightsBroken) as error:
        return str(error)
    return ""
