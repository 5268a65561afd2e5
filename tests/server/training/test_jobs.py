"""Long work: the queue, the runner, its child, and what happens when any of them is killed."""

from __future__ import annotations

import dataclasses
import itertools
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from server.datasets.managed_datasets import Datasets
from server.errors import Conflict, NotFound, StoreDown
from server.recognition.erased_names import ErasedNames, Rule
from server.service import service_of
from server.settings import Settings
from server.storage.database import Store, lock
from server.training.job_commands import job_command
from server.training.job_runner import Runner
from server.training.jobs import Jobs
from server.training.training_job import CANCELLED, DONE, FAILED, QUEUED, RUNNING, TrainingJob
from tests.support.making import Make, make_picture
from tests.support.paths import ROOT
from tests.support.started import no_runner

KeyOf = Callable[[str], dict[str, str]]

WORK = """
import json, sys, time
for done in range(4):
    print(json.dumps({"stage": "crops", "done": done, "total": 3, "message": "m"}), file=sys.stderr, flush=True)
    print("a library's warning", file=sys.stderr, flush=True)
print(json.dumps({"name": "family", "version": 2}))
"""
WAIT = "import time, sys; print('begun', file=sys.stderr, flush=True); time.sleep(60)"
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


@pytest.fixture
def jobs(settings: Settings) -> Iterator[Jobs]:
    store = Store(settings.database)
    store.migrate()
    made = Jobs(store, settings, no_runner)
    yield made
    store.close()


def runner(jobs: Jobs, code: str) -> Runner:
    return Runner(jobs, jobs.settings, lambda job, settings: [sys.executable, "-c", code])


def a_job(kind: str, arguments: dict[str, object]) -> TrainingJob:
    return TrainingJob(
        "0" * 32, kind, arguments, RUNNING, 0, 0, None, 1, False, None, None, None, "me"
    )


def taken(jobs: Jobs) -> TrainingJob:
    job = jobs.take()
    assert job is not None
    return job


def add(jobs: Jobs, number: int = 0) -> str:
    return str(jobs.add("train", {"dataset": "d", "model": f"m{number}"}, "me").id)


def test_a_job_runs_and_says_how_far_it_is(jobs: Jobs) -> None:
    job = add(jobs)
    assert jobs.get(job).state == QUEUED
    assert runner(jobs, WORK).work() == 1
    row = jobs.get(job)
    assert (row.state, row.result) == (DONE, {"name": "family", "version": 2})
    assert row.progress == {"stage": "crops", "done": 3, "total": 3, "message": "m"}
    assert row.started <= row.ended


def test_one_at_a_time_in_the_order_they_came(jobs: Jobs) -> None:
    ids = [add(jobs, number) for number in range(3)]
    assert runner(jobs, WORK).work() == 3
    rows = [jobs.get(each) for each in ids]
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
    ("code", "said"),
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
def test_a_job_that_fails_says_why(jobs: Jobs, code: str, said: str) -> None:
    small = Jobs(jobs.store, dataclasses.replace(jobs.settings, train_memory_mb=1024), no_runner)
    job = add(small)
    runner(small, code).work()
    row = jobs.get(job)
    assert row.state == FAILED
    assert said in row.message


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


def test_a_job_whose_runner_was_killed_begins_once_more_and_not_for_ever(jobs: Jobs) -> None:
    job = add(jobs)
    for attempt in (1, 2):
        assert taken(jobs).attempts == attempt
        assert jobs.recover() == 1
    assert jobs.get(job).state == FAILED
    assert "Interrupted" in jobs.get(job).message


DIE_AFTER_THE_RESULT = WORK + "import os; os.kill(os.getpid(), 9)"


