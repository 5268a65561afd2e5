"""Answers over time: how many of which kind in each stretch, and how long they took.

The database counts; no answer is read out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sqlalchemy import BigInteger, ColumnElement, and_, case, cast, func, select

from server.storage.database import Store
from server.storage.tables import corrections, predictions

Span = Literal["hour", "day", "month"]
MINUTE = 60_000  # milliseconds
# A span as so many stretches of so many milliseconds.
STRETCHES: dict[Span, tuple[int, int]] = {
    "hour": (60, MINUTE),
    "day": (24, 60 * MINUTE),
    "month": (30, 24 * 60 * MINUTE),
}


@dataclass(frozen=True)
class Stretch:
    """since: milliseconds. unknown_rate: of the answers that found anything, 0 to 1.

    p50, p95: seconds within which so many percent were answered. None where nothing was asked.
    """

    since: int
    predictions: int
    known: int
    unknown: int
    nothing_found: int
    unknown_rate: float | None
    p50: float | None
    p95: float | None
    corrections: int


def activity(store: Store, span: Span, until: int) -> list[Stretch]:
    """The stretches of the span that ends at `until` (milliseconds), oldest first. Raises
    StoreDown.
    """
    count, width = STRETCHES[span]
    since = until - count * width
    asked = _number(predictions.c.time, since, width)
    ranked = (
        select(
            asked.label("number"),
            predictions.c.reason,
            predictions.c.seconds,
            func.row_number()
            .over(partition_by=asked, order_by=predictions.c.seconds)
            .label("place"),
            func.count().over(partition_by=asked).label("total"),
        )
        .where(_within(predictions.c.time, since, until))
        .subquery()
    )
    counted = select(
        ranked.c.number,
        func.count().label("predictions"),
        *(_of_kind(ranked.c.reason, kind) for kind in ("known", "unknown", "nothing_found")),
        _percentile(ranked.c, 50),
        _percentile(ranked.c, 95),
    ).group_by(ranked.c.number)
    words = (
        select(_number(corrections.c.time, since, width).label("number"))
        .where(_within(corrections.c.time, since, until))
        .subquery()
    )
    corrected = select(words.c.number, func.count()).group_by(words.c.number)
    with store.read() as connection:
        rows = {row["number"]: dict(row) for row in connection.execute(counted).mappings()}
        said = {row[0]: row[1] for row in connection.execute(corrected)}
    return [_stretch(since + at * width, rows.get(at, {}), said.get(at, 0)) for at in range(count)]


def _within(time: ColumnElement[int], since: int, until: int) -> ColumnElement[bool]:
    return and_(time >= since, time < until)


def _number(time: ColumnElement[int], since: int, width: int) -> ColumnElement[int]:
    """Which stretch a time is in, from 0."""
    return cast((time - since) // width, BigInteger)


def _of_kind(reason: ColumnElement[str], kind: str) -> ColumnElement[int]:
    return func.sum(case((reason == kind, 1), else_=0)).label(kind)


def _percentile(columns: object, percent: int) -> ColumnElement[float]:
    """The slowest of the quickest so many percent."""
    place, total, seconds = (getattr(columns, name) for name in ("place", "total", "seconds"))
    among = 100 * (place - 1) < percent * total
    return func.max(case((among, seconds))).label(f"p{percent}")


def _stretch(since: int, row: dict[str, float], corrected: int) -> Stretch:
    known, unknown = int(row.get("known", 0)), int(row.get("unknown", 0))
    found = known + unknown
    return Stretch(
        since=since,
        predictions=int(row.get("predictions", 0)),
        known=known,
        unknown=unknown,
        nothing_found=int(row.get("nothing_found", 0)),
        unknown_rate=round(unknown / found, 4) if found else None,
        p50=_seconds(row.get("p50")),
        p95=_seconds(row.get("p95")),
        corrections=corrected,
    )


def _seconds(value: float | None) -> float | None:
    return None if value is None else round(float(value), 6)
