"""Asking what is in a picture, and which models there are."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from pathlib import Path

from flask import Response, jsonify, request, send_file
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag

from data_cleaning.errors import LikenessError
from data_cleaning.imaging.encoding import reencode
from data_cleaning.imaging.limits import DEFAULT_LIMITS
from data_cleaning.json_types import JsonObject
from model.recognition.golden import golden_picture
from server.context import caller, current
from server.errors import NotFound
from server.recognition.model_summary import model_detail, model_summary
from server.recognition.predict import PredictOptions, answer_picture, predict_uploaded
from server.recognition.report_links import linked
from server.recognition.result_card import result_card
from server.recognition.schemas import (
    Answer,
    BatchAnswer,
    Confusion,
    LegacyQuery,
    LegacyRegion,
    ModelDetail,
    ModelList,
    ModelPath,
    PredictQuery,
    ResultCard,
    VersionQuery,
    VersionTable,
)
from server.recognition.serialisation import tutorial_answer
from server.recognition.version_table import confusion, version_table
from server.web import uploads
from server.web.api_docs.openapi import answer, body, fields, needs, schema_of
from server.web.problem_answers import describe

api = APIBlueprint("api", __name__, abp_security=needs("predict"))
PREDICTING = Tag(name="predicting", description="What is in this picture?")
MODELS = Tag(name="models", description="Who answers.")
TEXT = {"type": "string", "description": "A data URL, or the picture as bare base64."}
SAMPLE_SIDE = 512  # pixels: as large as it comes
DROPZONE = "file"  # the field in which the page's Dropzone uploads, where nobody named another
LEGACY_BODY = body({kind: fields(image_data=TEXT) for kind in uploads.FORMS})
LEGACY_ANSWER = answer(type="array", items=schema_of(LegacyRegion))


def classify_image(query: LegacyQuery) -> Response:
    """The tutorial's route: one entry a face, its class and the percent for every class."""
    dropped = DROPZONE in request.files and "image_data" not in request.form
    field = DROPZONE if dropped else "image_data"
    data = uploads.from_form(request, field, current().settings.picture_bytes)
    answered = answer_picture(data, PredictOptions(query.model))
    strangers, prediction_id = query.unknown == "1", answered.prediction_id
    response = jsonify(
        tutorial_answer(answered.recognition, answered.labels, strangers, prediction_id)
    )
    if prediction_id:
        response.headers["X-Prediction-Id"] = prediction_id
    return response


# Without /api as well: the tutorial's own server has it so, and its nginx takes the /api away.
for rule, endpoint in (
    ("/api/classify_image", "classify_image"),
    ("/classify_image", "bare_classify_image"),
):
    api.post(
        rule,
        tags=[PREDICTING],
        responses={200: LEGACY_ANSWER},
        openapi_extensions=LEGACY_BODY,
        endpoint=endpoint,
    )(classify_image)


def predict(query: PredictQuery) -> JsonObject:
    """What is in one picture: multipart field `image`, raw body, or JSON."""
    return predict_uploaded(query)


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
def predict_batch(query: PredictQuery) -> JsonObject:
    """Several pictures: each has its answer or its problem, in the order they came."""
    until = time.monotonic() + current().settings.batch_seconds
    options = PredictOptions(
        query.model,
        query.explained,
        wait=True,
        until=until,
        camera=query.camera,
        logged=query.logged,
    )
    # A model that does not exist fails the batch, not each picture.
    current().models.get(query.model)
    readers = uploads.pictures_of(request, current().settings, tuple(PredictQuery.model_fields))
    results = [_entry(index, read, query, options) for index, read in enumerate(readers)]
    return {"results": results, "failed": sum(not result["ok"] for result in results)}


def _entry(
    index: int, read: Callable[[], bytes], query: PredictQuery, options: PredictOptions
) -> JsonObject:
    try:
        answered = answer_picture(read(), options)
        return {"index": index, "ok": True, "answer": answered.to_json(query.top_k)}
    except Exception as error:  # whatever it is, it is this picture's alone
        return {"index": index, "ok": False, "problem": describe(error)}


