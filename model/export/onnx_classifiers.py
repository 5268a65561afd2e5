"""Calibrated classifiers as ONNX: what scikit-learn computes, operation by operation, in its own
arithmetic.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from onnx import TensorProto
from sklearn.base import BaseEstimator
from sklearn.decomposition import PCA
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.tree._tree import Tree

from model.export.onnx_operations import ExportRefused, columns
from model.onnx_graph import Attribute, OnnxGraph


def probabilities(graph: OnnxGraph, model: BaseEstimator, features: str) -> str:
    """Calibrated probabilities of every class that was trained, shape (n, all classes)."""
    if isinstance(model, Pipeline):  # a basis, then the calibrated classifier
        for _, step in model.named_steps["basis"].steps:
            features = _transform(graph, step, features)
        model = model.named_steps["classifier"]
    inner = model.calibrated_classifiers_[0]
    classes = len(inner.classes)
    values = graph.cast(_decision(graph, inner.estimator, features), TensorProto.DOUBLE)
    shares = (
        _by_sigmoid(graph, inner, values) if classes == 2 else _by_temperature(graph, inner, values)
    )
    return graph.cast(shares, TensorProto.FLOAT)


def _by_sigmoid(graph: OnnxGraph, inner: BaseEstimator, values: str) -> str:
    """Two classes: the second by a sigmoid of the decision value, the first is the rest."""
    (sigmoid,) = inner.calibrators
    raised = graph.add("Mul", values, graph.constant([[-sigmoid.a_]], np.float64))
    second = graph.add(
        "Sigmoid", graph.add("Sub", raised, graph.constant([[sigmoid.b_]], np.float64))
    )
    return graph.add(
        "Concat", graph.add("Sub", graph.constant(1.0, np.float64), second), second, axis=1
    )


def _by_temperature(graph: OnnxGraph, inner: BaseEstimator, values: str) -> str:
    """Several classes: the softmax of decision values, or of the logarithms of a forest's shares,
    times a constant.
    """
    if not hasattr(inner.estimator, "decision_function"):
        values = graph.add("Log", graph.add("Add", values, graph.constant(1e-12, np.float64)))
    beta = float(inner.calibrators[0].beta_)
    return graph.add("Softmax", graph.add("Mul", values, graph.constant(beta, np.float64)), axis=1)


def _decision(graph: OnnxGraph, model: BaseEstimator, x: str) -> str:
    """What the calibration reads: a column a class, or one for two classes."""
    kind = type(model).__name__
    if kind not in DECISIONS:
        raise ExportRefused(f"A {kind} cannot be exported; {', '.join(DECISIONS)} can.")
    return DECISIONS[kind](graph, model, x)


def _transform(graph: OnnxGraph, step: BaseEstimator, x: str) -> str:
    if isinstance(step, StandardScaler):
        # in double and back, as numpy does: a tree's threshold may lie just between
        for operator, value in (("Sub", step.mean_), ("Div", step.scale_)):
            doubles = graph.cast(x, TensorProto.DOUBLE)
            scaled = graph.add(operator, doubles, graph.constant(value, np.float64))
            x = graph.cast(scaled, TensorProto.FLOAT)
        return x
    if isinstance(step, PCA):
        turned = graph.add("MatMul", x, graph.floats(step.components_.T))
        middle = step.mean_.reshape(1, -1) @ step.components_.T
        return graph.add("Sub", turned, graph.floats(middle))
    raise ExportRefused(f"A {type(step).__name__} cannot be exported.")


def _linear(graph: OnnxGraph, model: LogisticRegression, x: str) -> str:
    product = graph.add("MatMul", x, graph.floats(model.coef_.T))
    return graph.add("Add", product, graph.floats(model.intercept_))


def _forest(graph: OnnxGraph, model: RandomForestClassifier, x: str) -> str:
    _, shares = graph.add_outputs(
        "TreeEnsembleClassifier",
        x,
        outputs=2,
        domain="ai.onnx.ml",
        **_tree_table(model),
        post_transform="NONE",
    )
    if len(model.classes_) > 2:
        return shares
    return columns(graph, shares, 1, 2)


def _tree_table(forest: RandomForestClassifier) -> dict[str, Attribute]:
    """The trees as the flat lists that ONNX wants."""
    trees = [tree.tree_ for tree in forest.estimators_]
    nodes = [row for number, tree in enumerate(trees) for row in _nodes(number, tree)]
    shares = [
        row for number, tree in enumerate(trees) for row in _leaf_shares(number, tree, len(trees))
    ]
    return {
        **_columns("nodes", _NODE_KEYS, nodes),
        **_columns("class", _CLASS_KEYS, shares),
        "classlabels_int64s": list(range(len(forest.classes_))),
    }


def _columns(
    prefix: str, keys: Sequence[str], rows: Sequence[tuple[int | float | str, ...]]
) -> dict[str, list[int | float | str]]:
    return {
        f"{prefix}_{key}": list(column)
        for key, column in zip(keys, zip(*rows, strict=True), strict=True)
    }


_NODE_KEYS = ("treeids", "nodeids", "featureids", "values", "modes", "truenodeids", "falsenodeids")
_CLASS_KEYS = ("treeids", "nodeids", "ids", "weights")


def _nodes(number: int, tree: Tree) -> Iterator[tuple[int | float | str, ...]]:
    """A row a node; thresholds go down to the next float32, as x itself is one."""
    for node in range(tree.node_count):
        left, right = int(tree.children_left[node]), int(tree.children_right[node])
        if left < 0:
            yield (number, node, 0, 0.0, "LEAF", 0, 0)
        else:
            threshold = _floor32(tree.threshold[node])
            yield (number, node, int(tree.feature[node]), threshold, "BRANCH_LEQ", left, right)


def _leaf_shares(number: int, tree: Tree, trees: int) -> Iterator[tuple[int | float | str, ...]]:
    """A row a class of each leaf: its part of the leaf's examples, divided by the trees."""
    for node in range(tree.node_count):
        if tree.children_left[node] < 0:
            shares = tree.value[node, 0] / tree.value[node, 0].sum() / trees
            yield from ((number, node, label, float(share)) for label, share in enumerate(shares))


