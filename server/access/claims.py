"""The first admin key: not printed, but claimed with a link that works once and for an hour.

What a start prints stays in a journal for years; a key there would open everything for as long.
"""

from __future__ import annotations

import hashlib
import secrets
import socket

from sqlalchemy import delete, select

from server.access.keys import Key, insert_key
from server.errors import NeedsKey
from server.settings import Settings
from server.storage.database import Store, now
from server.storage.tables import claims, keys

EVERYWHERE = ("", "0.0.0.0", "[::]", "127.0.0.1", "[::1]")  # localhost reaches it
LASTS = 3600_000  # milliseconds
FRAGMENT = "#claim="  # of the address: browsers send it to nobody, so no log has it
OVER = (
    "This link has been used, or is older than an hour. While there is no admin key, each start of"
    " the service prints another one; on the machine itself `likeness keys create me --role admin`"
    " makes a key."
)


class Claims:
    """The table of claims: one at most, and none once there was an admin key."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def offer(self) -> str | None:
        """What the link is to hold, when there was never an admin key, else None.

        The link before, if there was one, is worth nothing any more.
        """
        token = secrets.token_urlsafe(32)
        with self.store.write() as connection:
            connection.execute(delete(claims))
            if connection.execute(select(keys.c.id).where(keys.c.role == "admin")).first():
                return None
            connection.execute(claims.insert(), {"hash": _hash(token), "created": now()})
        return token

    def link(self, page: str) -> str | None:
        """The same as a link to the page at that address."""
        token = self.offer()
        return f"{page}/{FRAGMENT}{token}" if token else None

    def take(self, token: str) -> tuple[str, Key]:
        """The first admin key, as `Keys.create` gives it.

        Raises NeedsKey where it cannot be had.
        """
        with self.store.write() as connection:
            mine = claims.c.hash == _hash(token)
            row = connection.execute(select(claims).where(mine)).first()
            if row is None or not 0 <= now() - row.created < LASTS:
                raise NeedsKey(OVER)
            connection.execute(delete(claims))
            if not connection.execute(select(keys.c.id).where(keys.c.role == "admin")).first():
                return insert_key(connection, "first admin", "admin", None)
        raise NeedsKey(OVER)


def page_address(settings: Settings) -> str:
    """Where people reach the page, as far as is known here."""
    if settings.public_url:
        return settings.public_url.rstrip("/")
    first = settings.bind.split(",")[0].strip()
    if first.startswith("unix:"):
        return f"http://{socket.gethostname()}"
    host, _, port = first.rpartition(":")
    return f"http://{'localhost' if host in EVERYWHERE else host}:{port}"


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
