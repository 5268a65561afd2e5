"""The process that does the long work: `python -m server work`.

One at a time, one job after the other. The kernel's lock on a file decides that it is only one.

Training is a child of this process with a memory limit and low priority. If this process is killed
the kernel ends the child too, and the next runner, which a web process starts in a few seconds,
finds the job still marked as running and begins it once more.
"""

from __future__ import annotations

import contextlib
import json
import logging
import shutil
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from data_cleaning.files import write
from server.errors import StoreDown
from server.settings import Settings
from server.storage.database import lock
from server.training.job_commands import JobCommand, job_command
from server.training.jobs import Jobs
from server.training.picture_snapshot import picture_snapshot
from server.training.training_child import STOPPED, Ending, TrainingChild
from server.training.training_job import COLLECT, DONE, ERASE, ERASED, FAILED, TRAIN, TrainingJob
from server.training.training_job import ending as how_it_ends
from server.training.training_output import TrainingOutput, result_of

log = logging.getLogger("likeness.runner")

AGAIN = 5.0  # seconds between two attempts to write down an end
TAKEN_OVER = "Another server has taken it over."
STUBBORN = 3600.0  # seconds for which that is attempted
NOT_STARTED = "not-started"
PROOF = ("trained", "removed_versions", "left")  # of an erasure: nothing that names anybody


class Runner:
    """jobs: the queue. command: what to run for a job."""

    def __init__(self, jobs: Jobs, settings: Settings, command: JobCommand = job_command) -> None:
        self.jobs, self.settings, self.command = jobs, settings, command

    def work(self) -> int:
        """Do what waits; how many jobs it was. Does nothing while another runner lives."""
        done = 0
        while True:
            with lock(self.settings.state / "jobs.lock", wait=False) as held:
                if not held:
                    return done
                with self.jobs.lease.held() as ours:
                    if not ours:
                        return done
                    done += self._work_off()
            # A job that was added between our last look and giving up the lock found a runner and
            # started none.
            if self.jobs.lease.lost or not self.jobs.due():
                return done

    def _work_off(self) -> int:
        """Everything that waits, as long as no other server has taken over."""
        done = 0
        self._recover()
        while not self.jobs.lease.lost and (job := self.jobs.take()):
            self._run(job)
            done += 1
        return done

    def _recover(self) -> None:
        """Jobs that a killed runner left.

        One that had told its result was done; others begin once more, or failed.
        """
        for job in self.jobs.running():
            result = result_of(self._folder(job) / "out")
            if result is not None:
                self._end(job, Ending(DONE, result=result))
            elif job.kind == ERASE:
                self._remove_files(job)
        if self.jobs.recover():
            self.jobs.store.compact()

    def _run(self, job: TrainingJob) -> None:
        try:
            with self._started_with(job) as settings:
                ending = self._train(job, settings)
        except Exception as error:  # one bad job must not keep the others waiting
            log.error("job %s failed to start", job.id, exc_info=error)
            told = "It could not be started; the log holds the cause."
            ending = Ending(FAILED, told, {"code": NOT_STARTED})
        self._end(job, ending)

    def _train(self, job: TrainingJob, settings: Settings) -> Ending:
        folder = self._folder(job)
        child = TrainingChild(
            self.command(job, settings),
            folder,
            settings,
            lambda seconds: self._reason_to_stop(job, seconds),
        )
        return child.run(TrainingOutput(self.jobs, job.id, folder / "log"))

    @contextlib.contextmanager
    def _started_with(self, job: TrainingJob) -> Iterator[Settings]:
        """Settings whose data set is the one that the training starts with."""
        dataset = self.settings.datasets / job.dataset
        if job.kind != TRAIN or not job.dataset or not dataset.is_dir():
            yield self.settings
            return
        with picture_snapshot(dataset, self._folder(job) / "pictures") as twin:
            yield replace(self.settings, datasets=twin.parent)

    def _end(self, job: TrainingJob, ending: Ending) -> None:
        values = how_it_ends(job, ending.state, ending.message)
        if ending.state == DONE:
            if job.kind != COLLECT:
                (self.settings.state / "bell").touch()  # every process looks for the new version
            values["result"] = ending.result
            if job.kind == ERASE:
                values |= self._without_name(job, ending.result)
        elif job.kind != ERASE:
            values["result"] = ending.result
        else:  # before it is written: a kill in between leaves no file
            self._remove_files(job)
        self._write(job.id, **values)
        if job.kind == ERASE:
            self._remove_files(job)
            self.jobs.store.compact()

    def _write(self, job: str, **values: object) -> None:
        """As soon as the database takes it: hours of work are not done again because it was away
        for a minute.
        """
        until = time.monotonic() + STUBBORN
        while True:
            try:
                if not self.jobs.lease.renew():  # whoever took over says how it ends
                    log.error("%s Job %s is no longer ours.", TAKEN_OVER, job)
                    return None
                return self.jobs.change(job, **values)
            except StoreDown as error:
                if time.monotonic() > until:
                    raise
                log.warning("the end of job %s is not written yet: %s", job, error)
                time.sleep(AGAIN)

    def _without_name(
        self, job: TrainingJob, result: dict[str, object] | None
    ) -> dict[str, object]:
        """Nothing that knew the person is left: the job itself is the last place that names them.

        The proof takes the place of all that the command said, so that a kill right here loses
        nothing either.
        """
        folder = self._folder(job)
        proof = {key: result.get(key) for key in PROOF} if isinstance(result, dict) else None
        write(folder / "out", json.dumps(proof))
        (folder / "log").unlink(missing_ok=True)
        return {"arguments": {"model": job.model, "label": ERASED}, "result": proof}

    def _remove_files(self, job: TrainingJob) -> None:
        shutil.rmtree(self._folder(job), ignore_errors=True)

    def _folder(self, job: TrainingJob) -> Path:
        return self.settings.state / "jobs" / job.id

    def _reason_to_stop(self, job: TrainingJob, seconds: float) -> str | None:
        """Whether it was cancelled, takes too long, or is another server's by now."""
        if self.jobs.lease.lost:
            return TAKEN_OVER
        with contextlib.suppress(StoreDown):  # nobody can have cancelled anything then
            if self.jobs.get(job.id).cancel:
                return STOPPED
        if seconds > self.settings.train_minutes * 60:
            return (
                f"It took longer than the {self.settings.train_minutes} minutes that are allowed."
            )
        return None
