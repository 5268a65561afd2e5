"""One quiet thread a process: moves answers from the journal to the database, keeps pictures, does
what comes round.
"""

from __future__ import annotations

import logging
import os
import queue
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from server.errors import StoreDown
from server.protocols import KeptPictures
from server.storage.journal import Journal

log = logging.getLogger("likeness.housekeeping")
PAUSE = 0.5  # seconds between two moves: one transaction for all answers of that time
LOOK = 5.0  # seconds after which it looks whether something is due, also when nobody asks anything
WAITING = 16  # pictures that may wait to be kept; more are not kept, for memory is for answering


@dataclass
class Chore:
    """Something to do every so many seconds, the first time at once."""

    do: Callable[[], object]
    every: float
    next: float = 0.0

    def is_due(self) -> bool:
        if time.monotonic() < self.next:
            return False
        self.next = time.monotonic() + self.every
        return True


class Housekeeper:
    def __init__(self, journal: Journal, kept: KeptPictures, chores: Sequence[Chore] = ()) -> None:
        self.journal, self.kept, self.chores = journal, kept, chores
        self._pictures: queue.Queue[tuple[str, bytes]] = queue.Queue(WAITING)
        self._wake = threading.Event()
        self._stopped = threading.Event()
        self._guard = threading.Lock()
        self._owner = 0
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin in this process; once is enough, and `notice` does it too."""
        with self._guard:
            if self._owner != os.getpid():  # threads do not survive a fork
                self._owner = os.getpid()
                self._thread = threading.Thread(target=self._work, name="housekeeping", daemon=True)
                self._thread.start()

    def notice(self, prediction: str | None = None, picture: bytes | None = None) -> None:
        """Something was logged, perhaps with a picture to keep. Returns at once."""
        self.start()
        if prediction and picture and self.kept.days:
            try:
                self._pictures.put_nowait((prediction, picture))
            except queue.Full:
                log.warning("too many pictures wait to be kept: the one of %s is not", prediction)
        self._wake.set()

    def stop(self) -> None:
        """End the thread after its present round, with no picture left that was to be kept."""
        self._stopped.set()
        self._wake.set()
        if self._thread is not None and self._owner == os.getpid():
            self._thread.join(10)

    def settle(self) -> None:
        """Everything that waits, now. Raises StoreDown."""
        self._keep()
        self.journal.drain()

    def _work(self) -> None:
        while not self._stopped.is_set():
            self._wake.wait(LOOK)
            self._wake.clear()
            self._attempt(self._keep)
            self._attempt(lambda: self.journal.drain(wait=False))
            for chore in self.chores:
                if chore.is_due():
                    self._attempt(chore.do)
            self._stopped.wait(PAUSE)
        self._attempt(self._keep)

    def _keep(self) -> None:
        while not self._pictures.empty():
            self.kept.keep(*self._pictures.get())

    def _attempt(self, do: Callable[[], object]) -> None:
        try:
            do()
        except StoreDown as error:
            log.warning("%s", error)
            self._wake.set()
            self._stopped.wait(5)
        except Exception as error:  # the thread must live as long as the process
            log.error("housekeeping failed", exc_info=error)
