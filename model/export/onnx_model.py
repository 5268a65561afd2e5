"""A trained model as one ONNX file, for programs that have onnxruntime and nothing of ours.

The graph repeats what scikit-learn computes, operation by operation, in the arithmetic that it
uses; `export` compares both on real rows and writes nothing where they part. Nothing is fitted
here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper

from data_cleaning.pretrained import locate
from model.export.onnx_classifiers import probabilities
from model.export.onnx_graph import ExportRefused, Graph, columns, flipped, unit
from model.recipes.recipe import Step
from model.recognition.bundle import Bundle
from model.recognition.naming.gallery import NEAREST, NearestExamples
from model.recognition.naming.presence_judge import SURE
from model.recognition.naming.recogniser import PerClass

OPSET = 17
TOLERANCE = 1e-4


def build(bundle: Bundle, whole: bool | None = None) -> onnx.ModelProto:
    """The model as ONNX.

    whole: with the features in front (default: where every feature of the recipe has a graph). Then
    the input `crops` is float32 of shape (n, side, side, 3), blue-green-red, 0 to 255, and the
    mirror image is averaged in where the recipe does so; else the input `features` is float32 of
    shape (n, d). Outputs, float32 of shape (n, classes) in the order of the metadata's `labels`:
    `probabilities` and `similarities`; and where the model says that nobody is there, `nobody` of
    shape (n, 1), the probability that its rule weighs. Raises ExportRefused.
    """
    side = int(bundle.recipe.crop.options.get("size", 150))
    lacking = [step.name for step in bundle.recipe.features if not _has_graph(step, side)]
    whole = not lacking if whole is None else whole
    if whole and lacking:
        raise ExportRefused(
            f"Features {', '.join(lacking)} have no graph: only the classifier can be exported."
        )
    graph = Graph()
    if not whole:
        width = int(_classifiers(bundle)[0].n_features_in_)
        source = helper.make_tensor_value_info("features", TensorProto.FLOAT, ["n", width])
        return _finish(graph, bundle, ["features"], source)
    source = helper.make_tensor_value_info("crops", TensorProto.FLOAT, ["n", side, side, 3])
    views = ["crops", flipped(graph, "crops", 2)] if bundle.recipe.mirror else ["crops"]
    return _finish(graph, bundle, [_features(graph, bundle, view) for view in views], source)


def _features(graph: Graph, bundle: Bundle, view: str) -> str:
    """All features of one view, stacked in the recipe's order."""
    return graph.add(
        "Concat", *(FRONTS[s.name](graph, view, s.options) for s in bundle.recipe.features), axis=1
    )


def _finish(
    graph: Graph, bundle: Bundle, views: list[str], source: onnx.ValueInfoProto
) -> onnx.ModelProto:
    classes = len(bundle.labels)
    rows = graph.add("Concat", *views, axis=0)
    alike = _similarities(graph, bundle, rows)
    nearest = bundle.recogniser.classifier
    if isinstance(nearest, NearestExamples):
        results = {"probabilities": (_by_nearest(graph, nearest, alike), classes)}
    else:
        trained = _trained(graph, bundle, rows)
        results = {"probabilities": (_known(graph, bundle, trained), classes)}
    results["similarities"] = alike, classes
    if bundle.recogniser.presence_judge:
        results["nobody"] = columns(graph, trained[0], -1, np.iinfo(np.int64).max), 1
    for name, (value, width) in results.items():
        apart = graph.add("Reshape", value, graph.constant([len(views), -1, width], np.int64))
        mean = graph.add("ReduceMean", apart, axes=[0], keepdims=0)
        graph.nodes.append(helper.make_node("Identity", [mean], [name]))
    outputs = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", w])
        for name, (_, w) in results.items()
    ]
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
    rule, nobody = bundle.recogniser.acceptance, bundle.recogniser.presence_judge
    return {
        "labels": json.dumps(list(bundle.labels), ensure_ascii=False),
        "recipe": json.dumps(bundle.recipe.to_json()),
        "score": rule.score,
        "threshold": repr(float(rule.threshold)),
        "thresholds": json.dumps(list(bundle.recogniser.thresholds)),
        "nobody": json.dumps(asdict(nobody) | {"sure": SURE} if nobody else None),
        "model": f"{bundle.name} {bundle.version}",
    }


# ---- networks in front


def _embed_face(graph: Graph, crops: str, options: Mapping[str, Any]) -> str:
    pixels = graph.add("Transpose", flipped(graph, crops, 3), perm=[0, 3, 1, 2])
    views = [pixels, flipped(graph, pixels, 3)] if options.get("mirror", True) else [pixels]
    return unit(
        graph,
        graph.add("Sum", *(_network(graph, "dlib_face", view, "descriptor") for view in views)),
    )


def _embed_sface(graph: Graph, crops: str, options: Mapping[str, Any]) -> str:
    pixels = graph.add("Transpose", flipped(graph, crops, 3), perm=[0, 3, 1, 2])
    return unit(graph, _network(graph, "sface", pixels, "fc1"))


def _embed_object(graph: Graph, crops: str, options: Mapping[str, Any]) -> str:
    return unit(graph, _object_means(graph, crops))


def _object_roots(graph: Graph, crops: str, options: Mapping[str, Any]) -> str:
    means = graph.add("Max", _object_means(graph, crops), graph.constant(0.0))
    return unit(graph, graph.add("Sqrt", means))


