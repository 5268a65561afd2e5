"""Getting a picture from an address that a stranger wrote, without letting them reach what only
this machine can.

Off by default. Every address a name resolves to is judged after unwrapping the forms that hide
another one; the connection goes to the very address that was judged, so a name that changes its
mind in between gains nothing. Every refusal has the same public text; the reason is in the log.
"""

from __future__ import annotations

import http.client
import ipaddress
import logging
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from urllib.parse import SplitResult, urljoin, urlsplit

from data_cleaning.errors import PictureTooLarge
from server.errors import FetchRefused
from server.settings import Settings

log = logging.getLogger("likeness.fetch")

REDIRECTS = 3
OFF = "Pictures are not fetched from addresses here. Send the picture itself."
PUBLIC = (
    "The picture was not fetched. Only public http and https addresses are, on the allowed ports, "
    "with at most 3 redirects, and they have to answer in time."
)
Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolver = Callable[[str, int], list[str]]

MAPPED = ipaddress.IPv6Network("::ffff:0:0/96")
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
TEREDO = ipaddress.IPv6Network("2001::/32")
SIX_TO_FOUR = ipaddress.IPv6Network("2002::/16")
COMPATIBLE = ipaddress.IPv6Network("::/96")
TRANSLATED = ipaddress.IPv6Network("::ffff:0:0:0/96")  # RFC 2765: ::ffff:0:a.b.c.d
# Global by the registry, and yet nobody's business: NAT64 for local use, site-local, 6to4 relays,
# benchmarking, documentation, a cloud's own metadata service.
NEVER = tuple(
    ipaddress.ip_network(each)
    for each in (
        "64:ff9b:1::/48",
        "fec0::/10",
        "3fff::/20",
        "5f00::/16",
        "192.88.99.0/24",
        "192.0.0.0/24",
        "198.18.0.0/15",
        "168.63.129.16/32",
    )
)


def is_public(text: str) -> bool:
    """Whether an address, and every address wrapped in it, is on the public internet."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    if getattr(address, "scope_id", None):
        return False
    return all(_global(each) for each in (address, *embedded(address)))


def embedded(address: Address) -> Iterator[Address]:
    """The IPv4 addresses that an IPv6 address carries: mapped, compatible, translated, NAT64, 6to4,
    Teredo, ISATAP.
    """
    if isinstance(address, ipaddress.IPv4Address):
        return
    number = int(address)
    last = ipaddress.IPv4Address(number & 0xFFFFFFFF)
    if any(address in each for each in (MAPPED, NAT64, COMPATIBLE, TRANSLATED)):
        yield last
    if address in SIX_TO_FOUR:
        yield ipaddress.IPv4Address((number >> 80) & 0xFFFFFFFF)
    if address in TEREDO:
        yield ipaddress.IPv4Address((number >> 64) & 0xFFFFFFFF)
        yield ipaddress.IPv4Address(~number & 0xFFFFFFFF)
    if (number >> 32) & 0xFDFFFFFF == 0x00005EFE:
        yield last


def _global(address: Address) -> bool:
    if isinstance(address, ipaddress.IPv6Address) and any(
        address in each for each in (MAPPED, TRANSLATED, NAT64)
    ):
        return True  # only a way of writing the IPv4 address, which is judged itself
    listed = any(address in each for each in NEVER if each.version == address.version)
    return address.is_global and not (address.is_multicast or address.is_reserved or listed)


def resolve(host: str, port: int) -> list[str]:
    """Every address of a name, as text."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(each[4][0]) for each in found))


@dataclass(frozen=True)
class Fetcher:
    """limit: bytes of a picture. The last two are for tests, which have no public internet."""

    ports: tuple[int, ...]
    limit: int
    seconds: float
    resolver: Resolver = resolve
    judge: Callable[[str], bool] = is_public

    def get(self, url: str) -> bytes:
        """The bytes at that address.

        Raises FetchRefused (one text for all reasons), PictureTooLarge.
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
        except (
            Exception
        ) as error:  # whatever it was, the caller learns no more than that it was refused
            log.info("not fetched: %s: %s", type(error).__name__, error)
            raise FetchRefused(PUBLIC) from None

    def _hop(self, url: str, deadline: float) -> tuple[bytes | None, str]:
        """(the body, url), or (None, where it redirects to)."""
        parts = self._checked(url)
        port = parts.port or {"http": 80, "https": 443}[parts.scheme]
        address = self._address(parts.hostname or "", port, deadline)
        connection = _Pinned(parts, port, address, _left(deadline))
        watch = threading.Timer(_left(deadline), connection.abort)
        watch.daemon = True
        watch.start()
        try:
            path = parts._replace(scheme="", netloc="", fragment="").geturl() or "/"
            connection.request("GET", path, headers={"Accept": "image/*", "User-Agent": "likeness"})
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
            or any(ord(each) <= 32 or ord(each) == 127 for each in url)
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
        if (parts.port or {"http": 80, "https": 443}[parts.scheme]) not in self.ports:
            raise ValueError(f"port {parts.port}")
        return parts

    def _address(self, host: str, port: int, deadline: float) -> str:
        """The address to connect to: the first one, if all of them are public."""
        resolving = ThreadPoolExecutor(1, thread_name_prefix="resolve")
        try:
            found = resolving.submit(self.resolver, host, port).result(_left(deadline))
        finally:
            resolving.shutdown(wait=False)
        bad = [each for each in found if not self.judge(each)]
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


def fetch(url: str, settings: Settings) -> bytes:
    """The picture at an address, if fetching is switched on. Raises FetchRefused, PictureTooLarge."""
    if not settings.fetch_urls:
        raise FetchRefused(OFF)
    return Fetcher(settings.ports, settings.picture_bytes, settings.fetch_seconds).get(url)
