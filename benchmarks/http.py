"""How quick the whole way is: JPEGs of 640 px through nginx and gunicorn, and the tutorial's server
in the same run.

`python -m benchmarks.http` trains face-modern on the reference set in LIKENESS_TEST_DATA and asks
with one picture of it, then with every n-th. All servers take turns with the same pictures in the
same order, so that whatever else the machine does hits all of them.

The tutorial's server stands behind a plain nginx. Before it takes in a body of 100,000 bytes, the
project's own asks the application whether the client may send it, by a route that the tutorial's
server does not have: it would refuse such pictures, and a refusal is quick. What fails counts
nowhere: ratios are of answers a second.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import statistics
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.serving import (
    Load,
    ask,
    free_port,
    nginx,
    plain_nginx,
    reference_forms,
    service,
    started,
    trained,
    wait_ready,
)

SERVERS = {
    "1 worker": (1, 1),
    "2 workers": (2, 1),
    "1 worker, 2 at once": (1, 2),
}  # processes, pictures at once in each
TUTORIAL = "tutorial"


def main() -> None:
    """Print one JSON object: figures of each server, and the ratios that matter, for one picture
    and for many.
    """
    args = arguments()
    many = reference_forms(args.pictures)
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as stack:
        folder = Path(name)
        artifacts = args.artifacts.resolve() if args.artifacts else trained(folder, args.recipe)
        ports = {
            TUTORIAL: stack.enter_context(
                plain_nginx(folder, stack.enter_context(tutorial(folder)))
            )
        }
        for server, (workers, at_once) in SERVERS.items():
            app, _ = stack.enter_context(
                service(folder, artifacts, args.model, workers, AT_ONCE=at_once)
            )
            ports[server] = stack.enter_context(nginx(folder, app))
        for port in ports.values():
            ask(port, many, args.clients, 20)  # the first answers load what is loaded lazily
        print(
            json.dumps(
                {
                    "one picture": compared(ports, many[:1], args),
                    "many pictures": compared(ports, many, args),
                },
                indent=1,
            )
        )


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--recipe", default="face-modern")
    parser.add_argument("--artifacts", type=Path, help="of a model that is there already")
    parser.add_argument("--model", default="reference")
    parser.add_argument("--clients", type=int, default=4)
    parser.add_argument("--requests", type=int, default=200, help="in one turn")
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--pictures", type=int, default=40, help="of the reference set")
    return parser.parse_args()


def compared(
    ports: dict[str, int], bodies: Sequence[bytes], args: argparse.Namespace
) -> dict[str, object]:
    """Figures of all turns together, and medians of the ratios turn by turn."""
    turns: dict[str, list[Load]] = {each: [] for each in ports}
    for _ in range(args.turns):
        for each, port in ports.items():
            turns[each].append(ask(port, bodies, args.clients, args.requests))
    figures: dict[str, object] = {}
    for name, loads in turns.items():
        whole = Load(
            [s for load in loads for s in load.seconds], sum(load.failed for load in loads)
        )
        whole.took = sum(load.took for load in loads)
        figures[name] = whole.figures()

    def ratio(one: str, other: str) -> float:
        pairs = zip(turns[one], turns[other], strict=True)
        return round(
            statistics.median(a.answers_a_second / b.answers_a_second for a, b in pairs),
            2,
        )

    figures["2 workers / 1 worker"] = ratio("2 workers", "1 worker")
    figures["2 workers / tutorial"] = ratio("2 workers", TUTORIAL)
    return figures


@contextlib.contextmanager
def tutorial(folder: Path) -> Iterator[int]:
    """The tutorial's server; its port."""
    port = free_port()
    command = [sys.executable, "-m", "benchmarks.tutorial_server", "--port", str(port)]
    with started(
        command, {**os.environ, "OMP_NUM_THREADS": "1"}, folder / "tutorial.log"
    ) as process:
        wait_ready(port, process)
        yield port


if __name__ == "__main__":
    main()
