"""Something that one server does at a time: a row of the database, which its holder keeps fresh.

Whoever finds a row that nobody has kept fresh takes it over. With SQLite there is one server only,
and nothing to agree on.
"""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from data_cleaning.files import sha256_of_bytes
from server.errors import StoreDown
from server.storage.database import Store
from server.storage.tables import leases

log = logging.getLogger("likeness.cluster")
BEAT = 2.0  # seconds between two renewals
LASTS = 20.0  # seconds without a renewal after which somebody else may take over
# Seconds between finding it stale and taking it: after the database was away for everybody, its
# holder is quicker.
GRACE = 5.0
LOOK = 0.5
BOOT = Path("/proc/sys/kernel/random/boot_id")


class Lease:
    """name: of what is done. state: the folder of this server, in which one process at a time may
    ask for it: so what this server holds already was left by one that was killed.
    """

    def __init__(self, store: Store, name: str, state: Path) -> None:
        self.store, self.name, self.holder = store, name, _holder(state)
        self._lost = threading.Event()
        self._ended = threading.Event()

    @property
    def lost(self) -> bool:
        """Whether somebody else has taken over from us."""
        return self._lost.is_set()

    def is_free(self) -> bool:
        """Whether `take` would succeed now. Raises StoreDown."""
        if not self.store.is_shared:
            return True
        with self.store.read() as connection:
            row = connection.execute(select(leases).where(leases.c.name == self.name)).first()
            present = self.store.clock(connection)
        return row is None or row.holder == self.holder or _stale(row.seen, present)

    def take(self) -> bool:
        """Whether it is ours now. Raises StoreDown."""
        if not self.store.is_shared:
            return True
        with self.store.read() as connection:
            row = connection.execute(select(leases).where(leases.c.name == self.name)).first()
            present = self.store.clock(connection)
        if row is None:
            return self._insert()
        if row.holder == self.holder:
            return self.renew()
        if not _stale(row.seen, present):
            return False
        time.sleep(GRACE)
        return self._replace(row.holder, row.seen)

    def renew(self) -> bool:
        """Whether it is still ours. Raises StoreDown."""
        if not self.store.is_shared:
            return True
        with self.store.write() as connection:
            fresh = update(leases).values(seen=self.store.clock(connection))
            mine = (leases.c.name == self.name) & (leases.c.holder == self.holder)
            held = connection.execute(fresh.where(mine)).rowcount == 1
        if not held:
            self._lost.set()
        return held

    def release(self) -> None:
        """Let it go, if it is ours."""
        mine = (leases.c.name == self.name) & (leases.c.holder == self.holder)
        with suppress(StoreDown), self.store.write() as connection:
            connection.execute(delete(leases).where(mine))

    @contextmanager
    def held(self, wait: float = 0.0) -> Iterator[bool]:
        """Take it, keep it fresh for the block, let it go. Yields whether it is ours.

        wait: seconds for which that is tried. Raises StoreDown.
        """
        until = time.monotonic() + wait
        while not (ours := self.take()) and time.monotonic() < until:
            time.sleep(LOOK)
        if not ours or not self.store.is_shared:
            yield ours
            return
        self._ended.clear()
        keeper = threading.Thread(target=self._keep, name=f"lease {self.name}", daemon=True)
        keeper.start()
        try:
            yield True
        finally:
            self._ended.set()
            keeper.join()
            self.release()

    def _insert(self) -> bool:
        try:
            with self.store.write() as connection:
                present = self.store.clock(connection)
                row = {"name": self.name, "holder": self.holder, "seen": present}
                connection.execute(insert(leases), row)
        except IntegrityError:  # somebody was quicker
            return False
        return True

    def _replace(self, holder: str, seen: int) -> bool:
        """Take a stale one over, unless it was renewed meanwhile."""
        with self.store.write() as connection:
            ours = {"holder": self.holder, "seen": self.store.clock(connection)}
            same = (
                (leases.c.name == self.name) & (leases.c.holder == holder) & (leases.c.seen == seen)
            )
            taken = connection.execute(update(leases).where(same).values(ours)).rowcount == 1
        if taken:
            log.warning("%s was taken over: its holder has not been heard of", self.name)
        return taken

    def _keep(self) -> None:
        while not self._ended.wait(BEAT):
            with suppress(StoreDown):  # nobody else can take it then
                if not self.renew():
                    log.error("%s was taken over by another server", self.name)
                    return


def _holder(state: Path) -> str:
    """32 digits for this folder on this machine, as long as that runs."""
    try:
        boot = BOOT.read_text()
    except OSError:
        boot = ""
    place = f"{boot}\0{socket.gethostname()}\0{state.resolve()}"
    return sha256_of_bytes(place.encode())[:32]


def _stale(seen: int, present: int) -> bool:
    return present - seen > LASTS * 1000
