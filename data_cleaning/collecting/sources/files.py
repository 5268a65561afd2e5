"""Sources on this machine: folders, archives, single files, and lists of addresses."""

from __future__ import annotations

import tarfile
import zipfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import IO

from data_cleaning.collecting.entries import (
    CollectOptions,
    Entry,
    Plan,
    brief,
    failing,
    fetcher,
    load_picture,
    too_large,
)
from data_cleaning.errors import DatasetError
from data_cleaning.imaging.limits import Limits

ARCHIVES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz")
_SKIP = frozenset(
    {".txt", ".md", ".csv", ".tsv", ".json", ".jsonl", ".ini", ".db", ".xml", ".html"}
)


def folder(source: str, options: CollectOptions) -> Plan:
    """Every file of a folder and of the folders in it, sorted."""
    path = Path(source)
    files = [p for p in sorted(path.rglob("*")) if p.is_file() and _wanted(p.relative_to(path))]
    return Plan((_file_entry(file, options) for file in files), len(files))


def archive(source: str, options: CollectOptions) -> Plan:
    """Every file of a zip or tar archive. Nothing is unpacked to disk."""
    path = Path(source)
    if zipfile.is_zipfile(path):
        try:
            with zipfile.ZipFile(path) as opened:
                members = [info for info in opened.infolist() if _is_wanted_member(info)]
        except (zipfile.BadZipFile, NotImplementedError) as error:
            raise DatasetError(f"{path} is damaged: {brief(error)}.") from error
        return Plan(_zip(path, members, options), len(members))
    if tarfile.is_tarfile(path):
        return Plan(_tar(path, options))
    raise DatasetError(f"{path} is called an archive and is no zip or tar file.")


def address_list(source: str, options: CollectOptions) -> Plan:
    """The addresses of a text file, one a line, also of this network: a person has named them.

    Empty lines and lines with # in front are passed over.
    """
    path = Path(source)
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
    asking = fetcher(options, addresses)
    entries = [
        Entry(address, partial(load_picture, asking, address, options))
        for address in dict.fromkeys(addresses)
    ]
    return Plan(iter(entries), len(entries), web=True)


def single_file(source: str, options: CollectOptions) -> Plan:
    """The file itself."""
    return Plan(iter([_file_entry(Path(source), options)]), 1)


def _file_entry(path: Path, options: CollectOptions) -> Entry:
    def load() -> bytes:
        with path.open("rb") as file:
            return _capped(file, options.picture)

    return Entry(str(path), load, path.stat().st_size)


def _is_wanted_member(info: zipfile.ZipInfo) -> bool:
    return not info.is_dir() and _wanted(Path(info.filename))


def _zip(path: Path, members: list[zipfile.ZipInfo], options: CollectOptions) -> Iterator[Entry]:
    with zipfile.ZipFile(path) as opened:
        for info in members:
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
        yield failing(path.name, f"the archive is damaged from here on: {brief(error)}")


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
        raise too_large(limits)
    return data


def may_be_picture_file(name: str) -> bool:
    """Whether a file of that name may be a picture."""
    return _wanted(Path(name))


def _wanted(inside: Path) -> bool:
    """Whether a file may be a picture: it is not hidden, and its name speaks of no other kind."""
    hidden = any(
        part.startswith(".") or part == "__MACOSX" for part in inside.parts if part != ".."
    )
    return not hidden and inside.suffix.lower() not in _SKIP
