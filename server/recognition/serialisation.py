"""What a model found, as JSON: the tutorial's shape and our own.

Pure functions from types to dicts.
"""

from __future__ import annotations

import base64
from typing import Any

from data_cleaning.imaging.limits import Limits
from model.recognition.explain import explain


def tutorial(
    recognition: Any, labels: tuple[str, ...], strangers: bool, prediction_id: str | None
) -> list[dict[str, Any]]:
    """The list that clients of the well-known tutorial expect, one entry a region, with our own
    keys beside theirs.

    class_probability: percent, rounded to 2 places, in class_dictionary order; class is its argmax.
    strangers: also list regions that nobody is known in.
    """
    dictionary = {label: index for index, label in enumerate(labels)}
    return [
        {
            "class": prediction.best,
            "class_probability": _percents(prediction, labels),
            "class_dictionary": dictionary,
            "prediction_id": prediction_id,
            **region(prediction, top_k=0),
        }
        for prediction in recognition.predictions
        if strangers or prediction.label is not None
    ]


def _percents(prediction: Any, labels: tuple[str, ...]) -> list[float]:
    """Percent in label order, rounded to 2 places, or to as many as it takes for `best` to be the
    argmax.
    """
    scores = [100 * float(prediction.scores[label]) for label in labels]
    best = labels.index(prediction.best)
    for places in range(2, 16):
        rounded = [round(score, places) for score in scores]
        if rounded.index(max(rounded)) == best:
            return rounded
    return scores


def region(prediction: Any, top_k: int) -> dict[str, Any]:
    """One detection. box: [x, y, width, height] in pixels of the upright picture. top_k 0 leaves
    the scores out.
    """
    box = prediction.detection
    answer = {
        "box": [box.x, box.y, box.width, box.height],
        "kind": box.kind,
        "label": prediction.label,
        "labels": list(prediction.labels),
        "best": prediction.best,
        "probability": round(float(prediction.probability), 6),
        "similarity": None
        if prediction.similarity is None
        else round(float(prediction.similarity), 6),
        "detection_score": round(float(box.score), 6),
        "reason": prediction.reason,
        "note": prediction.note,
        "marks": list(prediction.marks),
    }
    if top_k:
        best = sorted(prediction.scores.items(), key=lambda pair: -pair[1])[:top_k]
        answer["top_k"] = [
            {"label": label, "score": round(float(score), 6)} for label, score in best
        ]
    return answer


def full(recognition: Any, bundle: Any, top_k: int) -> dict[str, Any]:
    """Our own answer for one picture; `prediction_id` is added by whoever logs it."""
    return {
        "model": {"name": bundle.name, "version": bundle.version},
        "picture": {"width": recognition.width, "height": recognition.height},
        "label": recognition.label,
        "reason": recognition.reason,
        "note": recognition.note,
        "human_detected": recognition.human_detected,
        "predictions": [
            {"label": label, "score": round(float(score), 6)}
            for label, score in recognition.scores[:top_k]
        ],
        "regions": [region(prediction, top_k) for prediction in recognition.predictions],
        "seconds": {
            stage: round(float(seconds), 6) for stage, seconds in recognition.seconds.items()
        },
    }


def why(bundle: Any, data: bytes, index: int, limits: Limits) -> dict[str, str]:
    """Why a region got its answer: the heatmap, a PNG as a data URL, and words. Raises NoRegion."""
    told = explain(bundle, data, index, limits)
    return {
        "explanation": "data:image/png;base64," + base64.b64encode(told.heatmap).decode(),
        "why": told.sentence,
    }
