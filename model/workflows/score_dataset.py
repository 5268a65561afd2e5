"""Scoring pictures of a folder: each by models that never saw it, or all by a saved model."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from data_cleaning.datasets.fixed_split import learnt_items
from data_cleaning.errors import InputError
from data_cleaning.progress import StageCallback
from model.evaluation.cross_validation import Rounds
from model.evaluation.figures import Evaluation
from model.recipes.augmentation import Augmentation
from model.recognition.bundle import Bundle
from model.reporting.report import ReportMaterial
from model.reporting.report_files import write_report
from model.training.options import TrainingOptions
from model.training.samples import MeasuredDataset
from model.workflows.dataset_samples import labelled, stage, stranger_samples, training_samples
from model.workflows.tasks.choice import AnyTask, task_for
from model.workflows.tasks.task import Answered, Compared, RecipeChoice, Scored
from model.workflows.train_version import BASELINES, with_augmentation_gain


@dataclass(frozen=True)
class ScoringOptions:
    """strangers: a folder of people nobody enrolled. report: the HTML file to write.

    private: without small pictures in the report.
    """

    strangers: Path | None = None
    report: Path | None = None
    private: bool = False

    def check(self, task: AnyTask) -> None:
        """Raises InputError where strangers are given beside several classes a picture."""
        if self.strangers and not task.takes_strangers:
            raise InputError(
                "Several classes in one picture do not go with --strangers; put strangers into"
                " _unknown/."
            )


@dataclass(frozen=True)
class CrossValidation:
    """What to cross-validate: recipe is a preset's name, `auto`, or None where nobody said.

    baseline: compare with simpler ways, on the same folds.
    """

    data: Path
    recipe: str | None
    training: TrainingOptions
    augmentation: Augmentation
    multi_label: bool = False
    baseline: bool = False


def cross_validation(
    request: CrossValidation, options: ScoringOptions, progress: StageCallback
) -> Evaluation:
    """The figures of every picture, each scored by models that saw neither it nor a near copy."""
    task = task_for(request.multi_label)
    options.check(task)
    items = learnt_items(request.data)
    found = training_samples(task, items, request.recipe, request.augmentation, progress)
    recipe, dataset = found.choice.recipe, found.dataset
    strangers = stranger_samples(options.strangers, recipe, progress)
    rounds = Rounds(request.training.folds, strangers, stage(progress, "folds", "Folds"))
    outcomes, strange = task.cross_validate(dataset.readable, recipe, request.training, rounds)
    scored = Scored(outcomes, dataset.unreadable, recipe, strange, found.choice)
    figures: Evaluation = task.evaluate(scored)
    figures = with_augmentation_gain(task, figures, dataset, recipe, request.training)
    simpler = stage(progress, "baseline", BASELINES) if request.baseline else None
    compared = Compared(dataset.readable, recipe, rounds.folds)
    figures = task.with_baselines(figures, compared, simpler)
    material = _material(request.data, dataset, scored, figures)
    _write(options, task, replace(material, kind="crossval", name=request.data.resolve().name))
    return figures


def evaluation(
    bundle: Bundle, data: Path, options: ScoringOptions, progress: StageCallback
) -> Evaluation:
    """The figures of a saved model on a folder."""
    task, recipe = task_for(bundle.multi_label), bundle.recipe
    options.check(task)
    dataset = task.measure(labelled(data), recipe, stage(progress, "crops", "Pictures"))
    strangers = stranger_samples(options.strangers, recipe, progress)
    outcomes, strange = (
        [task.answer(sample, bundle.recogniser, recipe) for sample in some]
        for some in (dataset.readable.samples, strangers)
    )
    scored = Scored(outcomes, dataset.unreadable, recipe, strange, RecipeChoice(recipe))
    figures: Evaluation = task.evaluate(scored)
    material = _material(data, dataset, scored, figures)
    _write(
        options,
        task,
        replace(material, name=bundle.name, facts=bundle.facts, version=bundle.version),
    )
    return figures


def _material(
    data: Path,
    dataset: MeasuredDataset,
    scored: Scored[Answered],
    figures: Evaluation,
) -> ReportMaterial[Answered, Evaluation]:
    return ReportMaterial(
        kind="evaluation",
        name="",
        root=data,
        recipe=scored.recipe,
        figures=figures,
        outcomes=scored.outcomes,
        samples=dataset.samples,
        copies=dataset.readable.copies,
        strangers=scored.strangers,
    )


def _write(
    options: ScoringOptions, task: AnyTask, material: ReportMaterial[Answered, Evaluation]
) -> None:
    """The report, where one is wanted."""
    if options.report:
        material = replace(material, private=options.private)
        write_report(options.report, task.report(material), task.thumbnails(material))
