"""A training by the threads of one process, by processes of joblib and by a local Dask cluster.

    python -m benchmarks.executors [--recipe face-modern] [--turns 3] [--data FOLDER]

Each turn trains once each way, from the start of the command to its end, with as many workers as
there are cores. Prints one JSON object: seconds, seconds of processor, their ratios to joblib's,
turn by turn, and whether all saved the same model. Pictures come from LIKENESS_TEST_DATA.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import cv2
import joblib

from benchmarks.tutorial import REFERENCE
from data_cleaning.executors import using
from data_cleaning.files import sha256_of_bytes
from likeness.cli import likeness, run

T = TypeVar("T")
R = TypeVar("R")
LIKENESS, JOBLIB = ["-m", "likeness"], ["-m", "benchmarks.executors", "joblib"]
WAYS = {"threads": (LIKENESS, []), "joblib": (JOBLIB, []), "dask": (LIKENESS, ["--dask", "local"])}


class Processes:
    """An executor: processes of joblib, one a core."""

    address = ""

    def map(self, work: Callable[[T], R], items: Sequence[T]) -> Iterator[R]:
        parallel = joblib.Parallel(n_jobs=-1, return_as="generator")
        yield from parallel(joblib.delayed(_one)(work, item) for item in items)

    def joblib_backend(self) -> dict[str, object]:
        return {"backend": "loky"}


def _one(work: Callable[[T], R], item: T) -> R:
    """In a process of joblib."""
    cv2.setNumThreads(1)
    return work(item)


@dataclass(frozen=True)
class Training:
    """seconds: by the clock; processor: of the command and all processes that it started."""

    seconds: float
    processor: float
    digest: str


def train(way: str, folder: Path, args: argparse.Namespace) -> Training:
    """One command that trains. Raises SystemExit where it fails."""
    before, more = WAYS[way]
    command = [sys.executable, *before, "train", str(args.data), "--recipe", args.recipe]
    command += [
        "--name",
        "faces",
        "--artifacts",
        str(folder / way),
        "--json",
        "--progress-json",
        *more,
    ]
    with tempfile.TemporaryFile("w+") as said:
        start = time.perf_counter()
        child = subprocess.Popen(command, stdout=said, stderr=said)
        _, status, usage = os.wait4(child.pid, 0)
        seconds = time.perf_counter() - start
        child.returncode = os.waitstatus_to_exitcode(status)
        said.seek(0)
        if child.returncode != 0:
            raise SystemExit(f"{' '.join(command)} failed: {said.read()[-2000:]}")
    return Training(seconds, usage.ru_utime + usage.ru_stime, digest(folder / way / "faces"))


def digest(model: Path) -> str:
    """sha256 of what the newest version answers with: its files' hashes, labels and thresholds."""
    newest = max(
        (folder for folder in model.iterdir() if folder.is_dir()), key=lambda f: int(f.name)
    )
    manifest = json.loads((newest / "manifest.json").read_text("utf-8"))
    answers = {key: manifest[key] for key in ("files", "labels", "acceptance", "sources")}
    return sha256_of_bytes(json.dumps(answers, sort_keys=True).encode())


def figures(turns: Sequence[dict[str, Training]]) -> dict[str, object]:
    """Medians of all turns, and of the ratios within each."""
    found: dict[str, object] = {"turns": len(turns), "workers": os.cpu_count()}
    for way in WAYS:
        found[way] = {
            "seconds": _median([turn[way].seconds for turn in turns]),
            "processor": _median([turn[way].processor for turn in turns]),
            "to_joblib": _median([turn[way].seconds / turn["joblib"].seconds for turn in turns]),
            "processor_to_joblib": _median(
                [turn[way].processor / turn["joblib"].processor for turn in turns]
            ),
        }
    digests = {one.digest for turn in turns for one in turn.values()}
    return {**found, "same_model": len(digests) == 1, "digests": sorted(digests)}


def _median(numbers: list[float]) -> float:
    return round(statistics.median(numbers), 2)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--recipe", default="face-modern")
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--data", type=Path, default=REFERENCE, help="<class>/<picture>")
    args = parser.parse_args()
    turns = []
    with tempfile.TemporaryDirectory() as name:
        for _ in range(args.turns):
            turns.append({way: train(way, Path(name), args) for way in WAYS})
            print(turns[-1], file=sys.stderr)
    print(json.dumps(figures(turns), indent=1))


if __name__ == "__main__":
    if sys.argv[1:2] == ["joblib"]:
        with using(Processes()):
            sys.exit(run(likeness, "likeness", sys.argv[2:]))
    main()