def _object_means(graph: Graph, crops: str) -> str:
    colours = graph.add("Transpose", flipped(graph, crops, 3), perm=[0, 3, 1, 2])
    centred = graph.add("Sub", colours, graph.constant(127.0))
    pixels = graph.add("Div", centred, graph.constant(128.0))
    return _network(graph, "efficientnet_lite0", pixels, "features")


def _colour(graph: Graph, crops: str, options: Mapping[str, Any]) -> str:
    """Histograms by comparing with every level: exact, because the crop needs no scaling."""
    grid, bins, cell = (
        int(options.get(key, usual)) for key, usual in (("grid", 3), ("bins", 6), ("cell", 32))
    )
    levels = graph.add("Floor", graph.add("Mul", crops, graph.constant(bins / 256.0)))
    shape = graph.constant([-1, grid, cell, grid, cell, 3, 1], np.int64)
    apart = graph.add("Reshape", levels, shape)
    hits = graph.cast(graph.add("Equal", apart, graph.constant(np.arange(bins))), TensorProto.FLOAT)
    shares = graph.add("ReduceMean", hits, axes=[2, 4], keepdims=0)
    return graph.add("Sqrt", graph.add("Flatten", shares, axis=1))


def _opponent(graph: Graph, crops: str, options: Mapping[str, Any]) -> str:
    """Histograms of two axes together, by comparing with every cell of their plane; exact, as in
    `_colour`.
    """
    grid, bins, cell = (
        int(options.get(key, usual)) for key, usual in (("grid", 2), ("bins", 8), ("cell", 112))
    )
    weights = graph.constant([[0, 1], [-1, -0.5], [1, -0.5]])  # of blue, green, red
    axes = graph.add("Floor", graph.add("MatMul", crops, weights))
    held = graph.add("Clip", axes, graph.constant(-128.0), graph.constant(127.0))
    raised = graph.add(
        "Mul", graph.add("Add", held, graph.constant(128.0)), graph.constant(bins / 256.0)
    )
    numbers = graph.add("MatMul", graph.add("Floor", raised), graph.constant([[bins], [1]]))
    apart = graph.add("Reshape", numbers, graph.constant([-1, grid, cell, grid, cell, 1], np.int64))
    hits = graph.cast(
        graph.add("Equal", apart, graph.constant(np.arange(bins**2))), TensorProto.FLOAT
    )
    shares = graph.add("ReduceMean", hits, axes=[2, 4], keepdims=0)
    return graph.add("Sqrt", graph.add("Flatten", shares, axis=1))


FRONTS = {
    "face_embedding": _embed_face,
    "sface_embedding": _embed_sface,
    "object_embedding": _embed_object,
    "object_roots": _object_roots,
    "colour": _colour,
    "opponent": _opponent,
}


def _has_graph(step: Step, side: int) -> bool:
    """Can this feature be computed in the graph, from crops of that many pixels a side, without
    scaling them?
    """
    sides = {
        "face_embedding": 150,
        "sface_embedding": 112,
        "object_embedding": 224,
        "object_roots": 224,
    }
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


# ---- the classifiers


def _classifiers(bundle: Bundle) -> tuple[Any, ...]:
    """The calibrated classifiers: one, or one a class where a picture may carry several classes."""
    classifier = bundle.recogniser.classifier
    return classifier.models if isinstance(classifier, PerClass) else (classifier,)


def _trained(graph: Graph, bundle: Bundle, rows: str) -> list[str]:
    """Probabilities of all that each classifier was trained on."""
    return [probabilities(graph, one, rows) for one in _classifiers(bundle)]


def _known(graph: Graph, bundle: Bundle, trained: list[str]) -> str:
    """Probabilities of the known classes: a trained `_unknown` or `_none` comes after them and is
    cut off.
    """
    if not isinstance(bundle.recogniser.classifier, PerClass):
        return columns(graph, trained[0], 0, len(bundle.labels))
    return graph.add("Concat", *(columns(graph, one, 1, 2) for one in trained), axis=1)


def _by_nearest(graph: Graph, nearest: NearestExamples, similarities: str) -> str:
    """Softmax of the similarities beside a level that stands for none of the classes."""
    above = graph.add("Sub", similarities, graph.constant(nearest.level))
    odds = graph.add("Mul", above, graph.constant(nearest.sharpness))
    none = graph.add("Mul", columns(graph, odds, 0, 1), graph.constant(0.0))
    shares = graph.add("Softmax", graph.add("Concat", odds, none, axis=1), axis=1)
    return columns(graph, shares, 0, nearest.classes)


# ---- similarity


def _similarities(graph: Graph, bundle: Bundle, features: str) -> str:
    """Mean cosine to the nearest examples of each class, as the gallery computes it."""
    gallery = bundle.recogniser.gallery
    x = features
    if gallery.space is not None:
        x = graph.add("MatMul", x, graph.constant(gallery.space.matrix.T))
        x = graph.add("Add", x, graph.constant(gallery.space.offset))
    cosines = graph.add("MatMul", unit(graph, x), graph.constant(gallery.vectors.T))
    columns = []
    for c in range(len(bundle.labels)):
        owned = np.flatnonzero(gallery.owners == c)
        own = graph.add("Gather", cosines, graph.constant(owned, np.int64), axis=1)
        best, _ = graph.add(
            "TopK", own, graph.constant([min(NEAREST, len(owned))], np.int64), outputs=2, axis=1
        )
        columns.append(graph.add("ReduceMean", best, axes=[1], keepdims=1))
    return graph.add("Concat", *columns, axis=1)
