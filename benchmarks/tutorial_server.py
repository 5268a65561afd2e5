"""The tutorial's server as people copy it: Flask's own server around `benchmarks.tutorial`, for benchmarks/http.py."""

from __future__ import annotations

import argparse
import base64

import numpy as np
from flask import Flask, Response, jsonify, request

from benchmarks.tutorial import REFERENCE, Tutorial
from data_cleaning.dataset import Dataset


def make(pictures: int) -> Flask:
    """Trained on so many pictures of the reference set: the time of an answer hardly depends on how many."""
    items = Dataset(REFERENCE).items()
    chosen = [items[i] for i in np.linspace(0, len(items) - 1, pictures).astype(int)]
    one = Tutorial()
    crops = [(one.crop(item.path.read_bytes()), item.label) for item in chosen]
    one.fit([crop for crop, _ in crops if crop is not None], [label for crop, label in crops if crop is not None])
    app = Flask(__name__)
    app.config["MAX_FORM_MEMORY_SIZE"] = None

    @app.post("/api/classify_image")
    def classify_image() -> Response:
        data = base64.b64decode(request.form["image_data"].split(",")[1])
        label = one.answer(data)
        return jsonify([] if label is None else [{"class": label}])

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
