"""What the document shows as examples of people nobody knows."""

from __future__ import annotations

from data_cleaning.json_types import JsonObject

ID = "0660b2230e06e35ecb64f9741410c664"
OTHER = "0660b2231a2b3c4d5e6f708192a3b4c5"
REF = {"prediction": ID, "position": 0}
FACE = {**REF, "time": 1767225600000}
DECIDED = {
    "id": ID,
    "decision": "named",
    "label": "anna",
    "faces": 14,
    "learned": 12,
    "datasets": ["family"],
    "why": "The picture is now in family as anna, a class that is new there.",
}
STRANGER = {
    "id": ID,
    "count": 1,
    "first": 1767225600000,
    "last": 1767225600000,
    "faces": [FACE],
    "nearest": {"label": "ben", "similarity": 0.31},
    "models": ["family"],
}

STRANGERS: JsonObject = {
    "StrangerList": {
        "days": 14,
        "grouped": True,
        "waiting": 0,
        "stopped": None,
        "total": 1,
        "strangers": [STRANGER],
        "ignored": [{"id": OTHER, "time": 1767225600000, "by": "shop", "faces": 3}],
    },
    "NameStrangerBody": {"label": "anna", "dataset": "family"},
    "IgnoreStrangerBody": {"dataset": "family"},
    "StrangerDecided": DECIDED,
    "MergeStrangersBody": {"strangers": [ID, OTHER]},
    "StrangersMerged": {"id": ID, "parts": [[FACE]]},
    "TakeOutFacesBody": {"faces": [REF]},
    "FacesTakenOut": {"id": OTHER, "faces": 1},
    "StrangerUndone": {"id": ID, "faces": 14},
}
