"""A backup as a stream of tar, made while the service answers.

The journal first, then the database, then the folders: what is moved from the one to the other
meanwhile is in both. The last entry says what belongs to the backup; what was deleted meanwhile,
because somebody was forgotten, does not.
"""

from __future__ import annotations

import io
import json
import tarfile
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from server.backup.database_copy import copy_database
from server.backup.layout import (
    CONTENTS,
    DATABASE,
    FOLDERS,
    FORMAT,
    KEPT,
    SKIPPED,
    SQLITE,
    folders,
)
from server.errors import Conflict
from server.settings import Settings
from server.storage.database import now

ROUNDS = 5  # looks until nothing changes any more
SMALL = 16 << 20  # bytes of a file that stay in memory
Seen = dict[str, tuple[int, int]]  # name in the archive -> bytes, nanoseconds of the last change


@dataclass(frozen=True)
class Made:
    """time: milliseconds since 1970. files, bytes: of the folders. database: its kind."""

    time: int
    files: int
    bytes: int
    database: str


def make_backup(settings: Settings, out: IO[bytes], version: str) -> Made:
    """Write all of it to `out`, which is never gone back in.

    Raises StoreDown, Conflict where the folders never stand still, OSError.
    """
    begun = now()
    places = folders(settings)
    with tarfile.open(fileobj=out, mode="w|") as tar:
        seen = _add_all(tar, places["state"] / "journal", f"{FOLDERS[0]}/journal")
        kind = _add_database(tar, settings)
        for _ in range(ROUNDS):
            changed, seen = _add_changed(tar, places, seen)
            if not changed:
                break
        else:
            raise Conflict(
                f"The folders changed during each of {ROUNDS} looks: wait until the training or"
                " the upload has ended, then back up again."
            )
        made = Made(begun, len(seen), sum(size for size, _ in seen.values()), kind)
        contents = {
            "format": FORMAT,
            "version": version,
            "time": begun,
            "database": kind,
            "files": sorted(seen),
        }
        _add_bytes(tar, CONTENTS, json.dumps(contents).encode())
    return made


def _add_database(tar: tarfile.TarFile, settings: Settings) -> str:
    with tempfile.TemporaryDirectory(dir=settings.state) as scratch:
        copy = Path(scratch) / "database"
        kind = copy_database(settings.database, copy)
        with copy.open("rb") as file:
            _add(tar, DATABASE[kind], file, copy.stat().st_size)
    return kind


def _add_changed(tar: tarfile.TarFile, places: dict[str, Path], before: Seen) -> tuple[bool, Seen]:
    """Add what is new or another since the look before; whether there was such, and the look."""
    found = {name: path for top, folder in places.items() for name, path in _files(folder, top)}
    now_seen = {name: state for name, path in found.items() if (state := _state(path))}
    journal = f"{FOLDERS[0]}/journal/"
    now_seen |= {name: state for name, state in before.items() if name.startswith(journal)}
    fresh = [name for name, state in now_seen.items() if before.get(name) != state]
    for name in fresh:
        if not _add_file(tar, name, found[name]):
            del now_seen[name]
    return bool(fresh) or now_seen.keys() != before.keys(), now_seen


def _add_all(tar: tarfile.TarFile, folder: Path, top: str) -> Seen:
    return {
        name: state
        for name, path in _files(folder, top)
        if (state := _state(path)) and _add_file(tar, name, path)
    }


def _files(folder: Path, top: str) -> Iterator[tuple[str, Path]]:
    """Names in the archive, and the files; not what is half-written or belongs to a process."""
    if not folder.is_dir():
        return
    for path in sorted(folder.rglob("*")):
        inner = path.relative_to(folder)
        shown = inner.parts[1:] if (top, inner.parts[0]) in KEPT else inner.parts
        hidden = any(part.startswith(".") for part in shown)
        if hidden or path.is_symlink() or inner.parts[0] in SKIPPED or inner.name in SKIPPED:
            continue
        if inner.name.startswith(SQLITE) or inner.suffix == ".lock" or not path.is_file():
            continue
        if (top, inner.parts[0]) != (FOLDERS[0], "journal"):
            yield f"{top}/{inner.as_posix()}", path


def _state(path: Path) -> tuple[int, int] | None:
    try:
        stat = path.stat()
    except FileNotFoundError:
        return None
    return stat.st_size, stat.st_mtime_ns


def _add_file(tar: tarfile.TarFile, name: str, path: Path) -> bool:
    """Whether it was still there. A copy first: the archive must know the length beforehand."""
    with tempfile.SpooledTemporaryFile(max_size=SMALL) as copy:
        try:
            with path.open("rb") as file:
                while portion := file.read(1 << 20):
                    copy.write(portion)
        except FileNotFoundError:
            return False
        size = copy.tell()
        copy.seek(0)
        _add(tar, name, copy, size)
    return True


def _add_bytes(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    _add(tar, name, io.BytesIO(content), len(content))


def _add(tar: tarfile.TarFile, name: str, file: IO[bytes], size: int) -> None:
    info = tarfile.TarInfo(name)
    info.size, info.mode, info.mtime = size, 0o600, now() // 1000
    tar.addfile(info, file)
