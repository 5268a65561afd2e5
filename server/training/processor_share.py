"""Whether a process gets to work: how much of a processor it had lately.

A training steps back for answering; on a busy machine that can look as if it stood still.
"""

from __future__ import annotations

import os
import time
from collections import deque
from pathlib import Path

WINDOW = 6.0  # seconds that are looked back at
LITTLE = 0.25  # of one processor: with less it hardly works
USER, SYSTEM = 11, 12  # fields of /proc/PID/stat behind the name: ticks of processor time


class ProcessorShare:
    """pid: of the process that is watched."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._used: deque[tuple[float, float]] = deque()  # when, seconds of processor until then

    def waits(self) -> bool:
        """Whether it waits for the processor: it hardly had one while others kept all of them busy.

        False as long as nothing can be said.
        """
        now, used = time.monotonic(), _processor_seconds(self.pid)
        if used is None:
            return False
        self._used.append((now, used))
        while len(self._used) > 2 and now - self._used[1][0] >= WINDOW:
            self._used.popleft()
        since, before = self._used[0]
        if now - since < WINDOW:
            return False
        return (used - before) / (now - since) < LITTLE and _is_busy()


def _processor_seconds(pid: int) -> float | None:
    """What a process has used so far; None where that cannot be read."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[USER]) + int(fields[SYSTEM])) / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError):
        return None


def _is_busy() -> bool:
    """Whether more wants to work on this machine than there are processors."""
    return os.getloadavg()[0] > (os.cpu_count() or 1)