@api.get("/api/sample", tags=[PREDICTING], responses={200: answer(content="image/jpeg")})
def sample() -> Response:
    """A portrait to try with: an astronaut (NASA, public domain)."""
    response = Response(_sample(), mimetype="image/jpeg")
    response.headers["Cache-Control"] = "private, max-age=86400"
    return response


@functools.cache
def _sample() -> bytes:
    return reencode(golden_picture(), SAMPLE_SIDE, DEFAULT_LIMITS)


@api.get("/api/models", tags=[MODELS], responses={200: ModelList})
def list_models() -> JsonObject:
    """Every model with its labels; one that cannot be loaded is listed as broken."""
    models = current().models
    models.catch_up()  # another process may have promoted a version a moment ago
    good: list[JsonObject] = []
    broken: list[dict[str, str]] = []
    for name in models.names():
        try:
            good.append(model_summary(name))
        except LikenessError as error:
            broken.append({"name": name, "detail": str(error)})
    default = models.default() if good or broken else None
    return {"default": default, "asking": _asking(), "models": good, "broken": broken}


def _asking() -> JsonObject:
    service = current()
    return {
        "picture_bytes": service.settings.picture_bytes,
        "pixels": service.limits.pixels,
        "addresses": service.settings.fetch_urls,
    }


@api.get("/api/models/<name>", tags=[MODELS], responses={200: ModelDetail})
def show_model(path: ModelPath) -> JsonObject:
    """One model: labels, recipe, versions and the facts of its training."""
    current().models.catch_up()
    return model_detail(path.name)


@api.get("/api/models/<name>/report", tags=[MODELS], responses={200: answer(content="text/html")})
def show_report(path: ModelPath, query: VersionQuery) -> Response:
    """The report of the training, one HTML page; for those who may see data sets with small
    pictures of its mistakes, and links to the pictures that it names.
    """
    may_see = caller().may("train")
    files = ("report.html",) if may_see else ("report-public.html", "report.html")
    report = _report_file(path.name, query.version, *files)
    if not may_see:
        return send_file(report.resolve(), mimetype="text/html", max_age=0)
    page = linked(report.read_text("utf-8"), current().settings.datasets)
    return Response(page, mimetype="text/html", headers={"Cache-Control": "private, no-cache"})


@api.get(
    "/api/models/<name>/report.pdf",
    tags=[MODELS],
    responses={200: answer(content="application/pdf")},
)
def show_report_sheet(path: ModelPath, query: VersionQuery) -> Response:
    """The same on one page of paper, without any picture."""
    return send_file(
        _report_file(path.name, query.version, "report.pdf").resolve(),
        mimetype="application/pdf",
        download_name=f"{path.name}.pdf",
        max_age=0,
    )


def _report_file(name: str, version: int | None, *files: str) -> Path:
    """The first that there is of a version's files. Raises NotFound."""
    models = current().models
    chosen = version or models.get(name).version
    if models.hides(name, chosen):
        raise NotFound(
            "This report names somebody who asked to be forgotten; the one after the retraining"
            " will not."
        )
    folder = models.registry.path(name, chosen)
    for file in files:
        if (folder / file).is_file():
            return folder / file
    raise NotFound(f"The model {name} has no such report.")


@api.get("/api/models/<name>/card", tags=[MODELS], responses={200: ResultCard})
def show_card(path: ModelPath, query: VersionQuery) -> JsonObject:
    """What a training came to: how often it is right, strangers, the weakest class, what changed
    since the version before, and what would help most.
    """
    return result_card(path.name, query.version).model_dump()


@api.get("/api/models/<name>/versions", tags=[MODELS], responses={200: VersionTable})
def list_versions(path: ModelPath) -> JsonObject:
    """The versions of a model side by side: how often right, strangers, time, size, data."""
    current().models.catch_up()
    return VersionTable(versions=version_table(path.name)).model_dump()


@api.get(
    "/api/models/<name>/confusion",
    tags=[MODELS],
    responses={200: Confusion},
    security=needs("train"),
)
def show_confusion(path: ModelPath, query: VersionQuery) -> JsonObject:
    """Whom a version took for whom, on pictures that it had not seen, with the pictures of its
    worst mistakes where the data set has them.
    """
    return confusion(path.name, query.version).model_dump()
