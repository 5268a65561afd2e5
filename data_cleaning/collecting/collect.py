"""Bring pictures into a class: from folders, archives, single files, and lists of addresses.

Names come from the bytes (sha256), never from the source, so nothing can be written elsewhere and
nothing is brought twice. Bytes are stored as they came, after they have been decoded once; what was
brought is written to sources.jsonl.
"""

from __future__ import annotations

import json
import tarfile
import time
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import IO

import requests

from data_cleaning.datasets.dataset import SPECIAL, Dataset, is_label
from data_cleaning.errors import DatasetError, PictureError, PictureTooLarge
from data_cleaning.files import sha256_of_bytes, sha256_of_file, write
from data_cleaning.imaging.decoding import decode, probe
from data_cleaning.imaging.limits import DEFAULT_LIMITS, Limits

SOURCES = "sources.jsonl"
ARCHIVES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz")
_SUFFIX = {"JPEG": ".jpg", "MPO": ".jpg", "HEIF": ".heic"}
_SKIP = frozenset(
    {".txt", ".md", ".csv", ".tsv", ".json", ".jsonl", ".ini", ".db", ".xml", ".html"}
)

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
class CollectOptions:
    """Limits of a collection.

    picture: bytes and pixels of one picture. entries, total: how many entries and bytes, unpacked,
    are taken from one source. network: may addresses be asked? seconds: for one address.
    """

    picture: Limits = DEFAULT_LIMITS
    entries: int = 100_000
    total: int = 20 * 1024**3
    network: bool = False
    seconds: float = 60.0


@dataclass(frozen=True)
class Entry:
    """One possible picture: what it is called in its source, and how to get its bytes."""

    name: str
    load: Callable[[], bytes]
    size: int = 0


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
    plans = [_plan(source, options) for source in sources]
    (root / label).mkdir(parents=True, exist_ok=True)
    folder = _ClassFolder.of(root, label)
    for source, entries in zip(sources, plans, strict=True):
        number = unpacked = 0
        for entry in entries():
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
            return CollectedEntry(entry.name, "failed", note=_brief(error))
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


def _plan(source: str, options: CollectOptions) -> Callable[[], Iterator[Entry]]:
    """How to go through a source; raises at once where it cannot be used at all."""
    path = Path(source)
    if "://" in source:
        raise DatasetError(
            f"{source}: put addresses in a text file, one a line, and name that file."
        )
    if path.is_dir():
        return lambda: _of_folder(path, options)
    if not path.is_file():
        raise DatasetError(f"{source} is no folder, archive, picture or list of addresses.")
    if path.name.lower().endswith(ARCHIVES):
        if zipfile.is_zipfile(path):
            return lambda: _of_zip(path, options)
        if tarfile.is_tarfile(path):
            return lambda: _of_tar(path, options)
        raise DatasetError(f"{source} is called an archive and is no zip or tar file.")
    if path.suffix.lower() == ".txt":
        addresses = _addresses(path, options)
        return lambda: iter([Entry(a, partial(_fetch, a, options)) for a in addresses])
    return lambda: iter([_file(path, options)])


def _file(path: Path, options: CollectOptions) -> Entry:
    def load() -> bytes:
        with path.open("rb") as file:
            return _capped(file, options.picture)

    return Entry(str(path), load, path.stat().st_size)


def _of_folder(path: Path, options: CollectOptions) -> Iterator[Entry]:
    for inside in sorted(path.rglob("*")):
        if inside.is_file() and _wanted(inside.relative_to(path)):
            yield _file(inside, options)


def _of_zip(path: Path, options: CollectOptions) -> Iterator[Entry]:
    with zipfile.ZipFile(path) as archive:
        for info in archive.infolist():
            if not info.is_dir() and _wanted(Path(info.filename)):
                yield Entry(
                    f"{path.name}:{info.filename}",
                    partial(_from_zip, archive, info, options),
                    info.file_size,
                )


def _from_zip(archive: zipfile.ZipFile, info: zipfile.ZipInfo, options: CollectOptions) -> bytes:
    with archive.open(info) as file:
        return _capped(file, options.picture)


def _of_tar(path: Path, options: CollectOptions) -> Iterator[Entry]:
    try:
        with tarfile.open(path) as archive:
            for member in archive:
                if member.isreg() and _wanted(Path(member.name)):
                    yield Entry(
                        f"{path.name}:{member.name}",
                        partial(_from_tar, archive, member, options),
                        member.size,
                    )
    except (tarfile.TarError, EOFError, OSError) as error:
        reason = _brief(error)

        def fail() -> bytes:
            raise OSError(f"the archive is damaged from here on: {reason}")

        yield Entry(path.name, fail)


def _from_tar(archive: tarfile.TarFile, member: tarfile.TarInfo, options: CollectOptions) -> bytes:
    file = archive.extractfile(member)
    if file is None:
        raise OSError("it is no regular file")
    with file:
        return _capped(file, options.picture)


def _capped(file: IO[bytes], limits: Limits) -> bytes:
    """All bytes, but never more than the limit in memory: a packed size can lie."""
    data = file.read(limits.bytes + 1)
    if len(data) > limits.bytes:
        raise PictureTooLarge(f"It has more than {limits.bytes:,} bytes, which is what is allowed.")
    return data


def _addresses(path: Path, options: CollectOptions) -> list[str]:
    """The addresses of a list: one a line; empty lines and lines that begin with # are passed over."""
    lines = [line.strip() for line in path.read_text("utf-8", errors="replace").splitlines()]
    found = [line for line in lines if line and not line.startswith("#")]
    wrong = [line for line in found if not line.lower().startswith(("http://", "https://"))]
    if wrong:
        raise DatasetError(
            f"{path.name} is read as a list of addresses, and {wrong[0][:80]!r} is none (http or"
            " https)."
        )
    if found and not options.network:
        raise DatasetError(
            f"{path.name} lists {len(found)} addresses. Asking them needs --allow-network."
        )
    return list(dict.fromkeys(found))


def _fetch(address: str, options: CollectOptions) -> bytes:
    """One address, streamed: at most three redirects, limited in bytes and time.

    Raises OSError, PictureTooLarge.
    """
    end = time.monotonic() + options.seconds
    with requests.Session() as session:
        session.max_redirects = 3
        session.headers["User-Agent"] = "likeness-collect"
        with session.get(address, stream=True, timeout=(10, 20)) as answer:
            if answer.status_code != 200:
                raise OSError(f"it answered {answer.status_code}")
            data = bytearray()
            for part in answer.iter_content(65536):
                data += part
                if len(data) > options.picture.bytes:
                    raise PictureTooLarge(
                        f"It has more than {options.picture.bytes:,} bytes, which is what is"
                        " allowed."
                    )
                if time.monotonic() > end:
                    raise OSError(f"it took more than {options.seconds:.0f} seconds")
    return bytes(data)


def _wanted(inside: Path) -> bool:
    """Hidden files, and files that are no pictures by their name, are passed over without a word."""
    hidden = any(
        part.startswith(".") or part == "__MACOSX" for part in inside.parts if part != ".."
    )
    return not hidden and inside.suffix.lower() not in _SKIP


def _brief(error: Exception) -> str:
    text = (str(error) or type(error).__name__).splitlines()[0]
    return text if len(text) <= 120 else text[:117] + "..."
