"""The threads that recognise: nothing stays of what failed, and a thread that hangs is replaced."""

from __future__ import annotations

import contextlib
import gc
import threading
import time
import weakref
from collections.abc import Callable, Iterator

import pytest

from data_cleaning.errors import BrokenPicture
from server.errors import Busy, TooSlow
from server.recognition.pool import Pool


class Picture:
    """Something large that work holds on to."""


@pytest.fixture
def no_collector() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def failing(picture: Picture) -> Callable[[], object]:
    def work() -> object:
        raise BrokenPicture(f"{type(picture).__name__} is damaged.")

    return work


@pytest.mark.usefixtures("no_collector")
def test_nothing_stays_of_work_that_failed() -> None:
    """Reference counts alone free it: no cycle of future, error and frames is left over."""
    pool = Pool(1, 4, 5.0)
    picture = Picture()
    gone = weakref.ref(picture)
    work = failing(picture)
    with contextlib.suppress(BrokenPicture):
        pool.run(work)
    del picture, work
    until = time.monotonic() + 20
    while gone() is not None and time.monotonic() < until:
        time.sleep(0.01)
    assert gone() is None
    pool.close()


@pytest.mark.usefixtures("no_collector")
def test_nothing_stays_of_work_that_was_too_slow() -> None:
    pool = Pool(1, 4, 0.1)
    picture = Picture()
    gone = weakref.ref(picture)

    def work(kept: Picture = picture) -> None:
        time.sleep(0.3)

    with pytest.raises(TooSlow):
        pool.run(work)
    del picture, work
    until = time.monotonic() + 20
    while gone() is not None and time.monotonic() < until:
        time.sleep(0.01)
    assert gone() is None
    pool.close()


def test_a_thread_that_hangs_is_replaced_and_seen() -> None:
    heard: list[int] = []
    pool = Pool(1, 0, 1.0, on_stuck=heard.append)
    hanging = threading.Event()
    with pytest.raises(TooSlow):
        pool.run(hanging.wait)
    assert (pool.stuck, pool.inside) == (1, 0)
    assert [pool.run(lambda number=number: number) for number in range(20)] == list(range(20))
    hanging.set()
    until = time.monotonic() + 20
    while pool.stuck and time.monotonic() < until:
        time.sleep(0.01)
    assert heard == [1, 0]
    assert pool.run(lambda: 7) == 7
    pool.close()


def test_waiting_for_a_place_is_part_of_the_time() -> None:
    pool = Pool(1, 0, 1.5)
    hanging = threading.Event()
    first = threading.Thread(target=lambda: pool.run(lambda: hanging.wait(1.2)))
    first.start()
    time.sleep(0.1)
    begun = time.monotonic()
    with pytest.raises((TooSlow, Busy)):
        pool.run(lambda: time.sleep(5), wait=True)
    assert time.monotonic() - begun < 2.2
    first.join()


def test_no_picture_is_begun_after_the_time_of_its_batch() -> None:
    pool = Pool(1, 4, 5.0)
    begun: list[int] = []
    with pytest.raises(TooSlow, match="all pictures together"):
        pool.run(lambda: begun.append(1), until=time.monotonic() - 0.01)
    with pytest.raises(TooSlow):
        pool.run(lambda: time.sleep(0.5), until=time.monotonic() + 0.1)
    assert begun == []
    pool.close()
