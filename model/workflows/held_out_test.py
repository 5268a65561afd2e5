"""A saved model on pictures that were set aside before the training.

They are looked at when everything is chosen: they train nothing, and fit no threshold.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from data_cleaning.datasets.class_names import SPECIAL
from data_cleaning.datasets.dataset import Item
from data_cleaning.errors import DatasetError
from data_cleaning.progress import StageCallback
from model.evaluation.figures import HeldOutTest
from model.training.fitted import FittedTraining
from model.training.samples import MeasuredDataset, Sample, near_copies
from model.workflows.dataset_samples import labelled, stage
from model.workflows.tasks.choice import AnyTask
from model.workflows.tasks.task import Scored


def set_aside(folder: Path | None, learnt: Sequence[Item]) -> list[Item]:
    """The pictures of the folder, as they lie; none for None.

    Raises DatasetError where it holds none, or those of a class that nobody learns.
    """
    if folder is None:
        return []
    if not folder.is_dir():
        raise DatasetError(f"{folder} is not a folder. --test takes a folder with one a class.")
    items = labelled(folder)
    unknown = sorted({item.label for item in items} - {item.label for item in learnt} - {*SPECIAL})
    if unknown:
        raise DatasetError(
            f"{folder} holds pictures of {', '.join(unknown)}, of whom there is none to learn from."
            " A test has the classes of the training."
        )
    return items


def held_out_test(
    task: AnyTask,
    items: Sequence[Item],
    dataset: MeasuredDataset,
    training: FittedTraining,
    progress: StageCallback,
) -> HeldOutTest | None:
    """The figures of the model on the test's pictures; None without any.

    dataset: what was learnt from, to tell near copies of it.
    """
    if not items:
        return None
    recipe = training.recipe
    seen = task.measure(items, recipe, stage(progress, "test", "Answering the test"))
    answers = [task.answer(s, training.recogniser, recipe) for s in seen.readable.samples]
    copied = _copied(dataset.readable.samples, seen.readable.samples)
    others = [answer for answer, copy in zip(answers, copied, strict=True) if not copy]
    figures = task.evaluate(Scored(answers, seen.unreadable, recipe))
    without = task.evaluate(Scored(others, (), recipe)).accuracy if others else None
    folder = _common_folder(items).name
    return HeldOutTest(folder, sum(copied), without, figures)


def _copied(learnt: Sequence[Sample], tested: Sequence[Sample]) -> list[bool]:
    """Of each picture of a test: does a near copy of it lie among those that were learnt from?"""
    groups = near_copies([*learnt, *tested])
    known = np.unique(groups[: len(learnt)])
    return np.isin(groups[len(learnt) :], known).tolist()


def _common_folder(items: Sequence[Item]) -> Path:
    """The folder that the classes lie in."""
    first = items[0]
    inside = next(p for p in first.path.parents if p.name == first.label)
    return inside.parent
