"""The process that does the long work, started: it goes on when this one ends."""

from __future__ import annotations

import subprocess
import sys

from server.settings import Settings


class RunnerProcesses:
    """Those that this process has started."""

    def __init__(self, settings: Settings) -> None:
        self.folder = settings.state / "jobs"
        self._children: list[subprocess.Popen[bytes]] = []

    def start(self) -> None:
        """One more; it ends by itself when the queue is empty or another one is at work."""
        # Asking each how it is lets the kernel forget those that have ended.
        self._children = [child for child in self._children if child.poll() is None]
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "runner.log").open("ab") as out:
            child = subprocess.Popen(
                [sys.executable, "-m", "server", "work"],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )
        self._children.append(child)
