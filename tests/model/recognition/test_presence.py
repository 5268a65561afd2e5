"""Somebody known, somebody or nobody: from pictures to answers, saved and exported."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from data_cleaning.datasets.class_names import NOTHING, UNKNOWN
from data_cleaning.datasets.dataset import Dataset
from data_cleaning.imaging.decoding import decode
from data_cleaning.imaging.encoding import encode
from data_cleaning.imaging.resizing import resize
from likeness.commands.asking import answer_json as as_json
from model.evaluation.cross_validation import Rounds
from model.evaluation.metrics import cross_validate, outcome, presence
from model.export.onnx_model import TOLERANCE
from model.export.write_onnx import export
from model.recipes.presets import RECIPES
from model.recognition.bundle import Bundle
from model.recognition.manifest import Facts
from model.recognition.registry import Registry
from model.training.fit import fit
from model.training.options import TrainingOptions
from model.training.presence_threshold import at_lowest_threshold
from model.training.samples import Sample, near_copies, samples


@pytest.fixture(scope="module")
def gate(tmp_path_factory: pytest.TempPathFactory, astronaut: bytes) -> Path:
    """The astronaut in orange (a pilot), her mirror image in grey (somebody else), and empty
    scenes, 10 of each.
    """
    root = tmp_path_factory.mktemp("gate")
    random = np.random.default_rng(5)
    orange = decode(astronaut)
    grey = np.repeat(orange[:, ::-1].mean(axis=2, keepdims=True), 3, axis=2).astype(np.uint8)
    for label, person in (("pilot", orange), (UNKNOWN, grey), (NOTHING, None)):
        (root / label).mkdir()
        for number in range(10):
            scene = resize(random.integers(60, 200, (4, 5, 3)).astype(np.uint8), 480, 400)
            if person is not None:
                side = int(random.integers(260, 380))
                left, top = int(random.integers(0, 480 - side)), 400 - side
                scene[top:, left : left + side] = resize(person, side, side)
            (root / label / f"{number}.png").write_bytes(encode(scene))
    return root


@pytest.fixture(scope="module")
def measured(gate: Path) -> list[Sample]:
    """Those pictures looked at with person-classic, whatever its threshold."""
    return samples(Dataset(gate).items(), at_lowest_threshold(RECIPES["person-classic"]))


def test_from_pictures_to_somebody_known_somebody_or_nobody(
    gate: Path, measured: list[Sample], tmp_path: Path
) -> None:
    recipe = RECIPES["person-classic"]
    copies = near_copies(measured)
    options = TrainingOptions(classifiers=("logistic_regression",), folds=2)
    outcomes, _ = cross_validate(measured, copies, recipe, options, Rounds(2))
    figures = presence(outcomes, recipe)
    assert figures is not None
    assert figures.truths == ("pilot", "Human", "No Human")
    assert figures.balanced_accuracy is not None and figures.balanced_accuracy > 0.8

    training = fit(measured, copies, recipe, options)
    saved = Registry(tmp_path).add(Bundle("gate", 0, training.recipe, training.recogniser, Facts()))
    bundle = Registry(tmp_path).load("gate")
    assert bundle.recipe == saved.recipe
    folders = ("pilot", UNKNOWN, NOTHING)
    pilot, other, nobody = (
        bundle.recognise((gate / label / "0.png").read_bytes()) for label in folders
    )
    assert (pilot.known_answer, pilot.way) == (("human_detected", "pilot"), "pilot")
    assert (other.known_answer, other.way) == (("human_detected", "others"), "Human")
    assert (nobody.known_answer, nobody.way) == ("no human detected", "No Human")
    assert [a.human_detected for a in (pilot, other, nobody)] == [True, True, False]
    assert other.predictions[0].probability < 0.5 < pilot.predictions[0].probability
    line = as_json(Path("0.png"), pilot)
    assert (line["human_detected"], line["known_answer"], line["way"]) == (
        True,
        ("human_detected", "pilot"),
        "pilot",
    )


def test_a_model_that_judges_drops_what_is_nobody_and_is_saved_whole(
    gate: Path, measured: list[Sample], tmp_path: Path
) -> None:
    training = fit(
        measured,
        np.arange(len(measured)),
        RECIPES["person-classic"],
        TrainingOptions(("logistic_regression",), folds=2),
    )
    assert training.recipe.judging
    assert training.recogniser.presence_judge is not None
    assert training.recogniser.labels == ("pilot",)
    Registry(tmp_path).add(Bundle("gate", 0, training.recipe, training.recogniser, Facts()))
    bundle = Registry(tmp_path).load("gate")
    assert bundle.recogniser.presence_judge == training.recogniser.presence_judge
    answers = {
        n: bundle.recognise((gate / n / "1.png").read_bytes()) for n in ("pilot", UNKNOWN, NOTHING)
    }
    assert {n: a.human_detected for n, a in answers.items()} == {
        "pilot": True,
        UNKNOWN: True,
        NOTHING: False,
    }
    assert answers[NOTHING].predictions == ()
    assert answers["pilot"].label == "pilot"
    empty = next(s for s in measured if s.label == NOTHING and s.regions)
    answered = outcome(empty, training.recogniser, training.recipe)
    assert (answered.found, answered.best, {n.reason for n in answered.named}) == (
        False,
        None,
        {"nobody"},
    )


def test_an_exported_model_says_that_nobody_is_there_as_the_served_one_does(
    gate: Path, measured: list[Sample], tmp_path: Path
) -> None:
    """A client's side of the rule, from docs/export.md and the file's metadata alone."""
    training = fit(
        measured,
        np.arange(len(measured)),
        RECIPES["person-classic"],
        TrainingOptions(("logistic_regression",), folds=2),
    )
    bundle = Bundle("gate", 1, training.recipe, training.recogniser, Facts())
    done = export(bundle, tmp_path / "gate.onnx", Dataset(gate).items())
    assert done.difference <= TOLERANCE
    session = onnxruntime.InferenceSession(str(done.path), providers=["CPUExecutionProvider"])
    rule = json.loads(session.get_modelmeta().custom_metadata_map["nobody"])

    def log_odds(share: float) -> float:
        held = min(max(share, rule["sure"]), 1 - rule["sure"])
        return math.log(held / (1 - held))

    def somebody(score: float, views: np.ndarray) -> bool:
        nobody = float(session.run(["nobody"], {"features": views})[0].mean())
        return (
            rule["detector"] * log_odds(score)
            + rule["classifier"] * log_odds(1 - nobody)
            + rule["offset"]
            > 0
        )

    exported, served = [], []
    for one in measured:
        scores = [region.detection.score for region in one.regions]
        exported += [
            not somebody(score, views) for score, views in zip(scores, one.views, strict=True)
        ]
        served += training.recogniser.shows_nobody(one.views, scores).tolist()
    assert exported == served
    assert set(served) == {True, False}


def test_a_role_is_given_to_everybody_who_has_it(measured: list[Sample]) -> None:
    recipe = RECIPES["person-classic"]
    training = fit(
        measured,
        near_copies(measured),
        recipe,
        TrainingOptions(classifiers=("logistic_regression",), folds=2),
    )
    views = [s.views[0] for s in measured if s.label == "pilot" and s.views][:2] * 2
    labels = [
        [n.label for n in training.recogniser.answer(views, [0.0] * 4, once)]
        for once in (True, False)
    ]
    assert labels[0].count("pilot") == 1
    assert labels[1].count("pilot") == 4
