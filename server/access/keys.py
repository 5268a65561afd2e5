"""Keys: made, checked, listed and revoked. Only a hash is stored; the key itself is shown once.

A key is 256 random bits, so one SHA-256 is enough: nobody can try that many, and a slow hash would
only slow down the answers. A key of a model is a UUID, as other systems write them: its secret has
80 bits, and it opens the routes of those systems alone.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import time
import uuid
from dataclasses import asdict, dataclass, replace
from typing import cast

from sqlalchemy import Connection, Row, select, update

from data_cleaning.json_types import JsonObject
from server.errors import Conflict, NotFound, RequestError, StoreDown
from server.settings import KeyRole
from server.storage.database import AWAY, Store, now
from server.storage.tables import keys

# seconds for which a key counts as it was while the database is away, and nobody can revoke it
REMEMBERED = 600.0
NOBODY = hashlib.sha256(b"").hexdigest()
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


@dataclass(frozen=True)
class Key:
    """What is known of a key, without its secret. Times are milliseconds since 1970.

    model: of a key for other systems' routes, the model that they speak of.
    """

    id: str
    name: str
    role: KeyRole
    created: int
    expires: int | None
    revoked: int | None
    model: str | None = None

    @property
    def valid(self) -> bool:
        """Whether it opens anything now."""
        return self.revoked is None and (self.expires is None or self.expires > now())

    def shown(self) -> JsonObject:
        """As JSON."""
        return {**asdict(self), "valid": self.valid}


class Keys:
    """The table of keys."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._seen: dict[str, tuple[float, tuple[Key, str]]] = {}

    def create(
        self, name: str, role: KeyRole, expires: int | None = None, model: str | None = None
    ) -> tuple[str, Key]:
        """(the key, shown only now; what is known of it). expires: milliseconds since 1970. model:
        of a key for other systems' routes.

        Raises RequestError for its name.
        """
        if not (1 <= len(name) <= 64 and name.isprintable()):
            raise RequestError(
                f"A key is named by 1 to 64 printable characters, not by {name[:80]!r}."
            )
        with self.store.write() as connection:
            return insert_key(connection, name, role, expires, model)

    def rotate(self, identity: str) -> tuple[str, Key]:
        """Another key of the same name, role and end; the old one ends now. As `create` gives it.

        Raises NotFound; Conflict for a key that has ended.
        """
        with self.store.write() as connection:
            row = connection.execute(select(keys).where(keys.c.id == identity)).first()
            if row is None:
                raise NotFound(f"There is no key with the id {identity!r}.")
            old = _key(row)
            if not old.valid:
                raise Conflict("This key has ended already. Make another one.")
            new = insert_key(connection, old.name, old.role, old.expires, old.model)
            ended = update(keys).where(keys.c.id == identity).values(revoked=now())
            connection.execute(ended)
            return new

    def check(self, text: str) -> Key | None:
        """The valid key that was written so, or None.

        Takes as long for a wrong secret as for a right one.
        """
        identity, secret = _parts(text)
        found = self._find(identity)
        same = hmac.compare_digest(_hash(secret), found[1] if found else NOBODY)
        return found[0] if found and same and found[0].valid else None

    def by_id(self, identity: str) -> Key | None:
        """The valid key of that id: for a session, which has shown the key before."""
        found = self._find(identity)
        return found[0] if found and found[0].valid else None

    def all(self) -> list[Key]:
        """Every key there was, the oldest first."""
        with self.store.read() as connection:
            rows = connection.execute(select(keys).order_by(keys.c.created))
            return [_key(row) for row in rows]

    def revoke(self, identity: str) -> Key:
        """The key, revoked from now on. Raises NotFound; Conflict for the last admin key."""
        with self.store.write() as connection:
            row = connection.execute(select(keys).where(keys.c.id == identity)).first()
            if row is None:
                raise NotFound(f"There is no key with the id {identity!r}.")
            key = _key(row)
            if key.role == "admin" and key.valid and len(_admins(connection)) == 1:
                raise Conflict("This is the last valid admin key. Make another one first.")
            key = replace(key, revoked=key.revoked or now())
            connection.execute(
                update(keys).where(keys.c.id == identity).values(revoked=key.revoked)
            )
            return key

    def _find(self, identity: str) -> tuple[Key, str] | None:
        """The key of that id and the hash of its secret."""
        if not (0 < len(identity) <= 16 and identity.isalnum() and identity.isascii()):
            return None
        try:
            with self.store.read() as connection:
                row = connection.execute(select(keys).where(keys.c.id == identity)).first()
        except StoreDown:
            return self._remembered(identity)
        if row is None:
            self._seen.pop(identity, None)
            return None
        found = _key(row), str(row.hash)
        self._seen[identity] = (time.monotonic(), found)
        return found

    def _remembered(self, identity: str) -> tuple[Key, str]:
        """The key as it was a short while ago: a database that is away must not stop the answers.

        Raises StoreDown.
        """
        seen = self._seen.get(identity)
        if seen is None or time.monotonic() - seen[0] > REMEMBERED:
            raise StoreDown(AWAY)
        return seen[1]


def insert_key(
    connection: Connection,
    name: str,
    role: KeyRole,
    expires: int | None,
    model: str | None = None,
) -> tuple[str, Key]:
    """A new key in the table: the key as it is shown, and what is known of it."""
    if model is None:
        text = f"lk_{secrets.token_hex(6)}_{secrets.token_urlsafe(32)}"
    else:
        text = str(uuid.UUID(bytes=secrets.token_bytes(16)))
    identity, secret = _parts(text)
    key = Key(identity, name, role, now(), expires, None, model)
    connection.execute(keys.insert(), {**asdict(key), "hash": _hash(secret)})
    return text, key


def _parts(text: str) -> tuple[str, str]:
    """The id and the secret of a key as it is written; an empty id where it is none."""
    if UUID.fullmatch(text):
        digits = text.replace("-", "").lower()
        return digits[:12], digits[12:]
    prefix, _, rest = text.partition("_")
    identity, _, secret = rest.partition("_")
    return (identity if prefix == "lk" else ""), secret


def _admins(connection: Connection) -> list[Key]:
    """The admin keys that are valid."""
    rows = connection.execute(select(keys).where(keys.c.role == "admin"))
    return [key for key in map(_key, rows) if key.valid]


def _key(row: Row[tuple[object, ...]]) -> Key:
    role = cast(KeyRole, row.role)
    return Key(row.id, row.name, role, row.created, row.expires, row.revoked, row.model)


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
