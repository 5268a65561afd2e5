"""A folder of pictures as samples: to train on, to be judged on, or of strangers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from data_cleaning.datasets.dataset import NOTHING, UNKNOWN, Dataset, Item
from data_cleaning.errors import DatasetError
from data_cleaning.files import sha256_of_file
from data_cleaning.progress import StageCallback
from model.recipes.augmentation import Augmentation
from model.recipes.presets import preset
from model.recipes.recipe import Recipe
from model.training.presence_threshold import at_lowest_threshold
from model.training.samples import Sample, samples, usable
from model.workflows.compare_recipes import AUTO, choose


@dataclass(frozen=True)
class TrainingSamples:
    """Pictures as a recipe sees them; attempts: what `auto` tried before it took that recipe."""

    recipe: Recipe
    samples: list[Sample]
    attempts: tuple[dict[str, Any], ...] = ()


def training_samples(
    items: Sequence[Item], recipe: str, augmentation: Augmentation, progress: StageCallback
) -> TrainingSamples:
    """Look at pictures by a recipe, or by the one that `auto` keeps."""
    attempts: tuple[dict[str, Any], ...] = ()
    if recipe == AUTO:
        choice = choose(items, progress)
        if not augmentation:
            return TrainingSamples(choice.recipe, choice.samples, choice.attempts)
        recipe, attempts = choice.recipe.name, choice.attempts
    found = samples(
        items,
        at_lowest_threshold(preset(recipe)),
        lambda done, total: progress("crops", done, total, "Looking at pictures"),
        augmentation,
    )
    return TrainingSamples(preset(recipe), found, attempts)


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
    return usable(
        samples(
            items,
            recipe,
            lambda done, total: progress("strangers", done, total, "Looking at strangers"),
        )
    )
