"""Scoring pictures of a folder: each by models that never saw it, or all by a saved model."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from data_cleaning.datasets.dataset import Dataset
from data_cleaning.errors import InputError
from data_cleaning.progress import StageCallback
from model.evaluation.metrics import Rounds, cross_validate, gained, outcome, presence, summary
from model.evaluation.multilabel_metrics import MultilabelOutcome, summary_many, verdict
from model.recipes.augmentation import Augmentation
from model.recipes.presets import preset
from model.recognition.bundle import Bundle
from model.reporting.multilabel_report import build_many, thumbnails_many
from model.reporting.report import Material, build, thumbnails
from model.training.fit import check_enough
from model.training.multilabel import How
from model.training.options import TrainingOptions
from model.training.samples import near_copies, samples, usable
from model.workflows.dataset_samples import labelled, stranger_samples, training_samples
from model.workflows.train_multilabel_version import answered_many, look_many
from model.workflows.train_version import write_report


@dataclass(frozen=True)
class ScoringOptions:
    """strangers: a folder of people nobody enrolled. report: the HTML file to write.

    private: without small pictures in the report.
    """

    strangers: Path | None = None
    report: Path | None = None
    private: bool = False

    def without_strangers(self) -> None:
        """Raises InputError where strangers are given beside several classes a picture."""
        if self.strangers:
            raise InputError(
                "Several classes in one picture do not go with --strangers; put strangers into"
                " _unknown/."
            )


@dataclass(frozen=True)
class CrossValidation:
    """What to cross-validate: recipe is a preset's name or `auto`."""

    data: Path
    recipe: str
    training: TrainingOptions
    augmentation: Augmentation
    multi_label: bool = False


def cross_validation(
    request: CrossValidation, options: ScoringOptions, progress: StageCallback
) -> dict[str, Any]:
    """The figures of every picture, each scored by models that saw neither it nor a near copy."""
    if request.multi_label:
        return _multilabel_cross_validation(request, options, progress)
    found = training_samples(
        Dataset(request.data).items(), request.recipe, request.augmentation, progress
    )
    recipe, good = found.recipe, usable(found.samples)
    check_enough(good)
    copies = near_copies(good)
    strangers = stranger_samples(options.strangers, recipe, progress)
    rounds = Rounds(
        request.training.folds,
        strangers,
        lambda done, total: progress("folds", done, total, "Folds"),
    )
    outcomes, strange = cross_validate(good, copies, recipe, request.training, rounds)
    unreadable = [s for s in found.samples if s.error]
    figures = summary(outcomes, unreadable, strange) | presence(outcomes, recipe)
    figures |= gained(good, copies, recipe, request.training, figures["accuracy"])
    auto = {"auto": list(found.attempts)} if found.attempts else {}
    figures |= {"recipe": recipe.name} | auto
    if options.report:
        name = request.data.resolve().name
        material = Material(
            "crossval", name, request.data, recipe, figures, outcomes, found.samples, copies,
            strange, private=options.private,
        )  # fmt: skip
        write_report(options.report, build(material), thumbnails(material))
    return figures


def evaluation(
    bundle: Bundle, data: Path, options: ScoringOptions, progress: StageCallback
) -> dict[str, Any]:
    """The figures of a saved model on a folder."""
    if bundle.multi_label:
        return _multilabel_evaluation(bundle, data, options, progress)
    recipe = bundle.recipe
    found = samples(
        labelled(data), recipe, lambda done, total: progress("crops", done, total, "Pictures")
    )
    strangers = stranger_samples(options.strangers, recipe, progress)
    good = usable(found)
    outcomes, strange = (
        [outcome(s, bundle.recogniser, recipe) for s in some] for some in (good, strangers)
    )
    unreadable = [s for s in found if s.error]
    figures = summary(outcomes, unreadable, strange) | presence(outcomes, recipe)
    figures["recipe"] = recipe.name
    if options.report:
        material = Material(
            "evaluation", bundle.name, data, recipe, figures, outcomes, found, near_copies(good),
            strange, facts=bundle.facts, private=options.private,
        )  # fmt: skip
        write_report(options.report, build(material), thumbnails(material))
    return figures


def _multilabel_cross_validation(
    request: CrossValidation, options: ScoringOptions, progress: StageCallback
) -> dict[str, Any]:
    options.without_strangers()
    recipe = preset(request.recipe)
    seen = look_many(
        Dataset(request.data).items(),
        recipe,
        lambda done, total: progress("crops", done, total, "Looking at pictures"),
        request.augmentation,
    )
    outcomes, figures = answered_many(seen, How(recipe, request.training), progress)
    name = request.data.resolve().name
    material = Material(
        "crossval", name, request.data, recipe, figures, outcomes, seen.by_sets, seen.copies
    )
    _write_multilabel(options, material)
    return figures


def _multilabel_evaluation(
    bundle: Bundle, data: Path, options: ScoringOptions, progress: StageCallback
) -> dict[str, Any]:
    options.without_strangers()
    seen = look_many(
        labelled(data),
        bundle.recipe,
        lambda done, total: progress("crops", done, total, "Pictures"),
    )
    outcomes = [verdict(s, seen.truths, bundle.recogniser, bundle.recipe) for s in seen.good]
    figures = summary_many(outcomes, seen.bad)
    material = Material(
        "evaluation", bundle.name, data, bundle.recipe, figures, outcomes, seen.by_sets,
        seen.copies, facts=bundle.facts,
    )  # fmt: skip
    _write_multilabel(options, material)
    return figures


def _write_multilabel(options: ScoringOptions, material: Material[MultilabelOutcome]) -> None:
    if options.report:
        material = replace(material, private=options.private)
        write_report(options.report, build_many(material), thumbnails_many(material))
