"""What a worker weighs, and whether it grows: proportional set size after 1,000 requests and after
20,000.

`python -m benchmarks.memory --recipe face-classic` trains on the reference set in
LIKENESS_TEST_DATA and asks two preloaded workers about it with four clients. What a worker loads or
makes at its first pictures is no growth: both have worked for a while before the first mark. Shared
libraries weigh less the more processes use them: measure while no other Python starts or ends.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.serving import (
    ask,
    children,
    processor_seconds,
    proportional_mb,
    reference_forms,
    service,
    trained,
)

CLIENTS = 4
WARM = (
    2.0  # seconds of processor time that each worker has spent on pictures before anything counts
)
MOST = 5000  # requests to get there
WEIGHINGS, LAST = 20, 200  # so many weighings, among so many requests before each mark


def main() -> None:
    """Print one JSON object: MB a worker at each mark, and the growth of the one that grew most."""
    args = arguments()
    bodies = reference_forms(args.pictures, args.longest)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        artifacts = args.artifacts.resolve() if args.artifacts else trained(folder, args.recipe)
        with service(folder, artifacts, args.model, 2) as (port, master):
            workers = both(master)
            begun = weigh(workers)
            warm(port, bodies, workers)
            marks, failed, done = {}, 0, 0
            for mark in args.marks:
                failed += ask(port, bodies, CLIENTS, mark - done - LAST).failed
                marks[mark], more = weighed(port, bodies, workers)
                failed, done = failed + more, mark
                print(f"{mark}: {marks[mark]} MB", file=sys.stderr)
            if children(master) != workers:
                raise SystemExit(
                    "a worker was replaced meanwhile: what was weighed is not what began"
                )
            grown = max(
                after - before
                for before, after in zip(marks[args.marks[0]], marks[done], strict=True)
            )
            figures = {
                "mb_at_start": begun,
                "mb_per_worker": marks,
                "growth_mb": round(grown, 1),
                "failed": failed,
            }
            print(json.dumps({**figures, "master_mb": round(proportional_mb(master), 1)}, indent=1))


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--recipe", default="face-modern")
    parser.add_argument("--artifacts", type=Path, help="of a model that is there already")
    parser.add_argument("--model", default="reference")
    parser.add_argument(
        "--marks", type=int, nargs="+", default=[1000, 5000, 10000, 15000, 20000], help="requests"
    )
    parser.add_argument("--pictures", type=int, default=40, help="of the reference set")
    parser.add_argument(
        "--longest", type=int, default=640, help="pixels a side of the pictures asked about"
    )
    return parser.parse_args()


def both(master: int) -> list[int]:
    """The workers, once there are two: the service answers as soon as there is one."""
    until = time.monotonic() + 30
    while len(workers := children(master)) < 2:
        if time.monotonic() > until:
            raise SystemExit("the second worker did not come within 30 seconds")
        time.sleep(0.05)
    return workers


def warm(port: int, bodies: Sequence[bytes], workers: Sequence[int]) -> None:
    """Ask until every worker has had its share: which one answers is up to the kernel."""
    idle = {pid: processor_seconds(pid) for pid in workers}
    for _ in range(0, MOST, 100):
        ask(port, bodies, CLIENTS, 100)
        if all(processor_seconds(pid) - idle[pid] > WARM for pid in workers):
            return
    raise SystemExit(f"after {MOST} requests a worker still had nothing to do")


def weighed(port: int, bodies: Sequence[bytes], workers: Sequence[int]) -> tuple[list[float], int]:
    """(MB of each worker, failed requests) of the last requests before a mark: medians, for the
    memory of a picture comes and goes by some 10 MB, whatever was asked before."""
    turns, failed = [], 0
    for _ in range(WEIGHINGS):
        failed += ask(port, bodies, CLIENTS, LAST // WEIGHINGS).failed
        turns.append(weigh(workers))
    return [round(statistics.median(each), 1) for each in zip(*turns, strict=True)], failed


def weigh(workers: Sequence[int]) -> list[float]:
    return [round(proportional_mb(each), 1) for each in workers]


if __name__ == "__main__":
    main()
