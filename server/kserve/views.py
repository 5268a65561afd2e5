"""The routes of the Open Inference Protocol: server, models, and pictures as BYTES tensors."""

from __future__ import annotations

import json
import time

from flask import Response, jsonify, request
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from pydantic import ValidationError
from werkzeug.exceptions import UnsupportedMediaType

from data_cleaning.errors import BundleMissing, LikenessError
from data_cleaning.json_types import JsonObject
from data_cleaning.version import VERSION
from model.recognition.protocols import RecognitionModel
from server.context import current
from server.errors import NotReady, RequestError
from server.kserve.schemas import (
    REFUSED,
    InferAnswer,
    InferBody,
    ModelMetadata,
    ModelReady,
    NamePath,
    ServerLive,
    ServerMetadata,
    ServerReady,
    VersionedPath,
)
from server.kserve.tensors import (
    INPUT,
    OUTPUTS,
    output_rows,
    pictures_of,
    split_body,
    wanted_outputs,
)
from server.recognition.predict import PredictOptions, answer_picture
from server.web.api_docs.openapi import body, needs, schema_of
from server.web.problem_answers import from_exception, invalid
from server.web.uploads import FILE

kserve = APIBlueprint("kserve", __name__, abp_responses=REFUSED)
INFERENCE = Tag(name="inference protocol", description="Open Inference Protocol, version 2.")
MAY = needs("predict")
HEADER = "Inference-Header-Content-Length"  # of the JSON, where raw tensors follow it
BODY = body({"application/json": schema_of(InferBody), "application/octet-stream": FILE})
TOP = 5  # labels in an answer


@kserve.errorhandler(Exception)
@kserve.errorhandler(413)
@kserve.errorhandler(415)
def refused(error: Exception) -> Response:
    """Any refusal as the protocol words it."""
    problem = invalid(error) if isinstance(error, ValidationError) else from_exception(error)
    said = problem.get_json(silent=True) or {}
    answer = jsonify({"error": said.get("detail", "")})
    answer.status_code = 400 if problem.status_code == 422 else problem.status_code
    for name in ("Retry-After", "WWW-Authenticate"):
        if name in problem.headers:
            answer.headers[name] = problem.headers[name]
    return answer


@kserve.get("/v2", tags=[INFERENCE], responses={200: ServerMetadata})
def server_metadata() -> JsonObject:
    """What answers here."""
    return {
        "name": "likeness",
        "version": VERSION,
        "extensions": ["binary_tensor_data"],
    }


@kserve.get("/v2/health/live", tags=[INFERENCE], responses={200: ServerLive})
def live() -> JsonObject:
    """Whether the service runs."""
    return {"live": True}


@kserve.get("/v2/health/ready", tags=[INFERENCE], responses={200: ServerReady, 503: ServerReady})
def ready() -> tuple[JsonObject, int]:
    """Whether the default model can answer."""
    try:
        current().models.get().check_weights()
    except LikenessError:
        return {"ready": False}, 503
    return {"ready": True}, 200


@kserve.get("/v2/models/<name>", tags=[INFERENCE], security=MAY, responses={200: ModelMetadata})
def model_metadata(path: NamePath) -> JsonObject:
    """A model's inputs and outputs."""
    return _metadata(current().models.get(path.name))


@kserve.get(
    "/v2/models/<name>/versions/<version>",
    tags=[INFERENCE],
    security=MAY,
    responses={200: ModelMetadata},
)
def version_metadata(path: VersionedPath) -> JsonObject:
    """The same of the version that answers."""
    return _metadata(_version(path))


@kserve.get("/v2/models/<name>/ready", tags=[INFERENCE], security=MAY, responses={200: ModelReady})
def model_ready(path: NamePath) -> tuple[JsonObject, int]:
    """Whether a model can answer."""
    return _ready(current().models.get(path.name))


@kserve.get(
    "/v2/models/<name>/versions/<version>/ready",
    tags=[INFERENCE],
    security=MAY,
    responses={200: ModelReady},
)
def version_ready(path: VersionedPath) -> tuple[JsonObject, int]:
    """The same of a version."""
    return _ready(_version(path))


@kserve.post(
    "/v2/models/<name>/infer",
    tags=[INFERENCE],
    security=MAY,
    responses={200: InferAnswer},
    openapi_extensions=BODY,
)
def infer(path: NamePath) -> JsonObject:
    """Who or what is in pictures: one input `image`, and the outputs label, score and answer."""
    return _infer(current().models.get(path.name))


@kserve.post(
    "/v2/models/<name>/versions/<version>/infer",
    tags=[INFERENCE],
    security=MAY,
    responses={200: InferAnswer},
    openapi_extensions=BODY,
)
def infer_version(path: VersionedPath) -> JsonObject:
    """The same by the version that answers."""
    return _infer(_version(path))


def _version(path: VersionedPath) -> RecognitionModel:
    """Raises BundleMissing for a version that does not answer now."""
    model = current().models.get(path.name)
    if path.version != str(model.version):
        raise BundleMissing(
            f"The model {path.name} answers with version {model.version}, not with"
            f" {path.version[:20]}."
        )
    return model


def _metadata(model: RecognitionModel) -> JsonObject:
    outputs = [
        {"name": name, "datatype": datatype, "shape": [-1]}
        for name, (datatype, _) in OUTPUTS.items()
    ]
    return {
        "name": model.name,
        "versions": [str(model.version)],
        "platform": f"likeness_{model.recipe.name}",
        "inputs": [{"name": INPUT, "datatype": "BYTES", "shape": [-1]}],
        "outputs": outputs,
    }


def _ready(model: RecognitionModel) -> tuple[JsonObject, int]:
    try:
        model.check_weights()
    except LikenessError as error:
        raise NotReady(str(error)) from error
    return {"name": model.name, "ready": True}, 200


def _infer(model: RecognitionModel) -> JsonObject:
    service = current()
    request.max_content_length = service.settings.batch_bytes
    wanted, raw = _asked()
    names = wanted_outputs(wanted)
    until = time.monotonic() + service.settings.batch_seconds
    options = PredictOptions(model.name, wait=True, until=until)
    answers = []
    for data in pictures_of(wanted, raw, service.settings):
        answered = answer_picture(data, options)
        answers.append((answered.recognition, answered.to_json(TOP)))
    said: JsonObject = {"model_name": model.name, "model_version": str(model.version)}
    said |= {"id": wanted.id} if wanted.id is not None else {}
    return {**said, "outputs": output_rows(names, answers)}


def _asked() -> tuple[InferBody, bytes]:
    """The JSON of the request, and the raw tensors behind it.

    Raises RequestError, ValidationError, UnsupportedMediaType.
    """
    header = request.headers.get(HEADER)
    if header is None and not request.is_json:
        raise UnsupportedMediaType(f"Send JSON, or JSON and raw tensors with the header {HEADER}.")
    if header is None:
        return InferBody.model_validate(request.get_json()), b""
    text, raw = split_body(request.get_data(cache=False), header)
    try:
        return InferBody.model_validate(json.loads(text)), raw
    except (ValueError, RecursionError) as error:
        if isinstance(error, ValidationError):
            raise
        raise RequestError("What comes before the raw tensors is no JSON.") from error