def test_what_told_its_result_was_done_whatever_killed_it_then(jobs: Jobs) -> None:
    """The version is there and answers: to call the job failed, or to train again, would be wrong."""
    job, other = add(jobs, 1), add(jobs, 2)
    assert taken(jobs).id == job
    folder = jobs.settings.state / "jobs" / job
    folder.mkdir(parents=True)
    (folder / "out").write_text(
        '{"name": "family", "version": 2}\n'
    )  # and here the runner was killed
    assert runner(jobs, DIE_AFTER_THE_RESULT).work() == 1
    for each in (job, other):
        row = jobs.get(each)
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
        "import sys; from server.training.jobs import Jobs; from server.training.job_runner import Runner;"
        " from server.storage.database import Store;from server.settings import Settings; from pathlib import"
        f" Path;settings = Settings(state=Path({str(jobs.settings.state)!r}),"
        f" database_url={jobs.settings.database!r});jobs = Jobs(Store(settings.database),"
        f" settings, lambda: None);Runner(jobs, settings, lambda *_: [sys.executable, '-c', {code!r}]).work()"
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


def test_commands_are_those_that_people_type(settings: Settings) -> None:
    asked = {"dataset": "d", "model": "m", "recipe": "face-modern"}
    train = a_job("train", asked)
    typed = job_command(train, settings)
    assert typed[1:4] == ["-m", "model", "train"]
    assert typed[4] == str(settings.datasets / "d")
    assert {
        "--name",
        "m",
        "--recipe=face-modern",
        "--json",
        "--progress-json",
        "--artifacts",
    } <= set(typed)
    assert "--careful" in typed
    assert not {"--private", "--multi-label"} & set(typed)
    wishes = {**asked, "fpir": 0.001, "private": True, "multi_label": True}
    wished = job_command(a_job("train", wishes), settings)
    assert [each for each in wished if each not in typed] == [
        "--fpir=0.001",
        "--private",
        "--multi-label",
    ]
    rules = [Rule.of("m", 1, "anna"), Rule.of("other", 1, "ben"), Rule.of("m", 2, "carla")]
    settings.state.mkdir(exist_ok=True)
    for rule in rules:
        ErasedNames(settings.state / "forgotten.json").add(rule)
    without = next(each for each in job_command(train, settings) if each.startswith("--without="))
    assert set(without.removeprefix("--without=").split(",")) == {rules[0].digest, rules[2].digest}
    forget = job_command(a_job("forget", {"model": "m", "label": "-x"}), settings)
    assert forget[1:4] == ["-m", "model", "forget"]
    assert forget[-3:] == ["--", "m", "-x"]  # a name that begins with a dash is not an option
    assert forget[forget.index("--datasets") + 1] == str(settings.datasets)


@pytest.fixture
def trainer(make: Make) -> FlaskClient:
    """A client that may train, with a data set of two classes."""
    app = make(local_role="train")
    client = app.test_client()
    assert client.post("/api/datasets", json={"name": "family"}).status_code == 201
    for label in ("anna", "ben"):
        assert client.post("/api/datasets/family/classes", json={"name": label}).status_code == 201
        Datasets(service_of(app).settings.datasets).add(
            "family", label, make_picture(), service_of(app).limits
        )
    return client


def test_training_over_http(trainer: FlaskClient) -> None:
    answer = trainer.post("/api/jobs", json={"dataset": "family", "model": "family"})
    assert answer.status_code == 202, answer.get_json()
    job = answer.get_json()["id"]
    jobs = service_of(trainer.application).jobs
    thread = threading.Thread(target=runner(jobs, WORK).work)
    thread.start()
    with trainer.get(f"/api/jobs/{job}/events") as stream:
        assert stream.mimetype == "text/event-stream"
        events = stream.get_data(as_text=True).strip().split("\n\n")
    thread.join()
    assert events[-1].startswith("event: end\ndata: ")
    last = json.loads(events[-1].split("data: ")[1])
    assert (last["state"], last["report"]) == (DONE, "/api/models/family/report?version=2")
    assert trainer.get(f"/api/jobs/{job}").get_json() == last
    assert [each["id"] for each in trainer.get("/api/jobs").get_json()["jobs"]] == [job]
    assert trainer.post(f"/api/jobs/{job}/cancel").status_code == 409


