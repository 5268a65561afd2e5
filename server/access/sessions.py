"""The page's cookie: signed, hidden from scripts, never sent by other sites; behind https never
sent without it.

Whether a request came by https is told by the configured proxy alone; what any other caller writes
is not read.
"""

from __future__ import annotations

import functools
import ipaddress

from flask import Flask, Request, Response, request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface, SessionMixin

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

NAME = "likeness_session"
LOCKED = (  # browsers take this name only with Secure, for this host alone and for all its paths
    f"__Host-{NAME}"
)


class Sessions(SecureCookieSessionInterface):
    """networks: of the configured proxies. unix: whether a proxy may come by a socket of ours."""

    def __init__(self, networks: list[Network], unix: bool) -> None:
        self.networks, self.unix = networks, unix

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """Most requests bring no cookie: then nothing that it would be read with is made."""
        if app.secret_key and "Cookie" not in request.headers:
            return self.session_class()
        return super().open_session(app, request)

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        if session or session.modified:
            super().save_session(app, session, response)
        elif session.accessed:
            response.vary.add("Cookie")

    def get_cookie_name(self, app: Flask) -> str:
        return LOCKED if self.get_cookie_secure(app) else NAME

    def get_cookie_secure(self, app: Flask) -> bool:
        return by_https(request, self.networks, self.unix)


def from_proxy(request: Request, networks: list[Network], unix: bool) -> bool:
    """Whether one of our own proxies hands this request on; only then are its forwarded headers
    believed.
    """
    peer = request.environ.get("REMOTE_ADDR") or ""
    return unix if peer in ("", "unix") else within(peer, networks)


def by_https(request: Request, networks: list[Network], unix: bool) -> bool:
    """Whether the client spoke https to our proxy.

    The last word of X-Forwarded-Proto is the proxy's own.
    """
    protocol = request.headers.get("X-Forwarded-Proto", "").rpartition(",")[2]
    return from_proxy(request, networks, unix) and protocol.strip().lower() == "https"


@functools.lru_cache(maxsize=256)
def address_of(text: str) -> Address | None:
    """The address that a text is, an IPv4-mapped one as the IPv4 address it is; None for anything
    else.
    """
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def within(text: str, networks: list[Network]) -> bool:
    """Whether a text is an address in one of the networks."""
    address = address_of(text)
    return address is not None and any(address in network for network in networks)
