"""A data set is a folder: <root>/<class>/<picture>, plus what people decided about it in
decisions.jsonl.

No program changes or deletes a picture here. Decisions are appended, one JSON object a line, and
name a picture by the sha256 of its bytes, so they survive renaming and every re-run.
"""

from __future__ import annotations

import csv
import fcntl
import json
import os
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from data_cleaning.errors import DatasetError
from data_cleaning.files import sha256_of_bytes, sha256_or_empty, write

UNKNOWN = "_unknown"  # the right kind of thing, but nobody we know
NOTHING = "_none"  # nothing to find: no face, no human
SPECIAL = (UNKNOWN, NOTHING)
DECISIONS = "decisions.jsonl"
GROUPS = "groups.csv"
ACTIONS = ("keep", "confirm", "reject", "not_a_face", "move", "not", "also")
_SHA256 = re.compile(r"[0-9a-f]{64}")
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


@dataclass(frozen=True)
class Decision:
    """What a person decided about one picture.

    action: "keep" or "confirm" (it is what its folder says), "reject" or "not_a_face" (do not train
    on it), "move" (it shows `to`), "not" (it does not show `label`: it trains as a stranger),
    "also" (lying in the folder of `label` it does show it, whatever it shows in other folders: for
    pictures that carry several classes).
    """

    sha256: str
    action: str
    label: str | None = None
    to: str | None = None
    by: str = ""
    note: str | None = None
    time: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))

    def __post_init__(self) -> None:
        if self.action not in ACTIONS:
            raise DatasetError(
                f"There is no decision {self.action!r}; it must be one of {', '.join(ACTIONS)}."
            )
        if not isinstance(self.sha256, str) or not _SHA256.fullmatch(self.sha256):
            raise DatasetError(
                f"A decision names its picture by 64 hex digits of sha256, not {self.sha256!r:.80}."
            )
        for name in (self.label, self.to):
            if name is not None and not is_label(name):
                raise DatasetError(
                    "A class is named as a folder is, without slashes and a dot in front; not"
                    f" {name!r:.80}."
                )
        if self.action == "move" and not self.to:
            raise DatasetError("A decision to move a picture must say where to.")


class Dataset:
    """Reads <root>/<class>/<picture>. Folders whose names begin with "_" or "." are no classes."""

    def __init__(self, root: Path) -> None:
        self.root = Path(root)
        if not self.root.is_dir():
            raise DatasetError(
                f"{self.root} is not a folder. A data set is a folder with one folder a class"
                " in it."
            )

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
            p for p in folder.rglob("*") if p.is_file() and _may_be_picture(p.relative_to(folder))
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
        """All that was decided, oldest first.

        A line cut short by a crash at the very end is passed over.

        Raises DatasetError, naming the line, where any other line is no decision.
        """
        path = self.root / DECISIONS
        if not path.exists():
            return []
        lines = path.read_bytes().split(
            b"\n"
        )  # not splitlines: notes may hold other line separators
        whole = lines[:-1] if not _is_decision(lines[-1]) else lines
        return [
            _parsed(line, f"Line {number} of {path.name}")
            for number, line in enumerate(whole, 1)
            if line.strip()
        ]

    def latest_decisions(self) -> dict[str, list[Decision]]:
        """Decisions by the picture's sha256, oldest first."""
        judged: dict[str, list[Decision]] = {}
        for decision in self.decisions():
            judged.setdefault(decision.sha256, []).append(decision)
        return judged

    def decide(self, *decisions: Decision) -> None:
        """Append decisions in one write: all of them are kept, or none."""
        lines = "".join(json.dumps(asdict(d), ensure_ascii=False) + "\n" for d in decisions)
        with _alone(self.root / DECISIONS) as file:
            _end_line(file)
            file.write(lines.encode("utf-8"))
            file.flush()
            os.fsync(file.fileno())

    def withdraw(self, unwanted: Callable[[Decision], bool]) -> int:
        """Take decisions out again, of a class that is deleted or forgotten; how many it were.

        The file is rewritten aside and renamed, and nobody decides meanwhile. A line that is no
        decision stays, but for a last one cut short."""
        path = self.root / DECISIONS
        if not path.exists():
            return 0
        with _alone(path) as file:
            file.seek(0)
            *lines, last = file.read().split(b"\n")
            whole = [
                line for line in [*lines, *([last] if _is_decision(last) else [])] if line.strip()
            ]
            kept = [line for line in whole if not (_is_decision(line) and unwanted(parse(line)))]
            if len(kept) < len(whole) or last.strip():
                write(path, b"".join(line + b"\n" for line in kept), durable=True)
        return len(whole) - len(kept)

    def _folders(self) -> list[str]:
        return sorted(
            p.name for p in self.root.iterdir() if p.is_dir() and not p.name.startswith(".")
        )


def parse(line: bytes) -> Decision:
    """One line of a decisions file. Raises DatasetError, saying what is wrong with it."""
    return _parsed(line, "The line")


def is_label(name: object) -> bool:
    """May a class be called so: is it text that can name a folder, and no hidden one?"""
    return (
        isinstance(name, str)
        and 0 < len(name) <= 200
        and name[0] != "."
        and not set(name) & {"/", "\\", "\0", "\n"}
    )


def counts(items: Iterable[Item]) -> dict[str, int]:
    """How many pictures each label has."""
    return dict(sorted(Counter(item.label for item in items).items()))


def digest(items: Iterable[Item]) -> str:
    """One sha256 (hex) over all labels and pictures, whatever their order or file names."""
    lines = sorted(f"{item.label}\0{item.sha256}\n" for item in items)
    return sha256_of_bytes("".join(lines).encode())


def shown_after(decisions: Iterable[Decision], label: str) -> str | None:
    """What a picture in the folder of a class shows after what was decided about it; None when it
    was rejected.
    """
    final: str | None = label
    for decision in decisions:
        if decision.action in ("keep", "confirm"):
            final = decision.label or label
        elif decision.action in ("reject", "not_a_face"):
            final = None
        elif decision.action == "move":
            final = decision.to
        elif decision.action == "not" and decision.label in (None, final):
            final = UNKNOWN
        elif decision.action == "also" and decision.label == label:
            final = label
    return final


def _may_be_picture(inside: Path) -> bool:
    hidden = any(part.startswith(".") for part in inside.parts)
    return not hidden and inside.suffix.lower() not in _NOT_PICTURES


def _parsed(line: bytes, where: str) -> Decision:
    try:
        return Decision(**json.loads(line))
    except DatasetError as error:
        raise DatasetError(f"{where}: {error}") from error
    except (ValueError, TypeError) as error:
        shown = line[:80].decode("utf-8", "replace")
        raise DatasetError(f"{where} is not a decision: {shown!r}.") from error


def _is_decision(line: bytes) -> bool:
    try:
        _parsed(line, "")
    except DatasetError:
        return False
    return True


@contextmanager
def _alone(path: Path) -> Iterator[BinaryIO]:
    """The file for one writer among all processes.

    Who waited while it was renamed over takes the new one.
    """
    while True:
        with path.open("ab+") as file:
            fcntl.flock(file, fcntl.LOCK_EX)  # released when the file is closed, also by a kill
            if path.exists() and os.path.samestat(os.fstat(file.fileno()), path.stat()):
                yield file
                return


def _end_line(file: BinaryIO) -> None:
    """Leave the file ready for a new line: what a crash cut short goes, for it never was a
    decision.
    """
    file.seek(0)
    whole, _, tail = file.read().rpartition(b"\n")
    if _is_decision(tail):
        file.write(b"\n")
    elif tail:
        file.truncate(len(whole) + 1 if whole else 0)
