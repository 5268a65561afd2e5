"""What a worker weighs, and whether it grows: proportional set size after 1,000 requests and after 20,000.

`python -m benchmarks.memory --artifacts artifacts --model celebrities`; two preloaded workers, four clients.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path

from benchmarks.serving import ask, children, form, proportional_mb, service
from benchmarks.tutorial import REFERENCE
from data_cleaning.images import reencode


def main() -> None:
    """Print one JSON object: MB a worker at each mark, and the growth of the one that grew most."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--artifacts", type=Path, default=Path("artifacts"))
    parser.add_argument("--model", default="celebrities")
    parser.add_argument("--marks", type=int, nargs="+", default=[1000, 20000], help="requests")
    parser.add_argument("--longest", type=int, default=640, help="pixels a side of the picture asked about")
    args = parser.parse_args()
    body = form(reencode(sorted(REFERENCE.glob("maria_sharapova/*"))[0].read_bytes(), args.longest))
    with (
        tempfile.TemporaryDirectory() as name,
        service(Path(name), args.artifacts.resolve(), args.model, 2) as (port, master),
    ):
        workers = children(master)
        marks, done, failed = {0: weigh(workers)}, 0, 0
        for mark in args.marks:
            failed += ask(port, [body], 4, mark - done).failed
            marks[mark], done = weigh(workers), mark
        grown = max(after - before for before, after in zip(marks[args.marks[0]], marks[done], strict=True))
        figures = {"mb_per_worker": marks, "growth_mb": round(grown, 1), "failed": failed}
        print(json.dumps({**figures, "master_mb": round(proportional_mb(master), 1)}, indent=1))


def weigh(workers: list[int]) -> list[float]:
    return [round(proportional_mb(each), 1) for each in workers]


if __name__ == "__main__":
    main()
