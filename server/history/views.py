"""What was asked and answered: the log, its statistics and the pictures that were kept."""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from flask import Response
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag

from server.context import Context, current
from server.errors import NotFound, RequestError
from server.history.find_prediction import prediction_of
from server.history.prediction_log import DAY, Filter, History
from server.history.schemas import PredictionList, PredictionQuery, PredictionRow, Stats, StatsQuery
from server.settings import variable
from server.web.api_docs.openapi import answer, needs, schema_of
from server.web.schemas import IdPath

records = APIBlueprint("records", __name__, abp_security=needs("admin"))
HISTORY = Tag(name="history", description="What was asked and answered.")
COLUMNS = (
    "model",
    "version",
    "digest",
    "width",
    "height",
    "label",
    "reason",
    "seconds",
    "client",
    "key",
)
HEAD = ["id", "time", "when", *COLUMNS, "regions", "probabilities"]
PREDICTIONS: dict[str | int | HTTPStatus, Any] = {
    200: {
        "content": {
            "application/json": {"schema": schema_of(PredictionList)},
            "text/csv": {"schema": {"type": "string"}},
        }
    }
}


@records.get("/api/predictions", tags=[HISTORY], responses=PREDICTIONS)
def list_predictions(query: PredictionQuery) -> Response | dict[str, Any]:
    """Answers, newest first; as pages of JSON, or all of them as CSV.

    In the CSV `when` is `time` as ISO 8601 in UTC; `regions` and `probabilities` have one entry a
    region, in order.
    """
    service = current()
    service.keeper.settle()
    wanted = Filter(query.label, query.reason, query.model, query.since, query.until, query.before)
    if query.format == "csv":
        headers = {"Content-Disposition": "attachment; filename=predictions.csv"}
        return Response(
            _csv(History(service.store).every(wanted)), mimetype="text/csv", headers=headers
        )
    rows = History(service.store).page(wanted, query.limit)
    return {
        "predictions": [_shown(service, row) for row in rows],
        "next": rows[-1]["id"] if len(rows) == query.limit else None,
    }


@records.get("/api/predictions/<id>", tags=[HISTORY], responses={200: PredictionRow})
def show_prediction(path: IdPath) -> dict[str, Any]:
    """One answer."""
    return _shown(current(), prediction_of(current(), path.id))


@records.get(
    "/api/predictions/<id>/picture", tags=[HISTORY], responses={200: answer(content="image/jpeg")}
)
def show_asked_picture(path: IdPath) -> Response:
    """The picture that was asked about, as a fresh JPEG, where the service keeps it."""
    service = current()
    service.keeper.settle()
    row = prediction_of(service, path.id)
    data = service.kept.read(row["id"])
    if data is None:
        days = (
            f"{variable('keep_pictures_days')}, the days for which pictures are kept, is"
            f" {service.kept.days}"
        )
        raise NotFound(f"The picture of this answer is not kept, or not any more: {days}.")
    return Response(data, mimetype="image/jpeg")


def stats(query: StatsQuery) -> dict[str, Any]:
    """Counts and times of the last days, or of the time between `since` and `until`."""
    if query.since is not None and "days" in query.model_fields_set:
        raise RequestError("Give either days or since; both say where to begin.")
    service = current()
    service.keeper.settle()
    asked = {"days": None if query.since is not None else query.days, "until": query.until}
    end = int(time.time() * 1000) if query.until is None else query.until
    since = end - query.days * DAY if query.since is None else query.since
    return {**asked, "since": since, **History(service.store).stats(since, query.until)}


for rule in ("/api/stats", "/stats"):
    name = rule.strip("/").replace("/", "_")
    records.get(rule, tags=[HISTORY], responses={200: Stats}, operation_id=name, endpoint=name)(
        stats
    )


def _shown(service: Context, row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "kept": service.kept.path(row["id"]).is_file()}


def _csv(rows: Iterator[dict[str, Any]]) -> Iterator[str]:
    yield _line(HEAD)
    for row in rows:
        when = datetime.fromtimestamp(row["time"] / 1000, UTC).isoformat(timespec="milliseconds")
        labels = " ".join("+".join(each["labels"]) or "?" for each in row["regions"])
        sure = " ".join(f"{each['probability']:.6g}" for each in row["regions"])
        yield _line([row["id"], row["time"], when, *(row[name] for name in COLUMNS), labels, sure])


def _line(values: list[Any]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow([_harmless(value) for value in values])
    return out.getvalue()


def _harmless(value: Any) -> Any:
    """A spreadsheet runs what begins like a formula."""
    risky = isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r")
    return "'" + value if risky else value
