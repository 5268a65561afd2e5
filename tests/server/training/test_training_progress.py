"""What is said of a training while it goes on: from the first second, how long, and what it waits
for; and the pictures that it goes by.
"""

from __future__ import annotations

import sys
import threading
from pathlib import Path

import pytest

from data_cleaning.datasets.dataset import Dataset
from data_cleaning.datasets.decisions import Decision
from server.settings import Settings
from server.training import processor_share, training_output, whole_training
from server.training.job_runner import Runner
from server.training.jobs import Jobs
from server.training.processor_share import ProcessorShare
from server.training.training_job import DONE
from server.training.whole_training import WholeTraining
from tests.server.training.long_work import add, runner, taken, wait_for
from tests.support.making import make_picture

SILENT = "import time; time.sleep(60)"
SLOW = """
import json, sys, time
for done in range(1, 5):
    time.sleep(0.4)
    line = {"stage": "crops", "done": done, "total": 100, "message": "m"}
    print(json.dumps(line), file=sys.stderr, flush=True)
time.sleep(60)
"""
COUNT = """
import json, pathlib, sys, time
root, ready, go = map(pathlib.Path, sys.argv[1:])
ready.touch()
while not go.exists():
    time.sleep(0.02)
files = sorted(p.name for p in root.rglob("*") if p.is_file())
print(json.dumps({"files": files, "name": root.name}))
"""


@pytest.fixture
def background(jobs: Jobs) -> object:
    """background(code) -> the id of a job that runs; it is cancelled at the end."""
    begun: list[tuple[str, threading.Thread]] = []

    def begin(code: str) -> str:
        job = add(jobs)
        thread = threading.Thread(target=runner(jobs, code).work)
        thread.start()
        begun.append((job, thread))
        return job

    yield begin
    for job, thread in begun:
        jobs.cancel(job)
        thread.join(30)


def test_there_is_progress_before_the_training_says_a_word(jobs: Jobs, background) -> None:
    job = background(SILENT)
    wait_for(lambda: jobs.get(job).progress is not None)
    shown = jobs.get(job).progress
    assert (shown["stage"], shown["message"], shown["waiting"]) == ("start", "Starting", False)


def test_what_is_left_is_estimated(jobs: Jobs, background) -> None:
    job = background(SLOW)
    wait_for(lambda: (jobs.get(job).progress or {}).get("done") == 4)
    shown = jobs.get(job).progress
    assert 96 * 0.3 <= shown["seconds_left"] <= 96 * 4
    assert 0 < shown["part"] < 0.05


def test_what_is_left_of_the_whole_is_estimated(monkeypatch: pytest.MonkeyPatch) -> None:
    """From the time that is gone and the parts of the stages; what is done never goes back."""
    clock = iter([0.0, 1.0, 30.0, 60.0, 90.0])
    monkeypatch.setattr(whole_training.time, "monotonic", lambda: next(clock))
    whole = WholeTraining()
    whole.go_on("start", 0, 1)
    assert (whole.part, whole.seconds_left()) == (None, None)
    parts = []
    for stage, done, total in (("crops", 10, 10), ("search", 30, 45), ("save", 1, 1)):
        whole.go_on(stage, done, total)
        parts.append(whole.part)
        left = whole.seconds_left()
        gone = 30.0 * len(parts)
        assert left == (round(gone * (1 - parts[-1]) / parts[-1]) if parts[-1] < 1 else None)
    whole.go_on("folds", 1, 5)
    assert [*parts, whole.part] == sorted([*parts, whole.part])
    assert whole.part == 1


def test_each_recipe_that_is_tried_takes_some_of_the_whole() -> None:
    whole, parts = WholeTraining(), []
    stages = ("face-classic", "face-modern", "object-modern", *whole_training.STAGES)
    for stage in stages:
        whole.go_on(stage, 1, 1)
        parts.append(whole.part)
    assert parts == sorted(set(parts))
    assert parts[-1] == 1


def test_a_training_that_hardly_gets_to_work_says_what_it_waits_for(
    jobs: Jobs, background, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processor_share, "WINDOW", 0.3)
    monkeypatch.setattr(processor_share, "_is_busy", lambda: True)
    monkeypatch.setattr(training_output, "BEAT", 0.1)
    job = background(SILENT)
    wait_for(lambda: bool((jobs.get(job).progress or {}).get("waiting")))


def test_a_process_that_works_does_not_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    used = iter([0.0, 4.0, 4.1, 4.2])
    now = iter([0.0, 6.5, 13.0, 20.0])
    monkeypatch.setattr(processor_share, "_is_busy", lambda: True)
    monkeypatch.setattr(processor_share, "_processor_seconds", lambda pid: next(used))
    monkeypatch.setattr(processor_share.time, "monotonic", lambda: next(now))
    share = ProcessorShare(1)
    assert [share.waits() for _ in range(4)] == [False, False, True, True]


def test_a_training_uses_the_pictures_that_it_started_with(jobs: Jobs, tmp_path: Path) -> None:
    """What is deleted, added and decided meanwhile is the next training's."""
    root = jobs.settings.datasets / "d"
    for name in ("a/1.png", "b/2.png"):
        (root / name).parent.mkdir(parents=True)
        (root / name).write_bytes(make_picture("red"))
    Dataset(root).decide(Decision("0" * 64, "keep"))
    ready, go = tmp_path / "ready", tmp_path / "go"

    def command(job: object, settings: Settings) -> list[str]:
        places = (settings.datasets / "d", ready, go)
        return [sys.executable, "-c", COUNT, *map(str, places)]

    job = add(jobs)
    thread = threading.Thread(target=Runner(jobs, jobs.settings, command).work)
    thread.start()
    wait_for(ready.exists)
    (root / "a" / "1.png").unlink()
    (root / "a" / "3.png").write_bytes(make_picture("green"))
    go.touch()
    thread.join(30)
    row = jobs.get(job)
    assert (row.state, row.result["name"]) == (DONE, "d")
    assert row.result["files"] == ["1.png", "2.png", "decisions.jsonl"]
    assert not (jobs.settings.state / "jobs" / job / "pictures").exists()
    assert sorted(p.name for p in root.rglob("*.png")) == ["2.png", "3.png"]


def test_forgetting_clears_what_a_killed_training_left(jobs: Jobs) -> None:
    job = add(jobs)
    left = jobs.settings.state / "jobs" / job / "pictures" / "d" / "anna"
    left.mkdir(parents=True)
    taken(jobs)
    jobs.change(job, state="failed")
    jobs.remove_name("anna")
    assert not left.exists()


def test_a_training_is_sure_of_a_share(settings: Settings) -> None:
    """A nice value of 19 is a weight of 15 beside 1024, of 10 one of 110: a tenth of a processor
    that one busy process shares.
    """
    assert Settings(state=settings.state).train_nice == 10
