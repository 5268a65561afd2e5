"""A data set is a folder: <root>/<class>/<picture>, plus what people decided about it in
decisions.jsonl.

No program changes or deletes a picture here. Decisions are appended, one JSON object a line, and
name a picture by the sha256 of its bytes, so they survive renaming and every re-run.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from data_cleaning.datasets.class_names import SPECIAL
from data_cleaning.datasets.decisions import DECISIONS, Decision, DecisionLog, shown_after
from data_cleaning.errors import DatasetError
from data_cleaning.files import sha256_of_bytes, sha256_or_empty

GROUPS = "groups.csv"
_NOT_PICTURES = frozenset(
    {".txt", ".md", ".csv", ".tsv", ".json", ".jsonl", ".ini", ".db", ".xml", ".html", ".part"}
)


@dataclass(frozen=True)
class Item:
    """One picture file: its path, its class (the folder's name), and the sha256 of its bytes in
    hex.

    group: the name that groups.csv gives it, or None: pictures of one group lie on one side of
    every split. The sha256 is "" where the file cannot be read.
    """

    path: Path
    label: str
    sha256: str
    group: str | None = None


class Dataset:
    """Reads <root>/<class>/<picture>. Folders whose names begin with "_" or "." are no classes."""

    def __init__(self, root: Path) -> None:
        self.root = Path(root)
        if not self.root.is_dir():
            raise DatasetError(
                f"{self.root} is not a folder. A data set is a folder with one folder a class"
                " in it."
            )
        self._log = DecisionLog(self.root / DECISIONS)

    def classes(self) -> list[str]:
        """Names of the classes, sorted; the special `_unknown` and `_none` are not among them."""
        return [name for name in self._folders() if not name.startswith("_")]

    def decided(self) -> list[str]:
        """Names of the classes without a folder that pictures were decided to show, sorted.

        Raises DatasetError.
        """
        shown = {shown_after(decisions, "") for decisions in self.latest_decisions().values()} - {
            None,
            "",
            *self._folders(),
        }
        return sorted(name for name in shown if name and not name.startswith("_"))

    def pictures(self, label: str) -> list[Path]:
        """Every file of that class that may be a picture, sorted; files in folders further down
        count too.
        """
        folder = self.root / label
        if not folder.is_dir():
            return []
        return sorted(
            p for p in folder.rglob("*") if p.is_file() and may_be_picture(p.relative_to(folder))
        )

    def paths(self) -> list[tuple[Path, str]]:
        """(file, label) of every class and of the special folders, as they lie on disk, without
        decisions.
        """
        names = self.classes() + [name for name in SPECIAL if (self.root / name).is_dir()]
        return [(path, name) for name in names for path in self.pictures(name)]

    def items(self) -> list[Item]:
        """Every picture with the label that the decisions leave it; rejected pictures are left out.

        Raises DatasetError where there is no class, or a class has no picture.
        """
        self.check()
        judged = self.latest_decisions()
        named = self.groups()
        items = []
        for path, label in self.paths():
            digest = sha256_or_empty(path)
            final = shown_after(judged.get(digest, ()), label)
            if final is not None:
                items.append(
                    Item(path, final, digest, named.get(path.relative_to(self.root).as_posix()))
                )
        return items

    def check(self) -> None:
        """Raises DatasetError, saying what to do, where this cannot be a data set."""
        classes = self.classes()
        if not classes:
            raise DatasetError(
                f"{self.root} has no class folders. Put the pictures of each class in a folder of"
                f" its own: {self.root}/alice/1.jpg, {self.root}/bob/1.jpg."
            )
        empty = [name for name in classes if not self.pictures(name)]
        if empty:
            raise DatasetError(
                f"These classes have no pictures: {', '.join(empty)}. Add some or remove the"
                " folders."
            )

    def groups(self) -> dict[str, str]:
        """Groups that a person named in groups.csv: {file: group}, file as <class>/<picture>; empty
        without one.

        The file has a heading line with the columns `file` and `group`; other columns are passed
        over, and so are lines without a group. Raises DatasetError where a column is missing.
        """
        path = self.root / GROUPS
        if not path.exists():
            return {}
        with path.open(newline="", encoding="utf-8-sig") as file:
            lines = csv.DictReader(file)
            if not {"file", "group"} <= set(lines.fieldnames or ()):
                raise DatasetError(
                    f"{path} needs the columns file and group; it has {lines.fieldnames or 'none'}."
                )
            return {line["file"]: line["group"] for line in lines if line["file"] and line["group"]}

    def decisions(self) -> list[Decision]:
        """All that was decided, oldest first. Raises DatasetError, as `DecisionLog.read` does."""
        return self._log.read()

    def latest_decisions(self) -> dict[str, list[Decision]]:
        """Decisions by the picture's sha256, oldest first."""
        judged: dict[str, list[Decision]] = {}
        for decision in self.decisions():
            judged.setdefault(decision.sha256, []).append(decision)
        return judged

    def decide(self, *decisions: Decision) -> None:
        """Append decisions: all of them are kept, or none."""
        self._log.append(decisions)

    def withdraw(self, unwanted: Callable[[Decision], bool]) -> int:
        """Take decisions out again, of a class that is deleted or forgotten; how many it were."""
        return self._log.withdraw(unwanted)

    def rewrite(self, change: Callable[[Decision], Decision]) -> None:
        """Say decisions otherwise, each in its place, as of a class that is renamed."""
        self._log.rewrite(change)

    def _folders(self) -> list[str]:
        return sorted(
            p.name for p in self.root.iterdir() if p.is_dir() and not p.name.startswith(".")
        )


def counts(items: Iterable[Item]) -> dict[str, int]:
    """How many pictures each label has."""
    return dict(sorted(Counter(item.label for item in items).items()))


def digest(items: Iterable[Item]) -> str:
    """One sha256 (hex) over all labels and pictures, whatever their order or file names."""
    lines = sorted(f"{item.label}\0{item.sha256}\n" for item in items)
    return sha256_of_bytes("".join(lines).encode())


def may_be_picture(inside: Path) -> bool:
    """Whether a file may be a picture, by its path below the folder that it was found in."""
    hidden = any(part.startswith(".") for part in inside.parts)
    return not hidden and inside.suffix.lower() not in _NOT_PICTURES
