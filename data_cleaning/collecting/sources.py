"""Where pictures come from: folders, archives, lists of addresses, single files.

A source gives entries one at a time. Nothing is decoded or stored here. A new kind of source is one
function and one line of `KINDS`.
"""

from __future__ import annotations

import tarfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO
from urllib.parse import quote, urlsplit

from data_cleaning.errors import DatasetError, FetchRefused, PictureTooLarge
from data_cleaning.fetching.addresses import any_address
from data_cleaning.fetching.guarded_fetch import Fetcher
from data_cleaning.imaging.limits import DEFAULT_LIMITS, Limits

ARCHIVES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz")
_SKIP = frozenset(
    {".txt", ".md", ".csv", ".tsv", ".json", ".jsonl", ".ini", ".db", ".xml", ".html"}
)


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
    """One possible picture: what it is called in its source, and how to get its bytes.

    size: bytes, unpacked, as far as the source knows.
    """

    name: str
    load: Callable[[], bytes]
    size: int = 0


@dataclass(frozen=True)
class SourceKind:
    """One kind of source. accepts: is this path one? entries: goes through it.

    `entries` raises DatasetError at once where the source cannot be used at all.
    """

    accepts: Callable[[Path], bool]
    entries: Callable[[Path, CollectOptions], Iterator[Entry]]


def open_source(source: str, options: CollectOptions) -> Iterator[Entry]:
    """The entries of a source. Raises DatasetError where it cannot be used at all."""
    scheme, is_address, _ = source.partition("://")
    if is_address and scheme.lower() not in ("http", "https"):
        raise DatasetError(
            f"{source}: {scheme}:// cannot be asked here. Copy its pictures into a folder first,"
            " and name that folder."
        )
    if is_address:
        raise DatasetError(
            f"{source}: put addresses in a text file, one a line, and name that file."
        )
    path = Path(source)
    for kind in KINDS.values():
        if kind.accepts(path):
            return kind.entries(path, options)
    raise DatasetError(f"{source} is no folder, archive, picture or list of addresses.")


def folder(path: Path, options: CollectOptions) -> Iterator[Entry]:
    """Every file of a folder and of the folders in it, sorted."""
    for file in sorted(path.rglob("*")):
        if file.is_file() and _wanted(file.relative_to(path)):
            yield _file_entry(file, options)


def archive(path: Path, options: CollectOptions) -> Iterator[Entry]:
    """Every file of a zip or tar archive. Nothing is unpacked to disk."""
    if zipfile.is_zipfile(path):
        return _zip(path, options)
    if tarfile.is_tarfile(path):
        return _tar(path, options)
    raise DatasetError(f"{path} is called an archive and is no zip or tar file.")


def address_list(path: Path, options: CollectOptions) -> Iterator[Entry]:
    """The addresses of a text file, one a line.

    Empty lines and lines with # in front are passed over.
    """
    lines = [line.strip() for line in path.read_text("utf-8", errors="replace").splitlines()]
    addresses = [line for line in lines if line and not line.startswith("#")]
    wrong = [line for line in addresses if not line.lower().startswith(("http://", "https://"))]
    if wrong:
        raise DatasetError(
            f"{path.name} is read as a list of addresses, and {wrong[0][:80]!r} is none (http or"
            " https)."
        )
    if addresses and not options.network:
        raise DatasetError(
            f"{path.name} lists {len(addresses)} addresses. Asking them needs --allow-network."
        )
    return iter([Entry(a, partial(_fetch, a, options)) for a in dict.fromkeys(addresses)])


def single_file(path: Path, options: CollectOptions) -> Iterator[Entry]:
    """The file itself."""
    return iter([_file_entry(path, options)])


KINDS = {
    "folder": SourceKind(Path.is_dir, folder),
    "archive": SourceKind(lambda p: p.is_file() and p.name.lower().endswith(ARCHIVES), archive),
    "addresses": SourceKind(lambda p: p.is_file() and p.suffix.lower() == ".txt", address_list),
    "file": SourceKind(Path.is_file, single_file),
}
"""Every kind of source; the first that accepts a path takes it."""


