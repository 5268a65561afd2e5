"""Unfitted scikit-learn classifiers and the grids that they are searched over. Nothing here is fitted.

Every candidate takes features, float32 of shape (n, d), and whole-number labels; `calibrated` gives it probabilities.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sklearn.calibration import CalibratedClassifierCV
from sklearn.decomposition import PCA
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

SEED = 20260101


@dataclass(frozen=True)
class Candidate:
    """A classifier to try.

    make: the unfitted pipeline for features of `width` numbers and `rows` examples.
    grid: parameter values to search. keeps_examples: does the fitted one hold training examples?
    """

    make: Callable[[int, int], Pipeline]
    grid: Mapping[str, Sequence[Any]]
    keeps_examples: bool = False


def svm(width: int, rows: int) -> Pipeline:
    """Support vector machine with a radial kernel. Its support vectors are training examples."""
    return Pipeline([*_scaled(width, rows), ("classifier", SVC(cache_size=100, class_weight="balanced"))])


def logistic_regression(width: int, rows: int) -> Pipeline:
    """Multinomial logistic regression with an L2 penalty, by L-BFGS."""
    return Pipeline(
        [*_scaled(width, rows), ("classifier", LogisticRegression(max_iter=1000, tol=1e-3, class_weight="balanced"))]
    )


def random_forest(width: int, rows: int) -> Pipeline:
    """Random forest of 100 trees."""
    forest = RandomForestClassifier(100, class_weight="balanced_subsample", random_state=SEED)
    return Pipeline([*_scaled(width, rows), ("classifier", forest)])


CLASSIFIERS: dict[str, Candidate] = {
    "svm": Candidate(svm, {"classifier__C": [1.0, 10.0], "classifier__gamma": ["scale", 0.001]}, keeps_examples=True),
    "logistic_regression": Candidate(logistic_regression, {"classifier__C": [0.001, 0.01, 0.1, 1.0]}),
    "random_forest": Candidate(random_forest, {"classifier__max_depth": [8, None]}),
}


def calibrated(fitted_choice: Pipeline, splits: list[tuple[Any, Any]]) -> CalibratedClassifierCV:
    """The chosen classifier with calibrated probabilities, unfitted; `splits` keep near copies on one side."""
    return CalibratedClassifierCV(fitted_choice, method="sigmoid", cv=splits, ensemble=False)


def _scaled(width: int, rows: int) -> list[tuple[str, Any]]:
    """Standard scores; and long features go through principal components, or nothing would end in time."""
    steps: list[tuple[str, Any]] = [("scale", StandardScaler())]
    if width > 600:
        steps.append(("components", PCA(min(200, rows // 2), random_state=SEED, svd_solver="randomized")))
    return steps
