"""A trained model as one ONNX file, for programs that have onnxruntime and nothing of ours.

The graph repeats what scikit-learn computes, operation by operation, in the arithmetic that it uses; `export`
compares both on real rows and writes nothing where they part. Nothing is fitted here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from sklearn.pipeline import Pipeline

from data_cleaning.errors import InputError
from model.bundle import Bundle
from model.recipe import Step
from model.recogniser import NEAREST, PerClass
from model.weights import locate

OPSET = 17
TOLERANCE = 1e-4


class ExportRefused(InputError):
    """This model cannot be written as ONNX, or the written one answers differently."""


@dataclass
class Graph:
    """Nodes and constants under construction; every method adds to them and returns the name of its result."""

    nodes: list[onnx.NodeProto] = field(default_factory=list)
    constants: list[onnx.TensorProto] = field(default_factory=list)

    def add(self, kind: str, *inputs: str, outputs: int = 1, domain: str = "", **attributes: Any) -> Any:
        """One operation; its only result's name, or a list of names."""
        names = [f"{kind}_{len(self.nodes)}_{i}" for i in range(outputs)]
        self.nodes.append(helper.make_node(kind, list(inputs), names, domain=domain, **attributes))
        return names[0] if outputs == 1 else names

    def constant(self, value: Any, dtype: Any = np.float32) -> str:
        """A constant array."""
        name = f"constant_{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(value, dtype), name))
        return name

    def cast(self, x: str, to: int) -> str:
        return self.add("Cast", x, to=to)


def build(bundle: Bundle, whole: bool | None = None) -> onnx.ModelProto:
    """The model as ONNX.

    whole: with the features in front (default: where every feature of the recipe has a graph). Then the input
    `crops` is float32 of shape (n, side, side, 3), blue-green-red, 0 to 255, and the mirror image is averaged in
    where the recipe does so; else the input `features` is float32 of shape (n, d). Outputs, float32 of shape
    (n, classes) in the order of the metadata's `labels`: `probabilities` and `similarities`. Raises ExportRefused.
    """
    side = int(bundle.recipe.crop.options.get("size", 150))
    lacking = [step.name for step in bundle.recipe.features if not _has_graph(step, side)]
    whole = not lacking if whole is None else whole
    if whole and lacking:
        raise ExportRefused(f"Features {', '.join(lacking)} have no graph: only the classifier can be exported.")
    graph = Graph()
    if not whole:
        width = int(_classifiers(bundle)[0].n_features_in_)
        source = helper.make_tensor_value_info("features", TensorProto.FLOAT, ["n", width])
        return _finish(graph, bundle, ["features"], source)
    source = helper.make_tensor_value_info("crops", TensorProto.FLOAT, ["n", side, side, 3])
    views = ["crops", _flipped(graph, "crops", 2)] if bundle.recipe.mirror else ["crops"]
    return _finish(graph, bundle, [_features(graph, bundle, view) for view in views], source)


def _features(graph: Graph, bundle: Bundle, view: str) -> str:
    """All features of one view, stacked in the recipe's order."""
    return graph.add("Concat", *(FRONTS[s.name](graph, view, s.options) for s in bundle.recipe.features), axis=1)


def _finish(graph: Graph, bundle: Bundle, views: list[str], source: onnx.ValueInfoProto) -> onnx.ModelProto:
    classes = len(bundle.labels)
    rows = graph.add("Concat", *views, axis=0)
    results = {
        "probabilities": _named_classes(graph, bundle, rows),
        "similarities": _similarities(graph, bundle, rows),
    }
    for name, value in results.items():
        apart = graph.add("Reshape", value, graph.constant([len(views), -1, classes], np.int64))
        mean = graph.add("ReduceMean", apart, axes=[0], keepdims=0)
        graph.nodes.append(helper.make_node("Identity", [mean], [name]))
    outputs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", classes]) for name in results]
    made = helper.make_model(
        helper.make_graph(graph.nodes, "likeness", [source], outputs, graph.constants),
        opset_imports=[helper.make_opsetid("", OPSET), helper.make_opsetid("ai.onnx.ml", 3)],
        producer_name="likeness",
    )
    made.ir_version = 8
    helper.set_model_props(made, _metadata(bundle))
    onnx.checker.check_model(made)
    return made


def _metadata(bundle: Bundle) -> dict[str, str]:
    rule = bundle.recogniser.acceptance
    return {
        "labels": json.dumps(list(bundle.labels), ensure_ascii=False),
        "recipe": json.dumps(bundle.recipe.to_json()),
        "score": rule.score,
        "threshold": repr(float(rule.threshold)),
        "thresholds": json.dumps(list(bundle.recogniser.thresholds)),
        "model": f"{bundle.name} {bundle.version}",
    }


