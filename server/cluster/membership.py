"""The servers that share a database, each with a row that it keeps fresh, and what they agree on.

A person who asked to be forgotten must be named by nobody once that is confirmed. So each server
says in its row up to which change of the rules it obeys, and whoever confirms waits for all of
them. A server that has not reached the database for LEASE seconds answers nobody, and whoever
confirms counts it as silent a little later. With SQLite there is one server and nothing to wait
for.
"""

from __future__ import annotations

import json
import logging
import os
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from sqlalchemy import delete, insert, select, update

from data_cleaning.files import write
from server.cluster.shared_rules import RuleRow, SharedRules
from server.errors import Conflict, CutOff, StoreDown
from server.storage.database import Store, lock, new_id
from server.storage.tables import servers

log = logging.getLogger("likeness.cluster")
BEAT = 1.0  # seconds between two looks
LEASE = 10.0  # seconds without the database after which a server is silent
MARGIN = 5.0  # more of them before the others count on that
PATIENCE = 30.0  # seconds for a server that lives to obey
LOOK = 0.1
DAY = 24 * 3600 * 1000
BOOT = Path("/proc/sys/kernel/random/boot_id")
SILENT = (
    "This server has not reached the database for {seconds:.0f} seconds. It shares it with others,"
    " and cannot know whom it must not name any more. It answers again as soon as it reaches it."
)
WAITING = (
    "No server that has heard of it names them any more, but {name} has not confirmed within"
    " {seconds:g} seconds. Look at that server's log, and ask again."
)


@dataclass(frozen=True)
class Heard:
    """What a server knows of the last time that it reached the database.

    at: seconds of the machine's clock since it was started, boot. alone: no other server was there.
    """

    id: str
    epoch: int
    at: float
    boot: str
    alone: bool


