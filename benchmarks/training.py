"""Does training slow the answers down?

The same pictures are asked about in turns, without a training and beside one.

`python -m benchmarks.training` serves face-modern, trained on the reference set in
LIKENESS_TEST_DATA, with two workers, and trains face-classic on the same pictures over the API:
with one client that asks, then with four.
"""

from __future__ import annotations

import argparse
import http.client
import json
import shutil
import statistics
import tempfile
import time
from pathlib import Path

from benchmarks.serving import Load, ask, reference_forms, service, trained
from benchmarks.tutorial import REFERENCE
from data_cleaning.json_types import JsonObject


def main() -> None:
    """Print one JSON object: figures without and with a training, and the ratios, by the number of
    clients.
    """
    args = arguments()
    bodies = reference_forms(args.pictures)
    figures: dict[str, object] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copytree(REFERENCE, folder / "datasets" / "family")
        artifacts = trained(folder, args.recipe)
        given = {"LOCAL_ROLE": "admin", "TRUSTED_PROXY": "", **dict(args.set)}
        with service(folder, artifacts, "reference", 2, **given) as (port, _):
            ask(port, bodies, 4, 40)  # the first answers load what is loaded lazily
            for clients in args.clients:
                figures[f"{clients} clients"] = compared(port, bodies, clients, args)
    print(json.dumps(figures, indent=1))


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--recipe", default="face-modern", help="of the model that answers")
    parser.add_argument("--train", default="face-classic", help="recipe of the training beside it")
    parser.add_argument("--clients", type=int, nargs="+", default=[1, 4])
    parser.add_argument("--requests", type=int, default=150, help="in one turn")
    parser.add_argument("--turns", type=int, default=5, help="for each number of clients")
    parser.add_argument("--pictures", type=int, default=40, help="of the reference set")
    parser.add_argument(
        "--set",
        nargs=2,
        action="append",
        default=[],
        metavar=("NAME", "VALUE"),
        help="a setting of the service, without its prefix: TRAIN_NICE 0",
    )
    return parser.parse_args()


def compared(
    port: int, bodies: list[bytes], clients: int, args: argparse.Namespace
) -> dict[str, object]:
    """Turns without a training and beside one, one after the other; medians of the ratios turn by
    turn.
    """
    without, beside = [], []
    for _ in range(args.turns):
        without.append(ask(port, bodies, clients, args.requests))
        job = begin(port, args.train)
        beside.append(ask(port, bodies, clients, args.requests))
        end(port, job)
    pairs = [(a.figures(), b.figures()) for a, b in zip(without, beside, strict=True)]
    ratios = {
        f"{each} beside / without": round(statistics.median(b[each] / a[each] for a, b in pairs), 2)
        for each in ("p50_ms", "p95_ms", "per_second")
    }
    return {"without": together(without), "beside a training": together(beside), **ratios}


def together(turns: list[Load]) -> dict[str, float]:
    whole = Load(
        [each for turn in turns for each in turn.seconds], sum(turn.failed for turn in turns)
    )
    whole.took = sum(turn.took for turn in turns)
    return whole.figures()


def begin(port: int, recipe: str) -> str:
    """Start a training; its number, once it is at the pictures."""
    wish = {"dataset": "family", "model": "family", "recipe": recipe}
    job = str(call(port, "POST", "/api/jobs", wish)["id"])
    until = time.monotonic() + 60
    while not call(port, "GET", f"/api/jobs/{job}")["progress"]:
        if time.monotonic() > until:
            raise SystemExit("the training did not begin within a minute")
        time.sleep(0.2)
    return job


def end(port: int, job: str) -> None:
    """Cancel a training that must not have ended by itself, and wait until it has."""
    state = call(port, "POST", f"/api/jobs/{job}/cancel")["state"]
    while state == "running":
        time.sleep(0.2)
        state = call(port, "GET", f"/api/jobs/{job}")["state"]
    if state != "cancelled":
        raise SystemExit(
            f"the training was {state} before the clients were: ask with fewer --requests"
        )


def call(port: int, method: str, path: str, body: object = None) -> JsonObject:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request(
        method, path, json.dumps(body) if body else None, {"Content-Type": "application/json"}
    )
    answer = connection.getresponse()
    text = answer.read()
    connection.close()
    if answer.status >= 300:
        raise SystemExit(
            f"{method} {path} answered {answer.status}: {text[:300].decode('utf-8', 'replace')}"
        )
    return dict(json.loads(text))


if __name__ == "__main__":
    main()