# ---- networks in front


def _embed_face(graph: Graph, crops: str, options: Mapping[str, Any]) -> str:
    pixels = graph.add("Transpose", _flipped(graph, crops, 3), perm=[0, 3, 1, 2])
    views = [pixels, _flipped(graph, pixels, 3)] if options.get("mirror", True) else [pixels]
    return _unit(graph, graph.add("Sum", *(_network(graph, "dlib_face", view, "descriptor") for view in views)))


def _embed_object(graph: Graph, crops: str, options: Mapping[str, Any]) -> str:
    return _unit(graph, _object_means(graph, crops))


def _object_roots(graph: Graph, crops: str, options: Mapping[str, Any]) -> str:
    means = graph.add("Max", _object_means(graph, crops), graph.constant(0.0))
    return _unit(graph, graph.add("Sqrt", means))


def _object_means(graph: Graph, crops: str) -> str:
    colours = graph.add("Transpose", _flipped(graph, crops, 3), perm=[0, 3, 1, 2])
    centred = graph.add("Sub", colours, graph.constant(127.0))
    pixels = graph.add("Div", centred, graph.constant(128.0))
    return _network(graph, "efficientnet_lite0", pixels, "features")


def _colour(graph: Graph, crops: str, options: Mapping[str, Any]) -> str:
    """Histograms by comparing with every level: exact, because the crop needs no scaling."""
    grid, bins, cell = (int(options.get(key, usual)) for key, usual in (("grid", 3), ("bins", 6), ("cell", 32)))
    levels = graph.add("Floor", graph.add("Mul", crops, graph.constant(bins / 256.0)))
    shape = graph.constant([-1, grid, cell, grid, cell, 3, 1], np.int64)
    apart = graph.add("Reshape", levels, shape)
    hits = graph.cast(graph.add("Equal", apart, graph.constant(np.arange(bins))), TensorProto.FLOAT)
    shares = graph.add("ReduceMean", hits, axes=[2, 4], keepdims=0)
    return graph.add("Sqrt", graph.add("Flatten", shares, axis=1))


def _opponent(graph: Graph, crops: str, options: Mapping[str, Any]) -> str:
    """Histograms of two axes together, by comparing with every cell of their plane; exact, as in `_colour`."""
    grid, bins, cell = (int(options.get(key, usual)) for key, usual in (("grid", 2), ("bins", 8), ("cell", 112)))
    weights = graph.constant([[0, 1], [-1, -0.5], [1, -0.5]])  # of blue, green, red
    axes = graph.add("Floor", graph.add("MatMul", crops, weights))
    held = graph.add("Clip", axes, graph.constant(-128.0), graph.constant(127.0))
    raised = graph.add("Mul", graph.add("Add", held, graph.constant(128.0)), graph.constant(bins / 256.0))
    numbers = graph.add("MatMul", graph.add("Floor", raised), graph.constant([[bins], [1]]))
    apart = graph.add("Reshape", numbers, graph.constant([-1, grid, cell, grid, cell, 1], np.int64))
    hits = graph.cast(graph.add("Equal", apart, graph.constant(np.arange(bins**2))), TensorProto.FLOAT)
    shares = graph.add("ReduceMean", hits, axes=[2, 4], keepdims=0)
    return graph.add("Sqrt", graph.add("Flatten", shares, axis=1))


FRONTS = {
    "face_embedding": _embed_face,
    "object_embedding": _embed_object,
    "object_roots": _object_roots,
    "colour": _colour,
    "opponent": _opponent,
}


def _has_graph(step: Step, side: int) -> bool:
    """Can this feature be computed in the graph, from crops of that many pixels a side, without scaling them?"""
    sides = {"face_embedding": 150, "object_embedding": 224, "object_roots": 224}
    usual = {"colour": (3, 32), "opponent": (2, 112)}
    if step.name in usual:
        grid, cell = usual[step.name]
        return step.options.get("grid", grid) * step.options.get("cell", cell) == side
    return sides.get(step.name) == side


def _network(graph: Graph, name: str, pixels: str, output: str) -> str:
    """A pretrained network, its constants shared between views."""
    network = onnx.load(str(locate(name))).graph
    needed = _needed(network.node, output)
    prefix = f"view{len(graph.nodes)}_"
    used = {tensor for node in needed for tensor in node.input}
    fixed = {t.name for t in network.initializer} & used
    held = {t.name for t in graph.constants}
    for tensor in network.initializer:
        if tensor.name in fixed and f"net_{tensor.name}" not in held:
            copy = onnx.TensorProto()
            copy.CopyFrom(tensor)
            copy.name = f"net_{tensor.name}"
            graph.constants.append(copy)
    renamed = {network.input[0].name: pixels} | {t: f"net_{t}" for t in fixed}

    def name_of(tensor: str) -> str:
        return renamed.get(tensor, prefix + tensor) if tensor else ""

    for node in needed:
        copy_node = onnx.NodeProto()
        copy_node.CopyFrom(node)
        copy_node.name = prefix + node.name if node.name else ""
        copy_node.input[:] = [name_of(t) for t in node.input]
        copy_node.output[:] = [name_of(t) for t in node.output]
        graph.nodes.append(copy_node)
    return name_of(output)


