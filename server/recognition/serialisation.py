"""What a model found, as JSON: the tutorial's shape and our own.

Nothing is asked or logged here.
"""

from __future__ import annotations

import base64

from data_cleaning.json_types import JsonObject
from model.recognition.explain import Explanation
from model.recognition.predictions import Prediction, Recognition

PLACES = 6  # decimals of a probability or a time
FINEST = 16  # decimals of a percentage at most


def tutorial_answer(
    recognition: Recognition, labels: tuple[str, ...], strangers: bool, prediction_id: str | None
) -> list[JsonObject]:
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
            **_region(prediction),
        }
        for prediction in recognition.predictions
        if strangers or prediction.label is not None
    ]


def picture_answer(recognition: Recognition, name: str, version: int, top_k: int) -> JsonObject:
    """Our own answer for one picture; `prediction_id` is added by whoever logs it.

    name, version: of the model. top_k: how many labels to list.
    """
    return {
        "model": {"name": name, "version": version},
        "picture": {"width": recognition.width, "height": recognition.height},
        "label": recognition.label,
        "reason": recognition.reason,
        "note": recognition.note,
        "human_detected": recognition.human_detected,
        "known_answer": recognition.known_answer,
        "way": recognition.way,
        "predictions": _scored(recognition.scores[:top_k]),
        "regions": [
            {**_region(prediction), "top_k": _scored(_ranked(prediction)[:top_k])}
            for prediction in recognition.predictions
        ],
        "seconds": {stage: _rounded(seconds) for stage, seconds in recognition.seconds.items()},
    }


def explanation(found: Explanation, hidden: set[str], places: dict[str, str]) -> JsonObject:
    """Why a region got its answer: the heatmap, a PNG as a data URL, words, and the nearest
    pictures.

    hidden: labels that must not be named. places: where pictures can be seen, by sha256.
    """
    shown = [example for example in found.nearest if hidden.isdisjoint(example.labels)]
    return {
        "explanation": "data:image/png;base64," + base64.b64encode(found.heatmap).decode(),
        "why": found.sentence,
        "nearest": [
            {
                "label": example.label,
                "similarity": _rounded(example.similarity),
                "picture": places.get(example.sha256),
            }
            for example in shown
        ],
    }


def _region(prediction: Prediction) -> JsonObject:
    """One detection. box: [x, y, width, height] in pixels of the upright picture."""
    box, similarity = prediction.detection, prediction.similarity
    acceptance = prediction.acceptance
    return {
        "box": [box.x, box.y, box.width, box.height],
        "kind": box.kind,
        "label": prediction.label,
        "labels": list(prediction.labels),
        "best": prediction.best,
        "probability": _rounded(prediction.probability),
        "similarity": None if similarity is None else _rounded(similarity),
        "acceptance": None if acceptance is None else _rounded(acceptance),
        "detection_score": _rounded(box.score),
        "reason": prediction.reason,
        "note": prediction.note,
        "marks": list(prediction.marks),
    }


def _percents(prediction: Prediction, labels: tuple[str, ...]) -> list[float]:
    """Percent in label order, rounded to 2 places, or to as many as it takes for `best` to be the
    argmax.
    """
    scores = [100 * float(prediction.scores[label]) for label in labels]
    best = labels.index(prediction.best)
    for places in range(2, FINEST):
        rounded = [round(score, places) for score in scores]
        if rounded.index(max(rounded)) == best:
            return rounded
    return scores


def _ranked(prediction: Prediction) -> tuple[tuple[str, float], ...]:
    """Labels and scores, best first."""
    return tuple(sorted(prediction.scores.items(), key=lambda pair: -pair[1]))


def _scored(scores: tuple[tuple[str, float], ...]) -> list[JsonObject]:
    return [{"label": label, "score": _rounded(score)} for label, score in scores]


def _rounded(value: float) -> float:
    return round(float(value), PLACES)
