"""The figures that a verdict follows from, out of what training and evaluation measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from model.evaluation.figures import (
    ClassFigures,
    MultilabelClassFigures,
    MultilabelEvaluation,
    SingleLabelEvaluation,
)
from model.recipes.presets import RECIPES, missing_files
from model.recipes.recipe import Recipe
from model.recognition.manifest import Facts
from model.recognition.naming.recogniser import Acceptance
from model.recognition.naming.stranger_population import population_of
from model.reporting.verdict.sentence import MeasuredStrangers, VerdictFigures, WeakestClass

STRANGERS = {"face": "strangers", "person": "other people", "object": "other things"}


@dataclass(frozen=True)
class VerdictBasis:
    """What was trained and judged. doubtful: pictures that look wrong in their folder. not_found:
    pictures of each class in which nothing was found.
    """

    recipe: Recipe
    facts: Facts
    doubtful: int = 0
    not_found: Mapping[str, int] | None = None


def single_label_figures(basis: VerdictBasis, figures: SingleLabelEvaluation) -> VerdictFigures:
    """Of pictures of one class each."""
    recipe, acceptance = basis.recipe, basis.facts.acceptance
    better, missing = _better(basis)
    return VerdictFigures(
        subject=recipe.subject,
        classes=len(figures.per_class),
        pictures=figures.pictures,
        correct=figures.correct,
        weakest=_weakest(figures.per_class, basis.not_found or {}),
        promised=_promised(recipe, acceptance),
        measured=_measured(recipe, figures, acceptance),
        refuses=_refuses(recipe, figures, acceptance),
        doubtful=basis.doubtful,
        better=better,
        better_missing=missing,
    )


def multilabel_figures(basis: VerdictBasis, figures: MultilabelEvaluation) -> VerdictFigures:
    """Of pictures that may carry several classes: each is a question of its own."""
    better, missing = _better(basis)
    return VerdictFigures(
        subject=basis.recipe.subject,
        classes=len(figures.per_class),
        pictures=figures.pictures,
        correct=figures.correct,
        weakest=_weakest(figures.per_class, {}),
        refuses=None,
        better=better,
        better_missing=missing,
        multi_label=True,
    )


def _weakest(
    classes: Mapping[str, ClassFigures | MultilabelClassFigures], not_found: Mapping[str, int]
) -> WeakestClass | None:
    """The least known class, of equal ones the one with fewer pictures."""
    if not classes:
        return None
    label, row = min(classes.items(), key=lambda one: (one[1].recall, one[1].pictures))
    return WeakestClass(label, row.pictures, row.correct, not_found.get(label, 0))


def _promised(recipe: Recipe, acceptance: Acceptance | None) -> float | None:
    """A promise is what the population of strangers says; a rate on one's own is measured."""
    if acceptance is None or population_of(recipe) is None:
        return None
    return acceptance.fpir


def _measured(
    recipe: Recipe, figures: SingleLabelEvaluation, acceptance: Acceptance | None
) -> MeasuredStrangers | None:
    strange = figures.unknown
    if strange:
        noun = f"{strange.strangers} pictures of {STRANGERS[recipe.subject]}"
        return MeasuredStrangers(strange.fpir, noun, strange.strangers)
    if acceptance is None or acceptance.fpir is None or population_of(recipe) is not None:
        return None
    left_out = "people left out of it" if recipe.subject == "face" else "classes left out of it"
    return MeasuredStrangers(acceptance.fpir, left_out)


def _refuses(
    recipe: Recipe, figures: SingleLabelEvaluation, acceptance: Acceptance | None
) -> bool | None:
    """None where things are taken to be all there is, or nothing is known of strangers."""
    if acceptance is None or figures.unknown or acceptance.fpir is not None:
        return True
    return None if recipe.closed else acceptance.threshold > -1


def _better(basis: VerdictBasis) -> tuple[str, bool]:
    """The recipe of the same subject that uses pretrained networks, unless this one does or it was
    tried already; and whether its files are missing.
    """
    name = f"{basis.recipe.subject}-modern"
    if basis.recipe.weights() or name not in RECIPES:
        return "", False
    tried = {row["recipe"] for row in basis.facts.attempts or () if row["accuracy"] is not None}
    return ("", False) if name in tried else (name, bool(missing_files(RECIPES[name])))
