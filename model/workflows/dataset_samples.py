"""A folder of pictures, measured: to train on, to be judged on, or of strangers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from data_cleaning.datasets.class_names import NOTHING, UNKNOWN
from data_cleaning.datasets.dataset import Dataset, Item
from data_cleaning.errors import DatasetError
from data_cleaning.files import sha256_of_file
from data_cleaning.progress import ProgressCallback, StageCallback
from model.recipes.augmentation import Augmentation
from model.recipes.recipe import Recipe
from model.training.samples import MeasuredDataset, Sample, samples, usable
from model.workflows.tasks.choice import AnyTask
from model.workflows.tasks.task import RecipeChoice


def stage(progress: StageCallback, name: str, message: str) -> ProgressCallback:
    """One stage's part of what is said of the progress."""
    return lambda done, total: progress(name, done, total, message)


@dataclass(frozen=True)
class TrainingSamples:
    """Pictures as a recipe sees them, and how the recipe was chosen."""

    choice: RecipeChoice
    dataset: MeasuredDataset


def training_samples(
    task: AnyTask,
    items: Sequence[Item],
    recipe: str | None,
    augmentation: Augmentation,
    progress: StageCallback,
) -> TrainingSamples:
    """Measure pictures by a preset, or by the one that `auto` keeps."""
    choice = task.choose_recipe(items, recipe, progress)
    if choice.samples is not None and not augmentation:
        return TrainingSamples(choice, MeasuredDataset.of(items, choice.samples))
    crops = stage(progress, "crops", "Looking at pictures")
    return TrainingSamples(
        choice, task.measure_for_training(items, choice.recipe, augmentation, crops)
    )


def labelled(root: Path) -> list[Item]:
    """Every picture under the label of its folder: an evaluation set is taken as it lies."""
    items = [Item(path, label, sha256_of_file(path)) for path, label in Dataset(root).paths()]
    if not items:
        raise DatasetError(
            f"{root} has no class folders with pictures in them. Expected {root}/<class>/<picture>."
        )
    return items


def stranger_samples(root: Path | None, recipe: Recipe, progress: StageCallback) -> list[Sample]:
    """Samples of a flat folder, or one with folders of people, all as `_unknown`; [] for None.

    Raises DatasetError where no picture is there.
    """
    if root is None:
        return []
    folder = Dataset(root)
    flat = [path for path in folder.pictures(".") if path.parent == root]
    paths = flat + [path for path, label in folder.paths() if label != NOTHING]
    if not paths:
        raise DatasetError(f"{root} has no pictures of strangers in it.")
    items = [Item(path, UNKNOWN, sha256_of_file(path)) for path in paths]
    return usable(samples(items, recipe, stage(progress, "strangers", "Looking at strangers")))
