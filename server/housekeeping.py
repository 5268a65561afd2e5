"""One quiet thread a process: moves answers from the journal to the database, keeps pictures, removes what is old."""

from __future__ import annotations

import logging
import os
import queue
import threading
import time

from server.errors import StoreDown
from server.history import History
from server.journal import Journal
from server.pictures import Kept

log = logging.getLogger("likeness.housekeeping")
PAUSE = 0.5  # seconds between two moves: one transaction for all answers of that time
SWEEP = 3600.0  # seconds between two looks for what is too old
WAITING = 16  # pictures that may wait to be kept; more are not kept, for memory is for answering


class Housekeeper:
    def __init__(self, journal: Journal, history: History, kept: Kept, prediction_days: int) -> None:
        self.journal, self.history, self.kept = journal, history, kept
        self.prediction_days = prediction_days
        self._pictures: queue.Queue[tuple[str, bytes]] = queue.Queue(WAITING)
        self._wake = threading.Event()
        self._stopped = threading.Event()
        self._guard = threading.Lock()
        self._owner = 0
        self._thread: threading.Thread | None = None

    def notice(self, prediction: str | None = None, picture: bytes | None = None) -> None:
        """Something was logged, perhaps with a picture to keep. Returns at once."""
        self._start()
        if prediction and picture and self.kept.days:
            try:
                self._pictures.put_nowait((prediction, picture))
            except queue.Full:
                log.warning("too many pictures wait to be kept: the one of %s is not", prediction)
        self._wake.set()

    def stop(self) -> None:
        """End the thread after its present round."""
        self._stopped.set()
        self._wake.set()
        if self._thread is not None and self._owner == os.getpid():
            self._thread.join(10)

    def settle(self) -> None:
        """Everything that waits, now. Raises StoreDown."""
        while not self._pictures.empty():
            self.kept.keep(*self._pictures.get())
        self.journal.drain()

    def _start(self) -> None:
        with self._guard:
            if self._owner != os.getpid():  # threads do not survive a fork
                self._owner = os.getpid()
                self._thread = threading.Thread(target=self._work, name="housekeeping", daemon=True)
                self._thread.start()

    def _work(self) -> None:
        swept = 0.0
        while not self._stopped.is_set():
            self._wake.wait(60)
            self._wake.clear()
            swept = self._round(swept)
            self._stopped.wait(PAUSE)

    def _round(self, swept: float) -> float:
        try:
            while not self._pictures.empty():
                self.kept.keep(*self._pictures.get())
            self.journal.drain(wait=False)
            if time.monotonic() - swept > SWEEP or not swept:
                self.kept.expire()
                self.history.expire(self.prediction_days)
                return time.monotonic()
        except StoreDown as error:
            log.warning("%s", error)
            self._wake.set()
            self._stopped.wait(5)
        except Exception as error:  # the thread must live as long as the process
            log.error("housekeeping failed", exc_info=error)
        return swept
