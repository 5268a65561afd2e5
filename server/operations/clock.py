"""The clock of the machine, watched: a wrong one must not delete what is deleted by its age.

Nothing goes by age for a day after the clock has leapt; until then people can set it right.
"""

from __future__ import annotations

import json
import logging
import time
from pathlib import Path

from data_cleaning.files import write
from server.storage.database import lock

log = logging.getLogger("likeness.clock")
DAY = 24 * 3600.0
FORWARD = 30 * DAY  # a longer leap than that may be a service that was off, or a wrong clock
LEAPT = (
    "The clock of this machine was set %s by %.0f days, or the service was off for so long. Nothing"
    " is deleted because of its age for a day. Set the clock right, if it is wrong."
)


class Clock:
    """file: where the time that was seen last is kept."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def is_steady(self) -> bool:
        """Whether the time can be believed, as far as is known; a leap is logged, and noted.

        One process after the other: none writes what it knew before another one's doubt.
        """
        try:
            with lock(self.file.with_suffix(".lock")):
                return self._is_steady()
        except OSError as error:
            log.warning("the time could not be noted: %s", error)
            return False

    def _is_steady(self) -> bool:
        present, (seen, doubted) = time.time(), self._noted()
        leap = present - seen if seen else 0.0
        if leap > FORWARD or leap < -DAY:
            log.error(LEAPT, "forward" if leap > 0 else "back", abs(leap) / DAY)
            doubted = present + DAY
        elif present > doubted or doubted > present + DAY:
            doubted = 0.0
        self._note(present, doubted)
        return not doubted

    def _noted(self) -> tuple[float, float]:
        """The time that was seen last, and until when it is doubted; 0 for unknown."""
        try:
            noted = json.loads(self.file.read_text())
            return float(noted["seen"]), float(noted["doubted"])
        except (OSError, ValueError, KeyError, TypeError):
            return 0.0, 0.0

    def _note(self, seen: float, doubted: float) -> None:
        try:
            write(self.file, json.dumps({"seen": seen, "doubted": doubted}))
        except OSError as error:
            log.warning("the time could not be noted: %s", error)
