"""How quick the whole way is: JPEGs of 640 px through nginx and gunicorn, and the tutorial's server in the same run.

`python -m benchmarks.http --artifacts artifacts --model celebrities`; the pictures are every n-th of the reference set
in LIKENESS_TEST_DATA. One worker, two workers and the tutorial take turns with the same pictures in the same order, so
that whatever else the machine does hits all of them.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import statistics
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.serving import Load, ask, free_port, nginx, reference_forms, service, started, wait_ready


def main() -> None:
    """Print one JSON object: figures of each, and the ratios that matter."""
    args = arguments()
    bodies = reference_forms(args.pictures)
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as stack:
        folder = Path(name)
        ports = {}
        for workers in (1, 2):
            app, _ = stack.enter_context(service(folder, args.artifacts.resolve(), args.model, workers))
            ports[f"workers: {workers}"] = stack.enter_context(nginx(folder, app))
        ports["tutorial"] = stack.enter_context(nginx(folder, stack.enter_context(tutorial(folder))))
        turns: dict[str, list[Load]] = {each: [] for each in ports}
        for port in ports.values():
            ask(port, bodies, args.clients, 20)  # the first answers load what is loaded lazily
        for _ in range(args.turns):
            for each, port in ports.items():
                turns[each].append(ask(port, bodies, args.clients, args.requests))
    print(json.dumps(report(turns), indent=1))


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--artifacts", type=Path, default=Path("artifacts"))
    parser.add_argument("--model", default="celebrities")
    parser.add_argument("--clients", type=int, default=4)
    parser.add_argument("--requests", type=int, default=200, help="in one turn")
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--pictures", type=int, default=40, help="of the reference set")
    return parser.parse_args()


def report(turns: dict[str, list[Load]]) -> dict[str, object]:
    """Figures of all turns together, and medians of the ratios turn by turn."""
    figures: dict[str, object] = {}
    for name, loads in turns.items():
        whole = Load([s for load in loads for s in load.seconds], sum(load.failed for load in loads))
        whole.took = sum(load.took for load in loads)
        figures[name] = whole.figures()

    def ratio(one: str, other: str) -> float:
        pairs = zip(turns[one], turns[other], strict=True)
        return round(statistics.median((len(a.seconds) / a.took) / (len(b.seconds) / b.took) for a, b in pairs), 2)

    figures["2 workers / 1 worker"] = ratio("workers: 2", "workers: 1")
    figures["2 workers / tutorial"] = ratio("workers: 2", "tutorial")
    return figures


@contextlib.contextmanager
def tutorial(folder: Path) -> Iterator[int]:
    """The tutorial's server; its port."""
    port = free_port()
    command = [sys.executable, "-m", "benchmarks.tutorial_server", "--port", str(port)]
    with started(command, {**os.environ, "OMP_NUM_THREADS": "1"}, folder / "tutorial.log") as process:
        wait_ready(port, process)
        yield port


if __name__ == "__main__":
    main()
