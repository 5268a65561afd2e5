"""The features of a recipe as ONNX, from crops that need no scaling: networks and histograms."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import onnx
from onnx import TensorProto

from data_cleaning.pretrained import locate
from model.export.onnx_operations import flipped, unit
from model.onnx_graph import OnnxGraph
from model.recipes.features import FEATURES
from model.recipes.recipe import Option, Step, all_options

SIDES = {
    "face_embedding": 150,
    "sface_embedding": 112,
    "object_embedding": 224,
    "object_roots": 224,
}
"""Pixels a side of the crop that a network takes."""


def has_graph(step: Step, side: int) -> bool:
    """Whether this feature can be computed in the graph, from crops of that many pixels a side,
    without scaling them.
    """
    if step.name in ("colour", "opponent"):
        grid, cell = _integers(_options(step), "grid", "cell")
        return grid * cell == side
    return SIDES.get(step.name) == side


def append_feature(graph: OnnxGraph, crops: str, step: Step) -> str:
    """Append one feature of float32 crops, shape (n, side, side, 3); its name, shape (n, d)."""
    return FRONTS[step.name](graph, crops, _options(step))


def _options(step: Step) -> Mapping[str, Option]:
    return all_options(step, FEATURES[step.name].function)


def _integers(options: Mapping[str, Option], *names: str) -> list[int]:
    return [int(options[name]) for name in names]


def _embed_face(graph: OnnxGraph, crops: str, options: Mapping[str, Option]) -> str:
    pixels = graph.add("Transpose", flipped(graph, crops, 3), perm=[0, 3, 1, 2])
    views = [pixels, flipped(graph, pixels, 3)] if options["mirror"] else [pixels]
    return unit(
        graph,
        graph.add("Sum", *(_network(graph, "dlib_face", view, "descriptor") for view in views)),
    )


def _embed_sface(graph: OnnxGraph, crops: str, options: Mapping[str, Option]) -> str:
    pixels = graph.add("Transpose", flipped(graph, crops, 3), perm=[0, 3, 1, 2])
    return unit(graph, _network(graph, "sface", pixels, "fc1"))


def _embed_object(graph: OnnxGraph, crops: str, options: Mapping[str, Option]) -> str:
    seen = crops if options["colours"] else _without_colours(graph, crops)
    return unit(graph, _object_means(graph, seen))


def _without_colours(graph: OnnxGraph, crops: str) -> str:
    """The light of blue, green and red, rounded, three times."""
    weights = graph.floats([[0.114], [0.587], [0.299]])
    light = graph.add(
        "Floor", graph.add("Add", graph.add("MatMul", crops, weights), graph.floats(0.5))
    )
    return graph.add("Concat", light, light, light, axis=3)


def _object_roots(graph: OnnxGraph, crops: str, options: Mapping[str, Option]) -> str:
    means = graph.add("Max", _object_means(graph, crops), graph.floats(0.0))
    return unit(graph, graph.add("Sqrt", means))


def _object_means(graph: OnnxGraph, crops: str) -> str:
    colours = graph.add("Transpose", flipped(graph, crops, 3), perm=[0, 3, 1, 2])
    centred = graph.add("Sub", colours, graph.floats(127.0))
    pixels = graph.add("Div", centred, graph.floats(128.0))
    return _network(graph, "efficientnet_lite0", pixels, "features")


def _colour(graph: OnnxGraph, crops: str, options: Mapping[str, Option]) -> str:
    """Histograms by comparing with every level: exact, because the crop needs no scaling."""
    grid, bins, cell = _integers(options, "grid", "bins", "cell")
    levels = graph.add("Floor", graph.add("Mul", crops, graph.floats(bins / 256.0)))
    shape = graph.constant([-1, grid, cell, grid, cell, 3, 1], np.int64)
    apart = graph.add("Reshape", levels, shape)
    hits = graph.cast(graph.add("Equal", apart, graph.floats(np.arange(bins))), TensorProto.FLOAT)
    shares = graph.add("ReduceMean", hits, axes=[2, 4], keepdims=0)
    return graph.add("Sqrt", graph.add("Flatten", shares, axis=1))


def _opponent(graph: OnnxGraph, crops: str, options: Mapping[str, Option]) -> str:
    """Histograms of two axes together, by comparing with every cell of their plane; exact, as in
    `_colour`.
    """
    grid, bins, cell = _integers(options, "grid", "bins", "cell")
    weights = graph.floats([[0.0, 1.0], [-1.0, -0.5], [1.0, -0.5]])  # of blue, green, red
    axes = graph.add("Floor", graph.add("MatMul", crops, weights))
    held = graph.add("Clip", axes, graph.floats(-128.0), graph.floats(127.0))
    raised = graph.add(
        "Mul", graph.add("Add", held, graph.floats(128.0)), graph.floats(bins / 256.0)
    )
    numbers = graph.add("MatMul", graph.add("Floor", raised), graph.floats([[bins], [1]]))
    apart = graph.add("Reshape", numbers, graph.constant([-1, grid, cell, grid, cell, 1], np.int64))
    hits = graph.cast(
        graph.add("Equal", apart, graph.floats(np.arange(bins**2))), TensorProto.FLOAT
    )
    shares = graph.add("ReduceMean", hits, axes=[2, 4], keepdims=0)
    return graph.add("Sqrt", graph.add("Flatten", shares, axis=1))


FRONTS: dict[str, Callable[[OnnxGraph, str, Mapping[str, Option]], str]] = {
    "face_embedding": _embed_face,
    "sface_embedding": _embed_sface,
    "object_embedding": _embed_object,
    "object_roots": _object_roots,
    "colour": _colour,
    "opponent": _opponent,
}


def _network(graph: OnnxGraph, name: str, pixels: str, output: str) -> str:
    """A pretrained network, its constants shared between views."""
    network = onnx.load(str(locate(name))).graph
    needed = _needed(network.node, output)
    used = {tensor for node in needed for tensor in node.input}
    fixed = [tensor for tensor in network.initializer if tensor.name in used]
    _share_constants(graph, fixed)
    prefix = f"view{len(graph.nodes)}_"
    names = {network.input[0].name: pixels} | {t.name: f"net_{t.name}" for t in fixed}

    def name_of(tensor: str) -> str:
        return names.get(tensor, prefix + tensor) if tensor else ""

    for node in needed:
        copy = onnx.NodeProto()
        copy.CopyFrom(node)
        copy.name = prefix + node.name if node.name else ""
        copy.input[:] = [name_of(t) for t in node.input]
        copy.output[:] = [name_of(t) for t in node.output]
        graph.nodes.append(copy)
    return name_of(output)


def _share_constants(graph: OnnxGraph, tensors: Sequence[onnx.TensorProto]) -> None:
    held = {tensor.name for tensor in graph.constants}
    for tensor in tensors:
        if f"net_{tensor.name}" not in held:
            copy = onnx.TensorProto()
            copy.CopyFrom(tensor)
            copy.name = f"net_{tensor.name}"
            graph.constants.append(copy)


def _needed(nodes: Sequence[onnx.NodeProto], output: str) -> list[onnx.NodeProto]:
    """The nodes that an output depends on, in order."""
    wanted, kept = {output}, []
    for node in reversed(nodes):
        if wanted.intersection(node.output):
            wanted.update(node.input)
            kept.append(node)
    return kept[::-1]
