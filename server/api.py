"""Asking what is in a picture, and which models there are. Thin: the work is in the pool, the shape in answers.py."""

from __future__ import annotations

from typing import Any

from flask import Response, jsonify, request, send_file
from flask_openapi3 import APIBlueprint, Tag

from data_cleaning.errors import LikenessError
from server import answers, uploads
from server.document import answer, needs
from server.errors import NotFound
from server.schemas import LegacyQuery, ModelDetail, ModelList, ModelPath
from server.service import current

api = APIBlueprint("api", __name__, abp_security=needs("predict"))
PREDICTING = Tag(name="predicting", description="What is in this picture?")
MODELS = Tag(name="models", description="Who answers.")
LEGACY_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            kind: {
                "schema": {
                    "type": "object",
                    "required": ["image_data"],
                    "properties": {
                        "image_data": {"type": "string", "description": "A data URL, or the picture as bare base64."}
                    },
                }
            }
            for kind in uploads.FORMS
        },
    }
}
LEGACY_ANSWER = answer(type="array", items={"type": "object"})


def recognise(data: bytes, model: str | None) -> tuple[Any, Any]:
    """(bundle, recognition) for one picture. Raises PictureError, BundleError, Busy, TooSlow."""
    service = current()
    bundle = service.models.get(model)
    return bundle, service.pool.run(lambda: bundle.recognise(data, service.limits))


@api.post("/api/classify_image", tags=[PREDICTING], responses={200: LEGACY_ANSWER}, openapi_extensions=LEGACY_BODY)
def classify_image(query: LegacyQuery) -> Response:
    """The tutorial's route: one entry a face, its class and the percent for every class."""
    data = uploads.from_form(request, "image_data", current().settings.picture_bytes)
    bundle, recognition = recognise(data, query.model)
    return jsonify(answers.tutorial(recognition, bundle.labels, strangers=query.unknown == "1"))


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
def show_report(path: ModelPath) -> Response:
    """The report of the training, one HTML page."""
    bundle = current().models.get(path.name)
    report = bundle.directory / "report.html"
    if not report.is_file():
        raise NotFound(f"The model {path.name} has no report.")
    return send_file(report.resolve(), mimetype="text/html", max_age=0)


def summary(name: str) -> dict[str, Any]:
    models = current().models
    bundle = models.get(name)
    return {
        "name": bundle.name,
        "version": bundle.version,
        "active": True,
        "default": name == models.default(),
        "recipe": bundle.recipe.name,
        "subject": bundle.recipe.subject,
        "labels": list(bundle.labels),
    }


def detail(name: str) -> dict[str, Any]:
    models = current().models
    bundle = models.get(name)
    has_report = (bundle.directory / "report.html").is_file()
    return {
        **summary(name),
        "versions": list(models.registry.versions(name)),
        "facts": bundle.facts,
        "report": f"/api/models/{name}/report" if has_report else None,
    }
