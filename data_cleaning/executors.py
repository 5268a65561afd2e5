"""Where work on many pictures is done: on this machine's cores, or by an executor put in its place.

The one seam for that. Whoever has many pictures calls `parallel_map`; nobody else starts threads.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Protocol, TypeVar

import cv2

AHEAD = 64  # pieces of work for each core that wait or are done and not taken yet
T = TypeVar("T")
R = TypeVar("R")


class Executor(Protocol):
    """address: with which another process of this command finds it; empty for this machine."""

    @property
    def address(self) -> str: ...
    def map(self, work: Callable[[T], R], items: Sequence[T]) -> Iterator[R]: ...
    def joblib_backend(self) -> dict[str, object]: ...


class Threads:
    """On all cores of this machine."""

    address = ""

    def map(self, work: Callable[[T], R], items: Sequence[T]) -> Iterator[R]:
        cv2.setNumThreads(1)  # the pool uses the cores; nested threads only make them wait
        most = AHEAD * (os.cpu_count() or 1)
        waiting: deque[Future[R]] = deque()
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            try:
                for item in items:
                    waiting.append(pool.submit(work, item))
                    if len(waiting) >= most:
                        yield waiting.popleft().result()
                while waiting:
                    yield waiting.popleft().result()
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise

    def joblib_backend(self) -> dict[str, object]:
        """What joblib.parallel_config is to be told."""
        return {"backend": "threading"}


_current: list[Executor] = [Threads()]


def current() -> Executor:
    """The one in force."""
    return _current[-1]


@contextmanager
def using(executor: Executor) -> Iterator[None]:
    """Work of the block is done by that executor."""
    _current.append(executor)
    try:
        yield
    finally:
        _current.remove(executor)


def parallel_map(work: Callable[[T], R], items: Sequence[T]) -> Iterator[R]:
    """The results of `work` for every item, in order, by the executor in force.

    Ended early (Ctrl-C too), it starts nothing more. An error of `work` ends it.
    """
    return current().map(work, items)
