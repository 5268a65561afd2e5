"""What `train`, `crossval` and `evaluate` do where pictures may carry several classes. Prints."""

from __future__ import annotations

import time
from argparse import Namespace
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from data_cleaning.dataset import Dataset, Item
from data_cleaning.errors import InputError
from model.bundle import Bundle
from model.commands import Progress, _print_figures, _print_training, _wishes, labelled
from model.evaluate_many import Verdict, cross_validate_many, summary_many, verdict
from model.multilabel import How, Truths, fit_many, together
from model.produce import Order, facts, report_files, write_report
from model.recipe import Recipe, recipe
from model.registry import Registry
from model.report import Material
from model.report_many import build_many, by_sets, thumbnails_many
from model.samples import Sample, near_copies, readable, samples

Told: TypeAlias = tuple[list[Verdict], dict[str, Any]]  # answers, and their figures


@dataclass(frozen=True)
class Looked:
    """A data set looked at: every picture once, the classes of each, and the near-copy groups."""

    items: list[Item]
    truths: Truths
    good: list[Sample]
    bad: list[Sample]
    copies: NDArray[np.int64]

    def material(self, kind: str, args: Namespace, made: Recipe, told: Told) -> Material[Verdict]:
        """What a report is made of, under the data set's name."""
        name, some = args.data.resolve().name, by_sets([*self.good, *self.bad], self.truths)
        return Material(kind, name, args.data, made, told[1], told[0], some, self.copies, private=args.private)


def train(args: Namespace) -> int:
    """Train one classifier a class on a folder and save the next version."""
    started = time.perf_counter()
    progress = Progress(args.progress_json)
    Registry(args.artifacts).versions(args.name)
    seen, how = _look(args, progress), How(recipe(args.recipe), _wishes(args))
    training = fit_many(seen.good, seen.truths, seen.copies, how)
    verdicts, figures = _answered(args, seen, how, progress)
    order = Order(args.name, args.data, how.recipe, how.wishes, Registry(args.artifacts))
    told = facts(training, seen.items, figures, order)
    told["pictures"] = {label: figures["per_class"][label]["pictures"] for label in figures["per_class"]}
    told["multi_label"] = True
    progress("report", 0, 1, "Writing the report")
    material = seen.material("training", args, how.recipe, (verdicts, figures))
    material = replace(material, name=args.name, facts=told, training=training)
    extras = report_files(build_many(material), thumbnails_many(material))
    progress("report", 1, 1, "Writing the report")
    told["seconds"] = round(time.perf_counter() - started, 1)
    bundle = order.registry.add(Bundle(args.name, 0, how.recipe, training.recogniser, told), extras)
    progress("save", 1, 1, "Saving")
    progress.close()
    return _print_training(args, bundle, figures)


def crossval(args: Namespace) -> int:
    """Score every picture by models that never saw it. Raises InputError on options that do not go with it."""
    _no_strangers(args)
    progress = Progress(args.progress_json)
    seen, how = _look(args, progress), How(recipe(args.recipe), replace(_wishes(args), folds=args.folds))
    told = _answered(args, seen, how, progress)
    progress.close()
    return _tell(args, seen.material("crossval", args, how.recipe, told))


def evaluate(args: Namespace, bundle: Bundle) -> int:
    """Score a saved model on a folder. Raises InputError on options that do not go with it."""
    _no_strangers(args)
    progress = Progress(args.progress_json)
    items, truths = together(labelled(args.data))
    say = lambda done, total: progress("crops", done, total, "Pictures")  # noqa: E731
    seen = _looked(items, truths, samples(items, bundle.recipe, say))
    progress.close()
    verdicts = [verdict(s, seen.truths, bundle.recogniser, bundle.recipe) for s in seen.good]
    told = verdicts, summary_many(verdicts, seen.bad)
    material = seen.material("evaluation", args, bundle.recipe, told)
    return _tell(args, replace(material, name=args.name, facts=bundle.facts))


def _no_strangers(args: Namespace) -> None:
    if args.strangers:
        raise InputError("Several classes in one picture do not go with --strangers; put strangers into _unknown/.")


def _tell(args: Namespace, material: Material[Verdict]) -> int:
    if args.report:
        write_report(args.report, build_many(material), thumbnails_many(material))
    return _print_figures(args, material.figures)


def _look(args: Namespace, progress: Progress) -> Looked:
    items, truths = together(Dataset(args.data).items())
    say = lambda done, total: progress("crops", done, total, "Looking at pictures")  # noqa: E731
    return _looked(items, truths, samples(items, recipe(args.recipe), say, args.augment))


def _looked(items: list[Item], truths: Truths, looked: list[Sample]) -> Looked:
    good = readable(looked)
    return Looked(items, truths, good, [s for s in looked if s.error], near_copies(good))


def _answered(args: Namespace, seen: Looked, how: How, progress: Progress) -> Told:
    verdicts = cross_validate_many(
        seen.good, seen.truths, seen.copies, how, lambda done, total: progress("folds", done, total, "Folds")
    )
    figures = summary_many(verdicts, seen.bad)
    if args.augment:
        plain = [replace(one, extra=()) for one in seen.good]
        without = summary_many(cross_validate_many(plain, seen.truths, seen.copies, how))["accuracy"]
        told = {"how": how.wishes.augment, "accuracy_without": without, "gain": figures["accuracy"] - without}
        figures["augmentation"] = told
    return verdicts, figures
