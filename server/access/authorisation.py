"""Who is asking, and may they?

The client's own address counts, never a proxy's, and a caller cannot forge it.

Which role a route needs is read from the OpenAPI document (server/web/api_docs/openapi.py): one
table for both.
"""

from __future__ import annotations

import hmac
import ipaddress
import secrets
import socket
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit

from flask import Flask, Request, Response, current_app, g, request, session

from server.access.claims import Claims
from server.access.keys import Keys
from server.access.session_rows import SessionRows
from server.access.sessions import Network, Sessions, address_of, from_proxy, within
from server.cluster.shared_secret import shared_secret
from server.context import Caller
from server.errors import Forbidden, NeedsKey
from server.settings import Settings
from server.web.api_docs.openapi import Application, is_of_others, role_of

# What proxies, tunnels and content networks write into what they hand on.
FORWARDED = (
    "x-forwarded",
    "forwarded",
    "x-real-ip",
    "x-client-ip",
    "x-cluster-client-ip",
    "x-original",
    "x-envoy",
    "true-client-ip",
    "via",
    "cf-",
    "cdn-",
    "fastly-",
    "fly-",
    "ngrok-",
    "tailscale-",
)
# nginx sets these itself, and says by CLAIMED whether the client had sent such a header to it.
SET_BY_NGINX = ("x-forwarded", "x-real-ip")
CLAIMED = "X-Likeness-Claimed"
EXTENSION = "likeness-access"
BOUND = "This key is for the routes of CompreFace, about the model {model}; it opens nothing else."
ASKED_BY_PROXY = "entry.show_access"
OWN_SCRIPT = "X-Requested-With"
SAFE = ("GET", "HEAD", "OPTIONS")
LOOPBACK_NAMES = ("localhost", "127.0.0.1", "[::1]", socket.gethostname().lower())


class Access:
    def __init__(self, settings: Settings, keys: Keys, sessions: SessionRows) -> None:
        self.settings, self.keys, self.sessions = settings, keys, sessions
        self.claims = Claims(keys.store)
        self.networks = [
            ipaddress.ip_network(proxy, strict=False)
            for proxy in settings.proxies
            if proxy != "unix"
        ]
        self.unix = "unix" in settings.proxies
        self.needed: dict[tuple[str, str], str] = {}  # (endpoint, method) -> role
        self.of_others: set[tuple[str, str]] = set()  # routes that other systems have

    def install(self, app: Application) -> None:
        """Guard every route of the application; call it after all of them are in."""
        self.needed = roles(app)
        self.of_others = {place for place, operation in app.operations() if is_of_others(operation)}
        app.extensions[EXTENSION] = self
        app.config.update(
            SESSION_COOKIE_HTTPONLY=True,
            SESSION_COOKIE_SAMESITE="Strict",
            SESSION_REFRESH_EACH_REQUEST=False,  # the row says how long it lasts
            PERMANENT_SESSION_LIFETIME=timedelta(hours=self.settings.session_hours),
        )
        app.session_interface = Sessions(self.networks, self.unix)
        app.before_request(self.guard)
        app.after_request(self.share)

    def load_secret(self, app: Flask) -> None:
        """What signs the page's sessions; the first start makes it."""
        app.secret_key = secret(self.settings.state / "secret")

    def share_secret(self, app: Flask) -> None:
        """The same for all servers of one database. Raises StoreDown."""
        ours = secret(self.settings.state / "secret")
        shared = shared_secret(self.keys.store, ours)
        if shared != ours:
            write_secret(self.settings.state / "secret", shared)
        app.secret_key = shared

    def guard(self) -> None:
        """Before every request: name the caller, refuse who may not. Raises NeedsKey, Forbidden."""
        if request.method == "OPTIONS":
            g.caller = Caller("none", "nothing", None)
            return
        place = (request.endpoint or "", request.method.replace("HEAD", "GET"))
        needed = self.needed.get(place)
        g.caller = self._as_guest(self.identify(request, needed is not None))
        if needed is None:
            return
        if g.caller.model and place not in self.of_others and place[0] != ASKED_BY_PROXY:
            raise Forbidden(BOUND.format(model=g.caller.model))
        if not g.caller.may(needed):
            if g.caller.via in ("key", "session"):
                raise Forbidden(
                    f"This key has the role {g.caller.role}; this needs the role {needed}."
                )
            raise NeedsKey(
                f"This needs a key with the role {needed}: send it as Authorization: Bearer KEY. An"
                " admin makes keys with POST /api/keys, or python -m server keys create on the"
                " machine."
            )
        if g.caller.via != "key" and request.method not in SAFE:
            self._same_site(request)

    def identify(self, request: Request, asks: bool) -> Caller:
        """The caller. asks: whether it matters; a route that is open to all does not look keys up.

        Raises NeedsKey.
        """
        address, direct = client_address(request, self.networks, self.unix)
        shown = _shown_key(request)
        if not asks:
            return Caller("none", "nothing", address)
        if shown is not None:
            key = self.keys.check(shown)
            if key is None:
                raise NeedsKey("The key is not valid: it is unknown, revoked or expired.")
            return Caller(key.role, "key", address, key.id, key.name, model=key.model)
        if (signed_in := self._signed_in(address)) is not None:
            return signed_in
        if direct and _is_loopback(address) and _host_name(request) in LOOPBACK_NAMES:
            return Caller(self.settings.local_role, "local", address, by="this machine")
        if self.settings.open:
            return Caller("predict", "open", address)
        return Caller("none", "nothing", address)

    def _signed_in(self, address: str | None) -> Caller | None:
        """Who the cookie stands for; None where its session or its key has ended."""
        row = self.sessions.use(str(session["token"])) if session.get("token") else None
        key = self.keys.by_id(row.key) if row else None
        if row is None or key is None:
            return None
        return Caller(key.role, "session", address, key.id, key.name, row.id)

    def holds(self, caller: Caller) -> bool:
        """Whether what somebody was let in with is still valid: for answers that take minutes.

        Raises StoreDown.
        """
        if caller.session is not None and self.sessions.find(caller.session) is None:
            return False
        return caller.key is None or self.keys.by_id(caller.key) is not None

    def whoever(self) -> Caller:
        """The caller of a route that is open to all, with what they could do elsewhere.

        Raises NeedsKey.
        """
        return self.identify(request, True)

    def _same_site(self, request: Request) -> None:
        """A page of another site must not act with the cookie or the address of the person who
        looks at it.
        """
        allowed = self._is_listed(request) and g.caller.via in ("open", "local")
        if is_foreign(request) and not allowed:
            raise Forbidden("A page of another site may not do this without a key.")
        if g.caller.via == "session":
            token = request.headers.get("X-CSRF-Token", "")
            if (
                not hmac.compare_digest(token.encode(), str(session.get("csrf", "")).encode())
                or not token
            ):
                raise Forbidden(
                    "The header X-CSRF-Token is missing or wrong; GET /api/session gives it."
                )

    def _as_guest(self, who: Caller) -> Caller:
        """A page of a listed origin, opened on this machine, may ask for predictions: never what
        else the machine itself may.
        """
        guest = who.via == "local" and who.may("predict") and self._is_listed(request)
        return replace(who, role="predict") if guest and is_foreign(request) else who

    def _is_listed(self, request: Request) -> bool:
        return request.headers.get("Origin") in self.settings.origins

    def share(self, response: Response) -> Response:
        """CORS, for the listed origins alone."""
        origin = request.headers.get("Origin")
        if origin and origin in self.settings.origins:
            response.headers["Access-Control-Allow-Origin"] = origin
            response.headers.add("Vary", "Origin")
            if request.method == "OPTIONS":
                response.headers["Access-Control-Allow-Methods"] = "GET, POST, DELETE"
                response.headers["Access-Control-Allow-Headers"] = (
                    "Authorization, Content-Type, X-API-Key"
                )
                response.headers["Access-Control-Max-Age"] = "600"
        return response


