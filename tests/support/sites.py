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
    names: list[str | None]  # the name that each TLS client asked for


class Handler(http.server.BaseHTTPRequestHandler):
    server: Site

    def do_GET(self) -> None:
        self.server.hosts.append(self.headers["Host"])
        self.server.pages.get(self.path, not_there)(self)

    def log_message(self, format: str, *args: object) -> None:
        pass


def not_there(handler: http.server.BaseHTTPRequestHandler) -> None:
    handler.send_error(404)


def page(body: bytes, length: int | None = None) -> Page:
    def write(handler: http.server.BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(body) if length is None else length))
        handler.end_headers()
        handler.wfile.write(body)

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
