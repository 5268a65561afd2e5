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

from data_cleaning.datasets.dataset import SPECIAL, UNKNOWN, Dataset, Decision, Item
from data_cleaning.errors import BundleBroken, BundleMissing, DatasetError
from data_cleaning.files import sha256_of_file
from data_cleaning.progress import StageCallback
from model.recipes.augmentation import Augmentation
from model.recipes.recipe import Recipe
from model.recognition.registry import Registry
from model.training.options import TrainingOptions
from model.training.presence_threshold import at_lowest_threshold
from model.training.samples import samples
from model.workflows.train_multilabel_version import look_many, train_multilabel_version
from model.workflows.train_version import TrainingRequest, train_version
from model.workflows.versions import manifest


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


def erase_class(what: Erasure, say: StageCallback) -> dict[str, Any]:
    """Retrain without a class, remove every version that knows it, and prove that it is gone.

    Returns what was removed. Raises BundleMissing where nothing knows the class, DatasetError where
    there is too little, or no data set, to retrain on, and BundleBroken where the new version still
    knows the class.
    """
    if what.label.startswith("_"):
        raise DatasetError(f"{what.label} is a special folder, nobody's class.")
    if what.delete_pictures and what.data is None:
        raise DatasetError("To delete pictures, say of which data set: --data DIR.")
    pictures = _pictures(what)
    theirs = _digests(what, pictures)
    knowing = _knowing(what, theirs)
    if not knowing and not theirs:
        raise BundleMissing(
            f"Nothing knows a class {what.label!r}: neither the model {what.name} nor the data set."
        )
    trained = _retrain(what, theirs, say) if what.registry.active(what.name) in knowing else None
    _check_gone(what, what.registry.active(what.name), theirs)
    for version in knowing:
        what.registry.remove(what.name, version)
    what.registry.tidy(what.name)
    deleted = _delete(what, pictures) if what.delete_pictures else None
    return {
        "name": what.name,
        "class": what.label,
        "trained": trained,
        "removed_versions": knowing,
        "deleted": deleted,
        "left": _left(what, theirs),
        "others": [
            other
            for other in what.registry.names()
            if other != what.name and _named_in(what, other)
        ],
    }


def _pictures(what: Erasure) -> list[Item]:
    """Every picture with the label that training gives it; a rejected one counts with its folder's."""
    if what.data is None:
        return []
    folder = what.data / what.label
    if folder.is_dir() and not any(folder.iterdir()):
        # an empty class folder is no data set's; its pictures were deleted by other hands
        folder.rmdir()
    dataset = Dataset(what.data)
    final = {item.path: item for item in dataset.items()}
    return [
        final.get(path) or Item(path, label, sha256_of_file(path))
        for path, label in dataset.paths()
    ]


def _theirs(what: Erasure, item: Item) -> bool:
    """Of the class; or of its folder, and decided to show nobody that is known: it may still show
    them.
    """
    assert what.data is not None
    return item.label == what.label or (
        item.label == UNKNOWN and item.path.is_relative_to(what.data / what.label)
    )


def _digests(what: Erasure, pictures: Sequence[Item]) -> set[str]:
    """sha256 of every picture of the class: in the data set, and enrolled by whatever version.

    An enrolled one that is by now another class's alone was a wrong label, and is not theirs.
    """
    theirs = {item.sha256 for item in pictures if _theirs(what, item)}
    active = manifest(what.registry, what.name, what.registry.active(what.name))
    elsewhere = {item.sha256 for item in pictures if not item.label.startswith("_")}
    if not pictures and what.label not in active["labels"]:
        elsewhere = set(active["sources"])
    return theirs | (_enrolled(what) - elsewhere)


def _enrolled(what: Erasure) -> set[str]:
    """sha256 of every enrolled example of the class, in whatever version."""
    found: set[str] = set()
    for version in what.registry.versions(what.name):
        made = manifest(what.registry, what.name, version)
        if what.label not in made["labels"]:
            continue
        try:
            with np.load(
                what.registry.path(what.name, version) / "gallery.npz", allow_pickle=False
            ) as arrays:
                owners = arrays["owners"].tolist()
        except (OSError, ValueError, KeyError):
            continue  # a broken version is removed all the same, for its label
        number = made["labels"].index(what.label)
        found |= {
            source
            for source, owner in zip(made["sources"], owners, strict=False)
            if owner == number
        }
    return found


def _knowing(what: Erasure, theirs: set[str]) -> list[int]:
    """Versions that name the class, counted its pictures, or enrolled one of them under another
    name.
    """
    every = what.registry.versions(what.name)
    return [v for v in every if _traces(what, manifest(what.registry, what.name, v), theirs)]


def _traces(what: Erasure, made: dict[str, Any], theirs: set[str]) -> bool:
    counted = what.label in made["facts"].get("pictures", {})
    return what.label in made["labels"] or counted or bool(theirs & set(made["sources"]))


def _named_in(what: Erasure, other: str) -> bool:
    return any(
        what.label in manifest(what.registry, other, v)["labels"]
        for v in what.registry.versions(other)
    )


