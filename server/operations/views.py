"""For machines that watch or host the service: Prometheus, and the two routes a SageMaker container
needs.
"""

from __future__ import annotations

from flask import Response
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from prometheus_client import CONTENT_TYPE_LATEST

from data_cleaning.json_types import JsonObject
from server.context import current
from server.operations.health import ready
from server.recognition.predict import predict_uploaded
from server.recognition.schemas import Answer, PredictQuery
from server.web import uploads
from server.web.api_docs.openapi import answer, needs

operations = APIBlueprint("operations", __name__)
OPERATIONS = Tag(name="operations", description="For machines that watch or host the service.")


@operations.get(
    "/metrics",
    tags=[OPERATIONS],
    security=needs("predict"),
    responses={200: answer(content="text/plain")},
)
def metrics() -> Response:
    """Numbers for Prometheus; they name no person."""
    return Response(current().metrics.text(), content_type=CONTENT_TYPE_LATEST)


@operations.get("/ping", tags=[OPERATIONS], responses={200: answer(content="text/plain")})
def ping() -> Response:
    """SageMaker's question whether the container can answer."""
    ready()
    return Response("ok\n", mimetype="text/plain")


@operations.post(
    "/invocations",
    tags=[OPERATIONS],
    security=needs("predict"),
    responses={200: Answer},
    openapi_extensions=uploads.PREDICT_BODY,
)
def invocations(query: PredictQuery) -> JsonObject:
    """SageMaker's name for predict."""
    return predict_uploaded(query)
