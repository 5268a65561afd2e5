"""Bytes from an address that somebody wrote, without letting them reach what only this machine can.

Every address a name resolves to is judged after unwrapping the forms that hide another one. The
connection goes to the very address that was judged: a name that changes its mind in between gains
nothing. Every refusal has the same public text; the reason stands apart from it.
"""

from __future__ import annotations

import contextlib
import dataclasses
import http.client
import logging
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from types import MappingProxyType
from urllib.parse import SplitResult, urljoin, urlsplit

from data_cleaning.errors import FetchRefused, PictureTooLarge
from data_cleaning.fetching.addresses import is_public, resolve
from data_cleaning.fetching.manners import (
    AGAIN,
    LARGEST_ROBOTS,
    Manners,
    Status,
    Transient,
    back_off,
    retry_after,
)

log = logging.getLogger("likeness.fetch")

REDIRECTS = 3
PUBLIC = (
    "The picture was not fetched. Only public http and https addresses are, on the allowed ports, "
    "with at most 3 redirects, and they have to answer in time."
)
NO_HEADERS: Mapping[str, str] = MappingProxyType({})
_PORTS = {"http": 80, "https": 443}
Resolver = Callable[[str, int], list[str]]


@dataclass(frozen=True)
class Fetched:
    """body: the bytes. url: where they came from in the end. kind: the media type that the server
    named, in lower case and without parameters, or "".
    """

    body: bytes
    url: str
    kind: str


