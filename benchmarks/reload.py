"""Reloading the model every second under load: how many requests failed.

`python -m benchmarks.reload`.
"""

from __future__ import annotations

import argparse
import http.client
import json
import tempfile
import threading
import time
from pathlib import Path

from benchmarks.serving import Load, ask, form, nginx, service
from benchmarks.tutorial import REFERENCE
from data_cleaning.imaging.encoding import reencode


def main() -> None:
    """Print one JSON object: reloads done and refused, requests answered and failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--artifacts", type=Path, default=Path("artifacts"))
    parser.add_argument("--model", default="celebrities")
    parser.add_argument("--seconds", type=int, default=60)
    args = parser.parse_args()
    body = form(reencode(sorted(REFERENCE.glob("maria_sharapova/*"))[0].read_bytes(), 640))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with (
            service(folder, args.artifacts.resolve(), args.model, 2, LOCAL_ROLE="admin") as (
                app,
                _,
            ),
            nginx(folder, app) as port,
        ):
            print(json.dumps(reload_under_load(port, body, args.model, args.seconds), indent=1))


def reload_under_load(port: int, body: bytes, model: str, seconds: int) -> dict[str, object]:
    loads: list[Load] = []
    stop = threading.Event()

    def clients() -> None:
        while not stop.is_set():
            loads.append(ask(port, [body], 4, 40))

    thread = threading.Thread(target=clients)
    thread.start()
    reloads: dict[int, int] = {}
    for _ in range(seconds):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        connection.request("POST", f"/api/models/{model}/reload")
        status = connection.getresponse().status
        connection.close()
        reloads[status] = reloads.get(status, 0) + 1
        time.sleep(1)
    stop.set()
    thread.join()
    answered = sum(len(load.seconds) for load in loads)
    return {
        "reloads_by_status": reloads,
        "requests": answered,
        "failed": sum(load.failed for load in loads),
    }


if __name__ == "__main__":
    main()
