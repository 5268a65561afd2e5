"""TensorFlow.js graph models -> ONNX, for the operators that the COCO-SSD detector is made of.

TensorFlow keeps channels last, ONNX first. Activations are channels-first from the input on and are
turned back only where a Reshape needs TensorFlow's order; per-channel factors and offsets are
folded into the convolution before them. So no optimiser has to clean up, and the result does not
depend on an optimiser's version.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from graphlib import TopologicalSorter

import numpy as np

from data_cleaning.errors import WeightsBroken
from data_cleaning.json_types import JsonObject
from model.onnx_graph import Dimension, OnnxGraph
from model.weights.converters.convolution import (
    BatchNorm,
    Convolution,
    append_convolution,
    append_relu6,
    same_padding,
)
from model.weights.converters.manifest import read_manifest

MODEL = "model.json"
ANCHORS = "Postprocessor/ExpandDims"
TO_CHANNELS_FIRST = [0, 3, 1, 2]
TO_CHANNELS_LAST = [0, 2, 3, 1]


@dataclass(frozen=True)
class GraphPart:
    """The part of a graph model to convert.

    `source` is the TensorFlow node replaced by the ONNX input `input`, float32 (1, height, width,
    channels); `outputs` gives ONNX name, TensorFlow node and shape of each output.
    """

    source: str
    height: int
    width: int
    channels: int
    outputs: tuple[tuple[str, str, tuple[Dimension, ...]], ...]


# From the scaled picture to box codes and scores: decoding and non-maximum suppression are left
# out.
COCO_SSD = GraphPart(
    source="Preprocessor/sub",
    height=300,
    width=300,
    channels=3,
    outputs=(
        ("boxes", "concat", (1, 1917, 1, 4)),
        ("scores", "Postprocessor/convert_scores", (1, 1917, 91)),
    ),
)


def coco_ssd(members: Mapping[str, bytes]) -> bytes:
    """Return COCO-SSD lite MobileNetV2 (Liu et al. 2016; Sandler et al. 2018) as an ONNX file.

    Input `input`: float32 (1, 300, 300, 3), RGB, x / 127.5 - 1, the picture squashed to the square.
    Output `boxes`: float32 (1, 1917, 1, 4), (ty, tx, th, tw) with scales 10, 10, 5, 5 against the
    anchors. Output `scores`: float32 (1, 1917, 91), sigmoid: column 0 background, then COCO's own
    numbers, 1 is a person.
    """
    return convert_graph(members, COCO_SSD)


def coco_ssd_anchors(members: Mapping[str, bytes]) -> bytes:
    """Return the anchors of COCO-SSD as a .npy file.

    float32 (1917, 4), (ymin, xmin, ymax, xmax) as parts of the picture's side; some reach outside
    it.
    """
    tensors = read_manifest(json.loads(members[MODEL])["weightsManifest"], members)
    file = io.BytesIO()
    np.save(file, tensors[ANCHORS][0], allow_pickle=False)
    return file.getvalue()


def convert_graph(members: Mapping[str, bytes], part: GraphPart) -> bytes:
    """Return `part` of the graph model in `members` (`model.json` and its shards) as an ONNX file.

    Raises WeightsBroken for an operator, a padding or a data layout that this converter does not
    know.
    """
    description = json.loads(members[MODEL])
    tensors = read_manifest(description["weightsManifest"], members)
    nodes = {node["name"]: node for node in description["modelTopology"]["node"]}
    converter = _GraphConverter(nodes, tensors, part)
    for name in _in_order(nodes, part):
        converter.convert(nodes[name])
    return converter.finish()


def _in_order(nodes: Mapping[str, JsonObject], part: GraphPart) -> list[str]:
    """Return the names of the nodes that the outputs need, each after its inputs, constants left
    out.
    """
    waiting = [node for _, node, _ in part.outputs]
    needed: dict[str, list[str]] = {}
    while waiting:
        name = waiting.pop()
        if name in needed:
            continue
        inputs = [i for i in _inputs(nodes[name]) if i != part.source and nodes[i]["op"] != "Const"]
        # A reshape takes only constants from the node that packs its shape.
        needed[name] = inputs[:1] if nodes[name]["op"] == "Reshape" else inputs
        waiting.extend(needed[name])
    return list(TopologicalSorter(needed).static_order())


def _inputs(node: JsonObject) -> list[str]:
    return [name for name in node.get("input", []) if not name.startswith("^")]


@dataclass(frozen=True)
class _Activation:
    """A value on its way through the graph.

    Four-dimensional values are channels-first and have a `height` and `width`; reshaped ones have
    neither. A convolution stays `pending` until something other than a per-channel factor or offset
    wants its result.
    """

    tensor: str
    height: int = 0
    width: int = 0
    pending: Convolution | None = None


class _GraphConverter:
    """Holds the ONNX graph and what each TensorFlow node has become."""

    def __init__(
        self,
        nodes: Mapping[str, JsonObject],
        tensors: Mapping[str, np.ndarray],
        part: GraphPart,
    ) -> None:
        self._nodes = nodes
        self._constants = tensors
        self._part = part
        self._graph = OnnxGraph("tensorflow_js")
        turned = self._graph.add("Transpose", "input", perm=TO_CHANNELS_FIRST)
        self._values = {part.source: _Activation(turned, part.height, part.width)}
        self._operators: dict[str, Callable[[JsonObject], _Activation]] = {
            "Conv2D": self._conv,
            "DepthwiseConv2dNative": self._conv,
            "FusedBatchNorm": self._batch_norm,
            "Mul": self._mul,
            "Add": self._add,
            "BiasAdd": self._add,
            "AddN": self._add_n,
            "Relu6": self._relu6,
            "Reshape": self._reshape,
            "ConcatV2": self._concat,
            "Sigmoid": self._sigmoid,
        }

    def convert(self, node: JsonObject) -> None:
        """Append one node whose inputs have all been converted."""
        operator = self._operators.get(node["op"])
        if operator is None:
            known = ", ".join(sorted(self._operators))
            raise WeightsBroken(
                f"node {node['name']} is a {node['op']}; this converter knows {known}"
            )
        self._values[node["name"]] = operator(node)

    def finish(self) -> bytes:
        for output, node, _ in self._part.outputs:
            self._graph.add("Identity", self._tensor(node), output=output)
        part = self._part
        shape = (1, part.height, part.width, part.channels)
        return self._graph.build(
            {"input": shape}, {output: shape for output, _, shape in part.outputs}
        )

    def _tensor(self, name: str) -> str:
        """Return the ONNX tensor of a converted node, appending its convolution if that is still
        pending.
        """
        value = self._values[name]
        if value.pending is not None:
            value = _Activation(
                append_convolution(self._graph, value.tensor, value.pending),
                value.height,
                value.width,
            )
            self._values[name] = value
        return value.tensor

    def _conv(self, node: JsonObject) -> _Activation:
        name, filters = _inputs(node)
        source = self._tensor(name)
        depthwise = node["op"] == "DepthwiseConv2dNative"
        weights = _channels_first(self._constants[filters], depthwise)
        stride = _stride(node)
        value = self._values[name]
        height, top, bottom = same_padding(value.height, weights.shape[2], stride)
        width, left, right = same_padding(value.width, weights.shape[3], stride)
        convolution = Convolution(
            weights,
            np.zeros(len(weights), np.float32),
            stride,
            (top, left, bottom, right),
            groups=self._constants[filters].shape[2] if depthwise else 1,
        )
        return _Activation(source, height, width, convolution)

    def _batch_norm(self, node: JsonObject) -> _Activation:
        name, *parts = _inputs(node)
        value = self._values[name]
        if value.pending is None:
            raise WeightsBroken(f"node {node['name']} normalises {name}, which is no convolution")
        gamma, beta, mean, variance = (self._constants[part] for part in parts)
        norm = BatchNorm(gamma, beta, mean, variance, float(node["attr"]["epsilon"]["f"]))
        return replace(value, pending=value.pending.normalised(norm))

    def _mul(self, node: JsonObject) -> _Activation:
        name, factor = self._value_and_constant(node)
        value = self._values[name]
        if value.pending is not None:
            return replace(value, pending=value.pending.scaled(factor))
        return self._per_channel("Mul", value, factor)

    def _add(self, node: JsonObject) -> _Activation:
        if not any(name in self._constants for name in _inputs(node)):
            return self._add_n(node)
        name, offset = self._value_and_constant(node)
        value = self._values[name]
        if value.pending is not None:
            return replace(value, pending=value.pending.shifted(offset))
        return self._per_channel("Add", value, offset)

    def _value_and_constant(self, node: JsonObject) -> tuple[str, np.ndarray]:
        """Return the input that is computed and the one that is constant, in whichever order they
        stand.
        """
        computed, constant = sorted(_inputs(node), key=lambda name: name in self._constants)
        return computed, self._constants[constant]

    def _per_channel(self, operator: str, value: _Activation, constant: np.ndarray) -> _Activation:
        operand = self._graph.constant(constant.reshape(1, -1, 1, 1))
        return replace(value, tensor=self._graph.add(operator, value.tensor, operand))

    def _add_n(self, node: JsonObject) -> _Activation:
        return self._elementwise("Sum", node)

    def _sigmoid(self, node: JsonObject) -> _Activation:
        return self._elementwise("Sigmoid", node)

    def _elementwise(self, operator: str, node: JsonObject) -> _Activation:
        names = _inputs(node)
        tensor = self._graph.add(operator, *[self._tensor(name) for name in names])
        return _Activation(tensor, self._values[names[0]].height, self._values[names[0]].width)

    def _relu6(self, node: JsonObject) -> _Activation:
        (name,) = _inputs(node)
        return _Activation(
            append_relu6(self._graph, self._tensor(name)),
            self._values[name].height,
            self._values[name].width,
        )

    def _reshape(self, node: JsonObject) -> _Activation:
        name, packed = _inputs(node)
        turned = self._graph.add("Transpose", self._tensor(name), perm=TO_CHANNELS_LAST)
        shape = np.array(self._packed_shape(packed), np.int64)
        return _Activation(self._graph.add("Reshape", turned, self._graph.constant(shape)))

    def _packed_shape(self, packed: str) -> Sequence[int]:
        """Return the shape that `packed` puts together, 1 where it is computed: only the batch ever
        is.
        """
        parts = _inputs(self._nodes[packed])
        return [int(self._constants[part]) if part in self._constants else 1 for part in parts]

    def _concat(self, node: JsonObject) -> _Activation:
        *names, axis = _inputs(node)
        tensors = [self._tensor(name) for name in names]
        return _Activation(self._graph.add("Concat", *tensors, axis=int(self._constants[axis])))


def _channels_first(filters: np.ndarray, depthwise: bool) -> np.ndarray:
    """Turn filters (height, width, in, out), depthwise (height, width, in, multiplier), to ONNX's
    order.
    """
    if not depthwise:
        return filters.transpose(3, 2, 0, 1)
    height, width, channels, multiplier = filters.shape
    return filters.transpose(2, 3, 0, 1).reshape(channels * multiplier, 1, height, width)


def _stride(node: JsonObject) -> int:
    """Return the step in pixels, after checking that the rest is what this converter knows."""
    attributes = node["attr"]
    _, down, right, _ = (int(step) for step in attributes["strides"]["list"]["i"])
    dilations = [int(step) for step in attributes["dilations"]["list"]["i"]]
    padding = bytes(attributes["padding"]["s"]).decode()
    layout = bytes(attributes["data_format"]["s"]).decode()
    if (padding, layout, set(dilations), down) != ("SAME", "NHWC", {1}, right):
        raise WeightsBroken(
            f"node {node['name']}: padding {padding}, layout {layout}, strides {down} x {right},"
            f" dilations {dilations}; this converter knows SAME, NHWC, equal strides and dilations"
            " of 1"
        )
    return down
