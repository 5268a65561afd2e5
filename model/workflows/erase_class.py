"""Forgetting a class: a new version without it, no older version that knows it, and the proof.

Nothing is removed before the new version is saved and checked. After an interruption the same call
goes on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from data_cleaning.datasets.class_names import UNKNOWN
from data_cleaning.datasets.dataset import Dataset, Item
from data_cleaning.datasets.delete_class import delete_class, may_show
from data_cleaning.errors import BundleBroken, BundleMissing, DatasetError
from data_cleaning.files import sha256_of_file
from data_cleaning.progress import StageCallback
from model.recipes.augmentation import Augmentation
from model.recipes.recipe import Recipe
from model.recognition.manifest import Manifest
from model.recognition.registry import Registry
from model.training.open_set.stranger_population import population_of
from model.training.options import TrainingOptions
from model.workflows.dataset_samples import stage
from model.workflows.tasks import task_for
from model.workflows.train_version import TrainingRequest, train_version


@dataclass(frozen=True)
class Erasure:
    """What to forget, and where. data: the data set to retrain on; None where nothing needs
    retraining.

    delete_pictures: also delete the class's pictures and the decisions about them.
    """

    registry: Registry
    name: str
    label: str
    data: Path | None = None
    delete_pictures: bool = False


def erase_class(erasure: Erasure, progress: StageCallback) -> dict[str, Any]:
    """Retrain without a class, remove every version that knows it, and prove that it is gone.

    Returns what was removed. Raises BundleMissing where nothing knows the class, DatasetError where
    there is too little, or no data set, to retrain on, and BundleBroken where the new version still
    knows the class.
    """
    if erasure.label.startswith("_"):
        raise DatasetError(f"{erasure.label} is a special folder, nobody's class.")
    if erasure.delete_pictures and erasure.data is None:
        raise DatasetError("To delete pictures, say of which data set: --data DIR.")
    pictures = _pictures(erasure)
    theirs = _digests(erasure, pictures)
    knowing = _knowing(erasure, theirs)
    if not knowing and not theirs:
        raise BundleMissing(
            f"Nothing knows a class {erasure.label!r}: neither the model {erasure.name} nor the data set."
        )
    trained = (
        _retrain(erasure, theirs, progress)
        if erasure.registry.active(erasure.name) in knowing
        else None
    )
    _check_gone(erasure, erasure.registry.active(erasure.name), theirs)
    for version in knowing:
        erasure.registry.remove(erasure.name, version)
    erasure.registry.tidy(erasure.name)
    deleted = _delete(erasure) if erasure.delete_pictures else None
    return {
        "name": erasure.name,
        "class": erasure.label,
        "trained": trained,
        "removed_versions": knowing,
        "deleted": deleted,
        "left": _left(erasure, theirs),
        "others": [
            other
            for other in erasure.registry.names()
            if other != erasure.name and _named_in(erasure, other)
        ],
    }


def _pictures(erasure: Erasure) -> list[Item]:
    """Every picture with the label that training gives it; a rejected one has its folder's."""
    if erasure.data is None:
        return []
    folder = erasure.data / erasure.label
    if folder.is_dir() and not any(folder.iterdir()):
        # an empty class folder is no data set's; its pictures were deleted by other hands
        folder.rmdir()
    dataset = Dataset(erasure.data)
    final = {item.path: item for item in dataset.items()}
    return [
        final.get(path) or Item(path, label, sha256_of_file(path))
        for path, label in dataset.paths()
    ]


def _theirs(erasure: Erasure, item: Item) -> bool:
    """Of the class; or of its folder, and decided to show nobody that is known: it may still show
    them.
    """
    assert erasure.data is not None
    folder = item.path.relative_to(erasure.data).parts[0]
    return may_show(erasure.label, folder, item.label)


def _digests(erasure: Erasure, pictures: Sequence[Item]) -> set[str]:
    """sha256 of every picture of the class: in the data set, and enrolled by whatever version.

    An enrolled one that is by now another class's alone was a wrong label, and is not theirs.
    """
    theirs = {item.sha256 for item in pictures if _theirs(erasure, item)}
    active = erasure.registry.manifest(erasure.name, erasure.registry.active(erasure.name))
    elsewhere = {item.sha256 for item in pictures if not item.label.startswith("_")}
    if not pictures and erasure.label not in active.labels:
        elsewhere = set(active.sources)
    return theirs | (_enrolled(erasure) - elsewhere)


def _enrolled(erasure: Erasure) -> set[str]:
    """sha256 of every enrolled example of the class, in whatever version."""
    found: set[str] = set()
    for version in erasure.registry.versions(erasure.name):
        saved = erasure.registry.manifest(erasure.name, version)
        if erasure.label not in saved.labels:
            continue
        try:
            with np.load(
                erasure.registry.path(erasure.name, version) / "gallery.npz", allow_pickle=False
            ) as arrays:
                owners = arrays["owners"].tolist()
        except (OSError, ValueError, KeyError):
            continue  # a broken version is removed all the same, for its label
        number = saved.labels.index(erasure.label)
        found |= {
            source for source, owner in zip(saved.sources, owners, strict=False) if owner == number
        }
    return found


