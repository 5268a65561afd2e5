"""What was asked and answered: the log, its statistics and the pictures that were kept."""

from __future__ import annotations

import time
from dataclasses import asdict
from http import HTTPStatus
from typing import Any

from flask import Response
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag

from data_cleaning.imaging.encoding import reencode
from server.context import Context, current
from server.errors import NotFound, RequestError
from server.history.activity import STRETCHES, activity
from server.history.csv_export import csv_lines
from server.history.find_prediction import find_prediction
from server.history.logged_answers import LoggedAnswer
from server.history.prediction_log import DAY, Filter, PredictionLog
from server.history.schemas import (
    Activity,
    ActivityQuery,
    AskedPictureQuery,
    PredictionList,
    PredictionQuery,
    PredictionRow,
    Stats,
    StatsQuery,
)
from server.history.statistics import statistics
from server.settings import variable
from server.web.api_docs.openapi import answer, needs, schema_of
from server.web.schemas import IdPath

records = APIBlueprint("records", __name__, abp_security=needs("admin"))
HISTORY = Tag(name="history", description="What was asked and answered.")
PREDICTIONS: dict[str | int | HTTPStatus, Any] = {
    200: {
        "content": {
            "application/json": {"schema": schema_of(PredictionList)},
            "text/csv": {"schema": {"type": "string"}},
        }
    }
}


@records.get("/api/predictions", tags=[HISTORY], responses=PREDICTIONS)
def list_predictions(query: PredictionQuery) -> Response | dict[str, object]:
    """Answers, newest first; as pages of JSON, or all of them as CSV.

    In the CSV `when` is `time` as ISO 8601 in UTC; `regions` and `probabilities` have one entry a
    region, in order.
    """
    service = current()
    service.keeper.settle()
    log = PredictionLog(service.store)
    wanted = Filter(
        query.label,
        query.reason,
        query.model,
        query.since,
        query.until,
        query.before,
        query.camera,
    )
    if query.format == "csv":
        headers = {"Content-Disposition": "attachment; filename=predictions.csv"}
        lines = csv_lines(log.all(wanted))
        return Response(lines, mimetype="text/csv", headers=headers)
    answers = log.newest(wanted, query.limit)
    return {
        "predictions": [_row(service, found) for found in answers],
        "next": answers[-1].id if len(answers) == query.limit else None,
    }


@records.get("/api/predictions/<id>", tags=[HISTORY], responses={200: PredictionRow})
def show_prediction(path: IdPath) -> dict[str, object]:
    """One answer."""
    return _row(current(), find_prediction(current(), path.id))


@records.get(
    "/api/predictions/<id>/picture", tags=[HISTORY], responses={200: answer(content="image/jpeg")}
)
def show_asked_picture(path: IdPath, query: AskedPictureQuery) -> Response:
    """The picture that was asked about, as a fresh JPEG, where the service keeps it."""
    service = current()
    service.keeper.settle()
    data = service.kept.read(find_prediction(service, path.id).id)
    if data is None:
        days = (
            f"{variable('keep_pictures_days')}, the days for which pictures are kept, is"
            f" {service.kept.days}"
        )
        raise NotFound(f"The picture of this answer is not kept, or not any more: {days}.")
    return Response(_smaller(service, data, query.size), mimetype="image/jpeg")


def stats(query: StatsQuery) -> dict[str, object]:
    """Counts and times of the last days, or of the time between `since` and `until`."""
    if query.since is not None and "days" in query.model_fields_set:
        raise RequestError("Give either days or since; both say where to begin.")
    service = current()
    service.keeper.settle()
    end = int(time.time() * 1000) if query.until is None else query.until
    since = end - query.days * DAY if query.since is None else query.since
    return {
        "days": None if query.since is not None else query.days,
        "until": query.until,
        "since": since,
        **asdict(statistics(service.store, since, query.until)),
    }


@records.get("/api/stats/over-time", tags=[HISTORY], responses={200: Activity})
def stats_over_time(query: ActivityQuery) -> dict[str, object]:
    """How many answers of which kind, and how quick they were, stretch by stretch until now."""
    service = current()
    service.keeper.settle()
    _, width = STRETCHES[query.span]
    until = (int(time.time() * 1000) // width + 1) * width
    stretches = activity(service.store, query.span, until)
    return {
        "span": query.span,
        "stretch": width,
        "until": until,
        "stretches": [asdict(stretch) for stretch in stretches],
    }


for rule in ("/api/stats", "/stats"):
    name = rule.strip("/").replace("/", "_")
    records.get(rule, tags=[HISTORY], responses={200: Stats}, operation_id=name, endpoint=name)(
        stats
    )


def _smaller(service: Context, data: bytes, size: int | None) -> bytes:
    return service.pool.run(lambda: reencode(data, size), wait=True) if size else data


def _row(service: Context, found: LoggedAnswer) -> dict[str, object]:
    return {**asdict(found), "kept": service.kept.path(found.id).is_file()}
