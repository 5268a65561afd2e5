"""Which corrections wait for the next training of their data set."""

from __future__ import annotations

import contextlib
from datetime import datetime

from data_cleaning.errors import LikenessError
from server.context import Context
from server.corrections.corrections import newest_corrections
from server.corrections.schemas import ListedCorrection
from server.errors import RequestError


def with_waiting(service: Context) -> list[ListedCorrection]:
    """The newest corrections, each with whether it still waits. Raises StoreDown."""
    trained = _last_trainings(service)
    return [
        ListedCorrection(**row.model_dump(), waits=row.time > trained.get(row.dataset, 0))
        for row in newest_corrections(service.store)
    ]


def _last_trainings(service: Context) -> dict[str, float]:
    """When a model was last trained on each data set, in milliseconds since 1970."""
    last: dict[str, float] = {}
    for name in service.models.names():
        with contextlib.suppress(LikenessError, RequestError, ValueError):
            facts = service.models.get(name).facts
            if facts.trained:
                dataset = facts.dataset or name
                when = datetime.fromisoformat(facts.trained).timestamp() * 1000
                last[dataset] = max(last.get(dataset, 0), when)
    return last