def _knowing(erasure: Erasure, theirs: set[str]) -> list[int]:
    """Versions that name the class, counted its pictures, or enrolled one of them under another
    name.
    """
    every = erasure.registry.versions(erasure.name)
    return [
        v for v in every if _traces(erasure, erasure.registry.manifest(erasure.name, v), theirs)
    ]


def _traces(erasure: Erasure, saved: Manifest, theirs: set[str]) -> bool:
    counted = erasure.label in (saved.facts.pictures or {})
    return erasure.label in saved.labels or counted or bool(theirs & set(saved.sources))


def _named_in(erasure: Erasure, other: str) -> bool:
    return any(
        erasure.label in erasure.registry.manifest(other, v).labels
        for v in erasure.registry.versions(other)
    )


def _retrain(erasure: Erasure, theirs: set[str], progress: StageCallback) -> int:
    """The next version, by the active one's recipe and options, on what is left: its number."""
    if erasure.data is None:
        raise DatasetError(
            f"To forget {erasure.label!r}, {erasure.name} must be trained again without them: "
            "give its data set with --data DIR. Nothing was removed."
        )
    saved = erasure.registry.manifest(erasure.name, erasure.registry.active(erasure.name))
    left = [item for item in Dataset(erasure.data).items() if item.sha256 not in theirs]
    multi_label = saved.multi_label
    task = task_for(multi_label)
    recipe = Recipe.from_json(saved.recipe)
    learns_alone = not multi_label and population_of(recipe) is not None
    _check_enough_left(erasure, saved.labels, left, () if learns_alone else task.learnt_against)
    recorded = saved.facts.options or {}
    options = {
        **recorded,
        "classifiers": tuple(recorded["classifiers"]),
    }
    request = TrainingRequest(
        erasure.name,
        erasure.data,
        recipe,
        TrainingOptions(**options),
        erasure.registry,
        multi_label=multi_label,
    )
    dataset = task.measure_for_training(
        left,
        request.recipe,
        Augmentation.parse(request.options.augment),
        stage(progress, "crops", "Looking at pictures"),
    )
    return train_version(request, dataset, progress).bundle.version


def _check_enough_left(
    erasure: Erasure, labels: Sequence[str], left: Sequence[Item], others: Sequence[str]
) -> None:
    """others: the special folders that count as a class to learn against; empty where a class
    needs none, as its strangers are known without.
    """
    classes = {item.label for item in left if not item.label.startswith("_")}
    absent = sorted(set(labels) - classes - {erasure.label})
    if absent:
        raise DatasetError(
            f"{erasure.data} has no pictures of {', '.join(absent)}, whom {erasure.name} knows: is it the"
            " right data set? Nothing was removed."
        )
    against = any(item.label in others for item in left) if others else bool(classes)
    if len(classes) + against < 2:
        raise DatasetError(
            f"Without {erasure.label!r} only {', '.join(classes) or 'nothing'} is left, which is too"
            f" little to train on. Nothing was removed. Add another class or a folder {UNKNOWN}, or"
            f" delete the model {erasure.name} altogether."
        )


def _check_gone(erasure: Erasure, version: int, theirs: set[str]) -> None:
    """Raises BundleBroken where the version that is to answer from now on still knows the class."""
    if _traces(erasure, erasure.registry.manifest(erasure.name, version), theirs):
        raise BundleBroken(
            f"Version {version} of {erasure.name} still knows {erasure.label!r}; nothing was removed."
        )


def _left(erasure: Erasure, theirs: set[str]) -> dict[str, int | None]:
    """The proof, looked up afresh: labels, enrolled examples and pictures left; pictures is None
    without a data set.
    """
    versions = erasure.registry.versions(erasure.name)
    left = [erasure.registry.manifest(erasure.name, version) for version in versions]
    pictures = (
        None if erasure.data is None else sum(_theirs(erasure, item) for item in _pictures(erasure))
    )
    return {
        "labels": sum(erasure.label in version.labels for version in left),
        "examples": sum(len(theirs & set(version.sources)) for version in left),
        "pictures": pictures,
    }


def _delete(erasure: Erasure) -> dict[str, int]:
    """Delete the class's pictures, its folder, and the decisions that name it."""
    assert erasure.data is not None
    deleted = delete_class(Dataset(erasure.data), erasure.label, _remove_empty)
    return {
        "pictures": deleted.files,
        "decisions": deleted.decisions,
        "moved": deleted.moved,
    }


def _remove_empty(folder: Path) -> None:
    """Remove a folder and those inside it, as far as no file is left in them."""
    if not folder.is_dir():
        return
    for one in sorted((p for p in folder.rglob("*") if p.is_dir()), reverse=True):
        if not any(one.iterdir()):
            one.rmdir()
    if not any(folder.iterdir()):
        folder.rmdir()
