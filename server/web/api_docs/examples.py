"""One example of every JSON that comes in or goes out, for the document; a test holds each against
its schema.
"""

from __future__ import annotations

from data_cleaning.json_types import JsonObject
from server.web.api_docs.examples_of_others import BY_MODEL_OF_OTHERS

ID = "0660b2230e06e35ecb64f9741410c664"
DIGEST = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
NOW = 1767225600000
FILE = f"{DIGEST[:24]}.jpg"

FOUND = {
    "box": [49, 30, 66, 66],
    "kind": "face",
    "label": "anna",
    "labels": ["anna"],
    "best": "anna",
    "probability": 0.972,
    "similarity": 0.898,
    "acceptance": 0.898,
    "detection_score": 0.94,
    "reason": "known",
    "note": "",
    "marks": ["small"],
}
REGION = {**FOUND, "top_k": [{"label": "anna", "score": 0.972}, {"label": "ben", "score": 0.028}]}
LEGACY = {
    **FOUND,
    "class": "anna",
    "class_probability": [97.2, 2.8],
    "class_dictionary": {"anna": 0, "ben": 1},
    "prediction_id": ID,
}
ANSWER = {
    "model": {"name": "family", "version": 3},
    "picture": {"width": 640, "height": 480},
    "label": "anna",
    "reason": "known",
    "note": "",
    "human_detected": None,
    "known_answer": None,
    "way": None,
    "predictions": [{"label": "anna", "score": 0.972}, {"label": "ben", "score": 0.028}],
    "regions": [REGION],
    "seconds": {"decode": 0.004, "detect": 0.011, "features": 0.013, "predict": 0.001},
    "prediction_id": ID,
}
MODEL = {
    "name": "family",
    "version": 3,
    "active": True,
    "default": True,
    "recipe": "face-modern",
    "subject": "face",
    "labels": ["anna", "ben"],
    "strangers_named": 0.01,
    "threshold": 0.42,
    "dataset": "family",
    "multi_label": False,
    "refuses": True,
}
ASKING = {"picture_bytes": 15728640, "pixels": 40000000, "addresses": False}
KEY = {
    "id": "c97ce4fde525",
    "name": "shop",
    "role": "predict",
    "created": NOW,
    "expires": None,
    "revoked": None,
    "model": None,
    "valid": True,
}
DATASET = {
    "name": "family",
    "classes": [{"name": "anna", "pictures": 12}, {"name": "_unknown", "pictures": 40}],
    "pictures": 52,
}
JOB = {
    "id": ID,
    "kind": "train",
    "arguments": {"dataset": "family", "model": "family", "recipe": "face-modern", "fpir": 0.001},
    "state": "running",
    "created": NOW,
    "started": NOW + 400,
    "ended": None,
    "attempts": 1,
    "cancel": False,
    "progress": {
        "stage": "crops",
        "done": 31,
        "total": 52,
        "message": "Looking at pictures",
        "seconds_left": 40,
        "part": 0.15,
        "whole_seconds_left": 210,
        "waiting": False,
    },
    "result": None,
    "message": None,
    "by": "shop",
    "report": None,
}
PREDICTION = {
    "id": ID,
    "time": NOW,
    "model": "family",
    "version": 3,
    "digest": DIGEST,
    "width": 640,
    "height": 480,
    "label": "anna",
    "reason": "known",
    "seconds": 0.029,
    "stages": {"decode": 0.004, "detect": 0.011},
    "client": "203.0.113.9",
    "key": "c97ce4fde525",
    "kept": False,
    "camera": None,
    "regions": [
        {
            "position": 0,
            **{
                name: FOUND[name]
                for name in ("label", "labels", "best", "probability", "box", "reason")
            },
        }
    ],
}
OUTCOME = {
    "code": "added",
    "part": False,
    "classes": ["ben"],
    "new": [],
    "nothing_found": False,
    "known": None,
    "of": None,
}
CORRECTION = {
    "id": ID,
    "time": NOW,
    "prediction": ID,
    "position": 0,
    "action": "is",
    "before": {
        "label": "anna",
        "best": "anna",
        "probability": 0.61,
        "model": "family",
        "version": 3,
    },
    "label": "ben",
    "dataset": "family",
    "picture": f"ben/{FILE}",
    "by": "shop",
    "note": None,
}
STORED = {"index": 0, "ok": True, "stored": {"file": FILE, "sha256": DIGEST, "new": True}}


