"""Keys: made, checked, listed and revoked. Only a hash is stored; the key itself is shown once.

A key is 256 random bits, so one SHA-256 is enough: nobody can try that many, and a slow hash would
only slow down the answers.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, update

from server.errors import Conflict, NotFound, RequestError, StoreDown
from server.storage.database import AWAY, Store, now
from server.storage.tables import keys

# seconds for which a key counts as it was while the database is away, and nobody can revoke it
REMEMBERED = 600.0
NOBODY = hashlib.sha256(b"").hexdigest()


@dataclass(frozen=True)
class Key:
    id: str
    name: str
    role: str


class Keys:
    def __init__(self, store: Store) -> None:
        self.store = store
        self._seen: dict[str, tuple[float, dict[str, Any]]] = {}

    def create(
        self, name: str, role: str, expires: int | None = None
    ) -> tuple[str, dict[str, Any]]:
        """(the key, shown only now; its row). expires: milliseconds since 1970.

        Raises RequestError for its name.
        """
        if not (1 <= len(name) <= 64 and name.isprintable()):
            raise RequestError(
                f"A key is named by 1 to 64 printable characters, not by {name[:80]!r}."
            )
        identity, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
        row = {
            "id": identity,
            "name": name,
            "role": role,
            "hash": _hash(secret),
            "created": now(),
            "expires": expires,
            "revoked": None,
        }
        with self.store.write() as connection:
            connection.execute(keys.insert(), row)
        return f"lk_{identity}_{secret}", _shown(row)

    def check(self, text: str) -> Key | None:
        """The valid key that was written so, or None.

        Takes as long for a wrong secret as for a right one.
        """
        prefix, _, rest = text.partition("_")
        identity, _, secret = rest.partition("_")
        row = self._row(identity) if prefix == "lk" else None
        same = hmac.compare_digest(_hash(secret), row["hash"] if row else NOBODY)
        return _valid(row) if row and same else None

    def by_id(self, identity: str) -> Key | None:
        """The valid key of that id: for a session, which has shown the key before."""
        row = self._row(identity)
        return _valid(row) if row else None

    def all(self) -> list[dict[str, Any]]:
        with self.store.read() as connection:
            return [
                _shown(dict(row))
                for row in connection.execute(select(keys).order_by(keys.c.created)).mappings()
            ]

    def revoke(self, identity: str) -> dict[str, Any]:
        """The row, revoked from now on. Raises NotFound; Conflict for the last admin key."""
        with self.store.write() as connection:
            row = connection.execute(select(keys).where(keys.c.id == identity)).mappings().first()
            if row is None:
                raise NotFound(f"There is no key with the id {identity!r}.")
            if row["role"] == "admin" and _valid(dict(row)) and len(self._admins(connection)) == 1:
                raise Conflict("This is the last valid admin key. Make another one first.")
            when = row["revoked"] or now()
            connection.execute(update(keys).where(keys.c.id == identity).values(revoked=when))
            return _shown({**row, "revoked": when})

    def first(self) -> str | None:
        """An admin key when there was never one, else None."""
        with self.store.read() as connection:
            if connection.execute(select(keys.c.id).where(keys.c.role == "admin")).first():
                return None
        return self.create("first admin", "admin")[0]

    def _admins(self, connection: Any) -> list[Key]:
        rows = connection.execute(select(keys).where(keys.c.role == "admin")).mappings()
        return [key for key in (_valid(dict(row)) for row in rows) if key]

    def _row(self, identity: str) -> dict[str, Any] | None:
        if not (0 < len(identity) <= 16 and identity.isalnum() and identity.isascii()):
            return None
        try:
            with self.store.read() as connection:
                row = (
                    connection.execute(select(keys).where(keys.c.id == identity)).mappings().first()
                )
        except StoreDown:
            return self._remembered(identity)
        if row is None:
            self._seen.pop(identity, None)
            return None
        self._seen[identity] = (time.monotonic(), dict(row))
        return dict(row)

    def _remembered(self, identity: str) -> dict[str, Any]:
        """The row as it was a short while ago: a database that is away must not stop the answers.

        Raises StoreDown.
        """
        when, row = self._seen.get(identity, (-REMEMBERED, {}))
        if time.monotonic() - when > REMEMBERED or not row:
            raise StoreDown(AWAY)
        return row


def _valid(row: dict[str, Any]) -> Key | None:
    ended = row["revoked"] is not None or (row["expires"] is not None and row["expires"] <= now())
    return None if ended else Key(row["id"], row["name"], row["role"])


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != "hash"} | {
        "valid": _valid(row) is not None
    }


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
