"""kill -9 of a worker, the master, the runner or the training, at random moments of real trainings
under load.

LIKENESS_TEST_KILLS says how many (4 by default), LIKENESS_TEST_SEED which ones: the seed of a run
is printed.
"""

from __future__ import annotations

import contextlib
import os
import random
import secrets
import shutil
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests

from data_cleaning.files import sha256_of_file
from data_cleaning.imaging.decoding import read
from model.recognition.registry import Registry
from server.datasets.managed_datasets import Datasets
from server.training.training_job import DONE, FAILED, OPEN
from tests.support.making import make_picture
from tests.support.serving import Running, logged, start, wait_gone, wait_ready

KILLS = int(os.environ.get("LIKENESS_TEST_KILLS", "4"))
VICTIMS = ("worker", "master", "runner", "training")
MOMENTS = ("crops", "search", "folds", "report", "bundle", "any")
LONGEST = 120.0  # seconds until the queue is empty


@dataclass
class Scene:
    """The service under load, what its clients were promised, and what chance decides."""

    folder: Path
    service: Running
    chance: random.Random
    ids: list[str | None] = field(default_factory=list)
    files: dict[str, str] = field(default_factory=dict)  # the sha256 of each
    stop: threading.Event = field(default_factory=threading.Event)
    tally: Counter[str] = field(default_factory=Counter)

    @property
    def registry(self) -> Registry:
        return Registry(self.folder / "artifacts")

    def call(self, method: str, path: str, **more: Any) -> dict[str, Any]:
        """An answer of the API, asked again while nobody answers."""
        until = time.monotonic() + 30
        while True:
            try:
                answer = requests.request(
                    method, f"{self.service.url}/api{path}", timeout=20, **more
                )
                answer.raise_for_status()
                return dict(answer.json())
            except requests.ConnectionError:
                assert time.monotonic() < until
                time.sleep(0.05)

    def job(self, number: str) -> dict[str, Any]:
        return self.call("GET", f"/jobs/{number}")

    def pid(self, *words: str) -> int | None:
        """The process of ours that runs this command."""
        wanted = "\0".join(words).encode()
        mark = f"LIKENESS_STATE={self.folder / 'var'}\0".encode()
        for process in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if (
                    wanted in (process / "cmdline").read_bytes()
                    and mark in (process / "environ").read_bytes()
                ):
                    return int(process.name)
        return None

    def victim(self, whom: str) -> int | None:
        if whom == "worker":
            return self.chance.choice(self.service.workers())
        if whom == "master":
            return self.service.master.pid
        return (
            self.pid("-m", "server", "work")
            if whom == "runner"
            else self.pid("-m", "model", "train")
        )


@pytest.fixture
def scene(tmp_path: Path, drawn_shapes: Path, shapes_artifacts: Path) -> Iterator[Scene]:
    """A trained model that answers two clients while a third one fills a data set, and pictures to
    train on.
    """
    shutil.copytree(drawn_shapes, tmp_path / "datasets" / "shapes")
    shutil.copytree(drawn_shapes / "disc", tmp_path / "datasets" / "lonely" / "disc")
    (tmp_path / "datasets" / "more" / "colours").mkdir(parents=True)
    shutil.copytree(shapes_artifacts, tmp_path / "artifacts")
    seed = int(os.environ.get("LIKENESS_TEST_SEED", "0")) or secrets.randbelow(10**6)
    print(f"LIKENESS_TEST_SEED={seed}")
    scenario = Scene(
        tmp_path, start(tmp_path, "server.wsgi:app", train_nice=0), random.Random(seed)
    )
    threads = [
        threading.Thread(target=_again, args=(scenario, action)) for action in (_ask, _ask, _upload)
    ]
    for thread in threads:
        thread.start()
    try:
        yield scenario
    finally:
        scenario.stop.set()
        for thread in threads:
            thread.join()
        scenario.service.end()


def _again(scene: Scene, action: Callable[[Scene], None]) -> None:
    while not scene.stop.wait(0.05):
        with contextlib.suppress(requests.RequestException):
            action(scene)


def _ask(scene: Scene) -> None:
    scene.ids.append(scene.service.ask()["prediction_id"])


def _upload(scene: Scene) -> None:
    colour = f"#{secrets.token_hex(3)}"
    url = f"{scene.service.url}/api/datasets/more/classes/colours/pictures"
    answer = requests.post(url, files={"image": make_picture(colour, (300, 300))}, timeout=20)
    answer.raise_for_status()
    stored = [action["stored"] for action in answer.json()["results"]]
    scene.files |= {action["file"]: action["sha256"] for action in stored}


@pytest.mark.slow
def test_kill_9_at_random_moments_loses_nothing_that_was_promised(scene: Scene) -> None:
    order = [VICTIMS[number % len(VICTIMS)] for number in range(KILLS)]
    scene.chance.shuffle(order)
    for number, whom in enumerate(order):
        before = len(scene.ids)
        moment, jobs = _kill(scene, whom)
        _settle(scene, whom, jobs)
        _check(scene)
        ended = _check_jobs(scene, whom, jobs)
        assert len(scene.ids) > before + 5
        scene.tally.update([whom, f"{whom}: {ended}"])
        print(
            f"{number + 1}: {whom} at {moment}: {ended}; {len(scene.ids)} answers,"
            f" {len(scene.files)} uploads"
        )
    print(dict(scene.tally))
    _check_leftovers(scene)