def _needed(nodes: Sequence[onnx.NodeProto], output: str) -> list[onnx.NodeProto]:
    """The nodes that an output depends on, in order."""
    wanted, kept = {output}, []
    for node in reversed(nodes):
        if wanted.intersection(node.output):
            wanted.update(node.input)
            kept.append(node)
    return kept[::-1]


def _flipped(graph: Graph, x: str, axis: int) -> str:
    ends = [graph.constant([v], np.int64) for v in (-1, np.iinfo(np.int64).min, axis, -1)]
    return graph.add("Slice", x, *ends)


def _unit(graph: Graph, x: str) -> str:
    length = graph.add("ReduceL2", x, axes=[1], keepdims=1)
    return graph.add("Div", x, graph.add("Max", length, graph.constant(1e-12)))


# ---- the classifier


def _classifiers(bundle: Bundle) -> tuple[Any, ...]:
    """The calibrated classifiers: one, or one a class where a picture may carry several classes."""
    classifier = bundle.recogniser.classifier
    return classifier.models if isinstance(classifier, PerClass) else (classifier,)


def _named_classes(graph: Graph, bundle: Bundle, rows: str) -> str:
    """Probabilities of the known classes: a trained `_unknown` comes after them and is cut off."""
    each = [_probabilities(graph, one, rows) for one in _classifiers(bundle)]
    if len(each) == 1:
        return _columns(graph, each[0], 0, len(bundle.labels))
    return graph.add("Concat", *(_columns(graph, one, 1, 2) for one in each), axis=1)


def _columns(graph: Graph, x: str, start: int, end: int) -> str:
    return graph.add("Slice", x, *(graph.constant([v], np.int64) for v in (start, end, 1)))


def _probabilities(graph: Graph, model: Any, features: str) -> str:
    """Calibrated probabilities of every class that was trained, shape (n, all classes)."""
    if isinstance(model, Pipeline):  # a basis, then the calibrated classifier
        for _, step in model.named_steps["basis"].steps:
            features = _transform(graph, step, features)
        model = model.named_steps["classifier"]
    inner = model.calibrated_classifiers_[0]
    classes = len(inner.classes)
    values = graph.cast(_decision(graph, inner.estimator, features), TensorProto.DOUBLE)
    shares = _by_sigmoid(graph, inner, values) if classes == 2 else _by_temperature(graph, inner, values)
    return graph.cast(shares, TensorProto.FLOAT)


def _by_sigmoid(graph: Graph, inner: Any, values: str) -> str:
    """Two classes: the second by a sigmoid of the decision value, the first is the rest."""
    (one,) = inner.calibrators
    raised = graph.add("Mul", values, graph.constant([[-one.a_]], np.float64))
    second = graph.add("Sigmoid", graph.add("Sub", raised, graph.constant([[one.b_]], np.float64)))
    return graph.add("Concat", graph.add("Sub", graph.constant(1.0, np.float64), second), second, axis=1)


def _by_temperature(graph: Graph, inner: Any, values: str) -> str:
    """Several classes: the softmax of decision values, or of the logarithms of a forest's shares, times a constant."""
    if not hasattr(inner.estimator, "decision_function"):
        values = graph.add("Log", graph.add("Add", values, graph.constant(1e-12, np.float64)))
    beta = float(inner.calibrators[0].beta_)
    return graph.add("Softmax", graph.add("Mul", values, graph.constant(beta, np.float64)), axis=1)


def _decision(graph: Graph, model: Any, x: str) -> str:
    """What the calibration reads: a column a class, or one for two classes."""
    kind = type(model).__name__
    if kind not in DECISIONS:
        raise ExportRefused(f"A {kind} cannot be exported; {', '.join(DECISIONS)} can.")
    return DECISIONS[kind](graph, model, x)


def _transform(graph: Graph, step: Any, x: str) -> str:
    kind = type(step).__name__
    if kind == "StandardScaler":  # in double and back, as numpy does: a tree's threshold may lie just between
        for op, value in (("Sub", step.mean_), ("Div", step.scale_)):
            done = graph.add(op, graph.cast(x, TensorProto.DOUBLE), graph.constant(value, np.float64))
            x = graph.cast(done, TensorProto.FLOAT)
        return x
    if kind == "PCA":
        turned = graph.add("MatMul", x, graph.constant(step.components_.T))
        return graph.add("Sub", turned, graph.constant(step.mean_.reshape(1, -1) @ step.components_.T))
    raise ExportRefused(f"A {kind} cannot be exported.")


