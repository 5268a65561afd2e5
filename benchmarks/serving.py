"""Starting what the HTTP benchmarks measure, on loopback: gunicorn with our settings, nginx before
it, clients.
"""

from __future__ import annotations

import base64
import contextlib
import http.client
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import threading
import time
import urllib.parse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from benchmarks.tutorial import REFERENCE
from data_cleaning.imaging.decoding import decode
from data_cleaning.imaging.encoding import reencode
from likeness.serving.nginx_site import Site, Standalone, write_standalone

ROOT = Path(__file__).resolve().parents[1]


@dataclass
class Load:
    """What some clients saw. seconds: of each answer. failed: requests without a 200. took: seconds
    in all.
    """

    seconds: list[float] = field(default_factory=list)
    failed: int = 0
    took: float = 0.0

    def figures(self) -> dict[str, float]:
        """Requests a second, and milliseconds at the median and the 95th of a hundred."""
        cuts = statistics.quantiles(self.seconds, n=20)
        return {
            "requests": len(self.seconds),
            "failed": self.failed,
            "per_second": round(len(self.seconds) / self.took, 2),
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
    config = write_standalone(Standalone(state, site))
    program = shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    if program is None:
        raise SystemExit("nginx is not installed; this benchmark goes through it.")
    command = [program, "-p", str(state), "-e", str(state / "error.log"), "-c", str(config)]
    with started(command, dict(os.environ), folder / "nginx.log", signal.SIGQUIT) as process:
        wait_ready(port, process)
        yield port


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
        time.sleep(0.2)
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


def children(pid: int) -> list[int]:
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
