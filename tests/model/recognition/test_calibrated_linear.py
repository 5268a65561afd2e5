"""A calibrated logistic regression read without scikit-learn answers to the last bit as with it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import skops.io
from sklearn.base import BaseEstimator
from sklearn.calibration import CalibratedClassifierCV
from sklearn.linear_model import LogisticRegression
from sklearn.svm import SVC

from data_cleaning.errors import BundleBroken
from model.recognition.classifier_file import (
    CalibratedLinear,
    read_classifier,
    scikit_learn_of,
    write_classifier,
)
from model.training.options import TrainingOptions
from tests.support.paths import ROOT

SHIPPED = sorted(ROOT.glob("artifacts/*/*/classifier.skops"))
WIDTH = 12


def fitted(classes: int, method: str, inner: BaseEstimator | None = None) -> CalibratedClassifierCV:
    random = np.random.default_rng(classes)
    truth = np.repeat(np.arange(classes), 30)
    rows = random.normal(size=(len(truth), WIDTH)) + truth[:, None] / 3
    model = CalibratedClassifierCV(
        inner or LogisticRegression(max_iter=1000), method=method, ensemble=False
    )
    return model.fit(rows.astype(np.float32), truth)


def saved(model: Any, folder: Path) -> Path:
    skops.io.dump(model, folder / "classifier.skops")
    return folder / "classifier.skops"


def rows_of(width: int) -> list[np.ndarray]:
    """One row and many; small values, and some that saturate."""
    random = np.random.default_rng(0)
    return [
        (random.normal(size=(count, width)) * spread).astype(np.float32)
        for count in (1, 2, 50)
        for spread in (0.01, 1, 300)
    ]


@pytest.mark.parametrize("method", ["sigmoid", "temperature"])
@pytest.mark.parametrize("classes", [2, 3, 7])
def test_it_answers_as_scikit_learn_does(tmp_path: Path, classes: int, method: str) -> None:
    model = fitted(classes, method)
    linear = read_classifier(saved(model, tmp_path))
    assert isinstance(linear, CalibratedLinear)
    for rows in rows_of(WIDTH):
        np.testing.assert_array_equal(
            linear.predict_proba(rows), model.predict_proba(rows), strict=True
        )


def test_so_do_the_shipped_models() -> None:
    read = [read_classifier(path) for path in SHIPPED]
    linear = [model for model in read if isinstance(model, CalibratedLinear)]
    assert len(linear) == 4
    for model in linear:
        whole = scikit_learn_of(model)
        for rows in rows_of(whole.n_features_in_):
            np.testing.assert_array_equal(
                model.predict_proba(rows), whole.predict_proba(rows), strict=True
            )


def test_decision_values_that_look_like_probabilities_are_taken_for_them(tmp_path: Path) -> None:
    model = fitted(3, "temperature")
    regression = model.calibrated_classifiers_[0].estimator
    regression.coef_[:] = 0
    regression.intercept_[:] = [0.2, 0.3, 0.5]
    linear = read_classifier(saved(model, tmp_path))
    assert isinstance(linear, CalibratedLinear)
    for rows in rows_of(WIDTH):
        np.testing.assert_array_equal(linear.predict_proba(rows), model.predict_proba(rows))


def test_it_is_written_as_it_was_read(tmp_path: Path) -> None:
    path = saved(fitted(3, "temperature"), tmp_path)
    linear = read_classifier(path)
    assert isinstance(linear, CalibratedLinear)
    write_classifier(linear, tmp_path / "again.skops")
    assert (tmp_path / "again.skops").read_bytes() == path.read_bytes()


def test_others_are_scikit_learns(tmp_path: Path) -> None:
    for other in (
        fitted(3, "sigmoid", SVC()),
        fitted(3, "isotonic"),
        CalibratedClassifierCV(LogisticRegression()).fit(np.eye(30), np.arange(30) % 2),
    ):
        read = read_classifier(saved(other, tmp_path))
        assert isinstance(read, CalibratedClassifierCV)


def test_a_type_of_elsewhere_within_it_is_refused(tmp_path: Path) -> None:
    model = fitted(2, "sigmoid")
    model.estimator.tol = TrainingOptions()
    with pytest.raises(BundleBroken, match=r"not allowed: model\.training\.options"):
        read_classifier(saved(model, tmp_path))