class Membership:
    """state: the folder of this server, whose processes share what they have heard.

    obey: makes all processes of this server obey the rules as they are now; the epoch of those. It
    is told whether they have changed since this server has heard of them. own_rules: those that it
    obeys now.
    """

    def __init__(
        self,
        store: Store,
        state: Path,
        obey: Callable[[bool], int],
        own_rules: Callable[[], set[RuleRow]],
    ) -> None:
        self.store, self.obey, self.own_rules = store, obey, own_rules
        self.rules = SharedRules(store)
        self._file, self._lock = state / "server.json", state / "server.lock"
        self._joined = ""
        self._stopped = threading.Event()
        self._watcher = 0

    def join(self) -> None:
        """Become one of the servers, under a new id, obeying all rules. Raises StoreDown."""
        if self.store.is_shared:
            with lock(self._lock):
                heard = self._heard()
                self._give_back(heard)
                self.obey(heard is None or heard.epoch != self.rules.epoch())
                self._joined = new_id()
                self._reach(self._joined, heard)

    def beat(self) -> None:
        """Be heard, and hear; nothing where another process has just done so. Raises StoreDown."""
        with lock(self._lock, wait=False) as held:
            heard = self._heard()
            fresh = heard is not None and _age(heard) < BEAT / 2
            if held and not fresh:
                self._reach(heard.id if heard else new_id(), heard)

    def is_alone(self) -> bool:
        """Whether no other server was there when the database was last reached."""
        heard = self._heard()
        return not self.store.is_shared or (heard is not None and heard.alone)

    def check(self) -> None:
        """Raises CutOff where an answer might name somebody whom the others have forgotten."""
        if not self.store.is_shared:
            return
        heard = self._heard()
        if heard is None:
            raise CutOff(SILENT.format(seconds=LEASE))
        if not heard.alone and _age(heard) > LEASE:
            raise CutOff(SILENT.format(seconds=_age(heard)))

    def wait_for_all(self) -> None:
        """Until every server obeys the rules as they are now, and has looked through what it keeps
        for what they are about; or is silent.

        Raises Conflict where one lives and does not, StoreDown.
        """
        if not self.store.is_shared:
            return
        self.rules.change(set(), set())  # whatever happened since, everybody looks once more
        with lock(self._lock):  # this server first: its own next beat may be a second away
            heard = self._heard()
            self._reach(heard.id if heard else new_id(), heard)
        epoch, until = self.rules.epoch(), time.monotonic() + PATIENCE
        while behind := self._behind(epoch):
            if time.monotonic() > until:
                raise Conflict(WAITING.format(name=behind[0], seconds=PATIENCE))
            time.sleep(LOOK)

    def leave(self) -> None:
        """Be no server any more: nobody has to wait for this one."""
        if self._joined:
            with self.store.write() as connection:
                connection.execute(delete(servers).where(servers.c.id == self._joined))

    def watch(self) -> None:
        """Beat from now on, in a thread of this process. Once is enough."""
        if self.store.is_shared and self._watcher != os.getpid():
            self._watcher = os.getpid()  # threads do not survive a fork
            threading.Thread(target=self._watch, name="membership", daemon=True).start()

    def close(self) -> None:
        """End the thread."""
        self._stopped.set()

    def _watch(self) -> None:
        while not self._stopped.wait(BEAT):
            try:
                self.beat()
            except StoreDown as error:
                log.warning("%s", error)
            except Exception as error:  # the thread must live as long as the process
                log.error("the other servers were not heard", exc_info=error)

    def _reach(self, identity: str, heard: Heard | None) -> None:
        """What is heard is dated before, so that no server is silent later than others think."""
        begun = _uptime()
        self._give_back(heard)
        epoch = self.rules.epoch()
        if heard is None or heard.epoch != epoch:
            epoch = self.obey(True)
        alone = self._write_row(identity, epoch)
        now_known = Heard(identity, epoch, begun, _boot(), alone)
        write(self._file, json.dumps(asdict(now_known)))

    def _give_back(self, heard: Heard | None) -> None:
        """What this server knows and the database does not: it has just come to the rules, with an
        upgrade or in the place of SQLite; or it was put back to what it was before.
        """
        unknown = heard is None or self.rules.epoch() < heard.epoch
        if unknown and (own := self.own_rules()):
            self.rules.change(own, set())

    def _write_row(self, identity: str, epoch: int) -> bool:
        """Whether no other server is there."""
        with self.store.write() as connection:
            present = self.store.clock(connection)
            row = {"name": socket.gethostname()[:200], "seen": present, "epoch": epoch}
            mine = servers.c.id == identity
            if not connection.execute(update(servers).where(mine).values(row)).rowcount:
                connection.execute(insert(servers), {"id": identity, **row})
            connection.execute(delete(servers).where(servers.c.seen < present - DAY))
            others = select(servers.c.id).where(~mine, servers.c.seen > _living(present))
            return connection.execute(others).first() is None

    def _behind(self, epoch: int) -> list[str]:
        """Names of the servers that live and do not obey up to that epoch yet."""
        with self.store.read() as connection:
            living = servers.c.seen > _living(self.store.clock(connection))
            query = select(servers.c.name).where(living, servers.c.epoch < epoch)
            return list(connection.execute(query).scalars())

    def _heard(self) -> Heard | None:
        try:
            return Heard(**json.loads(self._file.read_bytes()))
        except (OSError, ValueError, TypeError):
            return None


def _living(present: int) -> int:
    """Who was seen after that may still answer. Milliseconds."""
    return present - int((LEASE + MARGIN) * 1000)


def _uptime() -> float:
    """Seconds of a clock that nobody sets, and that goes on while the machine sleeps."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def _age(heard: Heard) -> float:
    """Seconds since then; for ever where the machine was started anew."""
    return _uptime() - heard.at if heard.boot == _boot() else float("inf")


def _boot() -> str:
    try:
        return BOOT.read_text().strip()
    except OSError:
        return ""
