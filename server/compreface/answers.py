"""What was found, as CompreFace writes it; fields that are not there are left out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeVar

from data_cleaning.detection.detection import Detection
from data_cleaning.json_types import JsonObject
from model.recipes.recipe import Recipe
from model.recognition.bundle import Bundle
from model.recognition.enrolling import MeasuredFace
from model.recognition.predictions import Prediction, Reason
from model.recognition.protocols import RecognitionModel
from server.compreface.schemas import DetectQuery
from server.errors import NoFace

KNOWN, UNKNOWN = 0.81, 0.39999  # similarity of who is just known, and of who just is not
PLACES = 5
LOWEST = {"similarity": -1.0, "probability": 0.0}  # of each acceptance score
STAGES = {"detect": "detector", "features": "calculator"}
T = TypeVar("T", Prediction, MeasuredFace)


def wanted(found: Sequence[T], query: DetectQuery) -> list[T]:
    """The faces that were asked for, the largest first. Raises NoFace."""
    least = query.det_prob_threshold or 0.0
    faces = [face for face in found if face.detection.score >= least]
    faces.sort(key=lambda face: -face.detection.area)
    if not faces:
        raise NoFace("No face is found in the given image")
    return faces[: query.limit] if query.limit else faces


def face_row(detection: Detection, query: DetectQuery, embedding: Iterable[float]) -> JsonObject:
    """One face. embedding: written where the plug-in calculator was asked for."""
    row: JsonObject = {
        "box": {
            "probability": round(float(detection.score), PLACES),
            "x_min": detection.x,
            "y_min": detection.y,
            "x_max": detection.x + detection.width,
            "y_max": detection.y + detection.height,
        }
    }
    if "landmarks" in query.plugins and detection.landmarks is not None:
        row["landmarks"] = [[round(x), round(y)] for x, y in detection.landmarks]
    if "calculator" in query.plugins:
        row["embedding"] = [float(value) for value in embedding]
    return row


def timed(row: JsonObject, seconds: dict[str, float], query: DetectQuery) -> JsonObject:
    """A face with the milliseconds that finding and measuring took, where that was asked for."""
    if not query.status:
        return row
    times = {
        name: round(1000 * seconds[stage], 1) for stage, name in STAGES.items() if stage in seconds
    }
    return {**row, "execution_time": times}


def versions(recipe: Recipe, query: DetectQuery) -> JsonObject:
    """What found and measured, where that was asked for."""
    if not query.status:
        return {}
    measured = "+".join(step.name for step in recipe.features)
    return {"plugins_versions": {"detector": recipe.detector.name, "calculator": measured}}


def subject_rows(prediction: Prediction, model: RecognitionModel, count: int) -> list[JsonObject]:
    """Whom a face is like, the most similar first; only who is known reaches KNOWN."""
    best = similarity(prediction, model)
    others = sorted(prediction.scores.items(), key=lambda pair: -pair[1])
    rest = min(best, UNKNOWN)
    top = max(prediction.scores[prediction.best], 1e-12)
    rows = [{"subject": prediction.best, "similarity": best}]
    for label, score in others:
        if label != prediction.best:
            alike = round(rest * min(1.0, score / top), PLACES)
            rows.append({"subject": label, "similarity": alike})
    return rows[:count]


def similarity(prediction: Prediction, model: RecognitionModel) -> float:
    """Our acceptance as their similarity, 0 to 1: rising with it, KNOWN or more for whom we name
    and UNKNOWN at most for others.
    """
    if not isinstance(model, Bundle):
        return KNOWN if prediction.label is not None else 0.0
    rule = model.recogniser.acceptance
    lowest = LOWEST[rule.score]
    alike = scaled(prediction.acceptance, rule.threshold, lowest)
    return max(alike, KNOWN) if prediction.reason == Reason.KNOWN else min(alike, UNKNOWN)


def scaled(score: float, threshold: float, lowest: float) -> float:
    """A score, at most 1, on a scale on which the threshold lies between UNKNOWN and KNOWN."""
    if score >= threshold:
        share = (score - threshold) / max(1.0 - threshold, 1e-9)
        return round(min(1.0, KNOWN + (1 - KNOWN) * share), PLACES)
    share = (score - lowest) / max(threshold - lowest, 1e-9)
    return round(max(0.0, min(UNKNOWN, UNKNOWN * share)), PLACES)