def brief(error: Exception) -> str:
    """The first line of an error's message, short enough to show."""
    text = (str(error) or type(error).__name__).splitlines()[0]
    return text if len(text) <= 120 else text[:117] + "..."


def _file_entry(path: Path, options: CollectOptions) -> Entry:
    def load() -> bytes:
        with path.open("rb") as file:
            return _capped(file, options.picture)

    return Entry(str(path), load, path.stat().st_size)


def _zip(path: Path, options: CollectOptions) -> Iterator[Entry]:
    with zipfile.ZipFile(path) as opened:
        for info in opened.infolist():
            if not info.is_dir() and _wanted(Path(info.filename)):
                load = partial(_from_zip, opened, info, options)
                yield Entry(f"{path.name}:{info.filename}", load, info.file_size)


def _from_zip(opened: zipfile.ZipFile, info: zipfile.ZipInfo, options: CollectOptions) -> bytes:
    with opened.open(info) as file:
        return _capped(file, options.picture)


def _tar(path: Path, options: CollectOptions) -> Iterator[Entry]:
    try:
        with tarfile.open(path) as opened:
            for member in opened:
                if member.isreg() and _wanted(Path(member.name)):
                    load = partial(_from_tar, opened, member, options)
                    yield Entry(f"{path.name}:{member.name}", load, member.size)
    except (tarfile.TarError, EOFError, OSError) as error:
        reason = brief(error)

        def fail() -> bytes:
            raise OSError(f"the archive is damaged from here on: {reason}")

        yield Entry(path.name, fail)


def _from_tar(opened: tarfile.TarFile, member: tarfile.TarInfo, options: CollectOptions) -> bytes:
    file = opened.extractfile(member)
    if file is None:
        raise OSError("it is no regular file")
    with file:
        return _capped(file, options.picture)


def _capped(file: IO[bytes], limits: Limits) -> bytes:
    """All bytes, but never more than the limit in memory: a packed size can lie."""
    data = file.read(limits.bytes + 1)
    if len(data) > limits.bytes:
        raise _too_large(limits)
    return data


def _too_large(limits: Limits) -> PictureTooLarge:
    return PictureTooLarge(f"It has more than {limits.bytes:,} bytes, which is what is allowed.")


def _fetch(address: str, options: CollectOptions) -> bytes:
    """One address, also of this network: whoever collects names the addresses themselves.

    Raises OSError, PictureTooLarge.
    """
    fetcher = Fetcher(
        ports=None,
        limit=options.picture.bytes,
        seconds=options.seconds,
        judge=any_address,
        agent="likeness-collect",
    )
    try:
        return fetcher.get(_as_ascii(address))
    except PictureTooLarge:
        raise _too_large(options.picture) from None
    except FetchRefused as error:
        reason = error.reason.replace("status ", "it answered ", 1)
        if reason == "time is up":
            reason = f"it took more than {options.seconds:.0f} seconds"
        raise OSError(reason) from None


def _as_ascii(address: str) -> str:
    """An address as people write it, with letters of any language, as a server takes it."""
    try:
        parts = urlsplit(address)
        host = parts.netloc if parts.netloc.isascii() else parts.netloc.encode("idna").decode()
    except ValueError:  # the fetcher says what is wrong with it
        return address
    return quote(parts._replace(netloc=host).geturl(), safe="!#$%&'()*+,/:;=?@[]~")


def _wanted(inside: Path) -> bool:
    """Whether a file may be a picture: it is not hidden, and its name speaks of no other kind."""
    hidden = any(
        part.startswith(".") or part == "__MACOSX" for part in inside.parts if part != ".."
    )
    return not hidden and inside.suffix.lower() not in _SKIP
