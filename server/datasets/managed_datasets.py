"""The data sets that the API manages: folders of classes of pictures, as people would make them by
hand.

Pictures come in re-encoded, and under names made from the sha256 of what was sent, by which they
are found again; names from outside only ever name folders.
"""

from __future__ import annotations

import contextlib
import itertools
import math
import os
import re
import shutil
import time
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

from data_cleaning.datasets.dataset import (
    DECISIONS,
    GROUPS,
    SPECIAL,
    Dataset,
    Decision,
    Item,
    shown_after,
)
from data_cleaning.errors import DatasetError
from data_cleaning.files import sha256_of_bytes, sha256_of_file, sha256_or_empty, write
from data_cleaning.imaging.encoding import reencode
from data_cleaning.imaging.limits import Limits
from server.errors import Conflict, NotFound, RequestError
from server.storage.database import new_id
from server.web.validation_messages import LABEL, NAME

LONGEST = 2048  # pixels a side that a stored picture keeps
STEM = 24  # hex digits of a sha256 that a stored picture is called by
DELETED = ".deleted-"
STALE = 3600.0  # seconds after which half a file is nobody's any more


class Datasets:
    def __init__(self, root: Path) -> None:
        self.root = root

    def all(self) -> list[dict[str, Any]]:
        """Every data set with its classes and the number of their pictures."""
        if not self.root.is_dir():
            return []
        folders = sorted(
            path for path in self.root.iterdir() if path.is_dir() and _plain(path.name)
        )
        return [self.describe(path.name) for path in folders]

    def describe(self, name: str) -> dict[str, Any]:
        """One data set. Raises NotFound."""
        dataset = Dataset(self.folder(name))
        labels = self.classes(name) + [each for each in SPECIAL if (dataset.root / each).is_dir()]
        counts = {label: len(dataset.pictures(label)) for label in labels}
        return {
            "name": name,
            "classes": [{"name": label, "pictures": count} for label, count in counts.items()],
            "pictures": sum(counts.values()),
        }

    def classes(self, name: str) -> list[str]:
        """The classes, sorted, also those that no folder but a decision makes; [] where there is no
        such data set.
        """
        folder = self._inside(name)
        return sorted([*Dataset(folder).classes(), *_decided(folder)]) if folder.is_dir() else []

    def check(self, name: str) -> None:
        """Raises NotFound, or Conflict with what is missing for a training."""
        labels = Dataset(self.folder(name)).classes()
        empty = [label for label in labels if not self.pictures(name, label)]
        if not labels:
            raise Conflict(
                f"The data set {name!r} has no classes yet. Make some and add pictures to them."
            )
        if empty:
            raise Conflict(
                f"These classes of {name!r} have no pictures: {', '.join(empty)}. Add some or"
                " delete them."
            )

    def create(self, name: str) -> None:
        """An empty data set. Raises Conflict when there is one of that name."""
        try:
            self._inside(name).mkdir(parents=True)
        except FileExistsError:
            raise Conflict(f"There is a data set {name!r} already.") from None

    def delete(self, name: str) -> None:
        """The data set with everything in it. Raises NotFound."""
        self._discard(self.folder(name))

    def create_class(self, name: str, label: str) -> None:
        """An empty class. Raises NotFound, Conflict."""
        check_label(label)
        try:
            self._inside(name, label, of=self.folder(name)).mkdir()
        except FileExistsError:
            raise Conflict(f"The data set {name!r} has a class {label!r} already.") from None

    def delete_class(self, name: str, label: str) -> int:
        """The class with its pictures.

        One that was decided to show another class moves there, and one elsewhere that was decided
        to show this class is again what its folder says.

        How many pictures were deleted. Raises NotFound, DatasetError."""
        folder = self.class_folder(name, label)
        dataset = Dataset(self.folder(name))
        judged = dataset.latest_decisions()
        for path in dataset.pictures(label) if judged else ():
            digest = sha256_or_empty(path)
            shows = shown_after(judged.get(digest, ()), label)
            if shows not in (None, label, *SPECIAL):
                _send_home(folder.parent, path, shows, digest)
        pictures = len(dataset.pictures(label))
        if folder.is_dir():
            self._discard(folder)
        if (
            label not in SPECIAL
        ):  # who is no longer among the strangers is not therefore somebody known
            dataset.withdraw(_puts_into(label))
        return pictures

    def pictures(self, name: str, label: str) -> list[str]:
        """File names of a class, sorted. Raises NotFound."""
        folder = self.class_folder(name, label)
        return [
            str(path.relative_to(folder)) for path in Dataset(self.folder(name)).pictures(label)
        ]

    def add(self, name: str, label: str, data: bytes, limits: Limits) -> dict[str, Any]:
        """Store one picture; the same picture twice is one. Raises NotFound, PictureError."""
        self.class_folder(name, label)
        return self.store(name, label, reencode(data, LONGEST, limits), sha256_of_bytes(data))

    def store(self, name: str, label: str, fresh: bytes, sent: str) -> dict[str, Any]:
        """Store a JPEG that was made here from what has the sha256 `sent`, unless the class has
        that picture. Its file and that file's own sha256. Raises NotFound."""
        folder = self.class_folder(name, label)
        folder.mkdir(exist_ok=True)
        digest, path = sha256_of_bytes(fresh), folder / f"{sent[:STEM]}.jpg"
        same = (
            each
            for each in folder.glob("*.jpg")
            if _size(each) == len(fresh) and sha256_or_empty(each) == digest
        )
        there = path if path.exists() else next(same, None)
        if there is None:
            write(path, fresh)
            return {"file": path.name, "sha256": digest, "new": True}
        return {"file": there.name, "sha256": sha256_of_file(there), "new": False}

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
        have, where that is known; others are not read."""
        folder = self._inside(name)
        found = Dataset(folder).paths() if folder.is_dir() else []
        filed = [path for path, _ in found if path.stem in {each[:STEM] for each in digests}]
        if filed:
            sizes, digests = (
                {_size(path) for path in filed},
                {sha256_or_empty(path) for path in filed} - {""},
            )
        seen = [
            Item(path, at, sha256_or_empty(path))
            for path, at in found
            if sizes is None or _size(path) in sizes
        ]
        return [each for each in seen if each.sha256 in digests]

    def shown(self, name: str, items: Collection[Item]) -> set[str | None]:
        """What the files show after all that was decided about them; None is what is left out.

        Raises NotFound.
        """
        judged = Dataset(self.folder(name)).latest_decisions()
        return {shown_after(judged.get(each.sha256, ()), each.label) for each in items}

    def decide(self, name: str, *decisions: Decision) -> None:
        """Append what a person decided. Raises NotFound."""
        Dataset(self.folder(name)).decide(*decisions)

    def mentions(self, name: str, label: str) -> bool:
        """Whether a data set has the class, or a decision names it.

        False where there is none of that name.
        """
        folder = self._inside(name)
        if not folder.is_dir():
            return False
        dataset = Dataset(folder)
        return label in dataset.classes() or any(
            label in (each.label, each.to) for each in dataset.decisions()
        )

    def forget(self, label: str) -> dict[str, Any]:
        """Remove a person from every data set: pictures, and decisions that name them.

        What was removed.
        """
        gone: dict[str, Any] = {"datasets": [], "pictures": 0, "decisions": 0}
        for each in self.all():
            digests = self._remove_theirs(self.folder(each["name"]), label)
            gone["pictures"] += len(digests)
            if (folder := self._inside(each["name"], label, of=self.folder(each["name"]))).is_dir():
                self._discard(folder)
            decisions = Dataset(self.folder(each["name"])).withdraw(_about(label, digests))
            gone["decisions"] += decisions
            if digests or decisions:
                gone["datasets"].append(each["name"])
        return gone

    def tidy(self, older: float = STALE) -> int:
        """Remove what killed processes left: half stored pictures and data sets half deleted; how
        many pieces.

        older: seconds for which nobody wrote to them; what is younger may be somebody's work under
        way."""
        limit = time.time() - older
        parts = itertools.chain(self.root.glob("*/*.part"), self.root.glob("*/*/*.part"))
        left = [path for path in parts if _changed(path) < limit]
        gone = [path for path in self.root.glob(f"{DELETED}*") if _changed(path) < limit]
        for path in left:
            path.unlink(missing_ok=True)
        for path in gone:
            shutil.rmtree(path, ignore_errors=True)
        return len(left) + len(gone)

    def folder(self, name: str) -> Path:
        """Raises NotFound."""
        folder = self._inside(name)
        if not folder.is_dir():
            raise NotFound(f"There is no data set {name!r}.")
        return folder

    def class_folder(self, name: str, label: str) -> Path:
        """Where the pictures of a class lie; not made yet for one that only decisions make.

        Raises NotFound.
        """
        folder = self._inside(name, label, of=self.folder(name))
        if not folder.is_dir() and label not in _decided(folder.parent):
            raise NotFound(f"The data set {name!r} has no class {label!r}.")
        return folder

    def _inside(self, *names: str, of: Path | None = None) -> Path:
        """The folder of that name right below. The names are checked here once more, whoever calls."""
        if not all(
            _plain(name, pattern) for name, pattern in zip(names, (NAME, LABEL), strict=False)
        ):
            raise RequestError(
                f"{names[-1][:80]!r} is not a name: no slashes, and no dot at the beginning."
            )
        return (of or self.root) / names[-1]

    def _remove_theirs(self, folder: Path, label: str) -> set[str]:
        """Delete every picture that shows the class, wherever it lies, and its copies in other
        folders; one in its folder that was decided to show somebody else moves there. The sha256 of
        what was deleted."""
        dataset, gone = Dataset(folder), set()
        judged = dataset.latest_decisions()
        found = [(path, at, sha256_of_file(path)) for path, at in dataset.paths()]
        for path, at, digest in found:
            shows = shown_after(judged.get(digest, ()), at)
            if shows == label or (at == label and shows in (None, *SPECIAL)):
                gone.add(digest)
            elif at == label:
                _send_home(folder, path, shows, digest)
        for path, _, digest in found:
            if digest in gone:
                path.unlink(missing_ok=True)
        return gone

    def _discard(self, folder: Path) -> None:
        """Rename first: nobody sees a folder that is half gone, and a training under way fails."""
        aside = self.root / f"{DELETED}{new_id()}"
        folder.rename(aside)
        os.utime(aside)
        shutil.rmtree(aside)


def check_label(label: str) -> None:
    """Raises RequestError for a special name that does not exist, and for the data set's own files."""
    if label in (DECISIONS, GROUPS):
        raise RequestError(
            f"{label!r} is a file of the data set itself; no class can be called so."
        )
    if label.startswith("_") and label not in SPECIAL:
        raise RequestError(
            f"Names with _ at the beginning are special; there are {' and '.join(SPECIAL)}."
        )


