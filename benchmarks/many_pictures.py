"""`likeness duplicates` and `likeness clean` on many pictures: time and memory, and whether the
time grows as the number of pictures does.

    python -m benchmarks.many_pictures [--pictures 30000 100000] [--commands duplicates clean]

The pictures are cut out of those that come with scikit-learn and scikit-image: 160 x 128 pixels, a
fifth of them near copies, in ten folders. A smaller set is the first of a larger one. Prints one
JSON object: for each command and number of pictures seconds, seconds of processor and the largest
resident memory in MB; growth is the time a picture takes in the largest set, to that in the
smallest.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import sklearn.datasets

from benchmarks.serving import resident_mb
from data_cleaning.imaging.decoding import read
from data_cleaning.imaging.encoding import encode
from data_cleaning.imaging.image import Image
from data_cleaning.imaging.resizing import resize
from tests.support.paths import ROOT
from tests.support.pictures import packaged

WIDTH, HEIGHT, CLASSES = 160, 128, 10
SOURCES = ("astronaut.png", "chelsea.png", "coffee.png", "motorcycle_left.png", "rocket.jpg")
SMALLEST, LARGEST = 0.3, 0.9  # of a source's shorter side
COPIES = 0.2  # part of the pictures that show nearly what another one shows


def main() -> None:
    """Make the pictures, look at them, and print one JSON object."""
    args = arguments()
    sizes = sorted(args.pictures)
    with tempfile.TemporaryDirectory() as name:
        folders = {size: Path(name) / str(size) for size in sizes}
        fill(folders)
        figures = {
            command: {size: looked_at(command, folders[size]) for size in sizes}
            for command in args.commands
        }
    print(json.dumps({name: with_growth(each) for name, each in figures.items()}, indent=1))


def fill(folders: dict[int, Path]) -> None:
    """Folders of so many pictures each. The pictures of a larger one begin with those of a smaller
    one, and are the same files.
    """
    for folder in folders.values():
        for number in range(CLASSES):
            (folder / f"class-{number}").mkdir(parents=True)
    for index, data in enumerate(pictures(max(folders))):
        place = f"class-{index % CLASSES}/{index:07d}.jpg"
        first, *others = (folder for size, folder in folders.items() if index < size)
        (first / place).write_bytes(data)
        for other in others:
            os.link(first / place, other / place)


def pictures(count: int) -> Iterator[bytes]:
    """The same ones every time."""
    random = np.random.default_rng(0)
    sources = open_sources()
    cut = sources[0]
    for index in range(count):
        if index == 0 or random.random() >= COPIES:
            cut = a_part(sources[random.integers(len(sources))], random)
        light = random.uniform(0.95, 1.05)
        yield encode(np.clip(cut * light, 0, 255).astype(np.uint8), ".jpg", 88)


def open_sources() -> list[Image]:
    """Photographs that are installed with the libraries."""
    more = sorted((Path(sklearn.datasets.__file__).parent / "images").glob("*.jpg"))
    return [*map(packaged, SOURCES), *map(read, more)]


def a_part(source: Image, random: np.random.Generator) -> Image:
    """A part of a picture, mirrored or not."""
    height, width = source.shape[:2]
    tall = int(min(height, width * HEIGHT / WIDTH) * random.uniform(SMALLEST, LARGEST))
    wide = tall * WIDTH // HEIGHT
    top, left = random.integers(height - tall + 1), random.integers(width - wide + 1)
    part = resize(source[top : top + tall, left : left + wide], WIDTH, HEIGHT)
    return part[:, ::-1] if random.random() < 0.5 else part


def looked_at(command: str, folder: Path) -> dict[str, float]:
    """Figures of one command on one folder."""
    words = [sys.executable, "-m", "likeness", command, str(folder), "--json"]
    if command == "clean":
        words += ["--detector", "yunet_face", "--no-labels", "--out", f"{folder}-cleaning"]
    begun = time.perf_counter()
    process = subprocess.Popen(words, cwd=ROOT, stdout=subprocess.DEVNULL)
    most, ended = 0.0, 0  # what wait4 says of memory begins with that of this process
    while not ended:
        with contextlib.suppress(ValueError):  # it has ended by now
            most = resident_mb(process.pid, largest=True)
        time.sleep(0.05)
        ended, status, used = os.wait4(process.pid, os.WNOHANG)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"likeness {command} ended with {process.returncode}")
    return {
        "seconds": round(time.perf_counter() - begun, 1),
        "processor": round(used.ru_utime + used.ru_stime, 1),
        "memory_mb": round(most),
    }


def with_growth(figures: dict[int, dict[str, float]]) -> dict[str, Any]:
    """Add how the time of a picture grows. 1 is linear."""
    smallest, largest = min(figures), max(figures)
    a_picture = {size: figures[size]["seconds"] / size for size in (smallest, largest)}
    growth = round(a_picture[largest] / a_picture[smallest], 2)
    return {**{str(size): each for size, each in figures.items()}, "growth": growth}


def arguments(given: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pictures", type=int, nargs="+", default=[30_000, 100_000])
    parser.add_argument(
        "--commands", nargs="+", choices=("duplicates", "clean"), default=["duplicates", "clean"]
    )
    return parser.parse_args(given)


if __name__ == "__main__":
    main()
