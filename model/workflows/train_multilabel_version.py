"""From pictures that may carry several classes to a saved version: what `train` and `forget` do
alike.

The counterpart of `train_version`.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from data_cleaning.datasets.dataset import Item
from data_cleaning.progress import ProgressCallback, StageCallback
from model.evaluation.multilabel_metrics import MultilabelOutcome, cross_validate_many, summary_many
from model.recipes.augmentation import Augmentation
from model.recipes.recipe import Recipe
from model.recognition.bundle import Bundle
from model.reporting.multilabel_report import build_many, by_sets, thumbnails_many
from model.reporting.report import Material
from model.training.multilabel import How, Truths, fit_many, together
from model.training.samples import Sample, near_copies, samples, usable
from model.workflows.train_version import TrainedVersion, TrainingRequest, facts, report_files

Told: TypeAlias = tuple[list[MultilabelOutcome], dict[str, Any]]  # answers, and their figures


@dataclass(frozen=True)
class Looked:
    """A data set looked at: every picture once, the classes of each, and the near-copy groups."""

    items: list[Item]
    truths: Truths
    good: list[Sample]
    bad: list[Sample]
    copies: NDArray[np.int64]

    @property
    def by_sets(self) -> list[Sample]:
        """Every sample, labelled with all classes that its picture carries."""
        return by_sets([*self.good, *self.bad], self.truths)


def look_many(
    items: Sequence[Item],
    recipe: Recipe,
    done: ProgressCallback,
    augment: Augmentation | None = None,
) -> Looked:
    """Look at the pictures of a data set, each once however many folders it lies in."""
    once, truths = together(items)
    looked = samples(once, recipe, done, augment or Augmentation())
    good = usable(looked)
    return Looked(once, truths, good, [s for s in looked if s.error], near_copies(good))


def answered_many(seen: Looked, how: How, say: StageCallback) -> Told:
    """Every picture answered by models that never saw it; with augmentation, also what that gained."""
    verdicts = cross_validate_many(
        seen.good,
        seen.truths,
        seen.copies,
        how,
        lambda done, total: say("folds", done, total, "Folds"),
    )
    figures = summary_many(verdicts, seen.bad)
    if Augmentation.parse(how.options.augment):
        plain = [replace(one, extra=()) for one in seen.good]
        without = summary_many(cross_validate_many(plain, seen.truths, seen.copies, how))[
            "accuracy"
        ]
        told = {
            "how": how.options.augment,
            "accuracy_without": without,
            "gain": figures["accuracy"] - without,
        }
        figures["augmentation"] = told
    return verdicts, figures


def train_multilabel_version(
    order: TrainingRequest, seen: Looked, say: StageCallback
) -> TrainedVersion:
    """Train, cross-validate, report, save, activate."""
    started = time.perf_counter()
    how = How(order.recipe, order.options)
    say("search", 0, 1, "Comparing classifiers")
    training = fit_many(seen.good, seen.truths, seen.copies, how)
    say("search", 1, 1, "Comparing classifiers")
    verdicts, figures = answered_many(seen, how, say)
    told = facts(training, seen.items, figures, order)
    told["pictures"] = {label: row["pictures"] for label, row in figures["per_class"].items()}
    told["multi_label"] = True
    say("report", 0, 1, "Writing the report")
    material: Material[MultilabelOutcome] = Material(
        "training",
        order.name,
        order.root,
        order.recipe,
        figures,
        verdicts,
        seen.by_sets,
        seen.copies,
        facts=told,
    )
    material = replace(material, training=training, private=order.options.private)
    extras = report_files(build_many(material), thumbnails_many(material))
    told["seconds"] = round(time.perf_counter() - started, 1)
    say("report", 1, 1, "Writing the report")
    bundle = Bundle(order.name, 0, order.recipe, training.recogniser, told)
    return order.save(TrainedVersion(bundle, figures), extras, say)