@dataclass(frozen=True)
class Fetcher:
    """What may be fetched, how much of it, and how its hosts are treated.

    ports: those that may be asked; None for all. limit: bytes of a picture. seconds: for asking an
    address, with all its redirects and further attempts; waiting because a host wants it does not
    count. resolver: gives the addresses of a name. judge: may this address be connected to? agent:
    what the fetcher calls itself. accept: the header of that name. wants: is an answer of this
    media type read at all? trusted: `host:port`s that whoever runs the program has named
    themselves: they are neither judged nor held to the ports. manners: how hosts are asked.
    """

    ports: tuple[int, ...] | None
    limit: int
    seconds: float
    resolver: Resolver = resolve
    judge: Callable[[str], bool] = is_public
    agent: str = "likeness"
    accept: str = "image/*"
    wants: Callable[[str], bool] = lambda kind: True
    trusted: frozenset[str] = frozenset()
    manners: Manners = field(default_factory=Manners)

    def get(self, url: str) -> bytes:
        """The bytes at that address.

        Raises FetchRefused (one text for all reasons, the reason beside it), PictureTooLarge.
        """
        return self.fetch(url).body

    def fetch(self, url: str, headers: Mapping[str, str] = NO_HEADERS) -> Fetched:
        """What is at that address. headers: sent to its own host alone, not where it redirects to.

        Raises as `get` does.
        """
        try:
            return self._tried(url, headers)
        except PictureTooLarge:
            raise
        # Whatever it was, a stranger learns no more than that it was refused.
        except Exception as error:
            log.info("not fetched: %s: %s", type(error).__name__, error)
            raise FetchRefused(PUBLIC, str(error) or type(error).__name__) from None

    def _tried(self, url: str, headers: Mapping[str, str]) -> Fetched:
        """Asked, and asked again while that may help and there is time."""
        budget = _Budget(self.seconds)
        for attempt in range(self.manners.retries):
            try:
                return self._followed(url, headers, budget)
            except Transient as error:
                self.manners.pace.put_off(error.host, back_off(attempt, error.after))
        return self._followed(url, headers, budget)

    def _followed(self, url: str, headers: Mapping[str, str], budget: _Budget) -> Fetched:
        home = urlsplit(url).netloc
        for _ in range(REDIRECTS + 1):
            parts = self._checked(url)
            own = headers if parts.netloc == home else NO_HEADERS
            with self._turn(url, parts), budget.asking() as deadline:
                found = self._hop(parts, own, deadline)
            if isinstance(found, Fetched):
                return found
            url = urljoin(url, found)
        raise ValueError(f"more than {REDIRECTS} redirects")

    @contextlib.contextmanager
    def _turn(self, url: str, parts: SplitResult) -> Iterator[None]:
        """Wait until the host of that address may be asked, and tell when it was.

        Raises ValueError where it may not be.
        """
        delay, pace, place = 0.0, self.manners.pace, _place(parts)
        if self.manners.robots is not None:
            delay = self.manners.robots.check(url, self.agent, self._robots_of)
        pace.wait(place, delay)
        try:
            yield
        finally:
            pace.asked(place, delay)

    def _robots_of(self, url: str) -> bytes | None:
        """A robots.txt; None where the site has none. Raises ValueError, PictureTooLarge."""
        manners = dataclasses.replace(self.manners, robots=None)
        plain = dataclasses.replace(
            self,
            limit=LARGEST_ROBOTS,
            accept="text/plain",
            wants=lambda kind: True,
            manners=manners,
        )
        try:
            return plain._tried(url, NO_HEADERS).body
        except Status as error:
            if error.status < 500:
                return None
            raise

    def _hop(
        self, parts: SplitResult, headers: Mapping[str, str], deadline: float
    ) -> Fetched | str:
        """What is there, or where it redirects to."""
        port, place = parts.port or _PORTS[parts.scheme], _place(parts)
        address = self._address(parts.hostname or "", port, deadline)
        connection = _Pinned(parts, port, address, _left(deadline))
        watch = threading.Timer(_left(deadline), connection.abort)
        watch.daemon = True
        watch.start()
        try:
            return self._asked(connection, parts, headers, deadline)
        except ssl.SSLCertVerificationError as error:
            raise ValueError(str(error)) from error
        except (OSError, http.client.HTTPException) as error:
            _left(deadline)  # it was we who hung up
            raise Transient(str(error) or type(error).__name__, place) from error
        finally:
            watch.cancel()
            connection.close()

    def _asked(
        self, connection: _Pinned, parts: SplitResult, headers: Mapping[str, str], deadline: float
    ) -> Fetched | str:
        path = parts._replace(scheme="", netloc="", fragment="").geturl() or "/"
        said = {"Accept": self.accept, "User-Agent": self.agent, **headers}
        connection.request("GET", path, headers=said)
        with connection.getresponse() as response:
            if response.status in (301, 302, 303, 307, 308):
                return str(response.headers["Location"])
            if response.status in AGAIN:
                after = retry_after(response.headers["Retry-After"])
                raise Transient(f"status {response.status}", _place(parts), after)
            if response.status != 200:
                raise Status(response.status)
            kind = response.headers.get_content_type() if response.headers["Content-Type"] else ""
            if not self.wants(kind):
                raise ValueError(f"it sent {kind[:60]} and no picture")
            return Fetched(self._read(response, deadline), parts.geturl(), kind)

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
        port = parts.port or _PORTS[parts.scheme]
        if self.ports is not None and port not in self.ports and _place(parts) not in self.trusted:
            raise ValueError(f"port {parts.port}")
        return parts

    def _address(self, host: str, port: int, deadline: float) -> str:
        """The address to connect to: the first one, if all of them are public."""
        resolving = ThreadPoolExecutor(1, thread_name_prefix="resolve")
        try:
            found = resolving.submit(self.resolver, host, port).result(_left(deadline))
        finally:
            resolving.shutdown(wait=False)
        known = f"{host.lower()}:{port}" in self.trusted
        bad = [address for address in found if not (known or self.judge(address))]
        if bad or not found:
            raise ValueError(f"{host} is at {', '.join(bad) or 'no address'}")
        return found[0]

    def _read(self, response: http.client.HTTPResponse, deadline: float) -> bytes:
        if (response.length or 0) > self.limit:  # announced: not a byte of it is read
            raise self._too_large()
        parts, size = [], 0
        while chunk := response.read1(65536):
            size += len(chunk)
            if size > self.limit:
                raise self._too_large()
            parts.append(chunk)
            _left(deadline)
        _left(deadline)  # an end that we made ourselves is none
        if response.length:
            raise http.client.HTTPException("the answer ended early")
        return b"".join(parts)

    def _too_large(self) -> PictureTooLarge:
        text = f"The file at that address has more than the {self.limit:,} bytes allowed."
        return PictureTooLarge(text, picture_bytes=self.limit)


def may_be_picture(kind: str) -> bool:
    """Whether an answer of this media type may hold a picture.

    Many servers name none, or call everything a stream of octets; the bytes decide then.
    """
    return kind == "" or kind.startswith("image/") or kind.endswith("/octet-stream")


class _Budget:
    """The seconds that asking may take, over several requests; waiting in between is free."""

    def __init__(self, seconds: float) -> None:
        self._left = seconds

    @contextlib.contextmanager
    def asking(self) -> Iterator[float]:
        """The time at which the request of this block has to be over."""
        begun = time.monotonic()
        try:
            yield begun + self._left
        finally:
            self._left -= time.monotonic() - begun


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


def _place(parts: SplitResult) -> str:
    """`host:port` of an address."""
    return f"{parts.hostname}:{parts.port or _PORTS[parts.scheme]}"
