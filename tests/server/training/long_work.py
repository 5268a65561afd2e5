"""Programs that stand for trainings, and waiting for them. Nothing here is a test."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

from server.training.job_runner import Runner
from server.training.jobs import Jobs
from server.training.training_job import TrainingJob

WORK = """
import json, sys, time
for done in range(4):
    line = {"stage": "crops", "done": done, "total": 3, "message": "m"}
    print(json.dumps(line), file=sys.stderr, flush=True)
    print("a library's warning", file=sys.stderr, flush=True)
print(json.dumps({"name": "family", "version": 2}))
"""
WAIT = "import time, sys; print('begun', file=sys.stderr, flush=True); time.sleep(60)"


def runner(jobs: Jobs, code: str) -> Runner:
    return Runner(jobs, jobs.settings, lambda job, settings: [sys.executable, "-c", code])


def taken(jobs: Jobs) -> TrainingJob:
    job = jobs.take()
    assert job is not None
    return job


def add(jobs: Jobs, number: int = 0) -> str:
    return str(jobs.add("train", {"dataset": "d", "model": f"m{number}"}, "me").id)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return "Z" not in Path(f"/proc/{pid}/stat").read_text().split(")")[1][:3]


def log_of(jobs: Jobs, job: str) -> str:
    path = jobs.settings.state / "jobs" / job / "log"
    return path.read_text() if path.exists() else ""


def wait_for(true: Callable[[], bool], seconds: float = 20) -> None:
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until, "it never came"
        time.sleep(0.02)
