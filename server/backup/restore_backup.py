"""A backup put back: unpacked aside, checked, then exchanged with what is there.

The list of the forgotten (server/storage/forgotten_list.py) only grows: that of the backup and
that which is here become one. Forgetting those once more whom the backup still knows is the
caller's.
"""

from __future__ import annotations

import json
import shutil
import tarfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from sqlalchemy.engine import make_url

from data_cleaning.errors import InputError
from server.backup.database_copy import put_database
from server.backup.layout import CONTENTS, DATABASE, FOLDERS, FORMAT, folders
from server.settings import Settings
from server.storage.forgotten_list import ForgottenList

UNPACKED, BEFORE = ".restoring", ".before-restore"


class WrongBackup(InputError):
    """The file is no backup, or not one that can be put back here."""


@dataclass(frozen=True)
class Contents:
    """What the last entry of the archive says. time: milliseconds since 1970."""

    version: str
    time: int
    database: str
    files: frozenset[str]


def restore_backup(settings: Settings, source: IO[bytes]) -> Contents:
    """Exchange state, data sets, models and database. The service must not run.

    Raises WrongBackup before anything was changed, StoreDown, OSError.
    """
    places = folders(settings)
    aside = {top: _aside(place, UNPACKED) for top, place in places.items()}
    scratch = _aside(places["state"], UNPACKED + "-database")
    try:
        for folder in (*aside.values(), scratch):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True, mode=0o700)
        contents = _unpack(source, {**aside, "database": scratch})
        _check(contents, settings, aside, scratch)
        ForgottenList(aside["state"]).merge(ForgottenList(places["state"]).all())
        copy = scratch / PurePosixPath(DATABASE[contents.database]).name
        put_database(_address(settings, places["state"], aside["state"]), copy)
        _exchange(places, aside)
    finally:
        for folder in (*aside.values(), scratch):
            shutil.rmtree(folder, ignore_errors=True)
    for place in places.values():
        shutil.rmtree(_aside(place, BEFORE), ignore_errors=True)
    return contents


def _address(settings: Settings, state: Path, aside: Path) -> str:
    """Where the database goes: SQLite's file in the state folder comes with the folder."""
    url = make_url(settings.database)
    file = Path(url.database or "").resolve()
    if url.get_backend_name() != "sqlite" or not file.is_relative_to(state):
        return settings.database
    return f"sqlite:///{aside / file.relative_to(state)}"


def _aside(place: Path, suffix: str) -> Path:
    return place.with_name(place.name + suffix)


def _unpack(source: IO[bytes], into: dict[str, Path]) -> Contents:
    """Every regular file of the archive below its folder; what the last entry says."""
    said: bytes | None = None
    try:
        with tarfile.open(fileobj=source, mode="r|*") as tar:
            for member in tar:
                file = tar.extractfile(member)
                if file is None or not member.isreg():
                    raise WrongBackup(f"{member.name!r} in it is no regular file.")
                if member.name == CONTENTS:
                    said = file.read()
                    continue
                path = _place(member.name, into)
                path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                with path.open("wb") as out:
                    shutil.copyfileobj(file, out)
                path.chmod(0o600)
    except (tarfile.TarError, EOFError) as error:
        raise WrongBackup(f"This is no whole backup of Likeness: {error}.") from None
    if said is None:
        raise WrongBackup("This backup is cut off: its last entry is not there.")
    return _contents(said)


def _place(name: str, into: dict[str, Path]) -> Path:
    parts = PurePosixPath(name).parts
    if len(parts) < 2 or parts[0] not in into or ".." in parts:
        raise WrongBackup(f"{name!r} does not belong into a backup.")
    return into[parts[0]].joinpath(*parts[1:])


def _contents(said: bytes) -> Contents:
    try:
        read = json.loads(said)
        if read["format"] != FORMAT:
            raise WrongBackup(
                f"This backup has the form {read['format']!r}; known here is {FORMAT}. The version"
                f" of Likeness that made it, {read['version']}, can put it back."
            )
        return Contents(
            read["version"], int(read["time"]), read["database"], frozenset(read["files"])
        )
    except (KeyError, TypeError, ValueError):
        raise WrongBackup("The last entry of this backup cannot be read.") from None


def _check(contents: Contents, settings: Settings, aside: dict[str, Path], scratch: Path) -> None:
    """All that belongs to it is there, and nothing else stays."""
    kind = "sqlite" if settings.database.startswith("sqlite") else "postgresql"
    if contents.database != kind:
        raise WrongBackup(
            f"This backup holds a database of {contents.database}, and LIKENESS_DATABASE_URL names"
            f" one of {kind}. Set it as it was when the backup was made."
        )
    if not (scratch / PurePosixPath(DATABASE[kind]).name).is_file():
        raise WrongBackup("The database is missing in this backup.")
    found = {
        f"{top}/{path.relative_to(folder).as_posix()}": path
        for top, folder in aside.items()
        for path in folder.rglob("*")
        if path.is_file()
    }
    if lost := contents.files - found.keys():
        raise WrongBackup(f"{len(lost)} files are missing in this backup, as {min(lost)!r}.")
    for name in found.keys() - contents.files:  # it was deleted while the backup was made
        found[name].unlink()


def _exchange(places: dict[str, Path], aside: dict[str, Path]) -> None:
    """All folders or none."""
    done: list[tuple[Path, Path]] = []
    try:
        for top in FOLDERS:
            place, before = places[top], _aside(places[top], BEFORE)
            shutil.rmtree(before, ignore_errors=True)
            if place.exists():
                place.rename(before)
                done.append((before, place))
            aside[top].rename(place)
            done.append((place, aside[top]))
    except BaseException:
        for now_at, back_to in reversed(done):
            now_at.rename(back_to)
        raise
