"""Outboxes: SQLite files in the state folder, one for each process that watches cameras.

Here lies their form, and how somebody is forgotten in them, also while a process has one open. What
goes in and out is likeness/delivery/outbox.py.
"""

from __future__ import annotations

import contextlib
import sqlite3
import time
from pathlib import Path

from data_cleaning.files import sha256_of_bytes
from server.errors import StoreDown

FOLDER = "watch"  # below the state folder
PATIENCE = 60.0  # seconds in which a file that another process writes is waited for
GRACE = 20.0  # seconds in which a process may still name somebody: it changes its model every 10
# letters: what has to be delivered, and the ids that were. retained: what a broker keeps; gone: it
# is to be cleared there. forgotten: no picture from before `until`, seconds since 1970, is told of.
# who: sha256 of a name, so that this file itself names nobody for longer than it must.
FORM = """
CREATE TABLE IF NOT EXISTS letters (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    event TEXT NOT NULL,
    target TEXT NOT NULL,
    topic TEXT,
    body BLOB,
    attempts INTEGER NOT NULL DEFAULT 0,
    due REAL NOT NULL DEFAULT 0,
    delivered REAL,
    who TEXT,
    UNIQUE (event, target)
);
CREATE INDEX IF NOT EXISTS waiting ON letters (due) WHERE delivered IS NULL;
CREATE TABLE IF NOT EXISTS retained (
    topic TEXT PRIMARY KEY, who TEXT, gone INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS forgotten (who TEXT PRIMARY KEY, until REAL NOT NULL);
"""


def outbox_file(state: Path, name: str) -> Path:
    """Where the outbox of a process lies. name: of its camera."""
    return state / FOLDER / f"{name}.db"


def open_outbox(path: Path) -> sqlite3.Connection:
    """Each statement is a transaction of its own until BEGIN. Raises sqlite3.Error."""
    database = sqlite3.connect(
        path, timeout=PATIENCE, check_same_thread=False, isolation_level=None
    )
    # As the service's database: what is said to be stored survives a power cut, and what is
    # deleted leaves no bytes.
    try:
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "secure_delete=ON"):
            database.execute(f"PRAGMA {pragma}")
        database.executescript(FORM)
    except sqlite3.Error:
        database.close()
        raise
    return database


def digest(name: str) -> str:
    """What stands for a name in these files: 64 hexadecimal digits."""
    return sha256_of_bytes(name.encode())


def forget_in_outboxes(state: Path, name: str) -> int:
    """Nothing of a person is delivered any more, nor left in a file; how many events went.

    What a broker retains of them is cleared by the process of that outbox, within a second or at
    its next start. Raises StoreDown, where a file cannot be changed.
    """
    removed = 0
    for path in sorted((state / FOLDER).glob("*.db")):
        try:
            with contextlib.closing(open_outbox(path)) as database:
                removed += _forget(database, digest(name))
                _compact(database)
        except sqlite3.Error as error:
            raise StoreDown(
                f"The events of the camera {path.stem} cannot be changed now ({error}), so some may"
                " still name them. Ask again; if it stays so, stop that camera's process and delete"
                f" {path.name} in the folder {FOLDER} of LIKENESS_STATE."
            ) from None
    return removed


def _forget(database: sqlite3.Connection, who: str) -> int:
    database.execute("BEGIN IMMEDIATE")
    try:
        count = "SELECT count(DISTINCT event) FROM letters WHERE who = ?"
        (events,) = database.execute(count, (who,)).fetchone()
        until = time.time() + GRACE
        database.execute("INSERT OR REPLACE INTO forgotten VALUES (?, ?)", (who, until))
        database.execute("DELETE FROM letters WHERE who = ?", (who,))
        database.execute("UPDATE retained SET gone = 1, who = NULL WHERE who = ?", (who,))
    except BaseException:
        database.execute("ROLLBACK")
        raise
    database.execute("COMMIT")
    return int(events)


def _compact(database: sqlite3.Connection) -> None:
    """What was delivered may lie in free pages, and in the log of changes. Raises sqlite3.Error."""
    database.execute("VACUUM")
    (busy, *_) = database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    if busy:
        raise sqlite3.OperationalError("another process reads it")
