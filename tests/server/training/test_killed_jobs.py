"""What becomes of long work when its runner, its child or its database goes away."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from server.errors import StoreDown
from server.training.jobs import Jobs
from server.training.training_job import AGAIN_AFTER, DONE, FAILED, QUEUED, RUNNING
from tests.server.training.long_work import WAIT, WORK, add, alive, runner, taken, wait_for
from tests.support.started import no_runner


def test_a_job_whose_runner_was_killed_begins_once_more_and_not_for_ever(jobs: Jobs) -> None:
    job = add(jobs)
    for attempt in (1, 2):
        assert taken(jobs).attempts == attempt
        assert jobs.recover() == 1
    assert jobs.get(job).state == FAILED
    assert "Interrupted" in jobs.get(job).message


DIE_AFTER_THE_RESULT = WORK + "import os; os.kill(os.getpid(), 9)"


def test_what_told_its_result_was_done_whatever_killed_it_then(jobs: Jobs) -> None:
    """The version is there and answers: to call the job failed, or train again, would be wrong."""
    job, other = add(jobs, 1), add(jobs, 2)
    assert taken(jobs).id == job
    folder = jobs.settings.state / "jobs" / job
    folder.mkdir(parents=True)
    (folder / "out").write_text(
        '{"name": "family", "version": 2}\n'
    )  # and here the runner was killed
    assert runner(jobs, DIE_AFTER_THE_RESULT).work() == 1
    for number in (job, other):
        row = jobs.get(number)
        assert (row.state, row.attempts, row.result) == (
            DONE,
            1,
            {"name": "family", "version": 2},
        )


def test_a_forgetting_whose_runner_was_killed_at_its_very_end_is_done_and_names_nobody(
    jobs: Jobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def killed(*_: object, **__: object) -> None:
        raise Killed

    job = str(jobs.add("forget", {"model": "family", "label": "anna"}, "me").id)
    first = runner(jobs, 'print(\'{"removed_versions": [1], "class": "anna"}\')')
    monkeypatch.setattr(first, "_write", killed)
    with pytest.raises(Killed):
        first.work()
    assert jobs.get(job).state == RUNNING
    assert runner(jobs, "raise SystemExit('Nothing knows a class.')").work() == 0
    row = jobs.get(job)
    assert (row.state, row.result["removed_versions"]) == (DONE, [1])
    assert "anna" not in str(row)
    assert not (jobs.settings.state / "jobs" / job).exists()


REFUSES = "raise SystemExit(\"No space is left to forget 'anna'.\")"


def forgetting(jobs: Jobs) -> str:
    return str(jobs.add("forget", {"model": "family", "label": "anna"}, "me").id)


def names_nobody(jobs: Jobs, job: str) -> bool:
    files = [p for p in (jobs.settings.state / "jobs").rglob("*") if p.is_file()]
    return "anna" not in str(jobs.get(job)) and not any(b"anna" in p.read_bytes() for p in files)


def test_a_forgetting_that_failed_is_tried_again_and_names_nobody_in_the_end(
    jobs: Jobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a while, by whichever runner is there then: this one and the next are gone by then."""
    job = forgetting(jobs)
    for attempt, seconds in enumerate(AGAIN_AFTER, 1):
        assert runner(jobs, REFUSES).work() == 1
        row = jobs.get(job)
        assert (row.state, row.attempts, row.label) == (QUEUED, attempt, "anna")
        assert f"again in {seconds // 60} min" in row.message
        assert runner(jobs, REFUSES).work() == jobs.due() == 0
        late = row.ended + 1000 * seconds
        monkeypatch.setattr("server.training.jobs.now", lambda late=late: late)
        assert jobs.due() == 1
    assert runner(jobs, REFUSES).work() == 1
    row = jobs.get(job)
    assert (row.state, row.attempts) == (FAILED, len(AGAIN_AFTER) + 1)
    assert "No space is left to forget '(forgotten)'" in row.message
    assert "delete the model" in row.message
    assert names_nobody(jobs, job)


