"""What the document shows as examples of figures: answers over time, versions side by side."""

from __future__ import annotations

from data_cleaning.json_types import JsonObject

STRETCH = {
    "since": 1767225600000,
    "predictions": 31,
    "known": 24,
    "unknown": 6,
    "nothing_found": 1,
    "unknown_rate": 0.2,
    "p50": 0.031,
    "p95": 0.058,
    "corrections": 0,
}
VERSION = {
    "version": 3,
    "active": True,
    "trained": "2026-01-01T00:00:00+00:00",
    "recipe": "face-modern",
    "classifier": "nearest_examples",
    "dataset": "family",
    "classes": 2,
    "pictures": 21,
    "accuracy": 0.952,
    "interval": [0.773, 0.992],
    "failure_to_acquire": 0.0,
    "fpir": 0.003,
    "fnir": 0.048,
    "seconds": 0.04,
    "size": 310000,
    "report": True,
    "sheet": True,
}
FIGURES: JsonObject = {
    "Activity": {
        "span": "day",
        "stretch": 3600000,
        "until": 1767229200000,
        "stretches": [STRETCH],
    },
    "VersionTable": {"versions": [VERSION]},
    "Confusion": {
        "version": 3,
        "labels": ["anna", "ben", None],
        "truths": ["anna", "ben"],
        "matrix": [[12, 0, 0], [0, 8, 1]],
        "mistakes": [{"truth": "ben", "answer": None, "label": "ben", "file": "IMG_1.jpg"}],
        "dataset": "family",
    },
}
