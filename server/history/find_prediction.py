"""Finding one answer again, whichever process or server gave it."""

from __future__ import annotations

import time

from server.context import Context
from server.errors import NotFound
from server.history.logged_answers import LoggedAnswer
from server.history.prediction_log import PredictionLog
from server.storage.database import now

RECENT = 3000  # milliseconds in which another server has moved an answer to the database
LOOK = 0.2  # seconds between two looks


def find_prediction(service: Context, prediction: str) -> LoggedAnswer:
    """One answer, also when another process or server gave it a moment ago.

    Raises NotFound, StoreDown.
    """
    log = PredictionLog(service.store)
    found = log.find(prediction)
    if found is None:
        service.keeper.settle()
        found = log.find(prediction)
    while found is None and service.store.is_shared and _is_recent(prediction):
        time.sleep(LOOK)
        found = log.find(prediction)
    if found is None:
        raise NotFound(
            f"There is no prediction {prediction!r}; it may be older than predictions are kept."
        )
    return found


def _is_recent(prediction: str) -> bool:
    """Whether that id, which begins with its time, may have been given a moment ago."""
    try:
        given = int(prediction[:14], 16) // 1000
    except ValueError:
        return False
    return 0 <= now() - given < RECENT