def _retrain(what: Erasure, theirs: set[str], say: StageCallback) -> int:
    """The next version, by the active one's recipe and options, on what is left. Returns its number."""
    if what.data is None:
        raise DatasetError(
            f"To forget {what.label!r}, {what.name} must be trained again without them: "
            "give its data set with --data DIR. Nothing was removed."
        )
    made = manifest(what.registry, what.name, what.registry.active(what.name))
    left = [item for item in Dataset(what.data).items() if item.sha256 not in theirs]
    several = bool(made.get("thresholds"))
    _check_enough_left(what, made["labels"], left, SPECIAL if several else (UNKNOWN,))
    options = {
        **made["facts"]["wishes"],
        "classifiers": tuple(made["facts"]["wishes"]["classifiers"]),
    }
    order = TrainingRequest(
        what.name,
        what.data,
        Recipe.from_json(made["recipe"]),
        TrainingOptions(**options),
        what.registry,
    )
    augment = Augmentation.parse(order.options.augment)
    done = lambda d, t: say("crops", d, t, "Looking at pictures")  # noqa: E731
    if several:
        return train_multilabel_version(
            order, look_many(left, order.recipe, done, augment), say
        ).bundle.version
    return train_version(
        order, left, samples(left, at_lowest_threshold(order.recipe), done, augment), say
    ).bundle.version


def _check_enough_left(
    what: Erasure, labels: Sequence[str], left: Sequence[Item], others: Sequence[str]
) -> None:
    """others: the special folders that count as a class to learn against."""
    classes = {item.label for item in left if not item.label.startswith("_")}
    absent = sorted(set(labels) - classes - {what.label})
    if absent:
        raise DatasetError(
            f"{what.data} has no pictures of {', '.join(absent)}, whom {what.name} knows: is it the"
            " right data set? Nothing was removed."
        )
    if len(classes) + any(item.label in others for item in left) < 2:
        raise DatasetError(
            f"Without {what.label!r} only {', '.join(classes) or 'nothing'} is left, which is too"
            f" little to train on. Nothing was removed. Add another class or a folder {UNKNOWN}, or"
            f" delete the model {what.name} altogether."
        )


def _check_gone(what: Erasure, version: int, theirs: set[str]) -> None:
    """Raises BundleBroken where the version that is to answer from now on still knows the class."""
    if _traces(what, manifest(what.registry, what.name, version), theirs):
        raise BundleBroken(
            f"Version {version} of {what.name} still knows {what.label!r}; nothing was removed."
        )


def _left(what: Erasure, theirs: set[str]) -> dict[str, int | None]:
    """The proof, looked up afresh: labels, enrolled examples and pictures left; pictures is None
    without a data set.
    """
    made = [manifest(what.registry, what.name, v) for v in what.registry.versions(what.name)]
    pictures = None if what.data is None else sum(_theirs(what, item) for item in _pictures(what))
    return {
        "labels": sum(what.label in one["labels"] for one in made),
        "examples": sum(len(theirs & set(one["sources"])) for one in made),
        "pictures": pictures,
    }


def _delete(what: Erasure, pictures: Sequence[Item]) -> dict[str, int]:
    """Delete the class's pictures, also where they lie in another class's folder too, its folder,
    and the decisions that name it; every other picture keeps its label."""
    assert what.data is not None
    dataset = Dataset(what.data)
    digests = {item.sha256 for item in pictures if _theirs(what, item)}
    gone = [item for item in pictures if item.sha256 in digests]
    for item in gone:
        item.path.unlink(missing_ok=True)
    moved = [
        item
        for item in pictures
        if item not in gone and item.path.is_relative_to(dataset.root / what.label)
    ]
    for item in moved:  # decided to show somebody else: at home there
        _move(item, dataset.root / item.label)
    _remove_empty(dataset.root / what.label)
    kept = {item.path: item.label for item in dataset.items()}
    decisions = dataset.withdraw(
        lambda each: what.label in (each.label, each.to) or each.sha256 in digests
    )
    _restore_labels(dataset, kept)
    return {"pictures": len(gone), "decisions": decisions, "moved": len(moved)}


def _move(item: Item, folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    target = folder / item.path.name
    if target.exists():
        target = folder / f"{item.sha256[:12]}{item.path.suffix}"
    item.path.replace(target)


def _remove_empty(folder: Path) -> None:
    """Remove a folder and those inside it, as far as no file is left in them."""
    if not folder.is_dir():
        return
    for one in sorted((p for p in folder.rglob("*") if p.is_dir()), reverse=True):
        if not any(one.iterdir()):
            one.rmdir()
    if not any(folder.iterdir()):
        folder.rmdir()


def _restore_labels(dataset: Dataset, wanted: dict[Path, str]) -> None:
    """A dropped decision may have said that a picture is not theirs: say what it is without naming
    them.
    """
    for item in dataset.items():
        if item.path not in wanted:
            dataset.decide(Decision(item.sha256, "reject", by="forget"))
        elif wanted[item.path] != item.label:
            dataset.decide(Decision(item.sha256, "move", to=wanted[item.path], by="forget"))
