"""What tasks are given and give back: a chosen recipe, and answers that are to be judged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from model.evaluation.figures import RecipeAttempt
from model.recipes.recipe import Recipe
from model.training.samples import Sample

Answered = TypeVar("Answered", covariant=True)


@dataclass(frozen=True)
class RecipeChoice:
    """A recipe; where it was chosen by trying, what was tried, and the samples as it sees them."""

    recipe: Recipe
    attempts: tuple[RecipeAttempt, ...] = ()
    samples: Sequence[Sample] | None = None


@dataclass(frozen=True)
class Scored(Generic[Answered]):
    """Outcomes of a data set and of strangers, and what could not be read.

    choice: where the figures stand alone, the recipe that they are of.
    """

    outcomes: Sequence[Answered]
    unreadable: Sequence[Sample]
    recipe: Recipe
    strangers: Sequence[Answered] = ()
    choice: RecipeChoice | None = None
