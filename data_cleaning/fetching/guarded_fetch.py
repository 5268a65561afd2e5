"""Bytes from an address that somebody wrote, without letting them reach what only this machine can.

Every address a name resolves to is judged after unwrapping the forms that hide another one. The
connection goes to the very address that was judged: a name that changes its mind in between gains
nothing. Every refusal has the same public text; the reason stands apart from it.
"""

from __future__ import annotations

import http.client
import logging
import socket
import ssl
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from urllib.parse import SplitResult, urljoin, urlsplit

from data_cleaning.errors import FetchRefused, PictureTooLarge
from data_cleaning.fetching.addresses import is_public, resolve

log = logging.getLogger("likeness.fetch")

REDIRECTS = 3
PUBLIC = (
    "The picture was not fetched. Only public http and https addresses are, on the allowed ports, "
    "with at most 3 redirects, and they have to answer in time."
)
_PORTS = {"http": 80, "https": 443}
Resolver = Callable[[str, int], list[str]]


@dataclass(frozen=True)
class Fetcher:
    """What may be fetched, and how much of it.

    ports: those that may be asked; None for all. limit: bytes of a picture. seconds: for an address
    with all its redirects. resolver: gives the addresses of a name. judge: may this address be
    connected to? agent: what the fetcher calls itself.
    """

    ports: tuple[int, ...] | None
    limit: int
    seconds: float
    resolver: Resolver = resolve
    judge: Callable[[str], bool] = is_public
    agent: str = "likeness"

    def get(self, url: str) -> bytes:
        """The bytes at that address.

        Raises FetchRefused (one text for all reasons, the reason beside it), PictureTooLarge.
        """
        deadline = time.monotonic() + self.seconds
        try:
            for _ in range(REDIRECTS + 1):
                body, url = self._hop(url, deadline)
                if body is not None:
                    return body
            raise ValueError(f"more than {REDIRECTS} redirects")
        except PictureTooLarge:
            raise
        # Whatever it was, a stranger learns no more than that it was refused.
        except Exception as error:
            log.info("not fetched: %s: %s", type(error).__name__, error)
            raise FetchRefused(PUBLIC, str(error) or type(error).__name__) from None

    def _hop(self, url: str, deadline: float) -> tuple[bytes | None, str]:
        """(the body, url), or (None, where it redirects to)."""
        parts = self._checked(url)
        port = parts.port or _PORTS[parts.scheme]
        address = self._address(parts.hostname or "", port, deadline)
        connection = _Pinned(parts, port, address, _left(deadline))
        watch = threading.Timer(_left(deadline), connection.abort)
        watch.daemon = True
        watch.start()
        try:
            path = parts._replace(scheme="", netloc="", fragment="").geturl() or "/"
            connection.request("GET", path, headers={"Accept": "image/*", "User-Agent": self.agent})
            with connection.getresponse() as response:
                if response.status in (301, 302, 303, 307, 308):
                    return None, urljoin(url, response.headers["Location"])
                if response.status != 200:
                    raise ValueError(f"status {response.status}")
                return self._read(response, deadline), url
        finally:
            watch.cancel()
            connection.close()

    def _checked(self, url: str) -> SplitResult:
        if (
            not url.isascii()
            or any(ord(letter) <= 32 or ord(letter) == 127 for letter in url)
            or "\\" in url
        ):
            raise ValueError("characters that do not belong into an address")
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https"):
            raise ValueError(f"scheme {parts.scheme[:20]!r}")
        if (
            parts.username is not None
            or parts.password is not None
            or not parts.hostname
            or "%" in parts.netloc
        ):
            raise ValueError("no plain host name")
        if self.ports is not None and (parts.port or _PORTS[parts.scheme]) not in self.ports:
            raise ValueError(f"port {parts.port}")
        return parts

    def _address(self, host: str, port: int, deadline: float) -> str:
        """The address to connect to: the first one, if all of them are public."""
        resolving = ThreadPoolExecutor(1, thread_name_prefix="resolve")
        try:
            found = resolving.submit(self.resolver, host, port).result(_left(deadline))
        finally:
            resolving.shutdown(wait=False)
        bad = [address for address in found if not self.judge(address)]
        if bad or not found:
            raise ValueError(f"{host} is at {', '.join(bad) or 'no address'}")
        return found[0]

    def _read(self, response: http.client.HTTPResponse, deadline: float) -> bytes:
        parts, size = [], 0
        while chunk := response.read1(65536):
            size += len(chunk)
            if size > self.limit:
                text = f"The file at that address has more than the {self.limit:,} bytes allowed."
                raise PictureTooLarge(text, picture_bytes=self.limit)
            parts.append(chunk)
            _left(deadline)
        if response.length:
            raise ValueError("the answer ended early")
        return b"".join(parts)


class _Pinned(http.client.HTTPConnection):
    """Connects to one given address; the name is only used for the Host header and for TLS."""

    def __init__(self, parts: SplitResult, port: int, address: str, seconds: float) -> None:
        super().__init__(parts.hostname or "", port, timeout=seconds)
        self._address, self._tls = address, parts.scheme == "https"
        self.default_port = 443 if self._tls else 80

    def connect(self) -> None:
        self.sock = socket.create_connection((self._address, self.port), self.timeout)
        if self._tls:
            self.sock = ssl.create_default_context().wrap_socket(
                self.sock, server_hostname=self.host
            )

    def abort(self) -> None:
        """End whatever waits on the socket; called by the watch at the deadline."""
        sock = self.sock
        if sock is not None:
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                return


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError("time is up")
    return left