def _linear(graph: Graph, model: Any, x: str) -> str:
    product = graph.add("MatMul", x, graph.constant(model.coef_.T))
    return graph.add("Add", product, graph.constant(model.intercept_))


def _forest(graph: Graph, model: Any, x: str) -> str:
    _, shares = graph.add(
        "TreeEnsembleClassifier", x, outputs=2, domain="ai.onnx.ml", **_tree_table(model), post_transform="NONE"
    )
    if len(model.classes_) > 2:
        return shares
    return _columns(graph, shares, 1, 2)


def _tree_table(model: Any) -> dict[str, Any]:
    """The trees as the flat lists that ONNX wants; thresholds go down to the next float32, as x itself is one."""
    table: dict[str, list[Any]] = {f"nodes_{k}": [] for k in _NODE_KEYS} | {f"class_{k}": [] for k in _CLASS_KEYS}
    for number, one in enumerate(model.estimators_):
        tree = one.tree_
        for node in range(tree.node_count):
            leaf = tree.children_left[node] < 0
            row = (
                number,
                node,
                0 if leaf else int(tree.feature[node]),
                0.0 if leaf else _floor32(tree.threshold[node]),
                "LEAF" if leaf else "BRANCH_LEQ",
                0 if leaf else int(tree.children_left[node]),
                0 if leaf else int(tree.children_right[node]),
            )
            for key, value in zip(_NODE_KEYS, row, strict=True):
                table[f"nodes_{key}"].append(value)
            if leaf:
                shares = tree.value[node, 0] / tree.value[node, 0].sum() / len(model.estimators_)
                for c, share in enumerate(shares):
                    for key, value in zip(_CLASS_KEYS, (number, node, c, float(share)), strict=True):
                        table[f"class_{key}"].append(value)
    return table | {"classlabels_int64s": list(range(len(model.classes_)))}


_NODE_KEYS = ("treeids", "nodeids", "featureids", "values", "modes", "truenodeids", "falsenodeids")
_CLASS_KEYS = ("treeids", "nodeids", "ids", "weights")


def _floor32(value: float) -> float:
    near = np.float32(value)
    return float(near if near <= value else np.nextafter(near, np.float32(-np.inf)))


def _support_vectors(graph: Graph, model: Any, x: str) -> str:
    """Radial kernel to every support vector, one against one, then votes: as libsvm and scikit-learn do.

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
    wins = graph.cast(graph.add("Greater", against, graph.constant(0.0, np.float64)), TensorProto.DOUBLE)
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


def _radial_kernel(graph: Graph, model: Any, x: str) -> str:
    vectors = np.asarray(model.support_vectors_, np.float64)
    squares = graph.add("ReduceSum", graph.add("Mul", x, x), graph.constant([1], np.int64), keepdims=1)
    cross = graph.add("MatMul", x, graph.constant(-2 * vectors.T, np.float64))
    apart = graph.add("Add", graph.add("Add", squares, cross), graph.constant((vectors**2).sum(axis=1), np.float64))
    return graph.add("Exp", graph.add("Mul", apart, graph.constant(-model._gamma, np.float64)))


def _one_against_one(model: Any) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Weights, (vectors, pairs), and offsets, (pairs,), of one class against another; above zero is the first one."""
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


DECISIONS = {
    "LogisticRegression": _linear,
    "RandomForestClassifier": _forest,
    "SVC": _support_vectors,
}


# ---- similarity


def _similarities(graph: Graph, bundle: Bundle, features: str) -> str:
    """Mean cosine to the nearest examples of each class, as the gallery computes it."""
    gallery = bundle.recogniser.gallery
    x = features
    if gallery.space is not None:
        x = graph.add("MatMul", x, graph.constant(gallery.space.matrix.T))
        x = graph.add("Add", x, graph.constant(gallery.space.offset))
    cosines = graph.add("MatMul", _unit(graph, x), graph.constant(gallery.vectors.T))
    columns = []
    for c in range(len(bundle.labels)):
        owned = np.flatnonzero(gallery.owners == c)
        own = graph.add("Gather", cosines, graph.constant(owned, np.int64), axis=1)
        best, _ = graph.add("TopK", own, graph.constant([min(NEAREST, len(owned))], np.int64), outputs=2, axis=1)
        columns.append(graph.add("ReduceMean", best, axes=[1], keepdims=1))
    return graph.add("Concat", *columns, axis=1)
