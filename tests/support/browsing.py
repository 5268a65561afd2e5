"""Helpers of the page's and nginx's tests: pictures made on the spot, a live server, ports, plain
requests.
"""

from __future__ import annotations

import io
import socket
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import PIL.Image
from werkzeug.serving import make_server

from server.settings import Settings
from tests.support.patches import NAMES, STRANGER, Registry
from tests.support.ports import free_port
from tests.support.started import started

CHROMIUM = "/usr/bin/chromium"
CHROMIUM_ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def picture(
    squares: dict[str, tuple[int, int, int, int]], size: tuple[int, int] = (400, 300), **save: Any
) -> bytes:
    """Black, with a square of each name's colour ("stranger" for yellow) at x, y, width, height."""
    canvas = PIL.Image.new("RGB", size)
    for name, (x, y, width, height) in squares.items():
        blue, green, red = NAMES.get(name, STRANGER)
        canvas.paste((red, green, blue), (x, y, x + width, y + height))
    out = io.BytesIO()
    canvas.save(out, save.pop("format", "PNG"), **save)
    return out.getvalue()


class Live:
    """The application in this process, on a port of its own; it can go away and come back on the
    same port.
    """

    def __init__(self, settings: Settings, registry: Registry) -> None:
        self.registry = registry
        self.app = started(settings, registry)
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.start()

    def start(self) -> None:
        self._server = make_server("127.0.0.1", self.port, self.app, threaded=True)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def wait_for_port(port: int) -> None:
    for _ in range(600):
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    raise AssertionError(f"nothing listens on port {port}")


@contextmanager
def opened(url: str, **request: Any) -> Iterator[Any]:
    """The response whatever its status, unlike urllib's own."""
    try:
        with urllib.request.urlopen(urllib.request.Request(url, **request), timeout=30) as response:
            yield response
    except urllib.error.HTTPError as error:
        with error:
            yield error
