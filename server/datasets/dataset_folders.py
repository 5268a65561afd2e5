"""The folders of the managed data sets: which names they may have, making and removing them.

Names from outside only ever name folders; they are checked here, whoever calls.
"""

from __future__ import annotations

import contextlib
import itertools
import math
import os
import re
import shutil
import time
from pathlib import Path

from data_cleaning.datasets.class_names import SPECIAL
from data_cleaning.datasets.dataset import GROUPS, Dataset
from data_cleaning.datasets.decisions import DECISIONS
from data_cleaning.datasets.delete_class import LONGEST_NAME
from data_cleaning.errors import DatasetError
from data_cleaning.files import sha256_of_bytes
from server.errors import Conflict, NotFound, RequestError
from server.storage.database import new_id
from server.web.validation_messages import LABEL, NAME

DELETED = ".deleted-"
STALE = 3600.0  # seconds after which half a file is nobody's any more


class DatasetFolders:
    """root: the folder of all data sets."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def names(self) -> list[str]:
        """Of every data set, sorted."""
        if not self.root.is_dir():
            return []
        return sorted(
            path.name
            for path in self.root.iterdir()
            if path.is_dir() and _is_plain(path.name, NAME)
        )

    def create(self, name: str) -> None:
        """An empty data set. Raises Conflict when there is one of that name."""
        try:
            self.place(name).mkdir(parents=True)
        except FileExistsError:
            raise Conflict(f"There is a data set {name!r} already.") from None

    def delete(self, name: str) -> None:
        """The data set with everything in it. Raises NotFound."""
        self.discard(self.folder(name))
        self.clear_aside(name)

    def create_class(self, name: str, label: str) -> None:
        """An empty class. Raises NotFound, Conflict."""
        check_label(label)
        try:
            self.class_place(self.folder(name), label).mkdir()
        except FileExistsError:
            raise Conflict(f"The data set {name!r} has a class {label!r} already.") from None

    def folder(self, name: str) -> Path:
        """Of a data set. Raises NotFound."""
        folder = self.place(name)
        if not folder.is_dir():
            raise NotFound(f"There is no data set {name!r}.")
        return folder

    def class_folder(self, name: str, label: str) -> Path:
        """Where the pictures of a class lie; not there yet for one that only decisions make.

        Raises NotFound.
        """
        folder = self.class_place(self.folder(name), label)
        if not folder.is_dir() and label not in decided_classes(folder.parent):
            raise NotFound(f"The data set {name!r} has no class {label!r}.")
        return folder

    def place(self, name: str) -> Path:
        """Where a data set of that name lies or would lie. Raises RequestError."""
        return self.root / _checked(name, NAME)

    def class_place(self, folder: Path, label: str) -> Path:
        """Where a class of that name lies or would lie. Raises RequestError."""
        return folder / _checked(label, LABEL)

    def discard(self, folder: Path) -> None:
        """Delete a folder, renamed first.

        Nobody sees one that is half gone, and a training under way fails. Of a link only the link
        goes.
        """
        if folder.is_symlink():
            folder.unlink()
            return
        aside = self.root / f"{DELETED}{new_id()}"
        folder.rename(aside)
        os.utime(aside)
        shutil.rmtree(aside)

    def put_aside(self, path: Path) -> None:
        """Delete a picture, so that it can be brought back until tidy() has it, in an hour."""
        aside = self._aside(path)
        aside.mkdir(exist_ok=True)
        path.replace(aside / path.name)
        os.utime(aside)

    def bring_back(self, path: Path) -> None:
        """Undo put_aside. Raises NotFound where it is gone, Conflict where another is there."""
        aside = self._aside(path)
        if not (aside / path.name).is_file():
            raise NotFound(f"The picture {path.name[:80]!r} is deleted for good, or never was.")
        if path.exists():
            raise Conflict(f"There is another picture {path.name[:80]!r} by now.")
        path.parent.mkdir(parents=True, exist_ok=True)
        (aside / path.name).replace(path)
        aside.rmdir()

    def clear_aside(self, name: str = "") -> None:
        """No picture that was deleted can be brought back any more: of a data set, or of all."""
        for aside in self.root.glob(f"{DELETED}{_short(name) if name else ''}*"):
            shutil.rmtree(aside, ignore_errors=True)

    def _aside(self, path: Path) -> Path:
        """Named by where the picture lay, without naming anybody."""
        inside = path.relative_to(self.root)
        return self.root / f"{DELETED}{_short(inside.parts[0])}{_short(str(inside))}"

    def tidy(self) -> int:
        """Remove what killed processes left: half stored pictures and data sets half deleted.

        How many pieces. What is younger than STALE may be somebody's work under way.
        """
        limit = time.time() - STALE
        parts = itertools.chain(self.root.glob("*/*.part"), self.root.glob("*/*/*.part"))
        left = [path for path in parts if not path.is_dir() and _changed(path) < limit]
        gone = [path for path in self.root.glob(f"{DELETED}*") if _changed(path) < limit]
        for path in left:
            path.unlink(missing_ok=True)
        for path in gone:
            shutil.rmtree(path, ignore_errors=True)
        return len(left) + len(gone)


def check_label(label: str) -> None:
    """Raises RequestError for a special name that does not exist, and for the data set's own
    files.
    """
    if label in (DECISIONS, GROUPS):
        raise RequestError(
            f"{label!r} is a file of the data set itself; no class can be called so."
        )
    if label.startswith("_") and label not in SPECIAL:
        raise RequestError(
            f"Names with _ at the beginning are special; there are {' and '.join(SPECIAL)}."
        )


def decided_classes(folder: Path) -> list[str]:
    """Classes that no folder but a decision makes.

    Who trains is told which line of the decisions is broken; a list of classes is due anyway.
    """
    with contextlib.suppress(DatasetError):
        return Dataset(folder).decided()
    return []


def _checked(name: str, pattern: str) -> str:
    if not _is_plain(name, pattern):
        raise RequestError(f"{name[:80]!r} is not a name: no slashes, and no dot at the beginning.")
    return name


def _is_plain(name: str, pattern: str) -> bool:
    return re.fullmatch(pattern, name) is not None and len(name.encode()) <= LONGEST_NAME


def _short(text: str) -> str:
    return sha256_of_bytes(text.encode())[:16]


def _changed(path: Path) -> float:
    try:
        return path.lstat().st_mtime
    except FileNotFoundError:
        return math.inf
