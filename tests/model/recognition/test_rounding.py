"""Another processor adds up in another order: what that changes is no reason to refuse a model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from data_cleaning.detection import yunet
from model.recognition.golden import golden_answer, golden_picture
from model.recognition.registry import Registry
from tests.support.paths import ROOT
from tests.support.pictures import needs_yunet


@needs_yunet
def test_landmarks_a_ten_thousandth_of_a_pixel_off(monkeypatch: pytest.MonkeyPatch) -> None:
    registry = Registry(ROOT / "artifacts")
    model = registry.load("celebrities-modern")
    exact = golden_answer(model)
    noise, faces = np.random.default_rng(0), yunet.faces

    def rounded(image: np.ndarray, file: Path, threshold: float) -> np.ndarray:
        found = faces(image, file, threshold)
        found[:, 4:14] += noise.normal(0, 1e-4, found[:, 4:14].shape)
        return found

    monkeypatch.setattr(yunet, "faces", rounded)
    (before,), (now,) = exact.regions, golden_answer(model).regions
    moved = max(abs(now.scores[name] - value) for name, value in before.scores.items())
    assert moved > 0.001, "the last bits count"
    again = registry.load("celebrities-modern")
    assert again.recognise(golden_picture()).label == model.recognise(golden_picture()).label