def _plain(name: str, pattern: str = NAME) -> bool:
    return re.fullmatch(pattern, name) is not None and len(name.encode()) <= 255


def _decided(folder: Path) -> list[str]:
    with contextlib.suppress(
        DatasetError
    ):  # who trains is told which line is broken; a list of classes is due anyway
        return Dataset(folder).decided()
    return []


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:  # deleted a moment ago, or not readable: not there
        return -1


def _send_home(root: Path, path: Path, shows: str | None, digest: str) -> None:
    """Move a picture to the class that it shows, unless that has it, and over no other of that
    name.
    """
    if shows is None or not _plain(shows, LABEL):
        return
    home = root / shows / path.name
    home.parent.mkdir(exist_ok=True)
    if not home.exists():
        path.replace(home)
    elif sha256_or_empty(home) != digest:
        path.replace(home.with_name(f"{digest}{path.suffix}"))


def _changed(path: Path) -> float:
    try:
        return path.lstat().st_mtime
    except FileNotFoundError:
        return math.inf


def _about(label: str, digests: set[str]) -> Callable[[Decision], bool]:
    return lambda each: label in (each.label, each.to) or each.sha256 in digests


def _puts_into(label: str) -> Callable[[Decision], bool]:
    """Whether a decision makes a picture show the class."""
    named = {"move": "to", "keep": "label", "confirm": "label", "also": "label"}
    return lambda each: each.action in named and getattr(each, named[each.action]) == label
