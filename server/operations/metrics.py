"""Numbers for Prometheus, right with several processes: each has a file of its own and any of them
adds them up.

Labels hold routes, codes, stages, kinds of answer and model names; never the name of a person or
class. A process that takes the place of another goes on in its file: so there are as many files as
processes, not as there ever were.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping, Sequence
from pathlib import Path

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
    multiprocess,
    values,
)

from data_cleaning.files import sha256_of_bytes

SHARED = "PROMETHEUS_MULTIPROC_DIR"  # where the library looks for the files
PLACE = "PROMETHEUS_PLACE"  # in the environment of a process: where it counts; ours
BUCKETS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30)
MEMORY = Path("/dev/shm")


def folder(state: Path) -> Path:
    """Where the files of a service with that state folder lie: in memory where that can be, else in
    the state folder.

    They are mapped, and a write to a mapped file ends the process when the disk is full.
    """
    name = sha256_of_bytes(str(state.resolve()).encode())[:12]
    chosen = MEMORY / f"likeness-{os.getuid()}-{name}"
    try:
        chosen.mkdir(mode=0o700, exist_ok=True)
        found = chosen.lstat()
    except OSError:
        return state.resolve() / "metrics"
    ours = (
        stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid()
    )  # everybody may write beside it
    return chosen if ours else state.resolve() / "metrics"


def share(folder: Path) -> None:
    """Processes share their numbers from now on: to be called before the first metric is made.

    Once more, as gunicorn does when it reloads its settings, changes nothing: what was counted
    stays."""
    if SHARED in os.environ:
        return
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.db"):
        old.unlink()
    os.environ[SHARED] = str(folder)
    values.ValueClass = values.MultiProcessValue(_place)  # type: ignore[no-untyped-call]


def _place() -> str:
    """Where this process counts. The library asks at every count."""
    return os.environ.get(PLACE, "master")


def take(place: int) -> None:
    """This process counts at that place from now on; no other one that lives may have it."""
    os.environ[PLACE] = str(place)


def leave(place: int) -> None:
    """The process at that place is dead: what it had inside no longer counts; what it had answered
    does.
    """
    multiprocess.mark_process_dead(place)  # type: ignore[no-untyped-call]


class Metrics:
    """What is counted, of this process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = self._counter("requests", "Requests answered.", "route", "method", "status")
        self.latency = self._histogram("request_seconds", "Time to answer.", "route")
        self.stages = self._histogram("stage_seconds", "Time of a stage.", "stage")
        self.answers = self._counter("answers", "Regions by kind of answer.", "model", "kind")
        self.unlogged = self._counter("unlogged", "Answers given without being logged.")
        self.pictures = Gauge(
            "likeness_pictures_inside",
            "Looked at or waiting.",
            registry=self.registry,
            multiprocess_mode="livesum",
        )
        self.stuck = Gauge(
            "likeness_threads_stuck",
            "At a picture whose time is over.",
            registry=self.registry,
            multiprocess_mode="livesum",
        )
        self.version = Gauge(
            "likeness_model_version",
            "Version that answers.",
            ["model"],
            registry=self.registry,
            multiprocess_mode="livemostrecent",
        )

    def _counter(self, name: str, help: str, *labels: str) -> Counter:
        return Counter(f"likeness_{name}", help, labels, registry=self.registry)

    def _histogram(self, name: str, help: str, label: str) -> Histogram:
        return Histogram(f"likeness_{name}", help, [label], registry=self.registry, buckets=BUCKETS)

    def answered(self, model: str, seconds: Mapping[str, float], reasons: Sequence[str]) -> None:
        """Count one recognition: the seconds of its stages, and its regions by kind of answer."""
        for stage, duration in seconds.items():
            self.stages.labels(stage).observe(duration)
        for reason in reasons or ("nothing_found",):
            self.answers.labels(model, reason).inc()

    def request_answered(self, route: str, method: str, status: int, seconds: float) -> None:
        """Count one request and its time."""
        self.requests.labels(route, method, status).inc()
        self.latency.labels(route).observe(seconds)

    def not_logged(self) -> None:
        """Count an answer that could not be written down."""
        self.unlogged.inc()

    def pictures_inside(self, count: int) -> None:
        """So many pictures are looked at or wait now."""
        self.pictures.set(count)

    def pictures_stuck(self, count: int) -> None:
        """So many threads are at a picture whose time is over."""
        self.stuck.set(count)

    def answers_with(self, model: str, version: int) -> None:
        """A version took over."""
        self.version.labels(model).set(version)

    def text(self) -> bytes:
        """All processes together, in Prometheus' text format."""
        folder = os.environ.get(SHARED)
        if not folder:
            return bytes(generate_latest(self.registry))
        together = CollectorRegistry()
        multiprocess.MultiProcessCollector(together, path=folder)  # type: ignore[no-untyped-call]
        return bytes(generate_latest(together))