def _floor32(value: float) -> float:
    near = np.float32(value)
    return float(near if near <= value else np.nextafter(near, np.float32(-np.inf)))


def _support_vectors(graph: OnnxGraph, model: SVC, x: str) -> str:
    """Radial kernel to every support vector, one against one, then votes: as libsvm and
    scikit-learn do.

    Source: Chang, Lin, "LIBSVM", 2011; scikit-learn's one-vs-rest view of the votes.
    """
    kernel = _radial_kernel(graph, model, graph.cast(x, TensorProto.DOUBLE))
    weights, offsets = _one_against_one(model)
    against = graph.add("MatMul", kernel, graph.constant(weights, np.float64))
    against = graph.add("Add", against, graph.constant(offsets, np.float64))
    classes = len(model.classes_)
    if classes == 2:
        return graph.add("Neg", against)
    firsts, seconds = np.zeros((len(offsets), classes)), np.zeros((len(offsets), classes))
    for k, (i, j) in enumerate(_pairs(classes)):
        firsts[k, i], seconds[k, j] = 1, 1
    wins = graph.cast(
        graph.add("Greater", against, graph.constant(0.0, np.float64)), TensorProto.DOUBLE
    )
    losses = graph.add("Sub", graph.constant(1.0, np.float64), wins)
    votes = graph.add(
        "Add",
        graph.add("MatMul", wins, graph.constant(firsts, np.float64)),
        graph.add("MatMul", losses, graph.constant(seconds, np.float64)),
    )
    sums = graph.add("MatMul", against, graph.constant(firsts - seconds, np.float64))
    bound = graph.add("Add", graph.add("Abs", sums), graph.constant(1.0, np.float64))
    tie = graph.add("Div", sums, graph.add("Mul", bound, graph.constant(3.0, np.float64)))
    return graph.add("Add", votes, tie)


def _radial_kernel(graph: OnnxGraph, model: SVC, x: str) -> str:
    vectors = np.asarray(model.support_vectors_, np.float64)
    squares = graph.add(
        "ReduceSum", graph.add("Mul", x, x), graph.constant([1], np.int64), keepdims=1
    )
    cross = graph.add("MatMul", x, graph.constant(-2 * vectors.T, np.float64))
    apart = graph.add(
        "Add",
        graph.add("Add", squares, cross),
        graph.constant((vectors**2).sum(axis=1), np.float64),
    )
    return graph.add("Exp", graph.add("Mul", apart, graph.constant(-model._gamma, np.float64)))


def _one_against_one(model: SVC) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Weights, (vectors, pairs), and offsets, (pairs,), of one class against another; above zero is
    the first one.
    """
    ends = np.cumsum(model.n_support_)
    rows = [slice(end - count, end) for end, count in zip(ends, model.n_support_, strict=True)]
    pairs = _pairs(len(model.classes_))
    weights = np.zeros((len(model.support_vectors_), len(pairs)))
    for k, (i, j) in enumerate(pairs):
        weights[rows[i], k] = model._dual_coef_[j - 1, rows[i]]
        weights[rows[j], k] = model._dual_coef_[i, rows[j]]
    return weights, np.asarray(model._intercept_, np.float64)


def _pairs(classes: int) -> list[tuple[int, int]]:
    return [(i, j) for i in range(classes) for j in range(i + 1, classes)]


DECISIONS: dict[str, Callable[[OnnxGraph, BaseEstimator, str], str]] = {
    "LogisticRegression": _linear,
    "RandomForestClassifier": _forest,
    "SVC": _support_vectors,
}
