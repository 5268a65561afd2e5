"""A top layer trained by gradient, as transfer learning does: one layer on the recipe's features.

Multinomial logistic regression by stochastic gradient descent, one pass over the crops an epoch. It
stops where the loss on pictures for validation falls no more, and the best epoch is kept.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import log_loss
from sklearn.neural_network import MLPClassifier
from sklearn.utils.class_weight import compute_sample_weight

from model.evaluation.baselines.figures import Epoch, TrainingCurves
from model.recipes.features import Features
from model.training.classifiers import SEED
from model.training.samples import Rows
from model.training.splits import grouped_splits, unaltered

MOST_EPOCHS = 100
PATIENCE = 10  # epochs whose loss on the pictures for validation is not smaller by LEAST_GAIN
LEAST_GAIN = 0.002
VALIDATION_FOLDS = 5  # one of them validates


@dataclass(frozen=True)
class TopLayer:
    """A trained layer, and how it came about."""

    network: MLPClassifier
    curves: TrainingCurves

    def probabilities(self, inside: Features) -> NDArray[np.float64]:
        """Of each class that was learnt, shape (n, classes), in the order of their numbers."""
        return _probabilities(self.network, inside)


def train_top_layer(rows: Rows, numbers: NDArray[np.int64]) -> TopLayer:
    """Train on four fifths of the groups of near copies, validate on the others.

    rows: with `inside`, as the basis of a training gives them. numbers: the class of each, shape
    (n,). Classes weigh alike, however many pictures they have.
    """
    learn, validate = unaltered(
        grouped_splits(numbers, rows.groups, VALIDATION_FOLDS), rows.altered
    )[0]
    network = MLPClassifier(
        hidden_layer_sizes=(),
        solver="sgd",
        learning_rate_init=0.005,
        batch_size=min(32, len(learn)),
        alpha=0.01,
        random_state=SEED,
    )
    classes, parts = np.unique(numbers), (learn, validate)
    weights = compute_sample_weight("balanced", numbers[learn])
    epochs: list[Epoch] = []
    best, kept = 0, None
    while len(epochs) < MOST_EPOCHS and len(epochs) - best <= PATIENCE:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # one pass is all that is asked for
            network.partial_fit(
                rows.inside[learn], numbers[learn], sample_weight=weights, classes=classes
            )
        epochs.append(_judged(network, rows.inside, numbers, parts))
        gain = epochs[best].validation_loss - epochs[-1].validation_loss
        if kept is None or gain > LEAST_GAIN:
            best, kept = len(epochs) - 1, _weights(network)
    assert kept is not None
    network.coefs_, network.intercepts_ = kept
    return TopLayer(network, TrainingCurves(tuple(epochs), best, len(learn), len(validate)))


def _weights(network: MLPClassifier) -> tuple[list[NDArray], list[NDArray]]:
    return [part.copy() for part in network.coefs_], [part.copy() for part in network.intercepts_]


def _probabilities(network: MLPClassifier, inside: Features) -> NDArray[np.float64]:
    """Summing to 1 as exactly as a loss wants it; the network computes in float32."""
    found = np.asarray(network.predict_proba(inside), np.float64)
    return np.asarray(found / found.sum(axis=1, keepdims=True))


def _judged(
    network: MLPClassifier,
    inside: Features,
    numbers: NDArray[np.int64],
    parts: tuple[NDArray[np.int64], NDArray[np.int64]],
) -> Epoch:
    """Loss and accuracy on the pictures to learn from, then on those for validation."""
    figures = []
    for part in parts:
        probabilities = _probabilities(network, inside[part])
        right = network.classes_[probabilities.argmax(axis=1)] == numbers[part]
        loss = log_loss(numbers[part], probabilities, labels=network.classes_)
        figures += [float(loss), float(right.mean())]
    return Epoch(*figures)
