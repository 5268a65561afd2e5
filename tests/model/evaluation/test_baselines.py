"""Simpler ways: what each sees and learns, on folds that are the recipe's own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.metrics import log_loss

from data_cleaning.detection.two_eyes import face_with_two_eyes
from data_cleaning.imaging.decoding import decode
from model.evaluation.baselines.compare import ComparedPictures, majority
from model.evaluation.baselines.top_layer import LEAST_GAIN, train_top_layer
from model.evaluation.baselines.tutorial import learn_tutorial, stacked
from model.evaluation.metrics import fold_splits
from model.recipes.presets import RECIPES
from model.training.samples import Rows, Sample, TrainingSet
from model.training.splits import grouped_splits


def test_two_eyes_or_nothing(astronaut: bytes) -> None:
    portrait = decode(astronaut)
    crop = face_with_two_eyes(portrait)
    assert crop is not None
    assert crop.shape == (95, 95, 3)
    assert face_with_two_eyes(portrait[:, 350:]) is None
    one_eyed = portrait.copy()
    one_eyed[82:116, 184:220] = one_eyed[120:130, 195:205].mean(axis=(0, 1))
    assert face_with_two_eyes(one_eyed) is None


def test_raw_pixels_and_a_wavelet_are_stacked(astronaut: bytes) -> None:
    both = stacked(decode(astronaut)[40:200, 150:310])
    assert (both.shape, both.dtype) == ((4096,), np.float32)
    assert 0 <= both[:3072].min() < both[:3072].max() <= 255
    assert both[3072:].std() > 1  # details
    flat = stacked(np.full((50, 40, 3), 90, np.uint8))
    assert np.all(flat[:3072] == 90)
    assert np.allclose(flat[3072:], 0, atol=1e-3)  # and no detail where there is none


def test_the_tutorial_learns_what_it_sees_and_names_nothing_else() -> None:
    random = np.random.default_rng(1)
    features = [random.normal(i % 2 * 4, 1, 20).astype(np.float32) for i in range(12)]
    labels = ["anna" if i % 2 else "ben" for i in range(12)]
    seen = [*features[:11], None]
    name = learn_tutorial(seen, labels, np.arange(8))
    assert [name(i) for i in range(8, 12)] == ["ben", "anna", "ben", None]
    alone = learn_tutorial(seen, labels, np.array([0, 2]))
    assert [alone(1), alone(11)] == ["ben", None]


def set_of(labels: list[str]) -> TrainingSet:
    samples = [Sample(Path(f"{i}.jpg"), label, str(i)) for i, label in enumerate(labels)]
    return TrainingSet(samples, np.arange(len(labels)))


def test_the_majority_is_counted_in_the_recipes_own_folds() -> None:
    """Strangers are named by it, and are no class that it could name."""
    pictures = set_of(["anna"] * 11 + ["ben"] * 5 + ["_unknown"] * 20)
    splits = fold_splits(pictures.samples, pictures.copies, 5)
    (row,) = majority(ComparedPictures(pictures, splits, RECIPES["face-classic"])).rows
    assert (row.name, row.pictures, row.correct, row.found) == ("majority_class", 16, 11, 16)
    assert row.strangers_named == 1.0
    assert row.accuracy == pytest.approx(11 / 16)


def clouds(distance: float) -> tuple[Rows, NDArray[np.int64]]:
    """Three clouds of points; every picture comes with a near copy."""
    random = np.random.default_rng(3)
    numbers = np.repeat(np.arange(3), 40)
    centres = distance * np.eye(3, 8)[numbers]
    points = (centres + random.normal(size=(120, 8))).astype(np.float32)
    groups = np.arange(120) // 2
    labels = tuple("abc"[n] for n in numbers)
    return Rows(points, labels, labels, groups, inside=points), numbers


def test_a_top_layer_stops_early_and_keeps_its_best_epoch() -> None:
    rows, numbers = clouds(2.0)
    layer = train_top_layer(rows, numbers)
    epochs, best = layer.curves.epochs, layer.curves.best
    losses = [epoch.validation_loss for epoch in epochs]
    assert losses[best] <= min(losses) + LEAST_GAIN
    assert len(epochs) < 100
    assert epochs[-1].loss < epochs[0].loss
    learn, validate = grouped_splits(numbers, rows.groups, 5)[0]
    assert (layer.curves.pictures, layer.curves.validation) == (len(learn), len(validate))
    assert not set(rows.groups[learn]) & set(rows.groups[validate])
    again = log_loss(numbers[validate], layer.probabilities(rows.inside[validate]))
    assert again == pytest.approx(losses[best], abs=1e-6)


def test_a_top_layer_learns_nothing_from_noise() -> None:
    rows, numbers = clouds(0.0)
    layer = train_top_layer(rows, numbers)
    kept = layer.curves.epochs[layer.curves.best]
    assert kept.validation_accuracy < 0.7
    assert kept.validation_loss > 0.8
