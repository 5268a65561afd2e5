"""Cameras for minutes: `likeness watch` of each, and an RTSP server that dies and returns.

`python -m benchmarks.cameras --minutes 5` shows pictures of the reference set in LIKENESS_TEST_DATA
by a real RTSP server, has the shipped model answer, and prints one JSON object: whether all came
back, what was dropped, the longest lag, memory and processor time of each process.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import re
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.serving import REFERENCE, children, processor_seconds, resident_mb, service
from data_cleaning.imaging.decoding import read
from data_cleaning.imaging.encoding import encode
from data_cleaning.imaging.resizing import shrink
from tests.support.cameras import RtspServer, Watching, held, rtsp_server, watching
from tests.support.mosquitto import Listener, broker, listening
from tests.support.paths import ROOT

SIZE = (640, 480)
PICTURES = 12  # a camera
MODEL = "celebrities-modern"


@dataclass
class Soak:
    """seconds: of all. away: for which the RTSP server is dead, in the middle. gap: of `watch`."""

    cameras: int
    every: float
    seconds: float
    away: float
    gap: float = 30.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--cameras", type=int, default=4)
    parser.add_argument("--every", type=float, default=1.0)
    parser.add_argument("--away", type=float, default=20.0, help="seconds without the server")
    args = parser.parse_args()
    soak = Soak(args.cameras, args.every, 60 * args.minutes, args.away)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        films = [film(folder / f"film-{n}", n, soak.cameras) for n in range(soak.cameras)]
        with service(folder, ROOT / "artifacts", MODEL, 1) as (port, pid):
            begun, spent = time.monotonic(), with_children(pid)
            found = run(folder, films, f"http://127.0.0.1:{port}", soak)
            spent, seconds = with_children(pid) - spent, time.monotonic() - begun
    found["processor share of the service"] = round(spent / seconds, 3)
    print(json.dumps(found, indent=1))


def film(folder: Path, number: int, of: int) -> Path:
    """Pictures of the reference set, each for eight seconds."""
    paths = sorted(REFERENCE.glob("*/*"))[number::of]
    chosen = [paths[index] for index in np.linspace(0, len(paths) - 1, PICTURES).astype(int)]
    pictures = []
    for path in chosen:
        image, canvas = shrink(read(path), SIZE[1])[0], np.zeros((*SIZE[::-1], 3), np.uint8)
        canvas[: image.shape[0], : image.shape[1]] = image
        pictures.append(encode(canvas, ".jpg", 90))
    return held(folder, pictures, 80)


def run(folder: Path, films: list[Path], url: str, soak: Soak) -> dict[str, Any]:
    """Watch them, let the server die in the middle, and look at everything."""
    with (
        broker(folder / "broker") as mosquitto,
        listening(mosquitto.port, "likeness/#") as listener,
        rtsp_server(*films) as cameras,
        contextlib.ExitStack() as stack,
    ):
        settings = {"mqtt": mosquitto.url}
        watched = []
        for number in range(soak.cameras):
            words = [cameras.url(number), "--camera", f"c{number}", "--every", soak.every]
            words += ["--gap", soak.gap]
            place = folder / f"watch-{number}"
            watched.append(
                stack.enter_context(watching(place, *words, "--server", url, **settings))
            )
        return measured(soak, watched, listener, cameras)


def measured(
    soak: Soak, watched: list[Watching], listener: Listener, cameras: RtspServer
) -> dict[str, Any]:
    wait_all(listener, soak.cameras, b"online")
    begun, samples = time.monotonic(), list[list[float]]()
    spent = [processor_seconds(one.process.pid) for one in watched]
    half = (soak.seconds - soak.away) / 2
    sample(watched, samples, half)
    cameras.end()
    wait_all(listener, soak.cameras, b"offline")
    sample(watched, samples, soak.away)
    events = [len(listener.of(f"likeness/cameras/c{n}")) for n in range(soak.cameras)]
    cameras.begin()
    again = time.monotonic()
    wait_all(listener, soak.cameras, b"online")
    resumed = time.monotonic() - again
    sample(watched, samples, half)
    after = [len(listener.of(f"likeness/cameras/c{n}")) for n in range(soak.cameras)]
    spent = [processor_seconds(w.process.pid) - s for w, s in zip(watched, spent, strict=True)]
    seconds = time.monotonic() - begun
    statuses = [one.end() for one in watched]
    third = max(1, len(samples) // 3)
    return {
        "seconds": round(seconds),
        "ended with": statuses,
        "seconds until all were online again": round(resumed, 1),
        "events before and after": list(zip(events, after, strict=True)),
        "processor share of each": [round(one / seconds, 3) for one in spent],
        "MB at first and last": [
            [round(row[0], 1), round(row[-1], 1)]
            for row in np.array([*samples[third : third + 1], samples[-1]]).T
        ],
        **tallies(watched),
        "load of the machine": os.getloadavg(),
    }


def tallies(watched: list[Watching]) -> dict[str, list[float]]:
    """What the processes say of themselves, all of their lines together."""
    words = {
        "looked at": r"(\d+) frames looked at",
        "dropped": r"(\d+) dropped",
        "unanswered": r"(\d+) unanswered",
        "longest lag": r"longest lag ([\d.]+)",
    }
    return {
        name: [max(map(float, re.findall(pattern, one.said))) for one in watched]
        for name, pattern in words.items()
    }


def wait_all(listener: Listener, cameras: int, said: bytes) -> None:
    topics = [f"likeness/cameras/c{n}/availability" for n in range(cameras)]
    for topic in topics:
        listener.wait(lambda topic=topic: listener.last(topic) == said)  # type: ignore[misc]


def sample(watched: list[Watching], samples: list[list[float]], seconds: float) -> None:
    """Memory of each process, in MB, every second for so long."""
    for _ in ticks(seconds):
        samples.append([resident_mb(one.process.pid) for one in watched])


def ticks(seconds: float) -> Iterator[float]:
    until = time.monotonic() + seconds
    while (now := time.monotonic()) < until:
        yield now
        time.sleep(min(1.0, max(0.0, until - time.monotonic())))


def with_children(pid: int) -> float:
    """Processor seconds of a process and of those that it has begun."""
    return sum(map(processor_seconds, [pid, *children(pid)]))


if __name__ == "__main__":
    main()
