"""Starting what the HTTP benchmarks measure, on loopback: gunicorn with our settings, nginx before
it, clients.

`python -m benchmarks.serving` starts the service with two workers again and again on one state
folder. It prints what each start took until /readyz said yes: seconds on the clock, seconds of
processor of the master and the workers together, and the proportional set size of the workers. Then
it asks with one picture again and again on one connection, so one worker: what the first time took
beside the median of the others says whether anything was put off. The first start makes the
database. --artifacts: a folder with one model shows what that model alone costs.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import http.client
import json
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.tutorial import REFERENCE
from data_cleaning.imaging.decoding import decode
from data_cleaning.imaging.encoding import reencode
from likeness.serving.nginx_site import Site, Standalone, write_standalone

ROOT = Path(__file__).resolve().parents[1]
PICTURES = 30  # asked for after a start
PLAIN_NGINX = """
daemon off;
worker_processes 1;
pid "{state}/nginx.pid";
error_log "{state}/error.log" warn;
events {{ worker_connections 512; }}
http {{
    client_body_temp_path "{state}/body";
    proxy_temp_path "{state}/proxy";
    fastcgi_temp_path "{state}/fastcgi";
    uwsgi_temp_path "{state}/uwsgi";
    scgi_temp_path "{state}/scgi";
    access_log off;
    client_max_body_size 32m;
    client_body_buffer_size 512k;
    upstream app {{ server 127.0.0.1:{app}; keepalive 16; }}
    server {{
        listen 127.0.0.1:{port};
        location / {{
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_pass http://app;
        }}
    }}
}}
"""


@dataclass
class Load:
    """What some clients saw. seconds: of each answer. failed: requests without a 200. took: seconds
    in all.
    """

    seconds: list[float] = field(default_factory=list)
    failed: int = 0
    took: float = 0.0

    @property
    def answers_a_second(self) -> float:
        """Requests that got a 200, a second."""
        return (len(self.seconds) - self.failed) / self.took

    def figures(self) -> dict[str, float]:
        """Answers a second, and milliseconds at the median and the 95th of a hundred."""
        cuts = statistics.quantiles(self.seconds, n=20)
        return {
            "requests": len(self.seconds),
            "failed": self.failed,
            "per_second": round(self.answers_a_second, 2),
            "p50_ms": round(statistics.median(self.seconds) * 1000, 1),
            "p95_ms": round(cuts[18] * 1000, 1),
            "p95_to_p50": round(cuts[18] / statistics.median(self.seconds), 2),
        }


def ask(port: int, bodies: Sequence[bytes], clients: int, requests: int) -> Load:
    """So many clients, each with a connection of its own, ask with one body after another until so
    many came.
    """
    load, guard = Load(), threading.Lock()
    left = iter(range(requests))

    def client() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        while True:
            with guard:
                number = next(left, None)
            if number is None:
                break
            begun = time.perf_counter()
            try:
                connection.request(
                    "POST", "/api/classify_image", bodies[number % len(bodies)], headers
                )
                answer = connection.getresponse()
                answer.read()
                status = answer.status
            except (OSError, http.client.HTTPException):
                connection.close()  # the next request opens it anew
                status = 0
            with guard:
                load.seconds.append(time.perf_counter() - begun)
                load.failed += status != 200
        connection.close()

    begun = time.perf_counter()
    threads = [threading.Thread(target=client) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    load.took = time.perf_counter() - begun
    return load


def reference_forms(count: int, longest: int = 640) -> list[bytes]:
    """Requests for so many pictures, evenly out of those of the reference set that are large
    enough.

    longest: pixels of the longer side, which the pictures are shrunk to.
    """
    pictures = [path.read_bytes() for path in sorted(REFERENCE.glob("*/*"))]
    large = [data for data in pictures if max(decode(data).shape[:2]) >= longest]
    if not large:
        raise SystemExit(
            f"there are no pictures of {longest} pixels in {REFERENCE}: set LIKENESS_TEST_DATA"
        )
    chosen = [large[index] for index in np.linspace(0, len(large) - 1, count).astype(int)]
    return [form(reencode(data, longest)) for data in chosen]


def trained(folder: Path, recipe: str) -> Path:
    """Train a model named `reference` on the reference set; its artifacts folder."""
    artifacts = folder / "artifacts"
    command = [
        sys.executable,
        "-m",
        "model",
        "train",
        str(REFERENCE),
        "--name",
        "reference",
        "--recipe",
        recipe,
    ]
    more = ["--artifacts", str(artifacts), "--private"]
    subprocess.run([*command, *more], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    return artifacts


def form(picture: bytes) -> bytes:
    """The tutorial's request for a picture."""
    text = "data:image/jpeg;base64," + base64.b64encode(picture).decode()
    return urllib.parse.urlencode({"image_data": text}).encode()


@contextlib.contextmanager
def service(
    folder: Path, artifacts: Path, model: str, workers: int, **more: object
) -> Iterator[tuple[int, int]]:
    """Our service: (its port, the process id of gunicorn's master). more: further settings, without
    their prefix.
    """
    port = free_port()
    given = {
        "BIND": f"127.0.0.1:{port}",
        "STATE": folder / f"state-{port}",
        "ARTIFACTS": artifacts,
        "DATASETS": folder / "datasets",
        "MODEL": model,
        "WORKERS": workers,
        "AT_ONCE": 1,
        "LOG_LEVEL": "warning",
        "RECYCLE": 0,
        "TRUSTED_PROXY": "127.0.0.1",
        "OPEN": 1,
        **more,
    }
    environment = {
        **os.environ,
        **{f"LIKENESS_{name}": str(value) for name, value in given.items()},
    }
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed service is compiled
    command = [
        sys.executable,
        "-m",
        "gunicorn",
        "-c",
        "server/process/gunicorn_conf.py",
        "server.wsgi:app",
    ]
    with started(command, environment, folder / "gunicorn.log") as process:
        wait_ready(port, process)
        yield port, process.pid


