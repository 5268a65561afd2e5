"""What comes in and what goes out about answers that were given."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema

from server.web.schemas import Label, Name, Out, Query, QueryInt

LATEST = 9_999_999_999_999  # milliseconds since 1970: in the year 2286
# A date, or a date and a time of day. The sign before the hours of a zone comes as a space where it
# was not escaped.
TIME = (
    r"^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+ -]([01]\d|2[0-3]):[0-5]\d)?)?$"
)
WHEN = "must be milliseconds since 1970, a date as 2026-01-31, or a time as 2026-01-31T09:30Z"


def milliseconds(value: object) -> object:
    """A time of the query in milliseconds since 1970.

    value: given as such, or as a date or time of ISO 8601; UTC unless it says otherwise. Raises
    ValueError.
    """
    if not isinstance(value, str):
        return value
    if re.fullmatch(r"-?[0-9]{1,15}", value):
        return int(value)
    if not (value.isascii() and re.fullmatch(TIME, value)):
        raise ValueError(WHEN)
    try:
        when = datetime.fromisoformat(value[:11] + value[11:].replace(" ", "+"))
    except ValueError as error:
        raise ValueError(f"{WHEN}; {error}") from None
    return round((when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp() * 1000)


QueryTime = Annotated[
    int,
    BeforeValidator(milliseconds),
    Field(ge=0, le=LATEST),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "integer", "minimum": 0, "maximum": LATEST},
                {"type": "string", "pattern": TIME},
            ]
        }
    ),
]
SINCE = (
    "From this time on: milliseconds since 1970, or a date or time as 2026-01-31 or"
    " 2026-01-31T09:30+01:00 (else UTC)."
)
UNTIL = "Before this time; a date means its beginning."


CAMERA_OR_ANY = r"^([a-z0-9][a-z0-9_-]{0,62}|[*])$"


class PredictionQuery(Query):
    label: Label | None = None
    reason: Literal["known", "unknown", "nothing_found"] | None = None
    model: Name | None = None
    since: QueryTime | None = Field(None, description=SINCE)
    until: QueryTime | None = Field(None, description=UNTIL)
    before: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")] | None = Field(
        None, description="`next` of a page."
    )
    limit: QueryInt = Field(50, ge=1, le=500)
    camera: Annotated[str, Field(pattern=CAMERA_OR_ANY)] | None = Field(
        None, description="Of this watched camera alone; * is any of them."
    )
    format: Literal["json", "csv"] = Field(
        "json", description="csv gives all that fit, without pages."
    )


class AskedPictureQuery(Query):
    size: QueryInt | None = Field(
        None, ge=16, le=1600, description="Longest side in pixels; left out, as it is kept."
    )


class PredictionRow(Out):
    id: str
    time: int = Field(description="Milliseconds since 1970, UTC.")
    model: str
    version: int
    digest: str
    width: int
    height: int
    label: str | None
    reason: str
    seconds: float
    stages: dict[str, float]
    client: str | None
    key: str | None
    kept: bool = Field(
        description="Whether the picture is kept: GET /api/predictions/{id}/picture gives it."
    )
    regions: list[dict[str, object]]
    camera: str | None = Field(description="The watched camera that took it, where it was one.")


class PredictionList(Out):
    predictions: list[PredictionRow]
    next: str | None = Field(description="Give it as `before` for the next page.")


class StatsQuery(Query):
    days: QueryInt = Field(
        30, ge=1, le=3650, description="The days before `until`, or before now; not with `since`."
    )
    since: QueryTime | None = Field(None, description=SINCE)
    until: QueryTime | None = Field(None, description=UNTIL)


class Stats(Out):
    days: int | None = Field(description="As asked for; null where `since` was given.")
    since: int = Field(
        description="Milliseconds since 1970, UTC: what is counted came then or later."
    )
    until: int | None = Field(description="And before then, if that was asked for.")
    predictions: int
    by_reason: dict[str, int]
    by_label: dict[str, int]
    by_model: dict[str, int]
    mean_seconds: float | None
    slowest_seconds: float | None
    corrections: int


class ActivityQuery(Query):
    span: Literal["hour", "day", "month"] = Field(
        "day", description="The last 60 minutes, 24 hours or 30 days."
    )


class ActivityStretch(Out):
    since: int = Field(description="Where the stretch begins: milliseconds since 1970, UTC.")
    predictions: int
    known: int
    unknown: int
    nothing_found: int
    unknown_rate: float | None = Field(
        description="Part of the answers that found anything in which nobody was named, 0 to 1."
    )
    p50: float | None = Field(description="Seconds within which half of them were answered.")
    p95: float | None = Field(description="Seconds within which 95 of 100 were answered.")
    corrections: int


class Activity(Out):
    span: Literal["hour", "day", "month"]
    stretch: int = Field(description="Milliseconds of one stretch.")
    until: int
    stretches: list[ActivityStretch] = Field(description="Oldest first, empty ones too.")
