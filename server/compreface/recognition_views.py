"""CompreFace's three services: whom a picture shows, where its faces are, whether two are one
person's.
"""

from __future__ import annotations

from collections.abc import Sequence

from data_cleaning.json_types import JsonObject
from model.recipes.recipe import Recipe
from model.recognition.enrolling import MeasuredFace, cosine, measure_faces, pair_threshold
from model.recognition.pipeline import Stopwatch
from model.recognition.predictions import Prediction
from server.collections.collection import only_face
from server.compreface.answers import (
    face_row,
    scaled,
    subject_rows,
    timed,
    versions,
    wanted,
)
from server.compreface.asking import collection, example, guarded, picture
from server.compreface.schemas import (
    ONE_PICTURE,
    REFUSED,
    TWO_PICTURES,
    DetectAnswer,
    DetectQuery,
    FacePath,
    MatchAnswer,
    RecognizeAnswer,
    RecognizeQuery,
    VerifyAnswer,
)
from server.context import current
from server.errors import NoExample
from server.recognition.predict import PredictOptions, answer_picture
from server.web.api_docs.openapi import needs_model_key

asking = guarded("asking")
MAY = needs_model_key("predict")


@asking.post(
    "/api/v1/recognition/recognize",
    security=MAY,
    responses={200: RecognizeAnswer, **REFUSED},
    openapi_extensions=ONE_PICTURE,
)
def recognize(query: RecognizeQuery) -> JsonObject:
    """Whom a picture shows."""
    of, data = collection(), picture("file")
    recipe = of.recipe()
    if not of.named():  # nobody is enrolled yet
        rows = [{**row, "subjects": []} for row in _detected(data, recipe, query)]
        return {"result": rows, **versions(recipe, query)}
    answered = answer_picture(data, PredictOptions(of.model, whole=not query.detect_faces))
    found = wanted(answered.recognition.predictions, query)
    embeddings = _embeddings(found, data, recipe) if "calculator" in query.plugins else {}
    rows = [
        timed(
            face_row(one.detection, query, embeddings.get(_place(one), ()))
            | {"subjects": subject_rows(one, answered.bundle, query.prediction_count)},
            answered.recognition.seconds,
            query,
        )
        for one in found
    ]
    return {"result": rows, **versions(recipe, query)}


@asking.post(
    "/api/v1/detection/detect",
    security=MAY,
    responses={200: DetectAnswer, **REFUSED},
    openapi_extensions=ONE_PICTURE,
)
def detect(query: DetectQuery) -> JsonObject:
    """Where the faces of a picture are."""
    recipe = collection().recipe()
    return {"result": _detected(picture("file"), recipe, query), **versions(recipe, query)}


@asking.post(
    "/api/v1/verification/verify",
    security=MAY,
    responses={200: VerifyAnswer, **REFUSED},
    openapi_extensions=TWO_PICTURES,
)
def verify(query: DetectQuery) -> JsonObject:
    """Whether faces of one picture are the face of another."""
    recipe = collection().recipe()
    source = only_face(_measured(picture("source_image"), recipe), query.det_prob_threshold or 0.0)
    matches = _matches(source, picture("target_image"), recipe, query)
    row = {"source_image_face": _measured_row(source, query), "face_matches": matches}
    return {"result": [{**row, **versions(recipe, query)}]}


@asking.post(
    "/api/v1/recognition/faces/<image_id>/verify",
    security=MAY,
    responses={200: MatchAnswer, **REFUSED},
    openapi_extensions=ONE_PICTURE,
)
def verify_example(path: FacePath, query: DetectQuery) -> JsonObject:
    """Whether faces of a picture are that of an example."""
    of = collection()
    recipe = of.recipe()
    kept = example(of, path.image_id)
    faces = _measured(kept.path.read_bytes(), recipe)
    if not faces:
        raise NoExample(f"Image {path.image_id} not found")
    source = max(faces, key=lambda face: face.detection.area)
    matches = _matches(source, picture("file"), recipe, query)
    return {"result": matches, **versions(recipe, query)}


def _measured(
    data: bytes, recipe: Recipe, watch: Stopwatch | None = None
) -> tuple[MeasuredFace, ...]:
    service = current()
    return service.pool.run(lambda: measure_faces(data, recipe, service.limits, watch))


def _detected(data: bytes, recipe: Recipe, query: DetectQuery) -> list[JsonObject]:
    watch = Stopwatch()
    found = wanted(_measured(data, recipe, watch), query)
    return [timed(_measured_row(face, query), watch.seconds, query) for face in found]


def _measured_row(face: MeasuredFace, query: DetectQuery) -> JsonObject:
    return face_row(face.detection, query, face.features.tolist())


def _matches(
    source: MeasuredFace, data: bytes, recipe: Recipe, query: DetectQuery
) -> list[JsonObject]:
    threshold, watch = pair_threshold(recipe), Stopwatch()
    rows = []
    for face in wanted(_measured(data, recipe, watch), query):
        alike = scaled(cosine(source, face), threshold, -1.0)
        row = {**_measured_row(face, query), "similarity": alike}
        rows.append(timed(row, watch.seconds, query))
    return rows


def _embeddings(
    found: Sequence[Prediction], data: bytes, recipe: Recipe
) -> dict[tuple[int, int, int, int], list[float]]:
    """By the place of each face in the picture."""
    return {_place(face): face.features.tolist() for face in _measured(data, recipe)}


def _place(face: Prediction | MeasuredFace) -> tuple[int, int, int, int]:
    box = face.detection
    return box.x, box.y, box.width, box.height
