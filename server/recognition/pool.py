"""Where pictures are looked at: a few threads of their own, and a queue that has an end.

Detectors live one a thread, so the threads that recognise are few and stay; a request only waits
for them.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from typing import TypeVar

from server.errors import Busy, TooSlow

T = TypeVar("T")


class Pool:
    """at_once: threads. queue: how many more may wait. seconds: the longest a caller waits.

    on_change: hears how many pictures are inside, whenever that changes.
    """

    def __init__(
        self,
        at_once: int,
        queue: int,
        seconds: float,
        on_change: Callable[[int], object] = lambda inside: None,
    ) -> None:
        self.at_once, self.queue, self.seconds = at_once, queue, seconds
        self._places = threading.BoundedSemaphore(at_once + queue)
        self._guard = threading.Lock()
        self._threads: ThreadPoolExecutor | None = None
        self._owner = 0
        self.inside = 0
        self._on_change = on_change

    def run(self, work: Callable[[], T], wait: bool = False) -> T:
        """The work's result. wait: for a place in the queue, instead of being refused at once.

        Raises Busy when the queue is full, TooSlow after the time limit, or the work's own error.
        """
        if not self._places.acquire(blocking=wait, timeout=self.seconds if wait else None):
            raise Busy(
                f"{self.at_once} pictures are looked at and {self.queue} wait already; try again in"
                " a second."
            )
        self._count(1)
        future: Future[T] = self._executor().submit(work)
        future.add_done_callback(self._leave)
        try:
            return future.result(self.seconds)
        except FutureTimeout:
            # Only our own patience ends here: work that ended by a TimeoutError of its own is not
            # "too slow".
            if future.done():
                raise
            future.cancel()
            raise TooSlow(
                f"The picture took longer than the {self.seconds:g} seconds that are allowed."
            ) from None

    def _leave(self, _: Future[T]) -> None:
        self._count(-1)
        self._places.release()

    def _count(self, step: int) -> None:
        with self._guard:
            self.inside += step
            self._on_change(self.inside)

    def _executor(self) -> ThreadPoolExecutor:
        # Threads do not survive a fork: each process makes its own when the first picture comes.
        with self._guard:
            if self._threads is None or self._owner != os.getpid():
                self._threads = ThreadPoolExecutor(self.at_once, thread_name_prefix="recognise")
                self._owner = os.getpid()
            return self._threads

    def close(self) -> None:
        """Let the threads end."""
        with self._guard:
            if self._threads is not None and self._owner == os.getpid():
                self._threads.shutdown(wait=False, cancel_futures=True)
