"""The queue of long work: training, and retraining without somebody.

Only rows here; server/training/job_runner.py does the work.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable

from sqlalchemy import ColumnElement, Connection, select, update

from server.cluster.leases import Lease
from server.errors import Conflict, NotFound
from server.recognition.redaction import without_names
from server.settings import Settings
from server.storage.database import Store, lock, new_id, now
from server.storage.tables import jobs
from server.training.training_job import (
    ATTEMPTS,
    CANCELLED,
    COLLECT,
    ERASE,
    ERASED,
    FAILED,
    OPEN,
    QUEUED,
    RUNNING,
    TrainingJob,
    ending,
)

MOST = 50  # jobs that may wait
INTERRUPTED = "interrupted"
NAMED = "What was said here named somebody who is forgotten."
LISTED = 100


class Jobs:
    """start_runner: sees to it that a process does what waits. lease: of the one that does."""

    def __init__(self, store: Store, settings: Settings, start_runner: Callable[[], None]) -> None:
        self.store, self.settings, self.start_runner = store, settings, start_runner
        self.lease = Lease(store, "runner", settings.state)

    def add(self, kind: str, arguments: dict[str, object], by: str) -> TrainingJob:
        """A new job at the end of the queue.

        Raises Conflict when too many wait or the same one does already.
        """
        job = new_id()
        with self.store.write() as connection:
            _check_room(_jobs(connection, jobs.c.state == QUEUED), kind, arguments)
            connection.execute(
                jobs.insert(),
                {
                    "id": job,
                    "kind": kind,
                    "arguments": arguments,
                    "state": QUEUED,
                    "created": now(),
                    "attempts": 0,
                    "cancel": False,
                    "by": by,
                },
            )
        self.ensure_runner()
        return self.get(job)

    def get(self, job: str) -> TrainingJob:
        """One job. Raises NotFound."""
        with self.store.read() as connection:
            return _one(connection, job)

    def all(self) -> list[TrainingJob]:
        """The newest hundred, the newest first."""
        query = select(jobs).order_by(jobs.c.id.desc()).limit(LISTED)
        with self.store.read() as connection:
            return [TrainingJob(**row) for row in connection.execute(query).mappings()]

    def cancel(self, job: str) -> TrainingJob:
        """Stop a job, or take it off the queue.

        Raises NotFound, and Conflict for one that has ended.
        """
        with self.store.write() as connection:
            found = _one(connection, job)
            if not found.is_open:
                raise Conflict(f"The job has ended already: it is {found.state}.")
            changes: dict[str, object] = {"cancel": True}
            if found.state == QUEUED:
                changes |= ending(found, CANCELLED, "Cancelled before it began.")
            _change(connection, job, changes)
        if found.kind == ERASE and found.state == QUEUED:
            self.store.compact()
        return self.get(job)

    def change(self, job: str, **values: object) -> None:
        """Set columns of a job."""
        with self.store.write() as connection:
            _change(connection, job, values)

    def take(self) -> TrainingJob | None:
        """The next job, now running; None when the queue is empty. For the one runner alone."""
        with self.store.write() as connection:
            waiting = _due(_jobs(connection, jobs.c.state == QUEUED))
            if not waiting:
                return None
            first = waiting[0]
            started: dict[str, object] = {
                "state": RUNNING,
                "started": now(),
                "ended": None,
                "attempts": first.attempts + 1,
            }
            _change(connection, first.id, started)
            return _one(connection, first.id)

    def running(self) -> list[TrainingJob]:
        """Jobs that run, or that nobody ended: at most one, and none while the caller is the one
        runner.
        """
        with self.store.read() as connection:
            return _jobs(connection, jobs.c.state == RUNNING)

    def recover(self) -> int:
        """Jobs that run in the table while nobody runs them: once more, or failed after two
        attempts, a forgetting after some more; how many.
        """
        with self.store.write() as connection:
            stale = _jobs(connection, jobs.c.state == RUNNING)
            for job in stale:
                _change(connection, job.id, _after_crash(job))
        return len(stale)

    def remove_name(self, label: str) -> None:
        """Take a name out of what ended jobs said, and remove those of their files that hold it."""
        with self.store.write() as connection:
            for job in _jobs(connection, jobs.c.state.not_in(OPEN)):
                if changes := _without(job, label):
                    _change(connection, job.id, changes)
                for path in (self.settings.state / "jobs" / job.id).glob("*"):
                    if path.is_dir():  # the pictures of a training that was killed
                        shutil.rmtree(path, ignore_errors=True)
                    elif label in path.read_text("utf-8", "replace"):
                        path.unlink()

    def remove_logs(self) -> None:
        """Remove all files of ended jobs here: where the name is not known they may hold it."""
        with self.store.read() as connection:
            ended = _jobs(connection, jobs.c.state.not_in(OPEN))
        for job in ended:
            shutil.rmtree(self.settings.state / "jobs" / job.id, ignore_errors=True)

    def is_training(self, model: str) -> bool:
        """Whether a job for that model waits or runs."""
        with self.store.read() as connection:
            return any(job.model == model for job in _jobs(connection, jobs.c.state.in_(OPEN)))

    def due(self) -> int:
        """How many run, or wait for nothing but a runner."""
        with self.store.read() as connection:
            return len(_due(_jobs(connection, jobs.c.state.in_(OPEN))))

    def begin_now(self, job: str) -> None:
        """A job that waits to be tried again waits no longer."""
        waits = (jobs.c.id == job) & (jobs.c.state == QUEUED)
        with self.store.write() as connection:
            connection.execute(update(jobs).where(waits).values(ended=None))
        self.ensure_runner()

    def revive(self) -> None:
        """A runner that was killed left its job behind: see to it that somebody goes on.

        Raises StoreDown.
        """
        if self.due():
            self.ensure_runner()

    def ensure_runner(self) -> None:
        """Start the runner unless one is there, on this server or another; it ends by itself when
        nothing is due.
        """
        with lock(self.settings.state / "jobs.lock", wait=False) as free:
            if not free or not self.lease.is_free():
                return
        self.start_runner()


def _jobs(connection: Connection, which: ColumnElement[bool]) -> list[TrainingJob]:
    """Those for which it holds, the oldest first."""
    query = select(jobs).where(which).order_by(jobs.c.id)
    return [TrainingJob(**row) for row in connection.execute(query).mappings()]


def _due(some: list[TrainingJob]) -> list[TrainingJob]:
    present = now()
    return [job for job in some if job.is_due(present)]


def _one(connection: Connection, job: str) -> TrainingJob:
    found = _jobs(connection, jobs.c.id == job)
    if not found:
        raise NotFound(f"There is no job {job[:40]!r}.")
    return found[0]


def _change(connection: Connection, job: str, values: dict[str, object]) -> None:
    connection.execute(update(jobs).where(jobs.c.id == job).values(**values))


def _without(job: TrainingJob, label: str) -> dict[str, object]:
    """What must change of an ended job so that it does not name somebody."""
    changes: dict[str, object] = {}
    result = without_names(job.result, {label})
    if isinstance(result, dict) and label in str(result.get("waits") or ""):
        result = result | {"waits": NAMED}
    if result != job.result:
        changes["result"] = result
    if job.kind == ERASE and job.label == label:
        changes["arguments"] = {"model": job.model, "label": ERASED}
    if job.kind == COLLECT and label in json.dumps(job.arguments, ensure_ascii=False):
        changes["arguments"] = {"dataset": job.dataset, "label": ERASED}
    if label in (job.message or ""):
        changes["message"] = NAMED
    if label in json.dumps(job.progress, ensure_ascii=False):
        changes["progress"] = None
    return changes


def _check_room(waiting: list[TrainingJob], kind: str, arguments: dict[str, object]) -> None:
    if len(waiting) >= MOST:
        raise Conflict(f"{len(waiting)} jobs wait already; at most {MOST} may.")
    if any(job.kind == kind and job.arguments == arguments for job in waiting):
        raise Conflict("The same job waits already.")


def _after_crash(job: TrainingJob) -> dict[str, object]:
    if job.cancel:
        return ending(job, CANCELLED, "Cancelled.")
    if job.attempts < ATTEMPTS:
        return {"state": QUEUED, "message": "Interrupted; it begins once more."}
    if job.kind != ERASE:
        told = "Interrupted twice; not tried again."
        return {**ending(job, FAILED, told), "result": {"code": INTERRUPTED}}
    told = "Interrupted."
    return ending(job, FAILED, told)
