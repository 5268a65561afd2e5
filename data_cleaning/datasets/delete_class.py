"""Deleting a class: the pictures that show it, and what was decided about it.

The one place where a program deletes pictures of a data set; only somebody's express wish leads
here.
"""

from __future__ import annotations

import contextlib
import csv
import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from data_cleaning.datasets.class_names import SPECIAL
from data_cleaning.datasets.dataset import GROUPS, Dataset
from data_cleaning.datasets.decisions import Decision, shown_after
from data_cleaning.datasets.inspection_cache import forget_inspections
from data_cleaning.files import sha256_of_bytes, sha256_of_file, sha256_or_empty, write

SOURCES = "sources.jsonl"  # where what was collected came from
LONGEST_NAME = 255  # bytes that a folder's name may have


@dataclass(frozen=True)
class DeletedClass:
    """What was deleted: the sha256 of the pictures, their files, decisions; and what moved out.

    folder: whether the class had a folder of its own, be it an empty one.
    """

    digests: frozenset[str]
    files: int
    decisions: int
    moved: int
    folder: bool = False


@dataclass(frozen=True)
class _Picture:
    """A file: the class of its folder, its sha256, and what it shows after all decisions."""

    path: Path
    folder: str
    digest: str
    shows: str | None


def delete_class(
    dataset: Dataset, label: str, remove_folder: Callable[[Path], object]
) -> DeletedClass:
    """Delete a class from a data set; every other picture goes on showing what it shows.

    Every picture that shows the class goes, wherever it lies, with its copies in other folders. One
    in the class's folder goes also where it was decided to show nobody known: it may still show
    them. One there that was decided to show another class moves to that.

    Of a class whose folder is a link the link goes, and nothing where it leads.

    remove_folder: how the class's folder is removed, when its pictures are gone.
    """
    pictures = list(_pictures(dataset))
    digests = {
        picture.digest for picture in pictures if may_show(label, picture.folder, picture.shows)
    }
    gone = [picture for picture in pictures if picture.digest in digests]
    for picture in gone:
        if not lies_elsewhere(dataset, picture.folder):
            picture.path.unlink(missing_ok=True)
    rest = [picture for picture in pictures if picture.digest not in digests]
    linked = lies_elsewhere(dataset, label)
    moving = [] if linked else [picture for picture in rest if picture.folder == label]
    for picture in moving:
        if move_to_class(dataset, picture.path, str(picture.shows), picture.digest):
            picture.path.unlink(missing_ok=True)
    had_folder = (folder := dataset.root / label).is_dir()
    if linked:
        folder.unlink()
    elif had_folder:
        remove_folder(folder)
    decisions = dataset.withdraw(
        lambda decision: label in (decision.label, decision.to) or decision.sha256 in digests
    )
    forget_inspections(dataset.root)
    _leave_groups(dataset.root / GROUPS, label)
    _leave_sources(dataset.root / SOURCES, label, digests)
    if decisions:
        _say_again(dataset, rest, label)
    return DeletedClass(frozenset(digests), len(gone), decisions, len(moving), had_folder)


def may_show(label: str, folder: str, shows: str | None) -> bool:
    """Whether a picture shows a class, or may still do so.

    folder: the class in whose folder it lies. shows: what it shows after all that was decided; None
    where it was rejected.
    """
    return shows == label or (folder == label and shows in (None, *SPECIAL))


def lies_elsewhere(dataset: Dataset, label: str) -> bool:
    """Whether the folder of a class is a link: what it leads to is no part of the data set."""
    return (dataset.root / label).is_symlink()


def move_to_class(dataset: Dataset, path: Path, label: str, digest: str) -> bool:
    """Move a picture to the folder of a class, over no other of that name; whether it lies there.

    Where that folder has the very picture already, this copy stays. digest: the picture's sha256.
    """
    if len(label.encode()) > LONGEST_NAME:
        return False
    home = dataset.root / label / path.name
    home.parent.mkdir(exist_ok=True)
    if not home.exists():
        path.replace(home)
    elif sha256_or_empty(home) != digest:
        path.replace(home.with_name(f"{digest}{path.suffix}"))
    return True


def _pictures(dataset: Dataset) -> Iterator[_Picture]:
    decisions = dataset.latest_decisions()
    for path, folder in dataset.paths():
        with contextlib.suppress(FileNotFoundError):  # deleted a moment ago
            digest = sha256_of_file(path)
            yield _Picture(path, folder, digest, shown_after(decisions.get(digest, ()), folder))


def _leave_groups(path: Path, label: str) -> None:
    """Take the files of a class out of groups.csv; a group that is called after it stays one."""
    if not path.is_file() or label not in (text := path.read_text("utf-8-sig")):
        return
    heading, *lines = csv.reader(text.splitlines())
    column = heading.index("file") if "file" in heading else 0
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(heading)
    for line in lines:
        if not "".join(line[column : column + 1]).startswith(f"{label}/"):
            writer.writerow([_nameless(cell, label) for cell in line])
    write(path, out.getvalue())


def _leave_sources(path: Path, label: str, digests: set[str]) -> None:
    """Take out of the list of what was collected whatever names a class or its pictures."""
    if path.is_file():
        lines = path.read_text("utf-8").splitlines(keepends=True)
        gone = {label, json.dumps(label)[1:-1], *digests}
        kept = [line for line in lines if not any(word in line for word in gone)]
        if len(kept) < len(lines):
            write(path, "".join(kept))


def _nameless(cell: str, label: str) -> str:
    return sha256_of_bytes(cell.encode())[:12] if label in cell else cell


def _say_again(dataset: Dataset, pictures: list[_Picture], label: str) -> None:
    """A withdrawn decision may have said that a picture is not theirs: say what it shows without
    naming them.
    """
    left = dataset.latest_decisions()
    for picture in pictures:
        folder = str(picture.shows) if picture.folder == label else picture.folder
        if shown_after(left.get(picture.digest, ()), folder) == picture.shows:
            continue
        again = (
            Decision(picture.digest, "reject", by="forget")
            if picture.shows is None
            else Decision(picture.digest, "move", to=picture.shows, by="forget")
        )
        dataset.decide(again)
