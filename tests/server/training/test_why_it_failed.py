"""A job that failed says why in a code beside its sentence, which any language can be made of."""

from __future__ import annotations

import os
import sys
from dataclasses import replace

import pytest

from server.training.job_runner import Runner
from server.training.jobs import Jobs
from server.training.training_child import TrainingChild
from server.training.training_job import FAILED
from server.training.training_output import TrainingOutput, error_code_of
from tests.server.training.long_work import WAIT, add, runner, taken


def failed(jobs: Jobs, job: str) -> object:
    row = jobs.get(job)
    assert row.state == FAILED and row.message
    return row.result


def test_a_refused_training_has_the_code_of_the_refusal(jobs: Jobs) -> None:
    """By the very command that trains, over a data set without a picture."""
    (jobs.settings.datasets / "d" / "anna").mkdir(parents=True)
    job = add(jobs)
    assert Runner(jobs, jobs.settings).work() == 1
    assert failed(jobs, job) == {"code": "dataset-error"}
    assert str(jobs.get(job).message).startswith("error: ")


@pytest.mark.parametrize(
    ("code", "result"),
    [
        ("import os; os.kill(os.getpid(), 9)", {"code": "out-of-memory"}),
        ("import sys; sys.exit('no JSON')", None),
    ],
)
def test_what_ends_otherwise(jobs: Jobs, code: str, result: object) -> None:
    job = add(jobs)
    assert runner(jobs, code).work() == 1
    assert failed(jobs, job) == result


def test_one_that_cannot_be_started(jobs: Jobs) -> None:
    job = add(jobs)
    missing = jobs.settings.state / "nothing"
    assert Runner(jobs, jobs.settings, lambda *_: [os.fspath(missing)]).work() == 1
    assert failed(jobs, job) == {"code": "not-started"}


def test_one_that_took_too_long_says_how_long_it_might(jobs: Jobs) -> None:
    job = add(jobs)
    taken(jobs)
    folder = jobs.settings.state / "jobs" / job
    settings = replace(jobs.settings, train_minutes=7)
    child = TrainingChild([sys.executable, "-c", WAIT], folder, settings, lambda _: "Too long.")
    ending = child.run(TrainingOutput(jobs, job, folder / "log"))
    assert (ending.state, ending.message) == (FAILED, "Too long.")
    assert ending.result == {"code": "too-long", "minutes": 7}


def test_one_that_was_interrupted_twice(jobs: Jobs) -> None:
    job = add(jobs)
    for _ in range(2):
        taken(jobs)
        jobs.recover()
    assert failed(jobs, job) == {"code": "interrupted"}


def test_only_a_line_for_programs_is_a_code() -> None:
    lines = ['{"error": "no-space"}', "error: no", '"error"', "[1]", "3", '{"stage": "a"}']
    assert [error_code_of(line) for line in lines] == ["no-space", "", "", "", "", ""]
