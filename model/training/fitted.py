"""What a training comes to, whichever way it was fitted."""

from __future__ import annotations

from dataclasses import dataclass

from model.recipes.recipe import Recipe
from model.recognition.naming.recogniser import Recogniser
from model.training.embedding.enrolment import DoubtfulExample
from model.training.grid_search import GridSearchResult
from model.training.open_set.held_out import HeldOut
from model.training.samples import Rows


@dataclass(frozen=True)
class FittedTraining:
    """A fitted recogniser and how it came about.

    searches: how each classifier did. chosen: the best one's name. recipe: with the detector's
    threshold chosen on these pictures. held_out: the scores that the acceptance threshold was
    chosen on. doubtful: pictures that taught nothing, because they look wrong in their folder.
    """

    recogniser: Recogniser
    searches: tuple[GridSearchResult, ...]
    rows: Rows
    chosen: str
    recipe: Recipe
    held_out: HeldOut | None = None
    doubtful: tuple[DoubtfulExample, ...] = ()
