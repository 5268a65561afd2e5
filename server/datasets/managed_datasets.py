"""The data sets that the API manages: folders of classes of pictures, as people would make them by
hand.

Pictures come in re-encoded, and under names made from the sha256 of what was sent, by which they
are found again.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

from data_cleaning.datasets.class_names import SPECIAL
from data_cleaning.datasets.dataset import Dataset, Item
from data_cleaning.datasets.decisions import Decision, shown_after
from data_cleaning.datasets.delete_class import delete_class, lies_elsewhere, move_to_class
from data_cleaning.datasets.inspection_cache import forget_inspections
from data_cleaning.files import sha256_of_bytes, sha256_of_file, sha256_or_empty, write
from data_cleaning.imaging.encoding import reencode
from data_cleaning.imaging.limits import Limits
from server.datasets.dataset_folders import DatasetFolders, decided_classes
from server.datasets.quota import Quota
from server.datasets.schemas import ClassRow, DatasetRow, Stored
from server.errors import Conflict, NotFound

LONGEST = 2048  # pixels a side that a stored picture keeps
FEWEST = 2  # pictures of a class: one to learn from, one to try it on
STEM = 24  # hex digits of a sha256 that a stored picture is called by


@dataclass(frozen=True)
class ErasedPictures:
    """What an erasure took: names of the data sets, numbers of pictures and decisions."""

    datasets: list[str]
    pictures: int
    decisions: int


class Datasets(DatasetFolders):
    """The pictures and decisions inside the folders. quota: what may be stored; needed to store."""

    def __init__(self, root: Path, quota: Quota | None = None) -> None:
        super().__init__(root)
        self.quota = quota

    def all(self) -> list[DatasetRow]:
        """Every data set with its classes and the number of their pictures."""
        return [self.describe(name) for name in self.names()]

    def describe(self, name: str) -> DatasetRow:
        """One data set. Raises NotFound."""
        dataset = Dataset(self.folder(name))
        labels = self.classes(name) + [s for s in SPECIAL if (dataset.root / s).is_dir()]
        counts = {label: len(dataset.pictures(label)) for label in labels}
        classes = [ClassRow(name=label, pictures=count) for label, count in counts.items()]
        return DatasetRow(name=name, classes=classes, pictures=sum(counts.values()))

    def classes(self, name: str) -> list[str]:
        """The classes, sorted, also those that no folder but a decision makes; [] where there is no
        such data set.
        """
        folder = self.place(name)
        if not folder.is_dir():
            return []
        return sorted([*Dataset(folder).classes(), *decided_classes(folder)])

    def check(self, name: str) -> None:
        """Raises NotFound, or Conflict with what is missing for a training."""
        labels = Dataset(self.folder(name)).classes()
        counts = {label: len(self.pictures(name, label)) for label in labels}
        empty = [label for label, count in counts.items() if not count]
        if not labels:
            raise Conflict(
                f"The data set {name!r} has no classes yet. Make some and add pictures to them."
            )
        if empty:
            raise Conflict(
                f"These classes of {name!r} have no pictures: {', '.join(empty)}. Add some or"
                " delete them."
            )
        _check_counts(name, counts, decided_classes(self.folder(name)))

    def delete_class(self, name: str, label: str) -> int:
        """The folder of a class with its pictures; how many were deleted.

        One that was decided to show another class moves there, and one elsewhere that was decided
        to show this class is again what its folder says. Raises NotFound, DatasetError.
        """
        folder = self.class_folder(name, label)
        dataset = Dataset(folder.parent)
        _move_others_home(dataset, label)
        pictures = len(dataset.pictures(label))
        self.clear_aside(name)
        forget_inspections(dataset.root)
        if folder.is_dir():
            self.discard(folder)
        # Who is no longer among the strangers is not therefore somebody known.
        if label not in SPECIAL:
            dataset.withdraw(_puts_into(label))
        return pictures

    def pictures(self, name: str, label: str) -> list[str]:
        """File names of a class, sorted. Raises NotFound."""
        folder = self.class_folder(name, label)
        return [str(path.relative_to(folder)) for path in Dataset(folder.parent).pictures(label)]

    def add(self, name: str, label: str, data: bytes, limits: Limits) -> Stored:
        """Store one picture; the same picture twice is one. Raises NotFound, PictureError,
        QuotaReached.
        """
        self.class_folder(name, label)
        return self.store(name, label, reencode(data, LONGEST, limits), sha256_of_bytes(data))

    def store(self, name: str, label: str, fresh: bytes, sent: str) -> Stored:
        """Store a JPEG that was encoded here, unless the class has that picture.

        sent: sha256 of what it was encoded from. Raises NotFound, QuotaReached.
        """
        folder = self.class_folder(name, label)
        digest, path = sha256_of_bytes(fresh), folder / f"{sent[:STEM]}.jpg"
        there = path if path.exists() else _same_picture(folder, len(fresh), digest)
        if there is None:
            if self.quota is not None:
                self.quota.take(name, len(fresh))
            folder.mkdir(exist_ok=True)
            write(path, fresh)
            return Stored(file=path.name, sha256=digest, new=True)
        return Stored(file=there.name, sha256=sha256_of_file(there), new=False)

    def restore(self, name: str, label: str, file: str) -> None:
        """Bring a picture back. Raises NotFound, Conflict, QuotaReached."""
        if self.quota is not None:
            self.quota.check(name, 0)
        self.bring_back(self.class_folder(name, label) / file)

    def picture(self, name: str, label: str, file: str) -> Path:
        """The path of one picture. Raises NotFound."""
        folder = self.class_folder(name, label)
        if file not in self.pictures(name, label):
            raise NotFound(f"The class {label!r} of {name!r} has no picture {file[:80]!r}.")
        return folder / file

    def holders(
        self, name: str, digests: Collection[str], sizes: Collection[int] | None = None
    ) -> list[Item]:
        """The files of a picture: those filed under one of these sha256, else those that have one;
        and their copies.

        The labels are those of the folders. sizes: the bytes that a file with such a sha256 can
        have, where that is known; others are not read.
        """
        folder = self.place(name)
        found = Dataset(folder).paths() if folder.is_dir() else []
        stems = {digest[:STEM] for digest in digests}
        filed = [path for path, _ in found if path.stem in stems]
        if filed:
            sizes = {_size(path) for path in filed}
            digests = {sha256_or_empty(path) for path in filed} - {""}
        items = [
            Item(path, label, sha256_or_empty(path))
            for path, label in found
            if sizes is None or _size(path) in sizes
        ]
        return [item for item in items if item.sha256 in digests]

    def shown(self, name: str, items: Collection[Item]) -> set[str | None]:
        """What the files show after all that was decided about them; None is what is left out.

        Raises NotFound.
        """
        decided = Dataset(self.folder(name)).latest_decisions()
        return {shown_after(decided.get(item.sha256, ()), item.label) for item in items}

    def decide(self, name: str, *decisions: Decision) -> None:
        """Append what a person decided. Raises NotFound."""
        Dataset(self.folder(name)).decide(*decisions)

    def mentions(self, name: str, label: str) -> bool:
        """Whether a data set has the class, or a decision names it.

        False where there is none of that name.
        """
        folder = self.place(name)
        if not folder.is_dir():
            return False
        dataset = Dataset(folder)
        return label in dataset.classes() or any(
            label in (decision.label, decision.to) for decision in dataset.decisions()
        )

    def erase_class(self, label: str) -> ErasedPictures:
        """Remove a person from every data set: pictures, and decisions that name them.

        Raises RequestError for what cannot be a class's name.
        """
        self.clear_aside()
        deleted = {}
        for name in self.names():
            folder = self.class_place(self.folder(name), label)
            deleted[name] = delete_class(Dataset(folder.parent), label, self.discard)
        touched = [
            name for name, gone in deleted.items() if gone.digests or gone.decisions or gone.folder
        ]
        return ErasedPictures(
            touched,
            sum(len(gone.digests) for gone in deleted.values()),
            sum(gone.decisions for gone in deleted.values()),
        )


def _check_counts(name: str, counts: dict[str, int], decided: list[str]) -> None:
    """Raises Conflict where a class has one picture alone: nothing could be tried out on another.

    decided: classes without a folder. Where there are some, files do not tell what is shown, and
    the training itself says what is missing.
    """
    single = [label for label, count in counts.items() if count < FEWEST]
    if single and not decided:
        raise Conflict(
            f"These classes of {name!r} have one picture: {', '.join(single)}. A training needs"
            f" at least {FEWEST} different ones of each class, and 10 or more are better."
        )


def _move_others_home(dataset: Dataset, label: str) -> None:
    """Pictures in the folder of a class that were decided to show another one move there."""
    decided = dataset.latest_decisions()
    if not decided or lies_elsewhere(dataset, label):
        return
    for path in dataset.pictures(label):
        digest = sha256_or_empty(path)
        shows = shown_after(decided.get(digest, ()), label)
        if shows is not None and shows not in (label, *SPECIAL):
            move_to_class(dataset, path, shows, digest)


def _same_picture(folder: Path, size: int, digest: str) -> Path | None:
    same = (
        path
        for path in folder.glob("*.jpg")
        if _size(path) == size and sha256_or_empty(path) == digest
    )
    return next(same, None)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:  # deleted a moment ago, or not readable: not there
        return -1


def _puts_into(label: str) -> Callable[[Decision], bool]:
    """Whether a decision makes a picture show the class."""

    def puts(decision: Decision) -> bool:
        if decision.action == "move":
            return decision.to == label
        return decision.action in ("keep", "confirm", "also") and decision.label == label

    return puts
