"""Trainings that a forgetting has stopped, on file until they wait in the queue again.

Whoever forgets may be killed meanwhile; then another process finds the file, and nobody who holds
the lock.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from data_cleaning.files import write
from server.errors import Conflict
from server.protocols import Job, JobQueue
from server.storage.database import lock
from server.training.training_job import TRAIN


@dataclass(frozen=True)
class Stopped:
    """What to queue again."""

    arguments: dict[str, object]
    by: str


class StoppedTrainings:
    """state: the folder of the service."""

    def __init__(self, state: Path, jobs: JobQueue) -> None:
        self.file, self.lock, self.jobs = state / "stopped.json", state / "forgetting.lock", jobs

    @contextlib.contextmanager
    def forgetting(self) -> Iterator[None]:
        """One forgetting at a time; at its end the trainings that it stopped wait again."""
        with lock(self.lock):
            try:
                yield
            finally:
                self._queue()

    def remember(self, stopped: Sequence[Job]) -> None:
        """Before they are stopped."""
        rows = [*self._read(), *(Stopped(job.arguments, job.by) for job in stopped)]
        write(self.file, json.dumps([asdict(row) for row in rows]), durable=True)

    def recover(self) -> None:
        """Queue what a killed process has left; nothing while somebody forgets."""
        if not self.file.exists():
            return
        with lock(self.lock, wait=False) as held:
            if held:
                self._queue()

    def _queue(self) -> None:
        for row in self._read():
            with contextlib.suppress(Conflict):  # it waits already
                self.jobs.add(TRAIN, row.arguments, row.by)
        self.file.unlink(missing_ok=True)

    def _read(self) -> list[Stopped]:
        try:
            return [Stopped(**row) for row in json.loads(self.file.read_text())]
        except (FileNotFoundError, ValueError):
            return []