def test_a_forgetting_that_is_asked_for_again_waits_no_longer(jobs: Jobs) -> None:
    job = forgetting(jobs)
    runner(jobs, REFUSES).work()
    assert jobs.due() == 0
    jobs.begin_now(job)
    assert runner(jobs, WORK).work() == 1
    assert jobs.get(job).state == DONE
    assert names_nobody(jobs, job)


def test_a_forgetting_that_is_cancelled_or_always_killed_names_nobody(jobs: Jobs) -> None:
    cancelled = forgetting(jobs)
    jobs.cancel(cancelled)
    assert names_nobody(jobs, cancelled)
    killed = forgetting(jobs)
    for _ in range(len(AGAIN_AFTER) + 1):
        jobs.begin_now(killed)
        taken(jobs)
        jobs.recover()
    assert jobs.get(killed).state == FAILED
    assert names_nobody(jobs, killed)


class Away(Jobs):
    """A queue whose database is away whenever `away` says so."""

    away = 0

    def get(self, job: str) -> dict[str, Any]:
        self._perhaps()
        return super().get(job)

    def change(self, job: str, **values: Any) -> None:
        self._perhaps()
        super().change(job, **values)

    def _perhaps(self) -> None:
        if self.away:
            self.away -= 1
            raise StoreDown("away")


def test_a_database_that_is_away_for_a_while_does_not_cost_the_work(
    jobs: Jobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.training.job_runner.AGAIN", 0.01)
    monkeypatch.setattr("server.training.training_child.LOOK", 0.01)
    away = Away(jobs.store, jobs.settings, no_runner)
    job = add(jobs)
    away.away = 12
    assert runner(away, "import time; time.sleep(0.3); print('{\"version\": 2}')").work() == 1
    assert away.away == 0
    assert (jobs.get(job).state, jobs.get(job).attempts) == (DONE, 1)


def test_a_runner_that_fails_leaves_no_child_behind(jobs: Jobs, tmp_path: Path) -> None:
    class Broken(Jobs):
        def get(self, job: str) -> dict[str, Any]:
            wait_for(lambda: marks.exists() and marks.read_text().endswith("\n"))
            raise RuntimeError("nobody thought of this")

    marks = tmp_path / "pids"
    job = add(jobs)
    code = f"import os; open({str(marks)!r}, 'a').write(f'{{os.getpid()}}\\n');" + WAIT
    assert runner(Broken(jobs.store, jobs.settings, no_runner), code).work() == 1
    assert not alive(int(marks.read_text()))
    assert jobs.get(job).state == FAILED


def test_somebody_goes_on_when_the_runner_was_killed(jobs: Jobs) -> None:
    """A web process looks every few seconds; it starts a runner when work waits and nobody does it,
    and only then.
    """
    begun: list[bool] = []
    watching = Jobs(jobs.store, jobs.settings, lambda: begun.append(True))
    watching.revive()
    assert not begun
    add(jobs)
    jobs.take()
    watching.revive()
    assert begun


def test_killing_the_runner_ends_its_child_and_the_next_runner_goes_on(
    jobs: Jobs, tmp_path: Path
) -> None:
    """kill -9 of the process that trains: no child goes on behind our back, and the job is done in
    the end.
    """
    marks = tmp_path / "pids"
    code = f"import os; open({str(marks)!r}, 'a').write(f'{{os.getpid()}}\\n');" + WAIT
    job = add(jobs)
    script = (
        "import sys; from server.training.jobs import Jobs;"
        " from server.training.job_runner import Runner;"
        " from server.storage.database import Store;from server.settings import Settings;"
        " from pathlib import"
        f" Path;settings = Settings(state=Path({str(jobs.settings.state)!r}),"
        f" database_url={jobs.settings.database!r});jobs = Jobs(Store(settings.database),"
        f" settings, lambda: None);"
        f"Runner(jobs, settings, lambda *_: [sys.executable, '-c', {code!r}]).work()"
    )
    process = subprocess.Popen([sys.executable, "-c", script])
    wait_for(lambda: marks.exists() and marks.read_text().endswith("\n"))
    process.kill()
    process.wait()
    child = int(marks.read_text())
    wait_for(lambda: not alive(child))
    assert jobs.get(job).state == RUNNING
    assert runner(jobs, WORK).work() == 1
    assert jobs.get(job).state == DONE
    assert jobs.get(job).attempts == 2
