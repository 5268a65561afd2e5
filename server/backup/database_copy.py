"""A whole copy of the database as it is at one moment, and such a copy put back.

SQLite by its own backup, PostgreSQL by pg_dump and pg_restore of its version.
"""

from __future__ import annotations

import os
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

from sqlalchemy.engine import URL, make_url

from server.errors import StoreDown

SECONDS = 3600


def copy_database(address: str, to: Path) -> str:
    """Write it to the file `to`; its kind, sqlite or postgresql. Raises StoreDown."""
    url = make_url(address)
    if url.get_backend_name() == "sqlite":
        _copy_sqlite(Path(url.database or ""), to)
        return "sqlite"
    _postgres("pg_dump", url, "--format=custom", f"--file={to}")
    return "postgresql"


def put_database(address: str, copy: Path) -> None:
    """The database becomes the copy. Nobody else may use it meanwhile. Raises StoreDown."""
    url = make_url(address)
    if url.get_backend_name() == "sqlite":
        file = Path(url.database or "")
        for beside in ("-wal", "-shm"):
            file.with_name(file.name + beside).unlink(missing_ok=True)
        _copy_sqlite(copy, file.with_name(f".{file.name}.part"))
        file.with_name(f".{file.name}.part").replace(file)
        return
    whole = ("--clean", "--if-exists", "--single-transaction", "--exit-on-error", "--no-owner")
    _postgres("pg_restore", url, *whole, str(copy))


def _copy_sqlite(source: Path, to: Path) -> None:
    try:
        with (
            closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True, timeout=30)) as read,
            closing(sqlite3.connect(to)) as written,
        ):
            read.backup(written)
            found = written.execute("PRAGMA quick_check(1)").fetchone()[0]
    except sqlite3.Error as error:
        raise StoreDown(f"The database {source} cannot be copied: {error}.") from None
    if found != "ok":
        raise StoreDown(f"The database {source} is damaged ({found}).")
    to.chmod(0o600)


def _postgres(program: str, url: URL, *arguments: str) -> None:
    """Run one of PostgreSQL's programs; the password goes by the environment, which only root and
    this user can see.
    """
    open_address = url.set(drivername="postgresql", password=None).render_as_string()
    command = [program, f"--dbname={open_address}", *arguments]
    environment = os.environ | ({"PGPASSWORD": url.password} if url.password else {})
    try:
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=SECONDS
        )
    except FileNotFoundError:
        raise StoreDown(f"There is no {program}: apt-get install postgresql-client") from None
    if done.returncode != 0:
        said = done.stderr.strip().splitlines()
        raise StoreDown(f"{program} did not succeed: {said[-1] if said else done.returncode}")
