"""What people decided about pictures: one decision, and the file that keeps them all.

A decision names a picture by the sha256 of its bytes, so it survives renaming and every re-run. No
program changes or deletes a picture here.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from data_cleaning.datasets.class_names import UNKNOWN, is_label
from data_cleaning.errors import DatasetError
from data_cleaning.files import write

DECISIONS = "decisions.jsonl"
ACTIONS = ("keep", "confirm", "reject", "not_a_face", "move", "not", "also")
_SHA256 = re.compile(r"[0-9a-f]{64}")


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


class DecisionLog:
    """The file decisions.jsonl: one JSON object a line, appended, read, and seldom withdrawn.

    A line cut short by a crash at the very end is passed over: it never was a decision.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> list[Decision]:
        """All that was decided, oldest first.

        Raises DatasetError, naming the line, where any but a last one cut short is no decision.
        """
        if not self.path.exists():
            return []
        # Not splitlines: notes may hold other line separators.
        lines = self.path.read_bytes().split(b"\n")
        whole = lines[:-1] if not _is_decision(lines[-1]) else lines
        return [
            _parsed(line, f"Line {number} of {self.path.name}")
            for number, line in enumerate(whole, 1)
            if line.strip()
        ]

    def append(self, decisions: Iterable[Decision]) -> None:
        """Append decisions in one write: all of them are kept, or none."""
        lines = "".join(json.dumps(asdict(d), ensure_ascii=False) + "\n" for d in decisions)
        with _alone(self.path) as file:
            _end_line(file)
            file.write(lines.encode("utf-8"))
            file.flush()
            os.fsync(file.fileno())

    def withdraw(self, unwanted: Callable[[Decision], bool]) -> int:
        """Take decisions out again, of a class that is deleted or forgotten; how many it were.

        The file is rewritten aside and renamed, and nobody decides meanwhile. A line that is no
        decision stays, but for a last one cut short.
        """
        if not self.path.exists():
            return 0
        with _alone(self.path) as file:
            file.seek(0)
            *lines, last = file.read().split(b"\n")
            if _is_decision(last):
                lines.append(last)
            whole = [line for line in lines if line.strip()]
            kept = [line for line in whole if not (_is_decision(line) and unwanted(parse(line)))]
            if len(kept) < len(whole) or last.strip():
                write(self.path, b"".join(line + b"\n" for line in kept), durable=True)
        return len(whole) - len(kept)

    def rewrite(self, change: Callable[[Decision], Decision]) -> None:
        """Every decision as `change` gives it, in its place; as `withdraw` for the rest."""
        if not self.path.exists():
            return
        with _alone(self.path) as file:
            file.seek(0)
            *lines, last = file.read().split(b"\n")
            lines += [last] if _is_decision(last) else []
            text = [_changed(line, change) for line in lines if line.strip()]
            write(self.path, b"".join(line + b"\n" for line in text), durable=True)


def parse(line: bytes) -> Decision:
    """One line of a decisions file. Raises DatasetError, saying what is wrong with it."""
    return _parsed(line, "The line")


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


def _changed(line: bytes, change: Callable[[Decision], Decision]) -> bytes:
    """A line that is no decision stays as it is."""
    if not _is_decision(line):
        return line
    return json.dumps(asdict(change(parse(line))), ensure_ascii=False).encode()


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
