"""What comes in and what goes out about answers that were given: history, corrections, being
forgotten.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, Field, WithJsonSchema, model_validator

from server.web.schemas import In, Label, Name, Out, Query, QueryInt

LATEST = 9_999_999_999_999  # milliseconds since 1970: in the year 2286
# A date, or a date and a time of day. The sign before the hours of a zone comes as a space where it
# was not escaped.
TIME = (
    r"^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+ -]([01]\d|2[0-3]):[0-5]\d)?)?$"
)
WHEN = "must be milliseconds since 1970, a date as 2026-01-31, or a time as 2026-01-31T09:30Z"


def milliseconds(value: Any) -> Any:
    """A time of the query in milliseconds since 1970: given as such, or as a date or time of ISO
    8601; UTC unless it says otherwise. Raises ValueError."""
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


class LabelPath(BaseModel):
    label: Label


class ForgottenModel(Out):
    name: str
    versions: list[int]
    job: str | None = Field(
        description="The retraining without them; not named any more from now on."
    )
    why: str | None = Field(
        description="Why there is no retraining, and what to do: the name is still on the disk."
    )


class Forgotten(Out):
    label: str
    removed: dict[str, Any]
    models: list[ForgottenModel]
    restarted: list[str] = Field(
        description="Models whose training had read their pictures and begins once more."
    )


class CorrectionBody(In):
    prediction_id: str = Field(pattern=r"^[0-9a-f]{32}$")
    action: Literal["is", "is_not", "not_a_face"]
    label: Label | None = Field(
        None,
        description=(
            "Who it is; with is_not, who it is not: the one that the answer named, if it named one."
        ),
    )
    region: int = Field(0, ge=0, le=1000, description="Which region of the answer.")
    dataset: Name | None = Field(
        None,
        description="Data set that learns; else the one the model was trained on, or of its name.",
    )
    image: str | None = Field(
        None, description="The picture again, where the service does not keep it."
    )
    note: str | None = Field(None, max_length=1000)

    @model_validator(mode="after")
    def _labelled(self) -> CorrectionBody:
        if self.action == "is" and self.label is None:
            raise ValueError("needs a label where the action is `is`")
        return self


class Correction(Out):
    id: str
    time: int
    prediction: str
    position: int | None
    action: str
    before: dict[str, Any] = Field(description="What the model had said.")
    label: str | None = Field(description="What the person said.")
    dataset: str
    picture: str | None = Field(
        description=(
            "What was added to the data set: the picture, or the part that shows the region. "
            "null where nothing was, as where the data set had it already."
        )
    )
    by: str
    note: str | None


class Taught(Correction):
    learned: bool = Field(
        description="Whether the next training of that data set learns something from it."
    )
    why: str = Field(description="What became of it, or what was missing, in a sentence.")


class CorrectionList(Out):
    corrections: list[Correction]


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
    format: Literal["json", "csv"] = Field(
        "json", description="csv gives all that fit, without pages."
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
    regions: list[dict[str, Any]]


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
