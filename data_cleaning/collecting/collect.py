"""Bring pictures into a class: from folders, archives, single files, and lists of addresses.

Names come from the bytes (sha256), never from the source, so nothing can be written elsewhere and
nothing is brought twice. Bytes are stored as they came, after they have been decoded once; what was
brought is written to sources.jsonl.
"""

from __future__ import annotations

import json
import tarfile
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from data_cleaning.collecting.sources import CollectOptions, Entry, brief, open_source
from data_cleaning.datasets.class_names import SPECIAL, is_label
from data_cleaning.datasets.dataset import Dataset
from data_cleaning.datasets.delete_class import SOURCES
from data_cleaning.errors import DatasetError, PictureError, PictureTooLarge
from data_cleaning.files import sha256_of_bytes, sha256_of_file, write
from data_cleaning.imaging.decoding import decode, probe

_SUFFIX = {"JPEG": ".jpg", "MPO": ".jpg", "HEIF": ".heic"}

# What can become of one entry of a source, in the order in which the summary tells it.
RESULTS = {
    "added": "added",
    "already": "there already",
    "elsewhere": "already in another class, so not added",
    "rejected": "rejected by an earlier decision, so not added",
    "unreadable": "no pictures, or damaged",
    "too_large": "over the limits",
    "failed": "could not be got",
}


@dataclass(frozen=True)
class CollectedEntry:
    """What became of an entry: a key of RESULTS; path: where it lies now; note: why not, or where
    it was.
    """

    name: str
    result: str
    path: Path | None = None
    note: str = ""


def collect(
    root: Path,
    label: str,
    sources: Sequence[str],
    options: CollectOptions,
    progress: Callable[[int, str], None] | None = None,
) -> Iterator[CollectedEntry]:
    """Bring everything of the sources into <root>/<label>, one at a time; run again, it goes on
    where it stopped.

    Raises DatasetError where the class cannot be named so or a source cannot be used; nothing has
    been written then.
    """
    if not is_label(label) or (label.startswith("_") and label not in SPECIAL):
        raise DatasetError(
            f"{label!r} cannot name a class: no slashes, no dot or underscore in front."
        )
    plans = [open_source(source, options) for source in sources]
    (root / label).mkdir(parents=True, exist_ok=True)
    folder = _ClassFolder.of(root, label)
    for source, entries in zip(sources, plans, strict=True):
        number = unpacked = 0
        for entry in entries:
            number, unpacked = number + 1, unpacked + entry.size
            if number > options.entries or unpacked > options.total:
                yield CollectedEntry(
                    source,
                    "too_large",
                    note=f"stopped: over {options.entries} entries or {options.total:,} bytes",
                )
                break
            if progress:
                progress(number, entry.name)
            yield folder.take(entry, source, options)


@dataclass(frozen=True)
class _ClassFolder:
    """The class folder that is filled, and what the data set holds already: {sha256: class}."""

    root: Path
    label: str
    held: dict[str, str]
    rejected: frozenset[str]
    asked: frozenset[str]

    @classmethod
    def of(cls, root: Path, label: str) -> _ClassFolder:
        data = Dataset(root)
        held = {sha256_of_file(path): name for path, name in data.paths()}
        held |= {sha256_of_file(path): label for path in data.pictures(label)}
        out = {
            sha
            for sha, d in data.latest_decisions().items()
            if d[-1].action in ("reject", "not_a_face")
        }
        return cls(root, label, held, frozenset(out), _asked(root, label))

    def take(self, entry: Entry, source: str, options: CollectOptions) -> CollectedEntry:
        """Get, check and store one entry."""
        if entry.name in self.asked:
            return CollectedEntry(entry.name, "already", note="this address was asked before")
        try:
            data = entry.load()
            decode(data, options.picture)
        except PictureTooLarge as error:
            return CollectedEntry(entry.name, "too_large", note=str(error))
        except PictureError as error:
            return CollectedEntry(entry.name, "unreadable", note=str(error))
        except (
            OSError,
            EOFError,
            RuntimeError,
            zipfile.BadZipFile,
            tarfile.TarError,
            NotImplementedError,
        ) as error:
            return CollectedEntry(entry.name, "failed", note=brief(error))
        return self._store(entry.name, data, source, options)

    def _store(
        self, name: str, data: bytes, source: str, options: CollectOptions
    ) -> CollectedEntry:
        digest = sha256_of_bytes(data)
        if digest in self.rejected:
            return CollectedEntry(name, "rejected")
        if digest in self.held:
            where = self.held[digest]
            return CollectedEntry(
                name, "already" if where == self.label else "elsewhere", note=where
            )
        kind = probe(data, options.picture).format
        path = self.root / self.label / f"{digest[:24]}{_SUFFIX.get(kind, '.' + kind.lower())}"
        path.parent.mkdir(parents=True, exist_ok=True)
        write(path, data)
        self.held[digest] = self.label
        self._note(name, digest, source)
        return CollectedEntry(name, "added", path)

    def _note(self, name: str, digest: str, source: str) -> None:
        now = datetime.now(UTC).isoformat(timespec="seconds")
        line = {"time": now, "sha256": digest, "label": self.label, "source": source, "name": name}
        with (self.root / SOURCES).open("a", encoding="utf-8") as file:
            file.write(json.dumps(line, ensure_ascii=False) + "\n")


def _asked(root: Path, label: str) -> frozenset[str]:
    """Addresses that were brought into this class before."""
    path = root / SOURCES
    if not path.exists():
        return frozenset()
    found = set()
    for line in path.read_bytes().split(b"\n"):
        try:
            known = json.loads(line)
            if known["label"] == label and "://" in known["name"]:
                found.add(known["name"])
        except (ValueError, KeyError, TypeError):
            continue  # a line cut short: its picture is known by its bytes all the same
    return frozenset(found)
