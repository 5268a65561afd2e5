"""Pictures that were asked about, kept for some days where the owner wants that; by default none
are.

A kept picture is a fresh JPEG under its prediction's id: no metadata, no name from outside.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from pathlib import Path

from data_cleaning.errors import LikenessError
from data_cleaning.files import write
from data_cleaning.imaging.encoding import reencode

log = logging.getLogger("likeness.pictures")
SETTLED = 10.0  # seconds after which an answer has come from the journal to the database
AT_A_TIME = 500
LONGEST = 1600  # pixels: enough to train on, a tenth of the bytes of a camera's picture


class KeptPictures:
    """folder: <first two letters of the id>/<id>.jpg. days: 0 keeps nothing."""

    def __init__(self, folder: Path, days: int) -> None:
        self.folder, self.days = folder, days

    def path(self, prediction: str) -> Path:
        return self.folder / prediction[-2:] / f"{prediction}.jpg"

    def keep(self, prediction: str, data: bytes) -> None:
        """Store the picture; one that cannot be stored is only logged, the answer was given long
        ago.
        """
        path = self.path(prediction)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            write(path, reencode(data, LONGEST))
        except (OSError, LikenessError) as error:
            log.error("the picture of %s was not kept: %s", prediction, error)

    def read(self, prediction: str) -> bytes | None:
        """The kept picture, or None."""
        try:
            return self.path(prediction).read_bytes()
        except FileNotFoundError:
            return None

    def remove(self, predictions: list[str]) -> int:
        """Delete the pictures of these predictions; how many there were."""
        gone = 0
        for prediction in predictions:
            if self.path(prediction).exists():
                self.path(prediction).unlink(missing_ok=True)
                gone += 1
        return gone

    def remove_orphans(self, known: Callable[[list[str]], set[str]]) -> int:
        """Delete pictures whose answer is gone; how many it were.

        known: which of these ids are in the log. Those that have just come may wait in a journal.
        """
        limit = time.time() - SETTLED
        old = [path for path in self.folder.glob("*/*.jpg") if path.stat().st_mtime < limit]
        gone = 0
        for start in range(0, len(old), AT_A_TIME):
            portion = {path.stem: path for path in old[start : start + AT_A_TIME]}
            here = known(list(portion))
            for identity, path in portion.items():
                if identity not in here:
                    path.unlink(missing_ok=True)
                    gone += 1
        return gone

    def expire(self) -> int:
        """Delete pictures older than the days they may be kept; how many it were."""
        limit = time.time() - self.days * 24 * 3600
        old = [path for path in self.folder.glob("*/*") if path.stat().st_mtime < limit]
        for path in old:
            path.unlink(missing_ok=True)
        return len(old)
