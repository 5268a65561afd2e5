"""A trained model as one ONNX file, for programs that have onnxruntime and nothing of ours.

The graph repeats what scikit-learn computes, operation by operation, in the arithmetic that it
uses; `export` compares both on real rows and writes nothing where they part. Nothing is fitted
here.
"""

from __future__ import annotations

import json
from dataclasses import asdict

import numpy as np
import onnx
from onnx import helper
from sklearn.base import BaseEstimator

from model.export.onnx_classifiers import probabilities
from model.export.onnx_features import append_feature, has_graph
from model.export.onnx_operations import ExportRefused, columns, flipped, unit
from model.onnx_graph import OnnxGraph, Shapes
from model.recognition.bundle import Bundle
from model.recognition.classifier_file import scikit_learn_of
from model.recognition.naming.gallery import NEAREST, NearestExamples
from model.recognition.naming.presence_judge import SURE
from model.recognition.naming.recogniser import PerClass

OPSETS = {"": 17, "ai.onnx.ml": 3}
RUNTIME = {"com.microsoft": 1}  # operators that onnxruntime alone has
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
    lacking = [step.name for step in bundle.recipe.features if not has_graph(step, side)]
    whole = not lacking if whole is None else whole
    if whole and lacking:
        raise ExportRefused(
            f"Features {', '.join(lacking)} have no graph: only the classifier can be exported."
        )
    graph = OnnxGraph("likeness")
    if not whole:
        return _finish(graph, bundle, ["features"], {"features": ["n", _width(bundle)]})
    views = ["crops", flipped(graph, "crops", 2)] if bundle.recipe.mirror else ["crops"]
    features = [_features(graph, bundle, view) for view in views]
    return _finish(graph, bundle, features, {"crops": ["n", side, side, 3]})


def _features(graph: OnnxGraph, bundle: Bundle, view: str) -> str:
    """All features of one view, stacked in the recipe's order."""
    blocks = [append_feature(graph, view, step) for step in bundle.recipe.features]
    return graph.add("Concat", *blocks, axis=1)


def _finish(graph: OnnxGraph, bundle: Bundle, views: list[str], inputs: Shapes) -> onnx.ModelProto:
    rows = graph.add("Concat", *views, axis=0)
    similarities = _similarities(graph, bundle, rows)
    trained = _trained(graph, bundle, rows)
    results = {
        "probabilities": _probabilities(graph, bundle, trained, similarities),
        "similarities": similarities,
    }
    widths = dict.fromkeys(results, len(bundle.labels))
    if bundle.recogniser.presence_judge:
        results["nobody"] = columns(graph, trained[0], -1, np.iinfo(np.int64).max)
        widths["nobody"] = 1
    for name, value in results.items():
        shape = graph.constant([len(views), -1, widths[name]], np.int64)
        apart = graph.add("Reshape", value, shape)
        mean = graph.add("ReduceMean", apart, axes=[0], keepdims=0)
        graph.add("Identity", mean, output=name)
    mixed = any(node.domain in RUNTIME for node in graph.nodes)  # as SFace's file in 8 bits does
    opsets = OPSETS | RUNTIME if mixed else OPSETS
    model = graph.model(inputs, {name: ["n", width] for name, width in widths.items()}, opsets)
    model.producer_name = "likeness"
    helper.set_model_props(model, _metadata(bundle))
    onnx.checker.check_model(model)
    return model


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


def _width(bundle: Bundle) -> int:
    """The length of a row of features."""
    return int(_classifiers(bundle)[0].n_features_in_)


def _classifiers(bundle: Bundle) -> tuple[BaseEstimator, ...]:
    """The calibrated classifiers: one, or one a class where a picture may carry several classes."""
    classifier = bundle.recogniser.classifier
    if isinstance(classifier, PerClass):
        return classifier.models
    return (scikit_learn_of(classifier),)


def _trained(graph: OnnxGraph, bundle: Bundle, rows: str) -> list[str]:
    """Probabilities of all that each fitted classifier was trained on; none for one that is the
    gallery.
    """
    if isinstance(bundle.recogniser.classifier, NearestExamples):
        return []
    return [probabilities(graph, model, rows) for model in _classifiers(bundle)]


def _probabilities(graph: OnnxGraph, bundle: Bundle, trained: list[str], similarities: str) -> str:
    """Probabilities of the known classes: a trained `_unknown` or `_none` comes after them and is
    cut off.
    """
    classifier = bundle.recogniser.classifier
    if isinstance(classifier, NearestExamples):
        return _by_nearest(graph, classifier, similarities)
    if isinstance(classifier, PerClass):
        return graph.add("Concat", *(columns(graph, shares, 1, 2) for shares in trained), axis=1)
    return columns(graph, trained[0], 0, len(bundle.labels))


def _by_nearest(graph: OnnxGraph, nearest: NearestExamples, similarities: str) -> str:
    """Softmax of the similarities beside a level that stands for none of the classes."""
    above = graph.add("Sub", similarities, graph.floats(nearest.level))
    odds = graph.add("Mul", above, graph.floats(nearest.sharpness))
    none = graph.add("Mul", columns(graph, odds, 0, 1), graph.floats(0.0))
    shares = graph.add("Softmax", graph.add("Concat", odds, none, axis=1), axis=1)
    return columns(graph, shares, 0, nearest.classes)


def _similarities(graph: OnnxGraph, bundle: Bundle, features: str) -> str:
    """Mean cosine to the nearest examples of each class, as the gallery computes it."""
    gallery = bundle.recogniser.gallery
    x = features
    if gallery.space is not None:
        x = graph.add("MatMul", x, graph.floats(gallery.space.matrix.T))
        x = graph.add("Add", x, graph.floats(gallery.space.offset))
    cosines = graph.add("MatMul", unit(graph, x), graph.floats(gallery.vectors.T))
    columns = []
    for c in range(len(bundle.labels)):
        owned = np.flatnonzero(gallery.owners == c)
        own = graph.add("Gather", cosines, graph.constant(owned, np.int64), axis=1)
        best, _ = graph.add_outputs(
            "TopK", own, graph.constant([min(NEAREST, len(owned))], np.int64), outputs=2, axis=1
        )
        columns.append(graph.add("ReduceMean", best, axes=[1], keepdims=1))
    return graph.add("Concat", *columns, axis=1)
