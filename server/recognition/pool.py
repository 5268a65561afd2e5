"""Where pictures are looked at: a few threads of their own, and a queue that has an end.

Detectors live one a thread, so the threads that recognise are few and stay; a request only waits
for them. A thread whose picture takes longer than the time limit is given up: another one takes its
place, so that the pictures behind it are answered, and the process asks to be replaced
(server/process/worker.py), as nothing ends a thread from outside.
"""

from __future__ import annotations

import os
import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from typing import TypeVar

from server.errors import Busy, TooSlow

T = TypeVar("T")
Task = tuple[Callable[[], object], Future[object]]
Tasks = queue.SimpleQueue[Task | None]


def _nobody(_: int) -> None:
    """Hears a number and does nothing."""


class Pool:
    """at_once: threads. queue: how many more may wait. seconds: the longest a caller waits.

    on_change: hears how many pictures are inside, whenever that changes. on_stuck: hears how many
    threads are stuck.
    """

    def __init__(
        self,
        at_once: int,
        queue: int,
        seconds: float,
        on_change: Callable[[int], object] = _nobody,
        on_stuck: Callable[[int], object] = _nobody,
    ) -> None:
        self.at_once, self.queue, self.seconds = at_once, queue, seconds
        self._places = threading.BoundedSemaphore(at_once + queue)
        self._guard = threading.Lock()
        self._tasks: Tasks | None = None
        self._owner = 0
        self.inside = 0
        self._given_up: set[Future[object]] = set()
        self._on_change, self._on_stuck = on_change, on_stuck

    @property
    def stuck(self) -> int:
        """Threads that are at a picture whose time is over."""
        return len(self._given_up)

    def run(self, work: Callable[[], T], wait: bool = False, until: float | None = None) -> T:
        """The work's result. wait: for a place in the queue, instead of being refused at once.
        until: when at the latest, by time.monotonic; the time limit counts besides.

        Raises Busy when the queue is full, TooSlow after the time limit, or the work's own error.
        """
        until = min(until or float("inf"), time.monotonic() + self.seconds)
        if time.monotonic() >= until:
            raise TooSlow("The time for all pictures together was over before this one's turn.")
        self._take_place(wait, until)
        future: Future[T] = Future()
        future.add_done_callback(self._leave)
        self._queue().put((work, future))  # type: ignore[arg-type]
        try:
            return future.result(max(0.0, until - time.monotonic()))
        except FutureTimeout:
            # Only our own patience ends here: work that ended by a TimeoutError of its own is not
            # "too slow".
            if future.done():
                raise
            if not future.cancel():
                self._give_up(future)  # type: ignore[arg-type]
            raise TooSlow(
                f"The picture took longer than the {self.seconds:g} seconds that are allowed."
            ) from None
        finally:
            # An error holds the frames that it came through. Through this one it would hold the
            # future, which holds it, and with it the picture.
            del future, work

    def _take_place(self, wait: bool, until: float) -> None:
        patience = max(0.0, until - time.monotonic())
        if not self._places.acquire(blocking=wait, timeout=patience if wait else None):
            raise Busy(
                f"{self.at_once} pictures are looked at and {self.queue} wait already; try again in"
                " a second."
            )
        self._count(1)

    def _leave(self, future: Future[T]) -> None:
        with self._guard:
            if future in self._given_up:
                return  # which left when it was given up
        self._free_place()

    def _free_place(self) -> None:
        self._count(-1)
        self._places.release()

    def _count(self, step: int) -> None:
        with self._guard:
            self.inside += step
            self._on_change(self.inside)

    def _give_up(self, future: Future[object]) -> None:
        """Another thread takes the place of the one that is at this work, unless it just ended."""
        with self._guard:
            if future.done():
                return
            self._given_up.add(future)
            self._on_stuck(self.stuck)
            if self._tasks is not None:
                self._start_thread(self._tasks)
        self._free_place()

    def _queue(self) -> Tasks:
        # Threads do not survive a fork: each process makes its own when the first picture comes.
        with self._guard:
            if self._tasks is None or self._owner != os.getpid():
                self._tasks, self._owner = queue.SimpleQueue(), os.getpid()
                for _ in range(self.at_once):
                    self._start_thread(self._tasks)
            return self._tasks

    def _start_thread(self, tasks: Tasks) -> None:
        threading.Thread(target=self._serve, args=(tasks,), name="recognise", daemon=True).start()

    def _serve(self, tasks: Tasks) -> None:
        while (task := tasks.get()) is not None and self._do(*task):
            del task  # else the last picture stays until the next one comes

    def _do(self, work: Callable[[], object], future: Future[object]) -> bool:
        """Do one piece of work; whether the thread is to go on."""
        if not future.set_running_or_notify_cancel():
            return True
        try:
            future.set_result(work())
        except BaseException as error:
            future.set_exception(error)
        try:
            return self._goes_on(future)
        finally:
            del work, future  # as in run: an error holds this frame too

    def _goes_on(self, future: Future[object]) -> bool:
        """Whether the thread that ended this work is still one of those that serve."""
        with self._guard:
            if future not in self._given_up:
                return True
            self._given_up.discard(future)
            self._on_stuck(self.stuck)
            return False

    def close(self) -> None:
        """Let the threads end."""
        with self._guard:
            if self._tasks is not None and self._owner == os.getpid():
                for _ in range(self.at_once):
                    self._tasks.put(None)
                self._tasks = None
