"""Bring pictures into a class, from sources of any kind.

Names come from the bytes (sha256), never from the source, so nothing can be written elsewhere and
nothing is brought twice. Bytes are stored as they came, after they have been decoded once, or
encoded anew where that is asked for. What was brought is written to sources.jsonl. Whenever it is
killed, running it again goes on.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import tarfile
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from data_cleaning.collecting.entries import CollectOptions, Entry, LeftOut, Plan, brief
from data_cleaning.collecting.near_copies import KnownLooks
from data_cleaning.collecting.sidecar import Sidecar
from data_cleaning.collecting.sources.table import open_source
from data_cleaning.datasets.class_names import SPECIAL, is_label
from data_cleaning.datasets.dataset import Dataset
from data_cleaning.errors import DatasetError, PictureError, PictureTooLarge
from data_cleaning.files import sha256_of_bytes, sha256_of_file, write
from data_cleaning.imaging.decoding import decode, probe
from data_cleaning.imaging.encoding import encode
from data_cleaning.imaging.image import Image
from data_cleaning.imaging.near_duplicates import difference_hash

QUALITY = 95  # of a picture that is encoded anew
STEM = 24  # hex digits of its sha256 that a picture is called by
_SUFFIX = {"JPEG": ".jpg", "MPO": ".jpg", "HEIF": ".heic"}
_PART = re.compile(rf"\.([0-9a-f]{{{STEM}}}\.\w+)\.part")
_PART_OF_PART = re.compile(rf"\.\.[0-9a-f]{{{STEM}}}\.\w+\.part\.[0-9a-f]{{8}}\.part")

# What can become of one entry of a source, in the order in which the summary tells it.
RESULTS = {
    "added": "added",
    "already": "there already",
    "elsewhere": "already in another class, so not added",
    "rejected": "rejected by an earlier decision, so not added",
    "left_out": "left out",
    "unreadable": "no pictures, or damaged",
    "too_large": "over the limits",
    "failed": "could not be got",
}


@dataclass(frozen=True)
class CollectedEntry:
    """What became of an entry: a key of RESULTS; path: where it lies now; note: why not, or where
    it was; near: the file in the class that it is a near copy of, or "".
    """

    name: str
    result: str
    path: Path | None = None
    note: str = ""
    near: str = ""


@dataclass
class Collection:
    """What is brought where, opened: nothing has been written yet, and every source can be used.

    web: whether strangers' pictures come, and none has come into this data set before.
    """

    root: Path
    label: str
    plans: Sequence[tuple[str, Plan]]
    options: CollectOptions
    web: bool = field(init=False)
    _added: int = 0
    _bytes: int = 0

    def __post_init__(self) -> None:
        before = Sidecar.of(self.root, self.label).web
        self.web = any(plan.web for _, plan in self.plans) and not before

    @classmethod
    def of(
        cls, root: Path, label: str, sources: Sequence[str], options: CollectOptions
    ) -> Collection:
        """Raises DatasetError where the class cannot be named so or a source cannot be used."""
        if not is_label(label) or (label.startswith("_") and label not in SPECIAL):
            raise DatasetError(
                f"{label!r} cannot name a class: no slashes, no dot or underscore in front."
            )
        options = replace(options, label=label)
        return cls(root, label, [(s, open_source(s, options)) for s in sources], options)

    @property
    def total(self) -> int:
        """How many entries there will be, as far as is known by now; 0 where nothing is."""
        return sum(plan.total or 0 for _, plan in self.plans)

    def bring(self) -> Iterator[CollectedEntry]:
        """One entry after the other; run again, it goes on where it stopped."""
        (self.root / self.label).mkdir(parents=True, exist_ok=True)
        with _alone(self.root / self.label):
            folder = _ClassFolder.of(self.root, self.label, self.options)
            for source, plan in self.plans:
                for done in self._bring(plan.shown or source, plan, folder):
                    yield done
                    if self._is_full(done):
                        full = "stopped: it may take no more than was added"
                        yield CollectedEntry(plan.shown or source, "left_out", note=full)
                        return

    def _is_full(self, done: CollectedEntry) -> bool:
        """Count what was added; whether it is all that may be."""
        if done.path is not None:
            self._added += 1
            self._bytes += done.path.stat().st_size
        most, size = self.options.most_pictures, self.options.most_bytes
        return bool((most and self._added >= most) or (size and self._bytes >= size))

    def _bring(self, source: str, plan: Plan, folder: _ClassFolder) -> Iterator[CollectedEntry]:
        options, number, unpacked = self.options, 0, 0
        for entry in plan.entries:
            number, unpacked = number + 1, unpacked + entry.size
            if number > options.entries or unpacked > options.total:
                stopped = f"stopped: over {options.entries} entries or {options.total:,} bytes"
                yield CollectedEntry(source, "too_large", note=stopped)
                return
            yield folder.take(entry, source)


def collect(
    root: Path,
    label: str,
    sources: Sequence[str],
    options: CollectOptions,
    progress: Callable[[int, str], None] | None = None,
) -> Iterator[CollectedEntry]:
    """Bring everything of the sources into <root>/<label>, one at a time.

    Raises DatasetError where the class cannot be named so or a source cannot be used; nothing has
    been written then.
    """
    for number, entry in enumerate(Collection.of(root, label, sources, options).bring(), 1):
        if progress:
            progress(number, entry.name)
        yield entry


@dataclass(frozen=True)
class _ClassFolder:
    """The class folder that is filled, and what the data set holds already: {sha256: class}."""

    root: Path
    label: str
    options: CollectOptions
    held: dict[str, str]
    rejected: frozenset[str]
    sidecar: Sidecar
    looks: KnownLooks

    @classmethod
    def of(cls, root: Path, label: str, options: CollectOptions) -> _ClassFolder:
        data, sidecar = Dataset(root), Sidecar.of(root, label)
        _finish(root / label, sidecar)
        held = {sha256_of_file(path): name for path, name in data.paths()}
        own = {sha256_of_file(path): path for path in data.pictures(label)}
        held |= dict.fromkeys(own, label)
        out = {
            sha
            for sha, d in data.latest_decisions().items()
            if d[-1].action in ("reject", "not_a_face")
        }
        looks = KnownLooks(own, sidecar.looks)
        return cls(root, label, options, held, frozenset(out), sidecar, looks)

    def take(self, entry: Entry, source: str) -> CollectedEntry:
        """Get, check and store one entry."""
        if entry.name in self.sidecar.asked:
            return CollectedEntry(entry.name, "already", note="this address was asked before")
        try:
            data = entry.load()
            image = decode(data, self.options.picture)
            if self.options.without_metadata:
                data = encode(image, ".jpg", QUALITY)  # the same file for the same picture, always
        except LeftOut as reason:
            return CollectedEntry(entry.name, "left_out", note=str(reason))
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
        return self._known(entry, source, data) or self._store(entry, source, data, image)

    def _known(self, entry: Entry, source: str, data: bytes) -> CollectedEntry | None:
        """What is said of a picture that the data set knows; its address is not asked again."""
        digest = sha256_of_bytes(data)
        if digest not in self.rejected and digest not in self.held:
            return None
        if "://" in entry.name:
            self.sidecar.note(entry.name, source, digest, entry.origin)
        if digest in self.rejected:
            return CollectedEntry(entry.name, "rejected")
        where = self.held[digest]
        result = "already" if where == self.label else "elsewhere"
        return CollectedEntry(entry.name, result, note=where)

    def _store(self, entry: Entry, source: str, data: bytes, image: Image) -> CollectedEntry:
        """Aside first, then its line, then in its place: whatever happens in between, the next run
        finds both or neither.
        """
        digest, look = sha256_of_bytes(data), difference_hash(image)
        near = self.looks.near(look)
        if near and not entry.alike:
            return CollectedEntry(entry.name, "left_out", note="a near copy of one that is there")
        kind = probe(data, self.options.picture).format
        folder = self.root / self.label
        path = folder / f"{digest[:STEM]}{_SUFFIX.get(kind, '.' + kind.lower())}"
        folder.mkdir(parents=True, exist_ok=True)
        part = folder / f".{path.name}.part"
        write(part, data)
        self.sidecar.note(entry.name, source, digest, entry.origin, look, near)
        part.replace(path)
        self.held[digest] = self.label
        self.looks.add(digest, look)
        return CollectedEntry(entry.name, "added", path, near=near[:STEM])


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """The class for one collection at a time. Raises DatasetError where another one is at work."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        raise DatasetError(
            f"Pictures are being collected into {folder.name} already. Wait until that has ended."
        ) from None
    except OSError:
        pass  # a disk over the network may know no locks
    try:
        yield
    finally:
        os.close(handle)


def _finish(folder: Path, sidecar: Sidecar) -> None:
    """What a killed collection left: a picture that has its line gets its place, the rest goes."""
    for part in folder.glob(".*.part"):
        name = _PART.fullmatch(part.name)
        if name and sha256_of_file(part) in sidecar.noted:
            part.replace(folder / name[1])
        elif name or _PART_OF_PART.fullmatch(part.name):
            part.unlink()
