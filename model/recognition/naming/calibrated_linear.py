"""A calibrated logistic regression that answers without scikit-learn, to the last bit as it does.

scikit-learn takes longer to load than all else that a start needs. What skops wrote of such a
classifier is a few arrays; they are read here, and nothing is constructed but arrays.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from zipfile import ZipFile

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from data_cleaning.json_types import JsonObject
from model.recipes.features import Features

CALIBRATED = "sklearn.calibration.CalibratedClassifierCV"
SIGMOID = "sklearn.calibration._SigmoidCalibration"
TEMPERATURE = "sklearn.calibration._TemperatureScaling"
# A file that holds anything else is left to skops, which refuses it or needs scikit-learn for it.
KNOWN = frozenset(
    {
        CALIBRATED,
        SIGMOID,
        TEMPERATURE,
        "sklearn.calibration._CalibratedClassifier",
        "sklearn.linear_model._logistic.LogisticRegression",
        *(f"builtins.{name}" for name in ("dict", "list", "str")),
        *(f"numpy.{name}" for name in ("ndarray", "float32", "float64")),
    }
)
ROUNDING = 1e-5  # above 1 that a probability may be by the sums of its computation


@dataclass(frozen=True, eq=False)
class CalibratedLinear:
    """weights: shape (k, d), and offset: shape (k,), of the decision values: one for two classes,
    else one a class. slopes, shifts: of a sigmoid for each decision value; none where `sharpness`
    scales them before a softmax. saved: the file, for who needs scikit-learn's own.
    """

    weights: NDArray[np.floating]
    offset: NDArray[np.floating]
    slopes: tuple[np.floating, ...]
    shifts: tuple[np.floating, ...]
    sharpness: np.floating | None
    saved: bytes

    def predict_proba(self, rows: Features) -> NDArray[np.float64]:
        """Probability of each class, shape (n, classes); a row sums to 1."""
        values = rows @ self.weights.T + self.offset
        if self.sharpness is None:
            probabilities = self._sigmoid(values)
        else:
            probabilities = _softmax(self.sharpness * _logits(values)).astype(np.float64)
        probabilities[(probabilities > 1.0) & (probabilities <= 1.0 + ROUNDING)] = 1.0
        return probabilities

    def _sigmoid(self, values: NDArray[np.floating]) -> NDArray[np.float64]:
        columns = [
            expit(-(slope * column + shift))
            for column, slope, shift in zip(values.T, self.slopes, self.shifts, strict=True)
        ]
        if len(columns) == 1:
            return np.stack([1.0 - columns[0], columns[0]], axis=1).astype(np.float64)
        each = np.stack(columns, axis=1).astype(np.float64)
        sums = np.sum(each, axis=1)[:, np.newaxis]
        return np.divide(each, sums, out=np.full_like(each, 1 / len(columns)), where=sums != 0)


def _logits(values: NDArray[np.floating]) -> NDArray[np.floating]:
    """Decision values, two a row at least; what looks like probabilities is taken for them, as
    scikit-learn does.
    """
    if values.shape[1] == 1:
        return np.hstack([-values, values])
    shares = bool(np.all((values >= 0) & (values <= 1)))
    if shares and bool(np.all(np.isclose(values.sum(axis=1), 1.0))):
        return np.log(values + 1e-12)
    return values


def _softmax(logits: NDArray[np.floating]) -> NDArray[np.floating]:
    shares = np.exp(logits - logits.max(axis=1).reshape(-1, 1))
    shares /= shares.sum(axis=1).reshape(-1, 1)
    return shares


def read_calibrated_linear(saved: bytes) -> CalibratedLinear | None:
    """The classifier in a file of skops; None where it is another one.

    Raises KeyError, TypeError, ValueError for a file that is damaged.
    """
    with ZipFile(io.BytesIO(saved)) as members:
        tree = json.loads(members.read("schema.json"))
        if _type(tree) != CALIBRATED or not set(_types(tree)) <= KNOWN:
            return None
        calibrated = _Node(tree, members)["calibrated_classifiers_"].items()
        if len(calibrated) != 1:
            return None
        regression, calibrators = calibrated[0]["estimator"], calibrated[0]["calibrators"].items()
        weights, offset = regression["coef_"].array(), regression["intercept_"].array()
        linear = (weights, offset)
        if {_type(each.tree) for each in calibrators} == {TEMPERATURE} and len(calibrators) == 1:
            return CalibratedLinear(*linear, (), (), calibrators[0]["beta_"].number(), saved)
        if {_type(each.tree) for each in calibrators} != {SIGMOID}:
            return None
        slopes, shifts = (
            tuple(each[name].number() for each in calibrators) for name in ("a_", "b_")
        )
        return CalibratedLinear(*linear, slopes, shifts, None, saved)


@dataclass(frozen=True)
class _Node:
    """A part of the tree that skops writes, and the file that holds its arrays."""

    tree: JsonObject
    members: ZipFile

    def __getitem__(self, name: str) -> _Node:
        """An attribute of an object."""
        return _Node(self.tree["content"]["content"][name], self.members)

    def items(self) -> list[_Node]:
        """Of a list."""
        return [_Node(each, self.members) for each in self.tree["content"]]

    def array(self) -> NDArray[Any]:
        read: NDArray[Any] = np.load(
            io.BytesIO(self.members.read(self.tree["file"])), allow_pickle=False
        )
        return read

    def number(self) -> np.floating[Any]:
        """A number that lies as an array without dimensions."""
        read: Any = self.array()[()]
        return read


def _type(tree: JsonObject) -> str:
    return f"{tree['__module__']}.{tree['__class__']}"


def _types(tree: object) -> Iterator[str]:
    """Of everything in a tree."""
    if isinstance(tree, dict):
        if "__class__" in tree:
            yield _type(tree)
        for each in tree.values():
            yield from _types(each)
    elif isinstance(tree, list):
        for each in tree:
            yield from _types(each)
