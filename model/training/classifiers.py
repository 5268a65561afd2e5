"""Scikit-learn classifiers, the grids that they are searched over, and what stands before and
behind them.

Features, float32 of shape (n, d), first go through a `basis`; every candidate takes what comes out
and whole-number labels; `calibrated` gives it probabilities.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax
from sklearn.base import ClassifierMixin
from sklearn.calibration import CalibratedClassifierCV
from sklearn.decomposition import PCA
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from model.recipes.features import Features
from model.recognition.naming.gallery import Linear

Split = tuple[NDArray[np.int64], NDArray[np.int64]]  # rows to learn from, rows to judge
Splits = list[Split]
COMPONENTS = 800
SEED = 20260101
NEAREST_EXAMPLES = "nearest_examples"  # names by the gallery: no classifier of scikit-learn


class ProbabilityClassifier(Protocol):
    """A fitted classifier of any kind."""

    def predict_proba(self, rows: Features) -> NDArray[np.float64]:
        """Probability of each class, 0 to 1, shape (n, classes)."""


@dataclass(frozen=True)
class Candidate:
    """A classifier to try.

    make: the unfitted classifier. grid: parameter values to search. keeps_examples: does the fitted
    one hold training examples?
    """

    make: Callable[[], ClassifierMixin]
    grid: Mapping[str, Sequence[object]]
    keeps_examples: bool = False


def svm() -> SVC:
    """Support vector machine with a radial kernel. Its support vectors are training examples."""
    return SVC(cache_size=100, class_weight="balanced")


def logistic_regression() -> LogisticRegression:
    """Multinomial logistic regression with an L2 penalty, by L-BFGS."""
    return LogisticRegression(max_iter=1000, tol=1e-3, class_weight="balanced")


def random_forest() -> RandomForestClassifier:
    """Random forest of 100 trees."""
    return RandomForestClassifier(100, class_weight="balanced_subsample", random_state=SEED)


CLASSIFIERS: dict[str, Candidate] = {
    "svm": Candidate(svm, {"C": [1.0, 10.0], "gamma": ["scale"]}, keeps_examples=True),
    "logistic_regression": Candidate(logistic_regression, {"C": [0.0001, 0.001, 0.01, 0.1, 1.0]}),
    "random_forest": Candidate(random_forest, {"max_depth": [8, None]}),
}


def calibrated(chosen: ClassifierMixin, splits: Splits, classes: int) -> CalibratedClassifierCV:
    """The chosen classifier with calibrated probabilities, unfitted; `splits` keep near copies on
    one side.

    Two classes by a sigmoid (Platt 1999). More by a temperature (Guo et al., ICML 2017): a sigmoid
    a class, scaled to sum to 1, says far too little of many (expected calibration error .32 against
    .00 on 40 people).
    """
    method = "temperature" if classes > 2 else "sigmoid"
    return CalibratedClassifierCV(chosen, method=method, cv=splits, ensemble=False)


def temper(model: CalibratedClassifierCV, inside: Features) -> None:
    """Take a temperature back until the mean doubt over n training rows is at least 1 / (n + 2), in
    place.

    Classes that part without a mistake would otherwise be given 100 %, always. Laplace's rule of
    succession: n right answers in a row do not prove that the next one is.
    """
    inner = model.calibrated_classifiers_[0]
    scaling = inner.calibrators[0]
    if not hasattr(scaling, "beta_"):
        return
    if hasattr(inner.estimator, "decision_function"):
        logits = inner.estimator.decision_function(inside)
    else:
        logits = np.log(inner.estimator.predict_proba(inside) + 1e-12)
    while np.mean(1 - softmax(scaling.beta_ * logits, axis=1).max(axis=1)) < 1 / (len(inside) + 2):
        scaling.beta_ *= 0.9


def basis(features: Features) -> Pipeline:
    """Standard scores, and principal components where there are more numbers than rows; fitted.

    Fewer rows than numbers span fewer dimensions, so that up to COMPONENTS components lose nothing
    that a linear classifier could use, and everything behind them is many times faster. No label is
    looked at.
    """
    rows, width = features.shape
    steps: list[tuple[str, StandardScaler | PCA]] = [("scale", StandardScaler())]
    if width > min(rows, COMPONENTS):
        components = min(rows - 1, COMPONENTS)
        solver = "randomized" if rows > 2000 else "full"
        steps.append(("components", PCA(components, random_state=SEED, svd_solver=solver)))
    return Pipeline(steps).fit(features)


def as_linear(fitted: Pipeline) -> Linear:
    """A fitted basis as one linear map."""
    scaler = fitted.named_steps["scale"]
    offset = -scaler.mean_ / scaler.scale_
    if "components" in fitted.named_steps:
        parts = fitted.named_steps["components"]
        matrix = parts.components_ / scaler.scale_
        offset = parts.components_ @ (offset - parts.mean_)
    else:  # a square of the width, which is thousands where there are components
        matrix = np.diag(1.0 / scaler.scale_)
    return Linear(matrix.astype(np.float32), offset.astype(np.float32))


def behind(fitted: Pipeline, model: CalibratedClassifierCV) -> ProbabilityClassifier:
    """A calibrated classifier of basis coordinates as one of features.

    A linear one swallows the basis: a few rows of weights stay, and none of the components, which
    are mixtures of training examples.
    """
    inner = model.calibrated_classifiers_[0].estimator
    if not isinstance(inner, LogisticRegression):
        chained: ProbabilityClassifier = Pipeline([("basis", fitted), ("classifier", model)])
        return chained
    space = as_linear(fitted)
    inner.intercept_ = inner.intercept_ + inner.coef_ @ space.offset
    inner.coef_ = inner.coef_ @ space.matrix
    for part in (inner, model):
        part.n_features_in_ = space.matrix.shape[1]
    linear: ProbabilityClassifier = model
    return linear
