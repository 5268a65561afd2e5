"""The queue of long work: training, and retraining without somebody.

Only rows here; server/training/job_runner.py does the work.

One job runs at a time, in a process of its own that outlives the web server. Whoever adds a job
makes sure that such a process is there; the kernel's lock on a file decides that it is only one.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import Any

from sqlalchemy import select, update

from server.errors import Conflict, NotFound
from server.recognition.redaction import without
from server.settings import Settings
from server.storage.database import Store, lock, new_id, now
from server.storage.tables import jobs

QUEUED, RUNNING, DONE, FAILED, CANCELLED = "queued", "running", "done", "failed", "cancelled"
OPEN = (QUEUED, RUNNING)
MOST = 50  # jobs that may wait


class Jobs:
    """start_runner: sees to it that a process does what waits."""

    def __init__(self, store: Store, settings: Settings, start_runner: Callable[[], None]) -> None:
        self.store, self.settings, self.start_runner = store, settings, start_runner

    def add(self, kind: str, arguments: dict[str, Any], by: str) -> dict[str, Any]:
        """A new job at the end of the queue.

        Raises Conflict when too many wait or the same one does already.
        """
        row: dict[str, Any] = {
            "id": new_id(),
            "kind": kind,
            "arguments": arguments,
            "state": QUEUED,
            "created": now(),
            "attempts": 0,
            "cancel": False,
            "by": by,
        }
        with self.store.write() as connection:
            waiting = list(
                connection.execute(select(jobs).where(jobs.c.state == QUEUED)).mappings()
            )
            if len(waiting) >= MOST:
                raise Conflict(f"{len(waiting)} jobs wait already; at most {MOST} may.")
            if any(each["kind"] == kind and each["arguments"] == arguments for each in waiting):
                raise Conflict("The same job waits already.")
            connection.execute(jobs.insert(), row)
        self.ensure_runner()
        return self.get(row["id"])

    def get(self, job: str) -> dict[str, Any]:
        """One job. Raises NotFound."""
        with self.store.read() as connection:
            row = connection.execute(select(jobs).where(jobs.c.id == job)).mappings().first()
        if row is None:
            raise NotFound(f"There is no job {job[:40]!r}.")
        return dict(row)

    def all(self, limit: int = 100) -> list[dict[str, Any]]:
        """The newest first."""
        with self.store.read() as connection:
            rows = connection.execute(
                select(jobs).order_by(jobs.c.id.desc()).limit(limit)
            ).mappings()
            return [dict(row) for row in rows]

    def cancel(self, job: str) -> dict[str, Any]:
        """Stop a job, or take it off the queue. Raises NotFound; Conflict for one that has ended."""
        with self.store.write() as connection:
            row = connection.execute(select(jobs).where(jobs.c.id == job)).mappings().first()
            if row is None:
                raise NotFound(f"There is no job {job[:40]!r}.")
            if row["state"] not in OPEN:
                raise Conflict(f"The job has ended already: it is {row['state']}.")
            changes: dict[str, Any] = {"cancel": True}
            if row["state"] == QUEUED:
                changes |= {
                    "state": CANCELLED,
                    "ended": now(),
                    "message": "Cancelled before it began.",
                }
            connection.execute(update(jobs).where(jobs.c.id == job).values(**changes))
        return self.get(job)

    def change(self, job: str, **values: Any) -> None:
        with self.store.write() as connection:
            connection.execute(update(jobs).where(jobs.c.id == job).values(**values))

    def take(self) -> dict[str, Any] | None:
        """The next job, now running; None when the queue is empty. For the one runner alone."""
        with self.store.write() as connection:
            query = select(jobs).where(jobs.c.state == QUEUED).order_by(jobs.c.id).limit(1)
            row = connection.execute(query).mappings().first()
            if row is None:
                return None
            changes = {"state": RUNNING, "started": now(), "attempts": row["attempts"] + 1}
            connection.execute(update(jobs).where(jobs.c.id == row["id"]).values(**changes))
            return {**row, **changes}

    def running(self) -> list[dict[str, Any]]:
        """Jobs that run, or that nobody ended: at most one, and none while the caller is the one
        runner.
        """
        with self.store.read() as connection:
            return [
                dict(row)
                for row in connection.execute(
                    select(jobs).where(jobs.c.state == RUNNING)
                ).mappings()
            ]

    def recover(self) -> int:
        """Jobs that run in the table while nobody runs them: once more, or failed after two
        attempts; how many.
        """
        with self.store.write() as connection:
            stale = list(connection.execute(select(jobs).where(jobs.c.state == RUNNING)).mappings())
            for row in stale:
                connection.execute(
                    update(jobs).where(jobs.c.id == row["id"]).values(**_after_crash(dict(row)))
                )
        return len(stale)

    def forget(self, label: str) -> None:
        """Take a name out of what ended jobs said, and remove those of their files that hold it."""
        with self.store.write() as connection:
            for row in connection.execute(select(jobs.c.id, jobs.c.result, jobs.c.state)).all():
                if row.state in OPEN:
                    continue
                result = without(row.result, {label})
                if result != row.result:
                    connection.execute(
                        update(jobs).where(jobs.c.id == row.id).values(result=result)
                    )
                for path in (self.settings.state / "jobs" / row.id).glob("*"):
                    if label in path.read_text("utf-8", "replace"):
                        path.unlink()

    def is_training(self, model: str) -> bool:
        """Whether a job for that model waits or runs."""
        with self.store.read() as connection:
            found = connection.execute(select(jobs.c.arguments).where(jobs.c.state.in_(OPEN)))
            return any(row.arguments.get("model") == model for row in found)

    def open(self) -> int:
        """How many wait or run."""
        with self.store.read() as connection:
            return len(list(connection.execute(select(jobs.c.id).where(jobs.c.state.in_(OPEN)))))

    def revive(self) -> None:
        """A runner that was killed left its job behind: see to it that somebody goes on.

        Raises StoreDown.
        """
        if self.open():
            self.ensure_runner()

    def ensure_runner(self) -> None:
        """Start the runner unless one is there; it ends by itself when the queue is empty."""
        with lock(self.settings.state / "jobs.lock", wait=False) as free:
            if not free:
                return
        self.start_runner()


class RunnerProcesses:
    """Processes that do the long work; they go on when this one ends."""

    def __init__(self, settings: Settings) -> None:
        self.folder = settings.state / "jobs"
        self._children: list[subprocess.Popen[bytes]] = []

    def start(self) -> None:
        """One more; it ends by itself when the queue is empty or another one is at work."""
        # Asking each how it is lets the kernel forget those that have ended.
        self._children = [child for child in self._children if child.poll() is None]
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "runner.log").open("ab") as out:
            child = subprocess.Popen(
                [sys.executable, "-m", "server", "work"],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )
        self._children.append(child)


def _after_crash(row: dict[str, Any]) -> dict[str, Any]:
    if row["cancel"]:
        return {"state": CANCELLED, "ended": now(), "message": "Cancelled."}
    if row["attempts"] < 2:
        return {"state": QUEUED, "message": "Interrupted; it begins once more."}
    return {"state": FAILED, "ended": now(), "message": "Interrupted twice; not tried again."}
