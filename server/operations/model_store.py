"""The folder of models, kept in step with an object store by a process of its own.

The libraries for stores take a web process's memory and do not survive its forks. The process ends
with the one that started it; the next one is started by whoever notices.
"""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import time
from pathlib import Path

from data_cleaning.errors import StoreFailed
from data_cleaning.files import write
from data_cleaning.objectstore.mirror import Mirror
from server.settings import Settings
from server.storage.database import lock

log = logging.getLogger("likeness.store")
LOOK = 1.0  # seconds between two looks whether the process that started this one lives
FIRST = 600.0  # seconds that bringing all models may take at the start


class ModelStore:
    """Of a service that has one; without `artifacts_store` there is nothing to do."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.lock, self.state = settings.state / "store.lock", settings.state / "store.json"
        self._child: subprocess.Popen[bytes] | None = None

    def begin(self) -> None:
        """Bring what the store has, and wait for it. Where it is away, what is here goes on."""
        if self.settings.artifacts_store:
            self._run("--once").wait(FIRST)
            if problem := self.problem():
                log.error("%s", problem)

    def ensure(self) -> None:
        """Somebody keeps the folder in step: a process is started where none is."""
        if not self.settings.artifacts_store:
            return
        if self._child is not None:
            self._child.poll()  # lets the kernel forget one that has ended
        with lock(self.lock, wait=False) as free:
            if not free:
                return
        self._child = self._run()

    def problem(self) -> str:
        """Why the last attempt failed, or ""."""
        try:
            return str(json.loads(self.state.read_text())["problem"])
        except (FileNotFoundError, ValueError, KeyError):
            return ""

    def keep(self, once: bool) -> None:
        """Keep the folder in step, for as long as the process lives that started this one."""
        parent = os.getppid()
        with lock(self.lock, wait=False) as held:
            while held:
                self._sync()
                due = time.monotonic() + self.settings.artifacts_seconds
                while not once and time.monotonic() < due and os.getppid() == parent:
                    time.sleep(LOOK)
                if once or os.getppid() != parent:
                    return

    def _sync(self) -> None:
        problem = ""
        try:
            Mirror(self.settings.artifacts_store, Path(self.settings.artifacts)).sync()
        except StoreFailed as error:
            problem = str(error)
        write(self.state, json.dumps({"problem": problem}))

    def _run(self, *words: str) -> subprocess.Popen[bytes]:
        with (self.settings.state / "store.log").open("ab") as out:
            command = [sys.executable, "-m", "server", "store", *words]
            return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=out)
