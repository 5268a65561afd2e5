"""A file between the answer and the database, so that logging neither delays an answer nor loses
it.

An answer is acknowledged (its prediction_id goes to the client) once its line is in the file: the
kernel holds it then, whatever happens to this process. Any process moves lines on to the disk and
to the database, in one transaction, and only then removes them; a line that was moved twice is the
same row. A power cut can cost the last second.
"""

from __future__ import annotations

import fcntl
import json
import logging
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from data_cleaning.files import to_disk
from data_cleaning.json_types import JsonObject
from server.storage.database import lock, new_id

log = logging.getLogger("likeness.journal")

Record = JsonObject
BACKLOG = (
    64 * 1024 * 1024
)  # bytes: about 100,000 answers that a database which is away may leave waiting


class Journal:
    """folder: on a local disk, shared by the processes of one service. insert: puts records into
    the database, once.
    """

    def __init__(
        self, folder: Path, insert: Callable[[list[Record]], None], backlog: int = BACKLOG
    ) -> None:
        self.folder, self.insert, self.backlog = folder, insert, backlog
        self.current = folder / "current"
        self._lock = folder / "lock"

    def append(self, record: Record) -> bool:
        """Whether the record is safe from now on. Never raises and never waits for the database."""
        line = json.dumps(record, separators=(",", ":")).encode() + b"\n"
        try:
            return self._append(line)
        except OSError as error:
            log.error("an answer was not logged: %s", error)
            return False

    def drain(self, wait: bool = True) -> int:
        """Move what is waiting into the database; how many records it was.

        Raises StoreDown, and keeps the lines.
        """
        with lock(self._lock, wait) as held:
            if not held:
                return 0
            moved = (
                self._move()
            )  # left behind by a process that was killed, or by a database that was away
            self._set_aside()
            return moved + self._move()

    def _move(self) -> int:
        moved = 0
        for part in sorted(self.folder.glob("moving-*")):
            records = list(_records(part))
            # For a power cut while the database is away. Nobody waits: no answer is written to a
            # part any more.
            to_disk(part, part.parent)
            self.insert(records)
            part.unlink()
            moved += len(records)
        return moved

    def waiting(self) -> int:
        """Bytes that are not in the database yet."""
        parts = (self.current, *self.folder.glob("moving-*"))
        return sum(part.stat().st_size for part in parts if part.exists())

    def _append(self, line: bytes) -> bool:
        while True:
            file = os.open(self.current, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                fcntl.flock(file, fcntl.LOCK_EX)
                size = os.fstat(file).st_size
                if not self._is_current(file):
                    continue  # it was set aside while we waited: take the new one
                if size + len(line) > self.backlog:
                    log.error(
                        "an answer was not logged: %d bytes wait for the database already", size
                    )
                    return False
                if os.write(file, line) < len(line):
                    os.ftruncate(file, size)
                    return False
                return True
            finally:
                os.close(file)

    def _is_current(self, file: int) -> bool:
        try:
            return os.path.samestat(os.fstat(file), self.current.stat())
        except FileNotFoundError:
            return False

    def _set_aside(self) -> None:
        """Rename under the writers' lock: whoever writes afterwards sees that and opens the new
        file.
        """
        try:
            with self.current.open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_EX)
                if self._is_current(file.fileno()) and os.fstat(file.fileno()).st_size:
                    self.current.rename(self.folder / f"moving-{new_id()}")
        except FileNotFoundError:
            return


def _records(part: Path) -> Iterator[Record]:
    for line in part.read_bytes().splitlines():
        try:
            yield json.loads(line)
        except (
            ValueError
        ):  # a disk that was full can leave half a line, which was never acknowledged
            log.error("a line of the journal cannot be read and is left out")
