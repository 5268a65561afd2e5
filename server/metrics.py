"""Numbers for Prometheus, right with several processes: each keeps a file of its own and any of them adds them up.

Labels hold routes, codes, stages, kinds of answer and model names; never the name of a person or class.
"""

from __future__ import annotations

import os
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest, multiprocess

SHARED = "PROMETHEUS_MULTIPROC_DIR"  # server/gunicorn_conf.py sets it, before the library is imported
BUCKETS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30)


class Metrics:
    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = self._counter("requests", "Requests answered.", "route", "method", "status")
        self.latency = Histogram(
            "likeness_request_seconds", "Time to answer.", ["route"], registry=self.registry, buckets=BUCKETS
        )
        self.stages = Histogram(
            "likeness_stage_seconds", "Time of a stage.", ["stage"], registry=self.registry, buckets=BUCKETS
        )
        self.answers = self._counter("answers", "Regions by kind of answer.", "model", "kind")
        self.unlogged = self._counter("unlogged", "Answers given without being logged.")
        self.pictures = Gauge(
            "likeness_pictures_inside", "Looked at or waiting.", registry=self.registry, multiprocess_mode="livesum"
        )
        self.version = Gauge(
            "likeness_model_version",
            "Version that answers.",
            ["model"],
            registry=self.registry,
            multiprocess_mode="livemax",
        )

    def _counter(self, name: str, help: str, *labels: str) -> Counter:
        return Counter(f"likeness_{name}", help, labels, registry=self.registry)

    def answered(self, bundle: Any, recognition: Any) -> None:
        """Count one recognition: its stages, and its regions by kind of answer."""
        for stage, seconds in recognition.seconds.items():
            self.stages.labels(stage).observe(seconds)
        kinds = [each.reason for each in recognition.predictions] or ["nothing_found"]
        for kind in kinds:
            self.answers.labels(bundle.name, kind).inc()
        self.version.labels(bundle.name).set(bundle.version)

    def text(self) -> bytes:
        """All processes together, in Prometheus' text format."""
        folder = os.environ.get(SHARED)
        if not folder:
            return bytes(generate_latest(self.registry))
        together = CollectorRegistry()
        multiprocess.MultiProcessCollector(together, path=folder)  # type: ignore[no-untyped-call]
        return bytes(generate_latest(together))