def problem(status: int, code: str, title: str, detail: str) -> JsonObject:
    """The body of a refusal."""
    return {
        "type": f"urn:likeness:problem:{code}",
        "title": title,
        "status": status,
        "detail": detail,
        "code": code,
        "request_id": "2059f874605c882f",
    }


PROBLEMS: dict[str, JsonObject] = {
    str(example["status"]): example
    for example in (
        problem(
            400,
            "missing-field",
            "A field is missing",
            "The form field image is missing: the form is empty.",
        ),
        problem(
            401,
            "needs-key",
            "A key is needed",
            "The key is not valid: it is unknown, revoked or expired.",
        ),
        problem(
            403,
            "forbidden",
            "This key may not do that",
            "This key has the role predict; this needs admin.",
        ),
        problem(404, "not-found", "Not found", "There is no data set 'family'."),
        problem(
            409,
            "conflict",
            "Does not fit the present state",
            "There is a data set 'family' already.",
        ),
        problem(
            413,
            "picture-too-large",
            "The picture is too large",
            "The file has 16,000,000 bytes; at most 15,728,640 bytes are allowed.",
        )
        | {"limits": {"picture_bytes": 15728640}},
        problem(
            415,
            "not-a-picture",
            "Not a picture",
            "This is not a picture that can be read. Send a JPEG file.",
        ),
        problem(
            422,
            "invalid-request",
            "The request does not fit its description",
            "top_k must be at least 1.",
        )
        | {"errors": [{"where": "top_k", "what": "must be at least 1"}], "limits": {"top_k": 1}},
        problem(429, "busy", "Too many requests", "2 pictures are looked at and 16 wait already."),
        problem(
            503,
            "store-down",
            "The database is away",
            "The database cannot be reached now. Answers go on; what is "
            "asked of the database has to wait.",
        ),
        problem(
            507,
            "no-space",
            "Nothing can be stored",
            "Nothing can be stored now: No space left on device.",
        ),
    )
}
MARK = {
    "kind": "several",
    "title": "Several people",
    "advice": "Which one is meant? A picture of one person teaches more.",
    "note": "2 of about the same size.",
    "score": 0.94,
    "box": [49, 30, 66, 66],
    "of": None,
    "suggestion": None,
}
REVIEWED = {
    "sha256": DIGEST,
    "label": "anna",
    "file": FILE,
    "shows": "anna",
    "decision": None,
    "looked": True,
    "width": 640,
    "height": 480,
    "regions": [[49, 30, 66, 66], [300, 40, 62, 64]],
    "marks": [MARK],
    "stack": None,
}
CARD = {
    "name": "family",
    "version": 3,
    "recipe": "face-modern",
    "trained": "2026-01-01T00:00:00+00:00",
    "sentence": "It would know your 2 people in 20 of 21 pictures that it had not seen.",
    "fit": True,
    "pictures": 21,
    "correct": 20,
    "accuracy": 0.952,
    "interval": [0.773, 0.992],
    "strangers_named": 0.003,
    "strangers_measured": 0,
    "weakest": {"label": "ben", "pictures": 9, "correct": 8, "not_found": 0},
    "add": {"label": "ben", "count": 6},
    "before": {
        "version": 2,
        "accuracy": 0.9,
        "change": "same",
        "pictures": 4,
        "added": ["ben"],
        "removed": [],
    },
    "report": "/api/models/family/report?version=3",
}
BY_MODEL: JsonObject = {
    "Answer": ANSWER,
    "BatchAnswer": {
        "results": [
            {"index": 0, "ok": True, "answer": ANSWER},
            {"index": 1, "ok": False, "problem": PROBLEMS["415"]},
        ],
        "failed": 1,
    },
    "BatchBody": {
        "images": [
            {"image": "data:image/jpeg;base64,/9j/4AAQ"},
            {"url": "https://shop.example/a.jpg"},
        ]
    },
    "ChooseBody": {"region": 1},
    "Chosen": {"undo": ID, "decided": 2, "stored": STORED["stored"]},
    "Correction": CORRECTION,
    "CorrectionBody": {"prediction_id": ID, "action": "is", "label": "ben", "region": 0},
    "CorrectionList": {"corrections": [{**CORRECTION, "waits": True}]},
    "DatasetBody": {"name": "family"},
    "DatasetList": {"datasets": [DATASET]},
    "DatasetRow": DATASET,
    "Decided": {"undo": ID, "decided": 2},
    "DecisionsBody": {
        "decisions": [
            {"sha256": DIGEST, "action": "move", "to": "ben"},
            {"sha256": DIGEST[::-1], "action": "reject"},
        ]
    },
    "Forgotten": {
        "label": "anna",
        "removed": {
            "datasets": ["family"],
            "pictures": 12,
            "decisions": 1,
            "predictions": 31,
            "corrections": 1,
            "kept_pictures": 0,
            "events": 1,
        },
        "models": [{"name": "family", "versions": [2, 3], "job": ID, "why": None}],
        "restarted": [],
    },
    "Health": {
        "status": "ok",
        "model": "family",
        "version": 3,
        "database": True,
        "journal_bytes": 0,
        "problems": [],
    },
    "CollectBody": {
        "source": "search",
        "queries": ["Ada Lovelace"],
        "count": 100,
        "licences": ["commercial"],
    },
    "Collecting": {
        "allowed": True,
        "sources": ["search", "openverse", "commons", "ddgs"],
        "licences_of": ["search", "openverse", "commons"],
    },
    "Job": JOB,
    "JobBody": {"dataset": "family", "model": "family", "recipe": "face-modern"},
    "JobList": {"jobs": [JOB]},
    "KeyBody": {"name": "shop", "role": "predict", "days": 365},
    "KeyList": {"keys": [KEY]},
    "KeyRow": KEY,
    "LegacyRegion": LEGACY,
    "ClaimBody": {"claim": "Vd1hPcQy8n0..."},
    "LoginBody": {"key": "lk_c97ce4fde525_..."},
    "ModelDetail": {
        **MODEL,
        "versions": [2, 3],
        "facts": {"pictures": {"anna": 12, "ben": 9}},
        "report": "/api/models/family/report",
        "reports": [2, 3],
    },
    "ModelList": {"default": "family", "asking": ASKING, "models": [MODEL], "broken": []},
    "NewKey": {**KEY, "key": "lk_c97ce4fde525_..."},
    "PictureBody": {"image": "data:image/jpeg;base64,/9j/4AAQ"},
    "PictureList": {"pictures": [FILE]},
    "PredictionList": {"predictions": [PREDICTION], "next": None},
    "PredictionRow": PREDICTION,
    "Problem": PROBLEMS["422"],
    "Ready": {"status": "ok", "model": "family", "version": 3},
    "ResultCard": CARD,
    "ReviewPage": {
        "dataset": "family",
        "subject": "face",
        "pictures": [REVIEWED],
        "total": 1,
        "all": 21,
        "looked": 21,
        "stopped": "",
        "counts": {
            "marks": {"several": 1},
            "labels": {"anna": 12, "ben": 9},
            "decisions": {},
            "marked": 1,
        },
    },
    "SessionInfo": {"role": "admin", "via": "session", "name": "me", "csrf": "q0Jm6S2mWmZ3p1bq"},
    "Stats": {
        "days": 30,
        "since": NOW,
        "until": None,
        "predictions": 31,
        "by_reason": {"known": 28, "unknown": 3},
        "by_label": {"anna": 28},
        "by_model": {"family": 31},
        "mean_seconds": 0.029,
        "slowest_seconds": 0.31,
        "corrections": 1,
    },
    "Status": {"status": "ok"},
    "TeachingOutcome": OUTCOME,
    "Taught": {
        **CORRECTION,
        "learned": True,
        "why": "The picture is now in family as ben.",
        "outcome": OUTCOME,
    },
    "Undone": {"withdrawn": 2},
    "UploadAnswer": {
        "results": [STORED, {"index": 1, "ok": False, "problem": PROBLEMS["415"]}],
        "failed": 1,
    },
    "VersionBody": {"version": 2},
    "Discarded": {"name": "family", "versions": [2]},
}
BY_TYPE = {
    "text/event-stream": (
        f'retry: 2000\n\nevent: job\ndata: {{"id": "{ID}", "state": "running"}}\n\n'
    ),
    "text/csv": (
        "id,time,when,model,version,label,reason,regions,probabilities\n"
        f"{ID},{NOW},2026-01-01T00:00:00.000+00:00,family,3,anna,known,anna,0.972\n"
    ),
}


def example_of(kind: str, schema: JsonObject) -> object:
    """The example for a content type and its schema, or None."""
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[-1]
        return BY_MODEL.get(name) or BY_MODEL_OF_OTHERS.get(name)
    if schema.get("type") == "array" and "$ref" in schema.get("items", {}):
        return [example_of(kind, schema["items"])]
    return BY_TYPE.get(kind)
