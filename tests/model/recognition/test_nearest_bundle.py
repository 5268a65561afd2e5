"""A model that names by nearest examples: saved, loaded, exported and explained as it answers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from data_cleaning.errors import WeightsMissing
from data_cleaning.pretrained import locate
from model.export.onnx_operations import ExportRefused
from model.export.write_onnx import export, quantise
from model.recipes.presets import RECIPES
from model.recipes.recipe import Recipe
from model.recognition.bundle import Bundle
from model.recognition.bundle_files import load, save
from model.recognition.explain import explain
from model.recognition.golden import golden_picture
from model.recognition.manifest import Facts
from model.recognition.naming.gallery import Gallery, NearestExamples
from model.recognition.naming.recogniser import Acceptance, Recogniser
from model.recognition.pipeline import detect_regions, measured_views

MODERN = RECIPES["face-modern"]


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    """The astronaut and two people whom nobody met."""
    try:
        for name in MODERN.weights():
            locate(name)
    except WeightsMissing as missing:
        pytest.skip(str(missing))
    (seen,) = measured_views(detect_regions(golden_picture(), MODERN), MODERN)
    random = np.random.default_rng(0).normal(size=(6, seen.shape[1])).astype(np.float32)
    others = random / np.linalg.norm(random, axis=1, keepdims=True)
    gallery = Gallery(
        np.concatenate([seen, others]), np.array([0, 1, 1, 1, 2, 2, 2]), tuple("abcdefg")
    )
    naming = NearestExamples(gallery, 3, sharpness=15.0, level=0.4)
    model = Recogniser(("eileen", "mary", "sally"), naming, gallery, Acceptance("similarity", 0.4))
    return Bundle("crew", 1, MODERN, model, Facts(holds="nothing"))


def test_it_answers_the_same_after_a_round_trip(bundle: Bundle, tmp_path: Path) -> None:
    save(bundle, tmp_path / "crew" / "1")
    again = load(tmp_path / "crew" / "1")
    assert isinstance(again.recogniser.classifier, NearestExamples)
    first, second = (b.recognise(golden_picture()).predictions[0] for b in (bundle, again))
    assert (first.label, first.scores) == (second.label, pytest.approx(second.scores))
    assert first.label == "eileen"
    assert sum(first.scores.values()) == pytest.approx(1)


def test_its_export_answers_as_it_does(bundle: Bundle, tmp_path: Path) -> None:
    done = export(bundle, tmp_path / "crew.onnx")
    assert done.input == "crops"
    assert done.difference < 1e-4
    with pytest.raises(ExportRefused, match="in 8 bits already"):
        quantise(bundle, done, [])


def test_its_answer_can_be_explained(bundle: Bundle) -> None:
    reason = explain(bundle, golden_picture())
    assert reason.label == "eileen"
    assert reason.heat.max() == 1.0
    assert "similarity 1.00 is above the threshold .40" in reason.sentence


def test_the_recipe_survives_its_json_and_older_recipes_mean_what_they_did() -> None:
    assert Recipe.from_json(MODERN.to_json()) == MODERN
    older = RECIPES["face-light"].to_json()
    for added in ("fpir", "skip_small"):
        del older[added]
    read = Recipe.from_json(older)
    assert (read.fpir, read.skip_small) == (0.01, False)
    assert read.measures(1)
    assert (MODERN.measures(20), MODERN.measures(19)) == (True, False)
