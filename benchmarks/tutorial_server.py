"""The tutorial's server as people copy it: Flask's own server around `benchmarks.tutorial`, for
benchmarks/http.py.

Its habits are kept, as they are what it costs: for every picture it opens both cascades, names each
face that shows two eyes, and asks the classifier twice, for the name and for the percentages.
"""

from __future__ import annotations

import argparse
import base64

import numpy as np
from flask import Flask, Response, jsonify, request
from sklearn.calibration import CalibratedClassifierCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from benchmarks.tutorial import REFERENCE, Tutorial, open_cascades, two_eyes
from data_cleaning.datasets.dataset import Dataset
from data_cleaning.imaging.image import Image


class Served(Tutorial):
    """The tutorial's pipeline as its server runs it."""

    def fit(self, crops: list[Image], labels: list[str]) -> None:
        """Train on crops, for percentages too."""
        machine = CalibratedClassifierCV(SVC(kernel="linear", C=1), ensemble=False)
        self.model = make_pipeline(StandardScaler(), machine)
        self.model.fit([self.features(crop) for crop in crops], labels)

    def answers(self, data: bytes) -> list[dict[str, object]]:
        """One entry for each face with two eyes."""
        rows = [self.features(crop)[None] for crop in two_eyes(data, *open_cascades())]
        return [
            {
                "class": str(self.model.predict(row)[0]),
                "class_probability": self.model.predict_proba(row)[0].tolist(),
            }
            for row in rows
        ]


def make(pictures: int) -> Flask:
    """Trained on so many pictures of the reference set: the time of an answer hardly depends on how
    many.
    """
    items = Dataset(REFERENCE).items()
    chosen = [items[i] for i in np.linspace(0, len(items) - 1, pictures).astype(int)]
    tutorial = Served()
    crops = [(tutorial.crop(item.path.read_bytes()), item.label) for item in chosen]
    tutorial.fit(
        [crop for crop, _ in crops if crop is not None],
        [label for crop, label in crops if crop is not None],
    )
    app = Flask(__name__)
    app.config["MAX_FORM_MEMORY_SIZE"] = None

    @app.post("/api/classify_image")
    def classify_image() -> Response:
        return jsonify(tutorial.answers(base64.b64decode(request.form["image_data"].split(",")[1])))

    @app.get("/readyz")
    def ready() -> str:
        return "ok"

    return app


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--pictures", type=int, default=60)
    given = parser.parse_args()
    make(given.pictures).run("127.0.0.1", given.port)
