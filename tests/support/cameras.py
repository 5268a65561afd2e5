"""Cameras for tests: films of pictures, by a real RTSP server, by http, and as a file.

Nothing here is a test.
"""

from __future__ import annotations

import contextlib
import http.server
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import cv2
import pytest

from data_cleaning.imaging.decoding import decode
from tests.support.browsing import picture, wait_for_port
from tests.support.paths import ROOT
from tests.support.ports import free_port

SIZE = (400, 304)  # multiples of 8: what JPEG over RTP can carry
SCRIPT = ROOT / "tests" / "support" / "gst_rtsp_server.py"
PYTHON = "/usr/bin/python3"  # the one that the system's bindings belong to
BINDINGS = (
    "import gi; gi.require_version('GstRtspServer', '1.0'); from gi.repository import Gst,"
    " GstRtspServer; Gst.init(None); assert Gst.ElementFactory.find('rtpjpegpay')"
)
ADA, STRANGER = {"ada_lovelace": (40, 60, 80, 100)}, {"stranger": (250, 120, 80, 80)}
Squares = dict[str, tuple[int, int, int, int]]


def jpeg(squares: Squares) -> bytes:
    return picture(squares, size=SIZE, format="JPEG", quality=90)


def film(folder: Path, frames: Sequence[Squares]) -> Path:
    """A folder of JPEGs, as the RTSP server shows them."""
    folder.mkdir(parents=True)
    for number, squares in enumerate(frames):
        (folder / f"{number:03d}.jpg").write_bytes(jpeg(squares))
    return folder


def held(folder: Path, pictures: Sequence[bytes], each: int) -> Path:
    """A film in which each picture, a JPEG, stands for so many frames: 1000 in all at most."""
    folder.mkdir(parents=True)
    for number, data in enumerate(pictures):
        first = folder / f"{number * each:03d}.jpg"
        first.write_bytes(data)
        for more in range(1, each):
            (folder / f"{number * each + more:03d}.jpg").hardlink_to(first)
    return folder


def video_file(path: Path, frames: Sequence[Squares], rate: float = 5) -> Path:
    """The same as a file."""
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), rate, SIZE)
    for squares in frames:
        writer.write(decode(jpeg(squares)))
    writer.release()
    return path


class RtspServer:
    """folders: its cameras; it can go away and come back on the same port."""

    def __init__(self, *folders: Path) -> None:
        self.folders, self.port = folders, free_port()
        self._process: subprocess.Popen[bytes] | None = None
        if subprocess.run([PYTHON, "-c", BINDINGS], capture_output=True).returncode:
            pytest.skip(
                "no RTSP server: apt-get install python3-gi gir1.2-gst-rtsp-server-1.0"
                " gstreamer1.0-plugins-good"
            )

    def url(self, number: int = 0) -> str:
        return f"rtsp://127.0.0.1:{self.port}/{number}"

    def begin(self) -> None:
        command = [PYTHON, str(SCRIPT), str(self.port), *map(str, self.folders)]
        self._process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        wait_for_port(self.port)

    def end(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait(20)
            self._process = None


@contextlib.contextmanager
def rtsp_server(*folders: Path) -> Iterator[RtspServer]:
    server = RtspServer(*folders)
    server.begin()
    try:
        yield server
    finally:
        server.end()


def stream(frames: Sequence[Squares], rate: float = 10) -> Any:
    """A page that is a stream of JPEGs, for ever."""

    def write(handler: http.server.BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
        handler.end_headers()
        number = 0
        with contextlib.suppress(OSError):
            while True:
                body = jpeg(frames[number % len(frames)])
                head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {len(body)}\r\n\r\n"
                handler.wfile.write(head.encode() + body + b"\r\n")
                number += 1
                time.sleep(1 / rate)

    return write


class Watching:
    """`likeness watch` in a process of its own; what it prints and says lies in files."""

    def __init__(self, folder: Path, *words: object, **settings: object) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._out, self._err = folder / "out", folder / "err"
        given = {"state": folder / "var", **settings}
        ours = {f"LIKENESS_{name.upper()}": str(value) for name, value in given.items()}
        with self._out.open("w") as out, self._err.open("w") as err:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "likeness", "watch", *map(str, words)],
                cwd=ROOT,
                stdout=out,
                stderr=err,
                env={**os.environ, **ours},
            )

    @property
    def events(self) -> list[dict[str, Any]]:
        lines = self._out.read_text().splitlines()
        return [json.loads(line) for line in lines if line.endswith("}")]

    @property
    def said(self) -> str:
        return self._err.read_text()

    def wait(self, seconds: float = 60) -> int:
        return self.process.wait(seconds)

    def end(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.wait()


@contextlib.contextmanager
def watching(folder: Path, *words: object, **settings: object) -> Iterator[Watching]:
    found = Watching(folder, *words, **settings)
    try:
        yield found
    finally:
        if found.process.poll() is None:
            found.process.kill()
            found.process.wait()
