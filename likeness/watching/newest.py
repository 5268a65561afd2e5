"""The newest frame of a source that may stop and come back. Older ones are dropped, and counted."""

from __future__ import annotations

import http.client
import logging
import threading
from collections.abc import Callable

from data_cleaning.errors import LikenessError
from likeness.watching.frames import Taken, Wanted, frames

log = logging.getLogger("likeness.watch")
FIRST, LONGEST = 1.0, 15.0  # seconds between two attempts at a camera that is not there
FAILURES = (LikenessError, OSError, http.client.HTTPException)


class Newest:
    """Reads a source in a thread of its own.

    on_change: told whether frames come, when that changes. dropped: frames that nobody took before
    the next one came. lost: how often the source stopped.
    """

    def __init__(self, source: str, wanted: Wanted, on_change: Callable[[bool], object]) -> None:
        self.source, self.wanted, self.on_change = source, wanted, on_change
        self.dropped = self.lost = 0
        self._frame: Taken | None = None
        self._there = threading.Condition()
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._read, name="frames", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """End; a camera that says nothing is not waited for."""
        self._ending.set()
        self._thread.join(2)

    def take(self, seconds: float) -> Taken | None:
        """The newest frame, as soon as there is one that nobody took; None after so long."""
        with self._there:
            self._there.wait_for(lambda: self._frame is not None, seconds)
            frame, self._frame = self._frame, None
            return frame

    def _read(self) -> None:
        pause = FIRST
        while not self._ending.is_set():
            seen = False
            try:
                for frame in frames(self.source, self.wanted):
                    if not seen:
                        seen = True
                        self.on_change(True)
                    self._put(frame)
                    if self._ending.is_set():
                        return
                reason = "it ended"
            except FAILURES as error:
                reason = str(error) or type(error).__name__
            self.lost += seen
            if seen:
                self.on_change(False)
                pause = FIRST
            log.warning("no picture from the camera (%s): again in %.0f s", reason, pause)
            self._ending.wait(pause)
            pause = min(LONGEST, 2 * pause)

    def _put(self, frame: Taken) -> None:
        with self._there:
            self.dropped += self._frame is not None
            self._frame = frame
            self._there.notify()
