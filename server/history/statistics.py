"""Counts and times of the answers in the database."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Column, ColumnElement, Connection, and_, func, select

from server.storage.database import Store
from server.storage.tables import corrections, predictions


@dataclass(frozen=True)
class Statistics:
    """Of some span of time."""

    predictions: int
    by_reason: dict[str, int]
    by_label: dict[str, int]
    by_model: dict[str, int]
    mean_seconds: float | None
    slowest_seconds: float | None
    corrections: int


def statistics(store: Store, since: int, until: int | None = None) -> Statistics:
    """Of the answers from `since` on and before `until`, both in milliseconds. Raises StoreDown."""
    recent = _within(predictions.c.time, since, until)
    corrected = select(func.count()).where(_within(corrections.c.time, since, until))
    seconds = predictions.c.seconds
    with store.read() as connection:
        total, mean, slowest = connection.execute(
            select(func.count(), func.avg(seconds), func.max(seconds)).where(recent)
        ).one()
        return Statistics(
            predictions=int(total),
            by_reason=_counts(connection, predictions.c.reason, recent),
            by_label=_counts(connection, predictions.c.label, recent),
            by_model=_counts(connection, predictions.c.model, recent),
            mean_seconds=None if mean is None else round(float(mean), 6),
            slowest_seconds=None if slowest is None else round(float(slowest), 6),
            corrections=int(connection.scalar(corrected) or 0),
        )


def _within(time: Column[int], since: int, until: int | None) -> ColumnElement[bool]:
    return time >= since if until is None else and_(time >= since, time < until)


def _counts(
    connection: Connection, column: Column[str], recent: ColumnElement[bool]
) -> dict[str, int]:
    rows = connection.execute(select(column, func.count()).where(recent).group_by(column))
    return {str(value): int(count) for value, count in rows if value is not None}
