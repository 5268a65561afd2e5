"""Forgetting a class: a new version without it, no older version that knows it, and the proof.

Nothing is removed before the new version is saved and checked. After an interruption the same call
goes on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from data_cleaning.datasets.class_names import UNKNOWN
from data_cleaning.datasets.dataset import Dataset, Item
from data_cleaning.datasets.delete_class import delete_class, may_show
from data_cleaning.errors import BundleBroken, BundleMissing, DatasetError
from data_cleaning.files import sha256_of_file
from data_cleaning.json_types import JsonObject
from data_cleaning.progress import StageCallback
from model.evaluation.plain_data import fields_of, keyed
from model.recipes.augmentation import Augmentation
from model.recipes.recipe import Recipe
from model.recognition.manifest import Manifest
from model.recognition.registry import Registry
from model.training.options import TrainingOptions
from model.workflows.dataset_samples import stage
from model.workflows.tasks.choice import task_for
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


@dataclass(frozen=True)
class DeletedPictures:
    """What left the data set. decisions: that named the class or its pictures. moved: pictures of
    others that lay in its folder.
    """

    pictures: int
    decisions: int
    moved: int


@dataclass(frozen=True)
class Remainder:
    """The proof, looked up afresh: what is left of the class. pictures: None without a data set."""

    labels: int
    examples: int
    pictures: int | None


@dataclass(frozen=True)
class ErasedClass:
    """What was removed. trained: the version without the class, where one had to be trained.

    others: further models that know a class of that name.
    """

    name: str
    label: str = field(metadata=keyed("class"))
    trained: int | None
    removed_versions: tuple[int, ...]
    deleted: DeletedPictures | None
    left: Remainder
    others: tuple[str, ...]

    def to_json(self) -> JsonObject:
        return fields_of(self)


def erase_class(erasure: Erasure, progress: StageCallback) -> ErasedClass:
    """Retrain without a class, remove every version that knows it, and prove that it is gone.

    Raises BundleMissing where nothing knows the class, DatasetError where there is too little, or
    no data set, to retrain on, and BundleBroken where the new version still knows the class.
    """
    _check(erasure)
    registry, name = erasure.registry, erasure.name
    pictures = _pictures(erasure)
    theirs = _digests(erasure, pictures)
    knowing = _knowing(erasure, theirs)
    if not knowing and not theirs:
        raise BundleMissing(
            f"Nothing knows a class {erasure.label!r}: neither the model {name} nor the data set."
        )
    answers = registry.active(name) in knowing
    trained = _retrain(erasure, theirs, progress) if answers else None
    _check_gone(erasure, registry.active(name), theirs)
    for version in knowing:
        registry.remove(name, version)
    registry.tidy(name)
    return ErasedClass(
        name=name,
        label=erasure.label,
        trained=trained,
        removed_versions=tuple(knowing),
        deleted=_delete(erasure),
        left=_left(erasure, theirs),
        others=_others(erasure),
    )


def _check(erasure: Erasure) -> None:
    if erasure.label.startswith("_"):
        raise DatasetError(f"{erasure.label} is a special folder, nobody's class.")
    if erasure.delete_pictures and erasure.data is None:
        raise DatasetError("To delete pictures, say of which data set: --data DIR.")


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
    registry, name = erasure.registry, erasure.name
    versions = registry.versions(name)
    return [v for v in versions if _traces(erasure, registry.manifest(name, v), theirs)]


def _traces(erasure: Erasure, saved: Manifest, theirs: set[str]) -> bool:
    counted = erasure.label in (saved.facts.pictures or {})
    return erasure.label in saved.labels or counted or bool(theirs & set(saved.sources))


def _others(erasure: Erasure) -> tuple[str, ...]:
    """Further models that know a class of that name."""
    others = [name for name in erasure.registry.names() if name != erasure.name]
    return tuple(name for name in others if _named_in(erasure, name))


def _named_in(erasure: Erasure, other: str) -> bool:
    versions = erasure.registry.versions(other)
    return any(erasure.label in erasure.registry.manifest(other, v).labels for v in versions)


def _retrain(erasure: Erasure, theirs: set[str], progress: StageCallback) -> int:
    """The next version, by the active one's recipe and options, on what is left: its number."""
    if erasure.data is None:
        raise DatasetError(
            f"To forget {erasure.label!r}, {erasure.name} must be trained again without them: "
            "give its data set with --data DIR. Nothing was removed."
        )
    active = erasure.registry.manifest(erasure.name, erasure.registry.active(erasure.name))
    task = task_for(active.multi_label)
    left = [item for item in Dataset(erasure.data).items() if item.sha256 not in theirs]
    recipe = Recipe.from_json(active.recipe)
    _check_enough_left(erasure, active.labels, left, task.learnt_against(recipe))
    request = TrainingRequest(
        erasure.name,
        erasure.data,
        recipe,
        TrainingOptions.from_json(active.facts.options or {}),
        erasure.registry,
        multi_label=active.multi_label,
    )
    augmentation = Augmentation.parse(request.options.augment)
    crops = stage(progress, "crops", "Looking at pictures")
    dataset = task.measure_for_training(left, request.recipe, augmentation, crops)
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
            f"{erasure.data} has no pictures of {', '.join(absent)}, whom {erasure.name} knows: is"
            " it the right data set? Nothing was removed."
        )
    against = any(item.label in others for item in left) if others else bool(classes)
    if len(classes) + against < 2:
        raise DatasetError(
            f"Without {erasure.label!r} only {', '.join(classes) or 'nothing'} is left, which is"
            " too little to train on. Nothing was removed. Add another class or a folder"
            f" {UNKNOWN}, or delete the model {erasure.name} altogether."
        )


def _check_gone(erasure: Erasure, version: int, theirs: set[str]) -> None:
    """Raises BundleBroken where the version that is to answer from now on still knows the class."""
    if _traces(erasure, erasure.registry.manifest(erasure.name, version), theirs):
        raise BundleBroken(
            f"Version {version} of {erasure.name} still knows {erasure.label!r}; nothing was"
            " removed."
        )


def _left(erasure: Erasure, theirs: set[str]) -> Remainder:
    registry, name = erasure.registry, erasure.name
    left = [registry.manifest(name, version) for version in registry.versions(name)]
    pictures = None
    if erasure.data is not None:
        pictures = sum(_theirs(erasure, item) for item in _pictures(erasure))
    return Remainder(
        labels=sum(erasure.label in version.labels for version in left),
        examples=sum(len(theirs & set(version.sources)) for version in left),
        pictures=pictures,
    )


def _delete(erasure: Erasure) -> DeletedPictures | None:
    """Delete the class from the data set, where that was asked for."""
    if not erasure.delete_pictures or erasure.data is None:
        return None
    deleted = delete_class(Dataset(erasure.data), erasure.label, _remove_empty)
    return DeletedPictures(deleted.files, deleted.decisions, deleted.moved)


def _remove_empty(folder: Path) -> None:
    """Remove a folder and those inside it, as far as no file is left in them."""
    inside = sorted((path for path in folder.rglob("*") if path.is_dir()), reverse=True)
    for directory in (*inside, folder):
        if not any(directory.iterdir()):
            directory.rmdir()
