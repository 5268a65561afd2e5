"""Finding one answer again, whichever process gave it."""

from __future__ import annotations

from server.context import Context
from server.errors import NotFound
from server.history.logged_answers import LoggedAnswer
from server.history.prediction_log import PredictionLog


def find_prediction(service: Context, prediction: str) -> LoggedAnswer:
    """One answer, also when another process gave it a moment ago. Raises NotFound, StoreDown."""
    log = PredictionLog(service.store)
    found = log.find(prediction)
    if found is None:
        service.keeper.settle()
        log = PredictionLog(service.store)
    found = log.find(prediction)
    if found is None:
        raise NotFound(
            f"There is no prediction {prediction!r}; it may be older than predictions are kept."
        )
    return found