def is_foreign(request: Request) -> bool:
    """Whether a page of another site sends this.

    What the browser says of it counts first. Then the header that jQuery adds on its own site: no
    page can send it to another one that has not allowed it. A proxy that passes no Host makes the
    page's own origin look foreign, and leaves both.
    """
    fetched = request.headers.get("Sec-Fetch-Site")
    if fetched in ("cross-site", "same-site"):
        return True
    if fetched == "same-origin" or OWN_SCRIPT in request.headers:
        return False
    origin = request.headers.get("Origin")
    return origin is not None and urlsplit(origin).netloc != request.host


def client_address(
    request: Request, networks: list[Network], unix: bool
) -> tuple[str | None, bool]:
    """(the client's own address, whether it is certain).

    Forwarded headers are believed from the proxies alone.

    Not certain: it claims to be forwarded and no proxy of ours did it, or one did it on top of
    another one, as a tunnel on this machine; or a proxy of ours does not say for whom it asks. Such
    a client is never taken for one on this machine.
    """
    if not from_proxy(request, networks, unix):
        return request.environ.get("REMOTE_ADDR") or None, not claims_forwarded(request, FORWARDED)
    hops = [
        hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",") if hop.strip()
    ]
    while len(hops) > 1 and within(hops[-1], networks):
        hops.pop()  # a chain of our own proxies: the client is the last hop that is none of them
    if not hops or address_of(hops[-1]) is None:
        return None, False
    others = tuple(name for name in FORWARDED if name not in SET_BY_NGINX)
    claimed = request.headers.get(CLAIMED, "0") != "0" or claims_forwarded(request, others)
    return hops[-1], not claimed


def claims_forwarded(request: Request, names: tuple[str, ...]) -> bool:
    """Whether a header of the request begins as one that only who hands a request on writes."""
    return any(name.lower().startswith(names) for name, _ in request.headers)


def access() -> Access:
    """The guard of the application that answers now."""
    return cast(Access, current_app.extensions[EXTENSION])


def roles(app: Application) -> dict[tuple[str, str], str]:
    """(endpoint, method) -> role, for every operation of the document that asks for one."""
    found = {place: role_of(operation) for place, operation in app.operations()}
    return {place: role for place, role in found.items() if role}


def secret(path: Path) -> bytes:
    """The secret that signs sessions: made once, readable by this user alone, the same for all
    processes.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        part = _secret_part(path, secrets.token_bytes(32))
        try:
            path.hardlink_to(part)  # fails where another process was quicker, and never replaces
        except FileExistsError:
            pass
        finally:
            part.unlink()
    return path.read_bytes()


def write_secret(path: Path, value: bytes) -> None:
    """Put another secret in its place."""
    _secret_part(path, value).replace(path)


def _secret_part(path: Path, value: bytes) -> Path:
    """A file beside it that this user alone can read."""
    part = path.with_name(f"{path.name}.{secrets.token_hex(4)}.part")
    part.touch(mode=0o600)
    part.write_bytes(value)
    return part


def _shown_key(request: Request) -> str | None:
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return value.strip()
    return request.headers.get("X-API-Key")


def _host_name(request: Request) -> str:
    host = request.host.lower()
    return host if host.endswith("]") else host.rsplit(":", 1)[0]


def _is_loopback(text: str | None) -> bool:
    address = address_of(text or "")
    return address is not None and address.is_loopback
