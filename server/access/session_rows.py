"""The page's sessions, as rows: one that has no row any more opens nothing, whatever its cookie
says.

A session ends when somebody signs out, a while after its last use (idle), and some hours after it
began, used or not. Only a hash of what the cookie holds is stored.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from dataclasses import dataclass

from sqlalchemy import delete, or_, select, update

from data_cleaning.errors import LikenessError
from server.errors import StoreDown
from server.storage.database import AWAY, Store, now
from server.storage.tables import sessions

HOUR, MINUTE = 3600_000, 60_000  # milliseconds
TOUCH = 0.1  # part of the idle time after which a use is written down again
SKEW = 5 * MINUTE  # how far a clock that is set back may lie behind a session's last use
REMEMBERED = 600.0  # seconds for which a session counts as it was while the database is away


@dataclass(frozen=True)
class Session:
    """id: the hash of what the cookie holds. key: of whom. Times in milliseconds since 1970."""

    id: str
    key: str
    created: int
    seen: int


class SessionRows:
    """hours: from the beginning to the end. idle_minutes: from the last use to the end."""

    def __init__(self, store: Store, hours: float, idle_minutes: float) -> None:
        self.store = store
        self.longest, self.idle = int(hours * HOUR), int(idle_minutes * MINUTE)
        self._seen: dict[str, tuple[float, Session]] = {}

    def begin(self, key: str) -> str:
        """A new session of a key; what its cookie is to hold. Raises StoreDown."""
        token, begun = secrets.token_urlsafe(32), now()
        row = {"id": _hash(token), "key": key, "created": begun, "seen": begun}
        with self.store.write() as connection:
            connection.execute(sessions.insert(), row)
        return token

    def use(self, token: str) -> Session | None:
        """The session of a cookie, and note that it is used; None where it has ended.

        Raises StoreDown.
        """
        found = self.find(_hash(token))
        if found and now() - found.seen > self.idle * TOUCH:
            self._touch(found)
        return found

    def find(self, identity: str) -> Session | None:
        """The session of that id unless it has ended, without counting as a use.

        Raises StoreDown.
        """
        try:
            with self.store.read() as connection:
                row = connection.execute(select(sessions).where(sessions.c.id == identity)).first()
        except StoreDown:
            return self._remembered(identity)
        found = Session(row.id, row.key, row.created, row.seen) if row else None
        if found is None or not self._lasts(found):
            self._seen.pop(identity, None)
            return None
        self._seen[identity] = (time.monotonic(), found)
        return found

    def end(self, token: str) -> None:
        """Sign out: end the session of a cookie at once. Raises StoreDown."""
        with self.store.write() as connection:
            connection.execute(delete(sessions).where(sessions.c.id == _hash(token)))

    def end_all(self, key: str) -> int:
        """End all sessions of a key at once; how many those were. Raises StoreDown."""
        with self.store.write() as connection:
            ended = connection.execute(delete(sessions).where(sessions.c.key == key))
            return int(ended.rowcount)

    def expire(self) -> int:
        """Remove the rows of sessions that have ended by themselves; how many. Raises StoreDown."""
        over = or_(
            sessions.c.created < now() - self.longest,
            sessions.c.seen < now() - self.idle,
            sessions.c.seen > now() + SKEW,
        )
        with self.store.write() as connection:
            return int(connection.execute(delete(sessions).where(over)).rowcount)

    def _lasts(self, session: Session) -> bool:
        """Whether it has not ended; a clock that was set back far must not lengthen it."""
        present = now()
        return (
            present - session.created < self.longest
            and present - session.seen < self.idle
            and session.seen < present + SKEW
        )

    def _touch(self, session: Session) -> None:
        """Note its use; who cannot write it down answers all the same."""
        try:
            with self.store.write() as connection:
                used = update(sessions).where(sessions.c.id == session.id).values(seen=now())
                connection.execute(used)
        except LikenessError:
            return

    def _remembered(self, identity: str) -> Session | None:
        """As it was a short while ago, for a database that is away. Raises StoreDown."""
        seen = self._seen.get(identity)
        if seen is None or time.monotonic() - seen[0] > REMEMBERED:
            raise StoreDown(AWAY)
        return seen[1] if self._lasts(seen[1]) else None


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
