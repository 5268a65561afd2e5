"""The queue of long work: order, limits of the child, cancelling, and jobs that fail."""

from __future__ import annotations

import dataclasses
import itertools
import os
import sys
import threading
from pathlib import Path

import pytest

from server.errors import Conflict, NotFound
from server.settings import Settings
from server.storage.database import lock
from server.training.job_runner import Runner
from server.training.jobs import Jobs
from server.training.training_job import CANCELLED, DONE, FAILED, QUEUED, RUNNING, TrainingJob
from tests.server.training.long_work import WAIT, WORK, add, log_of, runner, wait_for
from tests.support.started import no_runner

STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN);" + WAIT
GREEDY = "x = bytearray(3 * 1024 ** 3)"
LIMITS = """
import json, os, pathlib, resource
group = pathlib.Path("/proc/self/autogroup")
print(json.dumps({
    "nice": os.nice(0),
    "memory": resource.getrlimit(resource.RLIMIT_AS)[0],
    "batch": os.sched_getscheduler(0) == os.SCHED_BATCH,
    "session": os.getsid(0) == os.getpid(),
    "group": group.read_text().split()[-1] if group.exists() else "17",
}))
"""


def test_a_job_runs_and_says_how_far_it_is(jobs: Jobs) -> None:
    job = add(jobs)
    assert jobs.get(job).state == QUEUED
    assert runner(jobs, WORK).work() == 1
    row = jobs.get(job)
    assert (row.state, row.result) == (DONE, {"name": "family", "version": 2})
    said = {"stage": "crops", "done": 3, "total": 3, "message": "m"}
    part = row.progress.pop("part")
    assert part == 0.2  # of a training that begins with its crops
    more = {"seconds_left": None, "whole_seconds_left": None, "waiting": False}
    assert row.progress == {**said, **more}
    assert row.started <= row.ended


def test_one_at_a_time_in_the_order_they_came(jobs: Jobs) -> None:
    ids = [add(jobs, number) for number in range(3)]
    assert runner(jobs, WORK).work() == 3
    rows = [jobs.get(job) for job in ids]
    assert all(earlier.ended <= later.started for earlier, later in itertools.pairwise(rows))


def test_after_a_forgetting_nothing_names_the_person(jobs: Jobs) -> None:
    """The job's arguments and its log go, and what SQLite kept of them in its log of changes."""
    job = str(jobs.add("forget", {"model": "family", "label": "anna"}, "me").id)
    runner(jobs, WORK).work()
    assert "anna" not in str(jobs.get(job))
    for path in jobs.settings.state.rglob("*"):
        assert path.is_dir() or b"anna" not in path.read_bytes(), path
    assert not (jobs.settings.state / "jobs" / job).exists()


def test_the_same_job_waits_once(jobs: Jobs) -> None:
    add(jobs)
    with pytest.raises(Conflict, match="waits already"):
        add(jobs)


def test_a_second_runner_leaves_the_work_to_the_first(jobs: Jobs) -> None:
    add(jobs)
    with lock(jobs.settings.state / "jobs.lock"):
        assert runner(jobs, WORK).work() == 0
    assert runner(jobs, WORK).work() == 1


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (
            "raise SystemExit('The data set has one class; two are needed.')",
            "The data set has one class",
        ),
        ("import sys; sys.exit(3)", "It ended with the code 3."),
        (
            "import os, sys; print('a warning', file=sys.stderr); os.kill(os.getpid(), 9)",
            "It was killed",
        ),
        ("import os; os.kill(os.getpid(), 11)", "It was ended by the signal SIGSEGV."),
        (GREEDY, "MemoryError"),
    ],
)
def test_a_job_that_fails_says_why(jobs: Jobs, code: str, message: str) -> None:
    small = Jobs(jobs.store, dataclasses.replace(jobs.settings, train_memory_mb=1024), no_runner)
    job = add(small)
    runner(small, code).work()
    row = jobs.get(job)
    assert row.state == FAILED
    assert message in row.message


def test_a_job_that_cannot_start_does_not_stop_the_others(jobs: Jobs) -> None:
    bad, good = add(jobs, 1), add(jobs, 2)

    def choose(job: TrainingJob, settings: Settings) -> list[str]:
        return ["/nowhere"] if job.id == bad else [sys.executable, "-c", WORK]

    Runner(jobs, jobs.settings, choose).work()
    assert (jobs.get(bad).state, jobs.get(good).state) == (FAILED, DONE)


def test_limits_of_the_child(jobs: Jobs) -> None:
    """A nice value counts within its session alone where the kernel shares out by session: both are
    set.
    """
    object.__setattr__(jobs.settings, "train_nice", 17)
    job, before = add(jobs), Path("/proc/self/autogroup")
    ours = before.read_text() if before.exists() else ""
    runner(jobs, LIMITS).work()
    assert jobs.get(job).result == {
        "nice": min(19, os.nice(0) + 17),
        "memory": 4096 * 1024 * 1024,
        "batch": True,
        "session": True,
        "group": "17",
    }
    assert (before.read_text() if before.exists() else "") == ours


@pytest.mark.parametrize("code", [WAIT, STUBBORN], ids=["polite", "stubborn"])
def test_cancel(jobs: Jobs, code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.training.training_child.PATIENCE", 0.5)
    job, waiting = add(jobs, 1), add(jobs, 2)
    thread = threading.Thread(target=runner(jobs, code).work)
    assert jobs.cancel(waiting).state == CANCELLED
    thread.start()
    wait_for(lambda: jobs.get(job).state == RUNNING)
    wait_for(lambda: "begun" in log_of(jobs, job))
    jobs.cancel(job)
    thread.join(20)
    assert jobs.get(job).state == CANCELLED
    with pytest.raises(Conflict, match="ended already"):
        jobs.cancel(job)
    with pytest.raises(NotFound):
        jobs.cancel("0" * 32)


def test_too_long(jobs: Jobs) -> None:
    object.__setattr__(jobs.settings, "train_minutes", 0.01)
    job = add(jobs)
    runner(jobs, WAIT).work()
    assert jobs.get(job).state == FAILED
    assert "minutes that are allowed" in jobs.get(job).message
