"""What `train` and `crossval` do with `--multi-label`: pictures that may carry several classes. Prints."""

from __future__ import annotations

import json
import time
from argparse import Namespace
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data_cleaning.dataset import Dataset, Item
from data_cleaning.errors import InputError
from model.bundle import Bundle
from model.commands import Progress, _print_figures, _print_training, _wishes
from model.multilabel import How, Truths, cross_validate_many, fit_many, summary_many, together
from model.produce import Order, facts
from model.recipe import recipe
from model.registry import Registry
from model.samples import Sample, near_copies, readable, samples


@dataclass(frozen=True)
class Looked:
    """A data set looked at: every picture once, the classes of each, and the near-copy groups."""

    items: list[Item]
    truths: Truths
    good: list[Sample]
    bad: list[Sample]
    copies: NDArray[np.int64]


def train(args: Namespace) -> int:
    """Train one classifier a class on a folder and save the next version."""
    started = time.perf_counter()
    progress = Progress(args.progress_json)
    Registry(args.artifacts).versions(args.name)
    seen, how = _look(args, progress), How(recipe(args.recipe), _wishes(args))
    training = fit_many(seen.good, seen.truths, seen.copies, how)
    figures = _figures(args, seen, how, progress)
    order = Order(args.name, args.data, how.recipe, how.wishes, Registry(args.artifacts))
    told = facts(training, seen.items, figures | {"ece": None}, order)
    told["pictures"] = {label: figures["per_class"][label]["pictures"] for label in figures["per_class"]}
    told |= {"multi_label": True, "seconds": round(time.perf_counter() - started, 1)}
    report = json.dumps({"model": args.name, "facts": told, "figures": figures}, indent=1)
    made = Bundle(args.name, 0, how.recipe, training.recogniser, told)
    bundle = order.registry.add(made, {"report.json": report})
    progress("save", 1, 1, "Saving")
    progress.close()
    return _print_training(args, bundle, figures)


def crossval(args: Namespace) -> int:
    """Score every picture by models that never saw it. Raises InputError on options that do not go with it."""
    if args.strangers or args.report:
        raise InputError("--multi-label goes with neither --strangers nor --report; put strangers into _unknown/.")
    progress = Progress(args.progress_json)
    seen = _look(args, progress)
    figures = _figures(args, seen, How(recipe(args.recipe), replace(_wishes(args), folds=args.folds)), progress)
    progress.close()
    return _print_figures(args, figures)


def _look(args: Namespace, progress: Progress) -> Looked:
    items, truths = together(Dataset(args.data).items())
    looked = samples(
        items,
        recipe(args.recipe),
        lambda done, total: progress("crops", done, total, "Looking at pictures"),
        args.augment,
    )
    good = readable(looked)
    return Looked(items, truths, good, [s for s in looked if s.error], near_copies(good))


def _figures(args: Namespace, seen: Looked, how: How, progress: Progress) -> dict[str, Any]:
    verdicts = cross_validate_many(
        seen.good, seen.truths, seen.copies, how, lambda done, total: progress("folds", done, total, "Folds")
    )
    figures = summary_many(verdicts, seen.bad)
    if args.augment:
        plain = [replace(one, extra=()) for one in seen.good]
        without = summary_many(cross_validate_many(plain, seen.truths, seen.copies, how))["accuracy"]
        told = {"how": how.wishes.augment, "accuracy_without": without, "gain": figures["accuracy"] - without}
        figures["augmentation"] = told
    return figures
