"""The service with a real, small trained model: HTTP says what the bundle says, and versions change
hands.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from data_cleaning.imaging import encoding
from model.recognition.registry import Registry
from server.service import service_of
from server.settings import Settings
from tests.support.making import Conformance, data_url
from tests.support.paths import ROOT
from tests.support.started import started


def picture(seed: int, label: str) -> bytes:
    """Stripes across or along, with noise: two classes that any feature can tell apart."""
    random = np.random.default_rng(seed)
    image = random.integers(0, 80, (60, 80, 3), dtype=np.uint8)
    if label == "across":
        image[:: random.integers(5, 9)] = 250
    else:
        image[:, :: random.integers(5, 9)] = 250
    return encoding.encode(image)


@pytest.fixture(scope="module")
def artifacts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Trained by the project's own command, twice, so that there are two versions: one of the best
    classifier of all, one of one kind.
    """
    folder = tmp_path_factory.mktemp("parity")
    for number, label in enumerate(("across", "along")):
        (folder / "data" / label).mkdir(parents=True)
        for seed in range(8):
            (folder / "data" / label / f"{seed}.png").write_bytes(
                picture(1000 * number + seed, label)
            )
    command = [sys.executable, "-m", "model", "train", str(folder / "data"), "--name", "stripes"]
    command += ["--recipe", "object-classic", "--artifacts", str(folder / "artifacts"), "--json"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    for more in ([], ["--classifiers", "logistic_regression"]):
        ended = subprocess.run([*command, *more], env=environment, capture_output=True, text=True)
        assert ended.returncode == 0, ended.stderr[-2000:]
        assert json.loads(ended.stdout)["name"] == "stripes"
    return folder / "artifacts"


def test_http_says_what_the_bundle_says(artifacts: Path, tmp_path: Path) -> None:
    settings = Settings(
        state=tmp_path / "var", artifacts=artifacts, datasets=tmp_path / "data", local_role="admin"
    )
    app = started(settings)
    conformance = Conformance(app)
    app.after_request(conformance)
    client = app.test_client()
    bundle = Registry(artifacts).load("stripes")
    assert client.get("/readyz").get_json() == {"status": "ok", "model": "stripes", "version": 2}
    for label in ("across", "along"):
        data = picture(77, label)
        direct = bundle.recognise(data)
        body = client.post("/api/predict?top_k=2", data=data, content_type="image/png").get_json()
        assert body["label"] == direct.label
        assert body["regions"][0]["best"] == direct.predictions[0].best == label
        over_http = {row["label"]: row["score"] for row in body["regions"][0]["top_k"]}
        assert over_http == pytest.approx(direct.predictions[0].scores, abs=1e-6)
        (entry,) = client.post(
            "/api/classify_image?unknown=1", data={"image_data": data_url(data)}
        ).get_json()
        assert entry["class"] == label
        percent = [100 * direct.predictions[0].scores[row] for row in entry["class_dictionary"]]
        assert entry["class_probability"] == pytest.approx(percent, abs=0.01)
    shown = client.get("/api/models/stripes").get_json()
    assert (shown["versions"], shown["recipe"], shown["subject"]) == (
        [1, 2],
        "object-classic",
        "object",
    )
    assert client.post("/api/models/stripes/rollback").get_json()["version"] == 1
    assert (
        client.post("/api/models/stripes/promote", json={"version": 2}).get_json()["version"] == 2
    )
    assert client.post("/api/models/stripes/promote", json={"version": 3}).status_code == 404
    service_of(app).close()
    assert conformance.broken == []


def test_a_changed_bundle_is_refused_and_the_old_one_answers(
    artifacts: Path, tmp_path: Path
) -> None:
    settings = Settings(
        state=tmp_path / "var", artifacts=artifacts, datasets=tmp_path / "data", local_role="admin"
    )
    app = started(settings)
    client = app.test_client()
    path = artifacts / "stripes" / "1" / "classifier.skops"
    whole = path.read_bytes()
    path.write_bytes(whole[:-10] + b"0123456789")
    try:
        answer = client.post("/api/models/stripes/promote", json={"version": 1})
        assert (answer.status_code, answer.get_json()["code"]) == (409, "model-broken")
        assert client.get("/readyz").get_json()["version"] == 2
    finally:
        path.write_bytes(whole)
        service_of(app).close()
