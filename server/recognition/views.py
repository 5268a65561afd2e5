"""Asking what is in a picture, and which models there are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Response, jsonify, request, send_file
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag

from data_cleaning.errors import LikenessError
from server.context import caller, current
from server.errors import NotFound
from server.recognition import serialisation as answers
from server.recognition.model_summary import detail, summary
from server.recognition.predict import Wish, answered, ask
from server.recognition.schemas import (
    Answer,
    BatchAnswer,
    LegacyQuery,
    LegacyRegion,
    ModelDetail,
    ModelList,
    ModelPath,
    PredictQuery,
    VersionQuery,
)
from server.web import uploads
from server.web.api_docs.openapi import answer, body, fields, needs, schema_of
from server.web.problem_answers import describe

api = APIBlueprint("api", __name__, abp_security=needs("predict"))
PREDICTING = Tag(name="predicting", description="What is in this picture?")
MODELS = Tag(name="models", description="Who answers.")
TEXT = {"type": "string", "description": "A data URL, or the picture as bare base64."}
LEGACY_BODY = body({kind: fields(image_data=TEXT) for kind in uploads.FORMS})
LEGACY_ANSWER = answer(type="array", items=schema_of(LegacyRegion))


@api.post(
    "/api/classify_image",
    tags=[PREDICTING],
    responses={200: LEGACY_ANSWER},
    openapi_extensions=LEGACY_BODY,
)
def classify_image(query: LegacyQuery) -> Response:
    """The tutorial's route: one entry a face, its class and the percent for every class."""
    data = uploads.from_form(request, "image_data", current().settings.picture_bytes)
    asked = ask(data, Wish(query.model))
    response = jsonify(
        answers.tutorial(asked.recognition, asked.labels, query.unknown == "1", asked.prediction_id)
    )
    if asked.prediction_id:
        response.headers["X-Prediction-Id"] = asked.prediction_id
    return response


def predict(query: PredictQuery) -> dict[str, Any]:
    """What is in one picture: multipart field `image`, raw body, or JSON."""
    data = uploads.any_form(request, current().settings, tuple(PredictQuery.model_fields))
    return answered(ask(data, Wish(query.model, query.top_k, query.explained)), query.top_k)


for rule in ("/api/predict", "/predict"):
    api.post(
        rule,
        tags=[PREDICTING],
        responses={200: Answer},
        openapi_extensions=uploads.PREDICT_BODY,
        operation_id=rule.strip("/").replace("/", "_"),
        endpoint=rule.strip("/").replace("/", "_"),
    )(predict)


@api.post(
    "/api/predict/batch",
    tags=[PREDICTING],
    responses={200: BatchAnswer},
    openapi_extensions=uploads.BATCH_BODY,
)
def predict_batch(query: PredictQuery) -> dict[str, Any]:
    """Several pictures: each has its answer or its problem, in the order they came."""
    wish = Wish(query.model, query.top_k, query.explained, wait=True)
    current().models.get(
        query.model
    )  # a model that does not exist fails the batch, not each picture
    parts = uploads.many(request, current().settings, tuple(PredictQuery.model_fields))
    results = [_entry(index, get, wish) for index, get in enumerate(parts)]
    return {"results": results, "failed": sum(not each["ok"] for each in results)}


def _entry(index: int, get: Callable[[], bytes], wish: Wish) -> dict[str, Any]:
    try:
        return {"index": index, "ok": True, "answer": answered(ask(get(), wish), wish.top_k)}
    except LikenessError as error:
        return {"index": index, "ok": False, "problem": describe(error)}


@api.get("/api/models", tags=[MODELS], responses={200: ModelList})
def list_models() -> dict[str, Any]:
    """Every model with its labels; one that cannot be loaded is listed as broken."""
    models = current().models
    good: list[dict[str, Any]] = []
    broken: list[dict[str, str]] = []
    for name in models.names():
        try:
            good.append(summary(name))
        except LikenessError as error:
            broken.append({"name": name, "detail": str(error)})
    default = models.default() if good or broken else None
    return {"default": default, "models": good, "broken": broken}


@api.get("/api/models/<name>", tags=[MODELS], responses={200: ModelDetail})
def show_model(path: ModelPath) -> dict[str, Any]:
    """One model: labels, recipe, versions and the facts of its training."""
    return detail(path.name)


@api.get("/api/models/<name>/report", tags=[MODELS], responses={200: answer(content="text/html")})
def show_report(path: ModelPath, query: VersionQuery) -> Response:
    """The report of the training, one HTML page; with pictures of its mistakes for those who may
    see data sets.
    """
    models = current().models
    bundle = models.get(path.name)
    version = query.version or bundle.version
    if models.hides(path.name, version):
        raise NotFound(
            "This report names somebody who asked to be forgotten; the one after the retraining"
            " will not."
        )
    folder = models.registry.path(path.name, version)
    report = folder / "report-public.html"
    if not report.is_file() or caller().may("train"):
        report = folder / "report.html"
    if not report.is_file():
        raise NotFound(f"The model {path.name} has no such report.")
    return send_file(report.resolve(), mimetype="text/html", max_age=0)
