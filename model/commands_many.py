"""What `train`, `crossval` and `evaluate` do where pictures may carry several classes. Prints."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import replace

from data_cleaning.datasets.dataset import Dataset
from data_cleaning.errors import InputError
from data_cleaning.progress import Progress
from model.commands import _print_figures, _print_training, _wishes, labelled
from model.evaluation.multilabel_metrics import MultilabelOutcome, summary_many, verdict
from model.recipes.presets import preset
from model.recipes.recipe import Recipe
from model.recognition.bundle import Bundle
from model.recognition.registry import Registry
from model.reporting.multilabel_report import build_many, thumbnails_many
from model.reporting.report import Material
from model.training.multilabel import How
from model.workflows.train_multilabel_version import (
    Looked,
    Told,
    answered_many,
    look_many,
    train_multilabel_version,
)
from model.workflows.train_version import TrainingRequest, write_report


def train(args: Namespace) -> int:
    """Train one classifier a class on a folder and save the next version."""
    progress = Progress(args.progress_json)
    registry = Registry(args.artifacts)
    registry.versions(args.name)  # a name that cannot be used must fail before the work
    recipe = preset(args.recipe)
    order = TrainingRequest(
        args.name,
        args.data,
        recipe,
        _wishes(args),
        registry,
        careful=args.careful,
        excused=args.without,
    )
    produced = train_multilabel_version(order, _look(args, progress), progress)
    progress.close()
    return _print_training(args, produced)


def crossval(args: Namespace) -> int:
    """Score every picture by models that never saw it.

    Raises InputError on options that do not go with it.
    """
    _no_strangers(args)
    progress = Progress(args.progress_json)
    seen, how = (
        _look(args, progress),
        How(preset(args.recipe), replace(_wishes(args), folds=args.folds)),
    )
    told = answered_many(seen, how, progress)
    progress.close()
    return _tell(args, _material("crossval", args, how.recipe, seen, told))


def evaluate(args: Namespace, bundle: Bundle) -> int:
    """Score a saved model on a folder. Raises InputError on options that do not go with it."""
    _no_strangers(args)
    progress = Progress(args.progress_json)
    seen = look_many(
        labelled(args.data), bundle.recipe, lambda d, t: progress("crops", d, t, "Pictures")
    )
    progress.close()
    verdicts = [verdict(s, seen.truths, bundle.recogniser, bundle.recipe) for s in seen.good]
    told = verdicts, summary_many(verdicts, seen.bad)
    material = _material("evaluation", args, bundle.recipe, seen, told)
    return _tell(args, replace(material, name=args.name, facts=bundle.facts))


def _look(args: Namespace, progress: Progress) -> Looked:
    say = lambda done, total: progress("crops", done, total, "Looking at pictures")  # noqa: E731
    return look_many(Dataset(args.data).items(), preset(args.recipe), say, args.augment)


def _material(
    kind: str, args: Namespace, recipe: Recipe, seen: Looked, told: Told
) -> Material[MultilabelOutcome]:
    """What a report is made of, under the data set's name."""
    verdicts, figures = told
    name = args.data.resolve().name
    return Material(
        kind,
        name,
        args.data,
        recipe,
        figures,
        verdicts,
        seen.by_sets,
        seen.copies,
        private=args.private,
    )


def _no_strangers(args: Namespace) -> None:
    if args.strangers:
        raise InputError(
            "Several classes in one picture do not go with --strangers; put strangers into"
            " _unknown/."
        )


def _tell(args: Namespace, material: Material[MultilabelOutcome]) -> int:
    if args.report:
        write_report(args.report, build_many(material), thumbnails_many(material))
    return _print_figures(args, material.figures)