def _kill(scene: Scene, whom: str) -> tuple[str, list[str]]:
    """Kill it while it trains: (the moment, the jobs).

    Once more with others when the training was quicker.
    """
    while True:
        jobs = [
            scene.call(
                "POST", "/jobs", json={"dataset": data, "model": data, "recipe": "object-classic"}
            )["id"]
            for data in ("shapes", "lonely")
        ]
        moment = scene.chance.choice(MOMENTS)
        _await(scene, moment, jobs[0])
        pid = scene.victim(whom)
        if pid is not None and scene.job(jobs[0])["state"] in OPEN:
            with contextlib.suppress(ProcessLookupError):
                workers = scene.service.workers() if whom == "master" else []
                os.kill(pid, signal.SIGKILL)
                if whom == "master":
                    scene.service.master.wait(30)
                    for worker in workers:
                        wait_gone(worker)
                    scene.service.begin()
                return moment, jobs
        _settle(scene, whom, jobs)


def _await(scene: Scene, moment: str, job: str) -> None:
    """Until the training has come so far, or to its end; "bundle" is while it is being written."""
    if moment == "any":
        time.sleep(scene.chance.uniform(0, 8))
        return
    folder, until = scene.folder / "artifacts" / "shapes", time.monotonic() + 60
    asked = 0.0
    while time.monotonic() < until:
        if moment == "bundle" and any(folder.glob(".part-*")):
            return
        if time.monotonic() - asked > 0.05:
            asked = time.monotonic()
            row = scene.job(job)
            if row["state"] not in OPEN:
                return
            if (row["progress"] or {}).get("stage") == moment:
                time.sleep(scene.chance.uniform(0, 0.5))
                return
        time.sleep(0.0005)


def _settle(scene: Scene, whom: str, jobs: list[str]) -> None:
    """The service answers, and the queue goes on by itself until it is empty."""
    wait_ready(scene.service)
    until = time.monotonic() + LONGEST
    while any(scene.job(job)["state"] in OPEN for job in jobs):
        assert time.monotonic() < until, (whom, [scene.job(job) for job in jobs])
        time.sleep(0.1)


def _check(scene: Scene) -> None:
    """What was promised is there, and what is there is whole."""
    assert None not in scene.ids
    promised, files = set(scene.ids), dict(scene.files)
    assert promised <= logged(scene.folder)
    scene.registry.load("shapes")  # replays the golden answer
    assert scene.call("GET", "/models/shapes")["version"] == scene.registry.active("shapes")
    for version in scene.registry.versions("shapes")[-2:]:
        scene.registry.load("shapes", version)
    datasets = Datasets(scene.folder / "datasets")
    there = datasets.pictures("more", "colours")
    assert set(files) <= set(there)
    for name in there:
        path = scene.folder / "datasets" / "more" / "colours" / name
        read(path)  # which refuses half a picture
        assert files.get(name) in (None, sha256_of_file(path))


def _check_jobs(scene: Scene, whom: str, jobs: list[str]) -> str:
    """What the queue says is what happened."""
    training, lonely = (scene.job(job) for job in jobs)
    assert (lonely["state"], lonely["attempts"] <= 2) == (FAILED, True), lonely
    assert "class" in lonely["message"]
    if training["state"] == DONE:
        assert training["result"]["version"] in scene.registry.versions("shapes")
        assert training["attempts"] <= (2 if whom == "runner" else 1)
        return f"done, attempt {training['attempts']}"
    assert (whom, training["state"]) == ("training", FAILED), training
    assert "It was killed" in training["message"]
    return "failed, said so"


def _check_leftovers(scene: Scene) -> None:
    """What killed processes left is cleared away when the service begins again, and a training goes
    well.
    """
    scene.stop.set()
    scene.service.end()
    for part in (scene.folder / "datasets").rglob("*.part"):
        os.utime(part, (0, 0))  # long ago
    scene.service.begin()
    until = time.monotonic() + 30
    while left := _leftovers(scene.folder):
        assert time.monotonic() < until, left
        time.sleep(0.1)
    (job,) = [
        scene.call(
            "POST",
            "/jobs",
            json={"dataset": "shapes", "model": "shapes", "recipe": "object-classic"},
        )
    ]
    _settle(scene, "nobody", [job["id"]])
    assert scene.job(job["id"])["state"] == DONE


def _leftovers(folder: Path) -> list[Path]:
    half = [
        path for path in (folder / "artifacts" / "shapes").iterdir() if path.name.startswith(".")
    ]
    return half + [
        path
        for path in (folder / "datasets").rglob("*")
        if ".part" in path.name or ".deleted" in path.name
    ]
