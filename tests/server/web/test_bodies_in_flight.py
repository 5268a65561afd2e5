"""How many bytes of bodies are in memory together, and that nothing is left of those refused."""

from __future__ import annotations

import base64
import json
import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests

from server.errors import Busy
from server.recognition.pool import Pool
from server.service import service_of
from server.web.bodies_in_flight import BodiesInFlight
from tests.server.web.test_body_limits import resident
from tests.support.making import Make, data_url, make_picture
from tests.support.serving import running
from tests.support.tiny_models import TinyRegistry

BURSTS = int(os.environ.get("LIKENESS_TEST_BURSTS", "5"))
AT_ONCE = 8
GROWS = 50 * 1024 * 1024


def test_a_client_and_the_process_have_their_allowance() -> None:
    bodies = BodiesInFlight(total=100, per_client=60)
    bodies.take("a", 60)
    with pytest.raises(Busy, match="your address"):
        bodies.take("a", 1)
    bodies.take("b", 40)
    with pytest.raises(Busy, match="Too many"):
        bodies.take("c", 1)
    bodies.give_back("a", 60)
    bodies.take("c", 60)
    bodies.give_back("b", 40)
    bodies.give_back("c", 60)
    assert bodies.bytes == 0


def test_what_was_taken_is_given_back_after_every_kind_of_answer(make: Make) -> None:
    app = make(bodies_bytes=1024, batch_bytes=300_000, picture_bytes=200_000)
    client = app.test_client()
    picture = make_picture(size=(300, 200), kind="BMP")
    for _ in range(6):
        assert (
            client.post("/api/predict", data=picture, content_type="image/bmp").status_code == 200
        )
        broken = client.post("/api/predict", data=b"x" * 190_000, content_type="image/bmp")
        assert broken.status_code == 415
        large = client.post("/api/predict", data=b"x" * 280_000, content_type="image/bmp")
        assert large.status_code == 413


def test_one_deadline_for_a_batch(make: Make) -> None:
    """What its time does not reach is told so, and the others have their answers."""
    app = make(picture_seconds=1.0)
    pool, slow = service_of(app).pool, threading.Event()

    def run(work: Callable[[], object], wait: bool = False, until: float | None = None) -> object:
        return Pool.run(pool, lambda: slow.wait(0.4) or work(), wait, until)

    pool.run = run  # type: ignore[method-assign,assignment]
    images = [{"image": data_url(make_picture())}] * 32
    begun = time.monotonic()
    answer = app.test_client().post("/api/predict/batch", json={"images": images}).get_json()
    assert time.monotonic() - begun < 5
    codes = [entry["ok"] or entry["problem"]["code"] for entry in answer["results"]]
    assert codes[0] is True
    assert codes[-1] == "too-slow"
    assert len(codes) == 32


def test_bursts_of_refused_batches_leave_nothing(tmp_path: Path) -> None:
    """The collector is not waited for: what was refused is freed when it has been answered."""
    TinyRegistry(tmp_path / "artifacts").add("colours", 1)
    text = base64.b64encode(b"no picture" * 100_000).decode()
    batch = json.dumps({"images": [{"image": text}] * 12}).encode()

    def refuse(url: str) -> set[str]:
        answer = requests.post(url, batch, headers={"Content-Type": "application/json"}, timeout=60)
        if answer.status_code == 429:
            return {"busy"}
        return {entry["problem"]["code"] for entry in answer.json()["results"]}

    with running(tmp_path, workers=1, recycle=0, log_level="error") as service:
        service.ask()
        url, (worker,) = f"{service.url}/api/predict/batch", service.workers()
        seen: set[str] = set()
        with ThreadPoolExecutor(AT_ONCE) as clients:

            def burst() -> None:
                for codes in clients.map(refuse, [url] * AT_ONCE):
                    seen.update(codes)

            before = resident(worker, "VmRSS")
            for _ in range(BURSTS):
                burst()
        until = time.monotonic() + 30
        while (grown := resident(worker, "VmRSS") - before) > GROWS and time.monotonic() < until:
            time.sleep(0.2)
        print(f"{BURSTS} bursts: memory {grown / 2**20:+.1f} MB")
        assert "not-a-picture" in seen
        assert seen <= {"not-a-picture", "busy"}
        assert grown < GROWS, f"{grown >> 20} MB"
        assert service.ask()["label"] == "red"
