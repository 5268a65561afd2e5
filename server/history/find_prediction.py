"""Finding one answer again, whichever process gave it."""

from __future__ import annotations

from typing import Any

from server.context import Context
from server.errors import NotFound
from server.history.prediction_log import History


def prediction_of(service: Context, prediction: str) -> dict[str, Any]:
    """One prediction, also when another process made it a moment ago.

    Raises NotFound, StoreDown.
    """
    row = History(service.store).find(prediction)
    if row is None:
        service.keeper.settle()
        row = History(service.store).find(prediction)
    if row is None:
        raise NotFound(
            f"There is no prediction {prediction!r}; it may be older than predictions are kept."
        )
    return row
