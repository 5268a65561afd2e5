"""A data set is a folder: <root>/<class>/<picture>, plus what people decided about it in decisions.jsonl.

No program changes or deletes a picture here. Decisions are appended, one JSON object a line, and name
a picture by the sha256 of its bytes, so they survive renaming and every re-run.
"""

from __future__ import annotations

import csv
import hashlib
import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from data_cleaning.errors import DatasetError

UNKNOWN = "_unknown"  # the right kind of thing, but nobody we know
NOTHING = "_none"  # nothing to find: no face, no human
SPECIAL = (UNKNOWN, NOTHING)
DECISIONS = "decisions.jsonl"
GROUPS = "groups.csv"
ACTIONS = ("keep", "confirm", "reject", "not_a_face", "move", "not")
_NOT_PICTURES = frozenset({".txt", ".md", ".csv", ".tsv", ".json", ".jsonl", ".ini", ".db", ".xml", ".html", ".part"})


@dataclass(frozen=True)
class Item:
    """One picture file: its path, its class (the folder's name), and the sha256 of its bytes in hex.

    group: the name that groups.csv gives it, or None: pictures of one group lie on one side of every split.
    """

    path: Path
    label: str
    sha256: str
    group: str | None = None


@dataclass(frozen=True)
class Decision:
    """What a person decided about one picture.

    action: "keep" or "confirm" (it is what its folder says), "reject" or "not_a_face" (do not train on
    it), "move" (it shows `to`), "not" (it does not show `label`: it trains as a stranger).
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
            raise DatasetError(f"There is no decision {self.action!r}; it must be one of {', '.join(ACTIONS)}.")
        if len(self.sha256) != 64:
            raise DatasetError(f"A decision names its picture by 64 hex digits of sha256, not {self.sha256!r}.")
        if self.action == "move" and not self.to:
            raise DatasetError("A decision to move a picture must say where to.")


class Dataset:
    """Reads <root>/<class>/<picture>. Folders whose names begin with "_" or "." are no classes."""

    def __init__(self, root: Path) -> None:
        self.root = Path(root)
        if not self.root.is_dir():
            raise DatasetError(f"{self.root} is not a folder. A data set is a folder with one folder a class in it.")

    def classes(self) -> list[str]:
        """Names of the classes, sorted; the special `_unknown` and `_none` are not among them."""
        return [name for name in self._folders() if not name.startswith("_")]

    def pictures(self, label: str) -> list[Path]:
        """Every file of that class that may be a picture, sorted; files in folders further down count too."""
        folder = self.root / label
        if not folder.is_dir():
            return []
        return sorted(p for p in folder.rglob("*") if p.is_file() and _may_be_picture(p.relative_to(folder)))

    def paths(self) -> list[tuple[Path, str]]:
        """(file, label) of every class and of the special folders, as they lie on disk, without decisions."""
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
            digest = sha256_of(path)
            final = _after(judged.get(digest, ()), label)
            if final is not None:
                items.append(Item(path, final, digest, named.get(path.relative_to(self.root).as_posix())))
        return items

    def check(self) -> None:
        """Raises DatasetError, saying what to do, where this cannot be a data set."""
        classes = self.classes()
        if not classes:
            raise DatasetError(
                f"{self.root} has no class folders. Put the pictures of each class in a folder of its own: "
                f"{self.root}/alice/1.jpg, {self.root}/bob/1.jpg."
            )
        empty = [name for name in classes if not self.pictures(name)]
        if empty:
            raise DatasetError(f"These classes have no pictures: {', '.join(empty)}. Add some or remove the folders.")

    def groups(self) -> dict[str, str]:
        """Groups that a person named in groups.csv: {file: group}, file as <class>/<picture>; empty without one.

        The file has a heading line with the columns `file` and `group`; other columns are passed over, and so
        are lines without a group. Raises DatasetError where a column is missing.
        """
        path = self.root / GROUPS
        if not path.exists():
            return {}
        with path.open(newline="", encoding="utf-8-sig") as file:
            lines = csv.DictReader(file)
            if not {"file", "group"} <= set(lines.fieldnames or ()):
                raise DatasetError(f"{path} needs the columns file and group; it has {lines.fieldnames or 'none'}.")
            return {line["file"]: line["group"] for line in lines if line["file"] and line["group"]}

    def decisions(self) -> list[Decision]:
        """All that was decided, oldest first. A line cut short by a crash at the very end is passed over."""
        path = self.root / DECISIONS
        if not path.exists():
            return []
        lines = path.read_text("utf-8").splitlines()
        found = []
        for number, line in enumerate(lines, 1):
            try:
                found.append(Decision(**json.loads(line)))
            except (json.JSONDecodeError, TypeError) as error:
                if number == len(lines):
                    break
                raise DatasetError(f"Line {number} of {path} is not a decision: {line[:80]!r}.") from error
        return found

    def latest_decisions(self) -> dict[str, list[Decision]]:
        """Decisions by the picture's sha256, oldest first."""
        judged: dict[str, list[Decision]] = {}
        for decision in self.decisions():
            judged.setdefault(decision.sha256, []).append(decision)
        return judged

    def decide(self, decision: Decision) -> None:
        """Append one decision."""
        line = json.dumps(asdict(decision), ensure_ascii=False) + "\n"
        path = self.root / DECISIONS
        with path.open("ab+") as file:
            if file.tell() and not _ends_with_newline(path):
                file.write(b"\n")  # a crash cut the last line; do not glue the new one to it
            file.write(line.encode("utf-8"))

    def _folders(self) -> list[str]:
        return sorted(p.name for p in self.root.iterdir() if p.is_dir() and not p.name.startswith("."))


def counts(items: Iterable[Item]) -> dict[str, int]:
    """How many pictures each label has."""
    return dict(sorted(Counter(item.label for item in items).items()))


def sha256_of(path: Path) -> str:
    """sha256 of a file's bytes, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def digest(items: Iterable[Item]) -> str:
    """One sha256 (hex) over all labels and pictures, whatever their order or file names."""
    lines = sorted(f"{item.label}\0{item.sha256}\n" for item in items)
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _after(decisions: Iterable[Decision], label: str) -> str | None:
    """The label that a picture has after its decisions; None when it was rejected."""
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
    return final


def _may_be_picture(inside: Path) -> bool:
    hidden = any(part.startswith(".") for part in inside.parts)
    return not hidden and inside.suffix.lower() not in _NOT_PICTURES


def _ends_with_newline(path: Path) -> bool:
    with path.open("rb") as file:
        file.seek(-1, 2)
        return file.read(1) == b"\n"
