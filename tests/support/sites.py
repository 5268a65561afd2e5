"""Sites on this machine that fetching is tried out on: real servers, plain or with TLS, whose pages
are functions.
"""

from __future__ import annotations

import http.server
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Page = Callable[[http.server.BaseHTTPRequestHandler], None]


class Site(http.server.ThreadingHTTPServer):
    """A site on this machine; its pages are functions that write an answer."""

    daemon_threads = True
    pages: dict[str, Page]
    hosts: list[str]  # the Host header of each request
    asked: list[tuple[float, str]]  # when it came, and for what, with its query
    headers: list[dict[str, str]]  # of each request
    names: list[str | None]  # the name that each TLS client asked for


class Handler(http.server.BaseHTTPRequestHandler):
    server: Site

    def do_GET(self) -> None:
        self.server.hosts.append(self.headers["Host"])
        self.server.asked.append((time.monotonic(), self.path))
        self.server.headers.append(dict(self.headers))
        plain = self.path.partition("?")[0]
        found = self.server.pages.get(self.path) or self.server.pages.get(plain, not_there)
        found(self)

    def log_message(self, format: str, *args: object) -> None:
        pass


def not_there(handler: http.server.BaseHTTPRequestHandler) -> None:
    handler.send_error(404)


def page(body: bytes, length: int | None = None, kind: str = "") -> Page:
    def write(handler: http.server.BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(body) if length is None else length))
        if kind:
            handler.send_header("Content-Type", kind)
        handler.end_headers()
        handler.wfile.write(body)

    return write


def status(code: int, **headers: str) -> Page:
    """An answer of that status, with headers: Retry_After="1"."""

    def write(handler: http.server.BaseHTTPRequestHandler) -> None:
        handler.send_response(code)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    return write


def one_after_the_other(*pages: Page) -> Page:
    """Each page once, in this order; the last one for ever."""
    left = list(pages)

    def write(handler: http.server.BaseHTTPRequestHandler) -> None:
        (left.pop(0) if len(left) > 1 else left[0])(handler)

    return write


def redirect(where: str) -> Page:
    def write(handler: http.server.BaseHTTPRequestHandler) -> None:
        handler.send_response(302)
        handler.send_header("Location", where)
        handler.end_headers()

    return write


def drip(handler: http.server.BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.end_headers()
    try:
        for _ in range(100):
            handler.wfile.write(b"x")
            time.sleep(0.1)
    except OSError:
        return


def drip_headers(handler: http.server.BaseHTTPRequestHandler) -> None:
    try:
        for _ in range(100):
            handler.wfile.write(b"H")
            time.sleep(0.1)
    except OSError:
        return


@contextmanager
def running(pages: dict[str, Page], tls: ssl.SSLContext | None = None) -> Iterator[Site]:
    """A site on a free port, until the end of the block."""
    server = Site(("127.0.0.1", 0), Handler)
    server.pages, server.hosts, server.names = pages, [], []
    server.asked, server.headers = [], []
    if tls is not None:
        tls.sni_callback = lambda _, name, __: server.names.append(name)
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
