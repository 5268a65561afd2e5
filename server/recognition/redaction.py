"""Answers and facts without those who must not be named.

Who they are is in erased_names.py.
"""

from __future__ import annotations

from dataclasses import replace

from data_cleaning.json_types import JsonObject
from model.recognition.predictions import Prediction, Reason, Recognition


def without_names(value: object, names: set[str]) -> object:
    """JSON without what is named so: keys of objects, texts in lists, and a verdict that speaks of
    them.
    """
    if isinstance(value, dict):
        kept_keys = (key for key in value if key not in names and not _names(value[key], names))
        return {key: without_names(value[key], names) for key in kept_keys}
    if isinstance(value, list | tuple):
        kept = (item for item in value if not (isinstance(item, str) and item in names))
        return [without_names(item, names) for item in kept]
    return value


def _names(verdict: object, names: set[str]) -> bool:
    """Whether that is a verdict whose sentence speaks of one of them."""
    if not isinstance(verdict, dict) or "sentence" not in verdict:
        return False
    return not names.isdisjoint(verdict.get("names", ()))


def without_erased(recognition: Recognition, hidden: set[str], multi_label: bool) -> Recognition:
    """An answer without the hidden labels: their regions become unknown, their scores are shared
    out, but for classes that are questions of their own.
    """
    if not hidden:
        return recognition
    regions = tuple(
        _region(prediction, hidden, multi_label)
        for prediction in recognition.predictions
        if prediction.scores.keys() - hidden
    )
    answer = replace(recognition, predictions=regions)
    if recognition.label in hidden:
        named = next((region.label for region in regions if region.label is not None), None)
        answer = replace(
            answer, label=named, reason=Reason.KNOWN if named else Reason.UNKNOWN, note=""
        )
    speaker = next((region for region in regions if region.label == answer.label), None)
    speaker = speaker or (regions[0] if regions else None)
    scores = sorted(speaker.scores.items(), key=lambda pair: -pair[1]) if speaker else []
    return replace(answer, scores=tuple(scores))


def _region(prediction: Prediction, hidden: set[str], multi_label: bool) -> Prediction:
    scores = _shared_out(prediction.scores, hidden, multi_label)
    labels = tuple(label for label in prediction.labels if label not in hidden)
    best = labels[0] if labels else max(scores, key=lambda label: scores[label])
    changes: JsonObject = {
        "scores": scores,
        "best": best,
        "probability": scores[best],
        "labels": labels,
    }
    if prediction.best in hidden:
        changes |= {"label": labels[0] if labels else None, "similarity": None, "note": ""}
        changes |= {"reason": Reason.KNOWN if labels else Reason.UNKNOWN}
    return replace(prediction, **changes)


def _shared_out(scores: dict[str, float], hidden: set[str], multi_label: bool) -> dict[str, float]:
    """Scores that sum to 1 again where they did before."""
    left = {label: score for label, score in scores.items() if label not in hidden}
    total = 1.0 if multi_label else sum(left.values())
    return {label: score / total if total else 1 / len(left) for label, score in left.items()}
