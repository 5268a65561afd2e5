"""Work on many pictures by a Dask cluster: processes of this machine, or of any number of them.

A picture's path goes out and what was seen comes back; no picture passes the scheduler. So workers
must see the same paths, and have Likeness and the pretrained files installed. A worker that dies
costs the pictures that it was at: Dask gives them to another one.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

import cv2

from data_cleaning.errors import InputError, LikenessError
from data_cleaning.executors import using

if TYPE_CHECKING:
    from distributed import Client

T = TypeVar("T")
R = TypeVar("R")
LOCAL = "local"
BATCH = 16  # pictures at most in one task: with so many its overhead is a thousandth
ROUNDS = 8  # tasks that each worker gets at least, where there are pictures enough
AHEAD = 3  # tasks for each thread of a worker that wait or are done and not fetched yet
CONNECTING = 20  # seconds
# A cluster of this machine shares its cores with the work, so it looks at itself seldom. Dask's own
# limit for freed memory makes malloc map memory anew for each large array.
SPARING = {
    "distributed.worker.profile.enabled": False,
    "distributed.worker.memory.monitor-interval": "2s",
    "distributed.admin.tick.interval": "1s",
    "distributed.admin.system-monitor.interval": "5s",
    "distributed.nanny.pre-spawn-environ": {
        "OMP_NUM_THREADS": 1,
        "MKL_NUM_THREADS": 1,
        "OPENBLAS_NUM_THREADS": 1,
    },
}
MISSING = (
    "--dask needs the package distributed, which is not installed. Install it: python -m pip"
    ' install "likeness[dask]", or -r requirements-dask.txt in a checkout.'
)


class DaskFailed(LikenessError):
    """The cluster cannot do the work."""


class DaskExecutor:
    """client: connected to a scheduler."""

    def __init__(self, client: Client) -> None:
        self.client = client

    @property
    def address(self) -> str:
        return str(self.client.scheduler_info()["address"])

    def map(self, work: Callable[[T], R], items: Sequence[T]) -> Iterator[R]:
        """Raises DaskFailed for pictures at which three workers died, and the work's own error."""
        threads = max(1, sum(self.client.nthreads().values()))
        size = max(1, min(BATCH, len(items) // (threads * ROUNDS)))
        waiting: deque[object] = deque()
        try:
            for start in range(0, len(items), size):
                batch = items[start : start + size]
                waiting.append(self.client.submit(_work_off, work, batch, pure=False))
                if len(waiting) >= AHEAD * threads:
                    yield from self._results(waiting.popleft())
            while waiting:
                yield from self._results(waiting.popleft())
        finally:
            self.client.cancel(list(waiting))

    def joblib_backend(self) -> dict[str, object]:
        """What joblib.parallel_config is to be told."""
        return {"backend": "dask", "client": self.client}

    def _results(self, future: object) -> list[R]:
        from distributed import KilledWorker

        try:
            found: list[R] = self.client.gather(future)
        except KilledWorker as error:
            raise DaskFailed(
                f"Several workers died at the same pictures: {error}. Their logs may say why; a"
                " worker with more memory may help."
            ) from error
        return found


@contextmanager
def dask_executor(address: str) -> Iterator[None]:
    """Work of the block is done by the cluster at that address, or by one of this machine.

    address: tcp://HOST:PORT of a scheduler, or "local": one process a core. Raises InputError.
    """
    with _client(address) as client, using(DaskExecutor(client)):
        yield


@contextmanager
def _client(address: str) -> Iterator[Client]:
    try:
        import dask
        from distributed import Client, LocalCluster
    except ModuleNotFoundError:
        raise InputError(MISSING) from None
    if address != LOCAL:
        try:
            client = Client(address, timeout=CONNECTING)
        except (OSError, ValueError) as error:
            raise InputError(
                f"There is no Dask scheduler at {address} ({type(error).__name__}). Start one:"
                " dask scheduler, and on each machine dask worker tcp://HOST:8786 --nthreads 1"
                " --nworkers auto."
            ) from error
        with client:
            yield client
        return
    with dask.config.set(SPARING):
        cluster = LocalCluster(
            n_workers=os.cpu_count(), threads_per_worker=1, host="127.0.0.1", dashboard_address=None
        )
        with cluster, Client(cluster) as client:
            yield client


def _work_off(work: Callable[[T], R], batch: Sequence[T]) -> list[R]:
    """In a worker."""
    cv2.setNumThreads(1)
    return [work(item) for item in batch]
