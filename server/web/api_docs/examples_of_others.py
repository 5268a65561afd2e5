"""Examples of what comes in and goes out by the routes of other systems, by the schema's name."""

from __future__ import annotations

from data_cleaning.json_types import JsonObject
from server.web.api_docs.examples_of_figures import FIGURES
from server.web.api_docs.examples_of_strangers import STRANGERS

IMAGE_ID = "6b135f5b-a365-4522-b1f1-4c9ac2dd0728"
IMAGE = "/9j/4AAQ"
BOX = {"probability": 0.91, "x_min": 98, "y_min": 78, "x_max": 183, "y_max": 185}
ROW = {"image_id": IMAGE_ID, "subject": "anna"}
MATCH = {"box": BOX, "similarity": 0.94231}

COMPREFACE: JsonObject = {
    "CompreFaceError": {"message": "No face is found in the given image", "code": 28},
    "FileBody": {"file": IMAGE},
    "PairBody": {"source_image": IMAGE, "target_image": IMAGE},
    "RecognizeAnswer": {
        "result": [{"box": BOX, "subjects": [{"subject": "anna", "similarity": 0.94231}]}]
    },
    "DetectAnswer": {"result": [{"box": BOX}]},
    "MatchAnswer": {"result": [MATCH]},
    "VerifyAnswer": {"result": [{"source_image_face": {"box": BOX}, "face_matches": [MATCH]}]},
    "FaceRow": ROW,
    "FacePage": {
        "faces": [ROW],
        "page_number": 0,
        "page_size": 20,
        "total_pages": 1,
        "total_elements": 1,
    },
    "Deleted": {"deleted": 3},
    "SubjectBody": {"subject": "anna"},
    "SubjectRow": {"subject": "anna"},
    "SubjectList": {"subjects": ["anna", "ben"]},
    "Updated": {"updated": True},
}
INFERENCE: JsonObject = {
    "InferenceError": {"error": "There is no model named none. There are: family."},
    "ServerMetadata": {
        "name": "likeness",
        "version": "0.2.0",
        "extensions": ["binary_tensor_data"],
    },
    "ServerLive": {"live": True},
    "ServerReady": {"ready": True},
    "ModelReady": {"name": "family", "ready": True},
    "ModelMetadata": {
        "name": "family",
        "versions": ["3"],
        "platform": "likeness_face-modern",
        "inputs": [{"name": "image", "datatype": "BYTES", "shape": [-1]}],
        "outputs": [{"name": "label", "datatype": "BYTES", "shape": [-1]}],
    },
    "InferBody": {
        "inputs": [{"name": "image", "datatype": "BYTES", "shape": [1], "data": [IMAGE]}],
        "outputs": [{"name": "label"}],
    },
    "InferAnswer": {
        "model_name": "family",
        "model_version": "3",
        "outputs": [{"name": "label", "datatype": "BYTES", "shape": [1], "data": ["anna"]}],
    },
}
BY_MODEL_OF_OTHERS: JsonObject = {**COMPREFACE, **INFERENCE, **STRANGERS, **FIGURES}
