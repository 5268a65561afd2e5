"""Who was ever forgotten here, as digests with their times, and never taken out again.

The rules of server/recognition/erased_names.py go when no version is left that knows the person. A
backup from before may bring such a version back: this list is how a restore finds out.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from data_cleaning.files import sha256_of_bytes, write
from server.errors import RequestError
from server.storage.database import lock, now

NAME = "forgotten.jsonl"


@dataclass(frozen=True, order=True)
class Forgotten:
    """time: milliseconds since 1970. digest: sha256 of the name, for the name must not stay."""

    time: int
    digest: str


class ForgottenList:
    """state: the state folder. A line a person."""

    def __init__(self, state: Path) -> None:
        self.path = state / NAME

    def add(self, label: str) -> None:
        """Somebody is forgotten now."""
        self.merge([Forgotten(now(), digest(label))])

    def all(self) -> list[Forgotten]:
        """Everybody, the oldest first."""
        return read(self.path) if self.path.exists() else []

    def merge(self, others: Iterable[Forgotten]) -> None:
        """Those of another list too."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with lock(self.path.with_suffix(".lock")):
            rows = sorted({*self.all(), *others})
            text = "".join(f"{json.dumps(asdict(row))}\n" for row in rows)
            write(self.path, text, durable=True)


def read(path: Path) -> list[Forgotten]:
    """A list from a file. Raises RequestError for one that is no such list."""
    try:
        lines = path.read_text("utf-8").splitlines()
        return [Forgotten(**json.loads(line)) for line in lines if line.strip()]
    except (OSError, ValueError, TypeError):
        raise RequestError(f"{path} is no list of the forgotten, or cannot be read.") from None


def digest(label: str) -> str:
    return sha256_of_bytes(label.encode())


def among(labels: Iterable[str], forgotten: Iterable[Forgotten], since: int) -> list[str]:
    """Which of the labels were forgotten later than `since`, milliseconds since 1970."""
    digests = {row.digest for row in forgotten if row.time >= since}
    return sorted({label for label in labels if digest(label) in digests})