@contextlib.contextmanager
def nginx(folder: Path, app: int) -> Iterator[int]:
    """The project's own nginx before a port; its port."""
    port = free_port()
    site = Site(ui=(ROOT / "ui").resolve(), app=f"127.0.0.1:{app}", listen=(f"127.0.0.1:{port}",))
    state = (folder / f"nginx-{port}").resolve()
    with _nginx_of(write_standalone(Standalone(state, site)), port):
        yield port


@contextlib.contextmanager
def plain_nginx(folder: Path, app: int) -> Iterator[int]:
    """An nginx that only hands on, before a port; its port. It keeps connections and holds bodies
    in memory as the project's own does, and asks nobody for a key.
    """
    port = free_port()
    state = (folder / f"nginx-{port}").resolve()
    state.mkdir()
    config = state / "nginx.conf"
    config.write_text(PLAIN_NGINX.format(state=state, port=port, app=app))
    with _nginx_of(config, port):
        yield port


@contextlib.contextmanager
def _nginx_of(config: Path, port: int) -> Iterator[None]:
    state = config.parent
    program = shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    if program is None:
        raise SystemExit("nginx is not installed; this benchmark goes through it.")
    command = [program, "-p", str(state), "-e", str(state / "error.log"), "-c", str(config)]
    log = state.with_suffix(".log")
    with started(command, dict(os.environ), log, signal.SIGQUIT) as process:
        wait_ready(port, process)
        yield


@contextlib.contextmanager
def started(
    command: list[str],
    environment: dict[str, str],
    log: Path,
    stop: signal.Signals = signal.SIGTERM,
) -> Iterator[subprocess.Popen[bytes]]:
    """A process that is ended at the end of the block."""
    with log.open("ab") as out:
        process = subprocess.Popen(command, env=environment, stdout=out, stderr=out, cwd=ROOT)
    try:
        yield process
    finally:
        process.send_signal(stop)
        process.wait(60)


def wait_ready(port: int, process: subprocess.Popen[bytes]) -> None:
    """Until /readyz answers 200."""
    until = time.monotonic() + 300
    while time.monotonic() < until and process.poll() is None:
        with contextlib.suppress(OSError, http.client.HTTPException):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/readyz")
            status = connection.getresponse().status
            connection.close()
            if status == 200:
                return
        time.sleep(0.02)
    raise SystemExit(f"what should listen on port {port} did not become ready; its log says why")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def proportional_mb(pid: int) -> float:
    """Proportional set size of a process: shared pages count by the share of it."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    raise ValueError(f"no Pss for {pid}")


def resident_mb(pid: int, largest: bool = False) -> float:
    """Resident memory of a process, now or at its largest so far.

    Raises ValueError for one that has ended.
    """
    name = "VmHWM:" if largest else "VmRSS:"
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(name):
            return int(line.split()[1]) / 1024
    raise ValueError(f"no {name} for {pid}")


def children(pid: int) -> list[int]:
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def processor_seconds(pid: int) -> float:
    """What a process has used so far, itself and the kernel for it."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Print one JSON object a start."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--artifacts", type=Path, default=ROOT / "artifacts")
    parser.add_argument("--model", default="celebrities-modern")
    parser.add_argument("--starts", type=int, default=5)
    args = parser.parse_args()
    (body,) = reference_forms(1)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        state = {"STATE": folder / "state"}
        for _ in range(args.starts):
            begun = time.perf_counter()
            with service(folder, args.artifacts.resolve(), args.model, 2, **state) as started_one:
                took = time.perf_counter() - begun
                print(json.dumps(start_figures(*started_one, took, body)), flush=True)


def start_figures(port: int, master: int, took: float, body: bytes) -> dict[str, Any]:
    """Of a service that has just said that it is ready, `took` seconds after its start."""
    processor = sum(map(processor_seconds, [master, *children(master)]))
    time.sleep(1)  # for the worker that was not the first
    idle = [round(proportional_mb(pid), 1) for pid in children(master)]
    first, *others = one_by_one(port, master, body)
    return {
        "clock_s": round(took, 2),
        "processor_s": round(processor, 2),
        "worker_mb": idle,
        "worker_mb_after_pictures": [round(proportional_mb(pid), 1) for pid in children(master)],
        "first_picture_ms": round(first * 1000),
        "other_pictures_ms": round(statistics.median(others) * 1000),
    }


def one_by_one(port: int, master: int, body: bytes) -> list[float]:
    """Processor seconds for the same picture, PICTURES times on one connection: by one worker."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    seconds = []
    for _ in range(PICTURES):
        before = sum(map(thread_seconds, children(master)))
        connection.request("POST", "/api/classify_image", body, headers)
        answer = connection.getresponse()
        answer.read()
        if answer.status != 200:
            raise SystemExit(f"a picture was answered with {answer.status}")
        seconds.append(sum(map(thread_seconds, children(master))) - before)
    connection.close()
    return seconds


def thread_seconds(pid: int) -> float:
    """What the threads that a process has now have used so far: to the nanosecond, but without
    those that ended.
    """
    used = (task / "schedstat" for task in Path(f"/proc/{pid}/task").iterdir())
    return sum(int(each.read_text().split()[0]) for each in used) / 1e9


if __name__ == "__main__":
    main()