@pytest.mark.parametrize(
    ("wish", "status", "said"),
    [
        ({"dataset": "nobody", "model": "m"}, 404, "no data set"),
        ({"dataset": "empty", "model": "m"}, 409, "has no classes yet"),
        ({"dataset": "family", "model": "../m"}, 422, "model"),
        ({"dataset": "family", "model": "--artifacts"}, 422, "model"),
        ({"dataset": "family", "model": "m", "recipe": "magic"}, 422, "recipe"),
        ({"dataset": "family"}, 422, "model"),
        ({"dataset": "family", "model": "m", "fpir": 1}, 422, "fpir must be less than 1"),
        ({"dataset": "family", "model": "m", "fpir": 0}, 422, "fpir must be more than 0"),
        (
            {"dataset": "family", "model": "m", "private": "yes"},
            422,
            "private must be true or false",
        ),
        (
            {"dataset": "family", "model": "m", "recipe": "auto", "multi_label": True},
            422,
            "other than auto",
        ),
    ],
)
def test_trainings_that_are_refused(
    trainer: FlaskClient, wish: dict[str, Any], status: int, said: str
) -> None:
    trainer.post("/api/datasets", json={"name": "empty"})
    answer = trainer.post("/api/jobs", json=wish)
    assert answer.status_code == status
    assert said in answer.get_json()["detail"]
    assert str(service_of(trainer.application).settings.datasets) not in answer.get_json()["detail"]


def test_few_may_follow_at_a_time(make: Make) -> None:
    app = make(local_role="train", threads=4)
    job = add(service_of(app).jobs)
    first = app.test_client().get(f"/api/jobs/{job}/events", buffered=False)
    assert app.test_client().get(f"/api/jobs/{job}/events").status_code == 429
    first.close()
    service_of(app).jobs.cancel(job)
    with app.test_client().get(f"/api/jobs/{job}/events") as again:
        assert again.status_code == 200


def test_a_stream_that_ends_before_the_job_says_so(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten minutes are over while the job still waits: the follower is told to connect again, and
    how soon.
    """
    monkeypatch.setattr("server.training.views.FOLLOWED", 0.0)
    monkeypatch.setattr("server.training.views.PAUSE", 0.01)
    app = make(local_role="train")
    job = add(service_of(app).jobs)
    with app.test_client().get(f"/api/jobs/{job}/events") as stream:
        events = stream.get_data(as_text=True).strip().split("\n\n")
    assert [each.split("\n")[0] for each in events] == ["retry: 2000", "event: job", "event: again"]
    assert json.loads(events[-1].split("data: ")[1])["state"] == QUEUED


def test_the_runner_that_is_started_does_what_waits(make: Make, settings: Settings) -> None:
    """The real process, the real command: training on a data set that is too small ends with a
    sentence.
    """
    app = make(local_role="train")
    client = app.test_client()
    client.post("/api/datasets", json={"name": "tiny"})
    client.post("/api/datasets/tiny/classes", json={"name": "anna"})
    Datasets(settings.datasets).add("tiny", "anna", make_picture(), service_of(app).limits)
    job = client.post("/api/jobs", json={"dataset": "tiny", "model": "tiny"}).get_json()["id"]
    environment = {
        **os.environ,
        "LIKENESS_STATE": str(settings.state),
        "LIKENESS_DATASETS": str(settings.datasets),
        "LIKENESS_ARTIFACTS": str(settings.artifacts),
        "LIKENESS_DATABASE_URL": settings.database,
        "LIKENESS_TRAIN_NICE": "0",
        "PYTHONPATH": str(ROOT),
    }
    subprocess.run(
        [sys.executable, "-m", "server", "work"], env=environment, check=True, timeout=120
    )
    row = client.get(f"/api/jobs/{job}").get_json()
    assert row["state"] == FAILED
    assert row["message"]
    assert "Traceback" not in row["message"]
