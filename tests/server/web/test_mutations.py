"""Mutated pictures of seven formats: no crash, nothing slow, and the memory comes back."""

from __future__ import annotations

import ctypes
import gc
import os
import time
from collections import Counter
from pathlib import Path

import requests

from data_cleaning.errors import PictureError
from data_cleaning.imaging.decoding import decode
from data_cleaning.imaging.limits import Limits
from tests.server.web.test_body_limits import resident
from tests.support.mutations import mutations
from tests.support.serving import running
from tests.support.tiny_models import TinyRegistry

IN_PROCESS = int(os.environ.get("LIKENESS_TEST_MUTATIONS", "2000"))
OVER_HTTP = int(os.environ.get("LIKENESS_TEST_MUTATIONS_HTTP", "150"))
SECONDS = 2.0  # of processor; the limit of time is far above
MEMORY = 50 * 1024 * 1024
LIMITS = Limits(pixels=4_000_000, bytes=2_000_000)


def settled() -> int:
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    return resident(os.getpid(), "VmRSS")


def test_in_process() -> None:
    files = mutations(2026)
    seen: Counter[str] = Counter()
    slow: list[tuple[str, float]] = []
    before, longest = 0, 0.0
    for number in range(IN_PROCESS):
        if number == 500:
            before = settled()
        kind, data = next(files)
        begun = time.process_time()
        try:
            decode(data, LIMITS)
            seen[kind] += 1
        except PictureError as error:
            seen[type(error).__name__] += 1
        seconds = time.process_time() - begun
        longest = max(longest, seconds)
        if seconds > SECONDS:
            slow.append((kind, seconds))
    grown = settled() - before
    print(f"{seen.total():,} mutations, {longest:.2f} s at most, memory {grown / 2**20:+.1f} MB")
    assert slow == []
    assert len(seen) > 6
    assert grown < MEMORY


def test_over_http(tmp_path: Path) -> None:
    TinyRegistry(tmp_path / "artifacts").add("colours", 1)
    files = mutations(11)
    seen: Counter[int] = Counter()
    limits = {"picture_bytes": LIMITS.bytes, "picture_pixels": LIMITS.pixels}
    with (
        running(tmp_path, workers=1, recycle=0, log_level="error", **limits) as service,
        requests.Session() as session,
    ):
        (worker,) = service.workers()
        service.ask()
        before = resident(worker, "VmRSS")
        for _ in range(OVER_HTTP):
            answer = session.post(
                f"{service.url}/api/predict",
                data=next(files)[1],
                headers={"Content-Type": "application/octet-stream"},
                timeout=32,
            )
            seen[answer.status_code] += 1
        assert set(seen) <= {200, 400, 413, 415}, seen
        assert service.workers() == [worker]
        until = time.monotonic() + 30
        while (grown := resident(worker, "VmRSS") - before) >= MEMORY and time.monotonic() < until:
            time.sleep(0.1)
        print(f"{seen.total():,} over HTTP: {dict(seen)}, memory {grown / 2**20:+.1f} MB")
        assert grown < MEMORY
        assert service.ask()["label"] == "red"
