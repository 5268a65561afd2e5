"""What has to be delivered, on the disk until it was: nothing is lost by an end, and an id that was
delivered is not taken again.
"""

from __future__ import annotations

import contextlib
import fcntl
import logging
import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from data_cleaning.errors import InputError
from server.storage.outboxes import digest, open_outbox

log = logging.getLogger("likeness.outbox")
MOST = 100_000  # letters that may wait; about 50 MB
REMEMBERED = 7 * 24 * 3600.0  # seconds for which a delivered id is known


@dataclass(frozen=True)
class Letter:
    """One thing to deliver. event: its id. target: by which way, and which letter of the event on
    it. topic: of MQTT.
    """

    event: str
    target: str
    body: bytes
    topic: str = ""
    number: int = 0
    attempts: int = 0


@dataclass(frozen=True)
class About:
    """Whom letters are about. name: None is a stranger. time: of the picture, milliseconds since
    1970. retained: topics in which a broker will keep something of them.
    """

    name: str | None
    time: int
    retained: Sequence[str] = ()


class Outbox:
    """path: a file of one process. Raises InputError where another process has it, or none can."""

    def __init__(self, path: Path) -> None:
        self._guard = threading.Lock()
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._held = _alone(path)
            self._database = open_outbox(path)
        except (OSError, sqlite3.Error) as error:
            raise InputError(f"{path} cannot be written: {error}.") from error
        self._forget()

    def add(self, letters: Iterable[Letter], about: About | None = None) -> int:
        """Store them, all or none; how many are new. One that is known is passed over, and so is
        everything about somebody who was forgotten since.
        """
        with self._writing() as database:
            if self._count(database) >= MOST:
                log.error("%d letters wait already: an event is lost", MOST)
                return 0
            if about and self._is_forgotten(about.name, about.time):
                return 0
            who = digest(about.name) if about and about.name is not None else None
            before = database.total_changes
            database.executemany(
                "INSERT OR IGNORE INTO letters (event, target, topic, body, who)"
                " VALUES (?, ?, ?, ?, ?)",
                [(one.event, one.target, one.topic, one.body, who) for one in letters],
            )
            new = database.total_changes - before
            if about and new:
                database.executemany(
                    "INSERT OR REPLACE INTO retained (topic, who) VALUES (?, ?)",
                    [(topic, who) for topic in about.retained],
                )
            return new

    def is_forgotten(self, name: str | None, when: int) -> bool:
        """Whether somebody was forgotten after a picture. when: milliseconds since 1970."""
        with self._guard:
            return self._is_forgotten(name, when)

    def _is_forgotten(self, name: str | None, when: int) -> bool:
        if name is None:
            return False
        query = "SELECT 1 FROM forgotten WHERE who = ? AND until >= ?"
        return self._database.execute(query, (digest(name), when / 1000)).fetchone() is not None

    def to_clear(self) -> list[str]:
        """Topics in which a broker is to retain nothing any more."""
        with self._guard:
            rows = self._database.execute("SELECT topic FROM retained WHERE gone").fetchall()
        return [topic for (topic,) in rows]

    def waiting(self, way: str, most: int) -> list[Letter]:
        """Letters of a way, as `mqtt`, that are due, the oldest first."""
        with self._guard:
            rows = self._database.execute(
                "SELECT event, target, body, topic, number, attempts FROM letters"
                " WHERE delivered IS NULL AND due <= ? AND substr(target, 1, ?) = ?"
                " ORDER BY number LIMIT ?",
                (time.time(), len(way), way, most),
            ).fetchall()
        return [Letter(*row) for row in rows]

    def next_due(self, way: str) -> float | None:
        """Seconds until a letter is due; None where none waits."""
        with self._guard:
            (due,) = self._database.execute(
                "SELECT min(due) FROM letters WHERE delivered IS NULL AND substr(target, 1, ?) = ?",
                (len(way), way),
            ).fetchone()
        return None if due is None else max(0.0, due - time.time())

    def knows(self, event: str) -> bool:
        """Whether an event of that id was stored before."""
        with self._guard:
            query = "SELECT 1 FROM letters WHERE event = ? LIMIT 1"
            return self._database.execute(query, (event,)).fetchone() is not None

    def delivered(self, numbers: Sequence[int]) -> None:
        """They have arrived: what they said goes, their ids stay for a week."""
        with self._writing() as database:
            database.executemany(
                "UPDATE letters SET delivered = ?, body = NULL, topic = NULL WHERE number = ?",
                [(time.time(), number) for number in numbers],
            )

    def put_off(self, number: int, seconds: float) -> None:
        """It did not arrive: not to be tried again for so long."""
        with self._writing() as database:
            database.execute(
                "UPDATE letters SET attempts = attempts + 1, due = ? WHERE number = ?",
                (time.time() + seconds, number),
            )

    def count(self) -> int:
        """How many wait."""
        with self._guard:
            return self._count(self._database)

    def close(self) -> None:
        with self._guard:
            self._database.close()
            self._held.close()

    @staticmethod
    def _count(database: sqlite3.Connection) -> int:
        query = "SELECT count(*) FROM letters WHERE delivered IS NULL"
        return int(database.execute(query).fetchone()[0])

    def _forget(self) -> None:
        with self._writing() as database:
            database.execute("DELETE FROM letters WHERE delivered < ?", (time.time() - REMEMBERED,))

    @contextlib.contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._guard:
            self._database.execute("BEGIN IMMEDIATE")
            try:
                yield self._database
            except BaseException:
                self._database.execute("ROLLBACK")
                raise
            self._database.execute("COMMIT")


def _alone(path: Path) -> IO[str]:
    """A lock that the kernel frees at the end of the process. Raises InputError."""
    file = path.with_suffix(".lock").open("a")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        raise InputError(
            f"Another process watches as {path.stem}. Give this one another --camera name."
        ) from None
    return file
