"""dlib's face recognition network, as face-api publishes its weights -> ONNX.

Source: dlib_face_recognition_resnet_model_v1 by Davis King (a ResNet-29 after He et al. 2016), one
byte a weight. Only this network lives here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from model.onnx_graph import OnnxGraph
from model.weights.converters.convolution import Convolution, append_convolution
from model.weights.converters.manifest import read_manifest

MANIFEST = "face_recognition_model-weights_manifest.json"
CHIP = 150
DESCRIPTOR = 128
# The mean red, green and blue of dlib's training pictures, and its divisor.
MEAN_RGB = (122.782, 117.001, 104.298)
DIVISOR = 256
BLOCKS = (
    *("conv32_1", "conv32_2", "conv32_3"),
    *("conv64_down", "conv64_1", "conv64_2", "conv64_3"),
    *("conv128_down", "conv128_1", "conv128_2"),
    *("conv256_down", "conv256_1", "conv256_2", "conv256_down_out"),
)


def convert(members: Mapping[str, bytes]) -> bytes:
    """Return the network as an ONNX file.

    Input `input`: float32 (batch, 3, 150, 150), RGB 0..255; normalisation is inside the graph.
    Output `descriptor`: float32 (batch, 128), not normalised; below L2 distance 0.6 two faces are
    one person's.
    """
    tensors = read_manifest(json.loads(members[MANIFEST]), members)
    graph = OnnxGraph("dlib_face_resnet")
    layer = _stem(graph, tensors)
    for block in BLOCKS:
        append = _down if "down" in block else _residual
        layer = append(graph, tensors, block, layer)
    pooled = graph.add("Flatten", graph.add("GlobalAveragePool", layer.tensor))
    graph.add("MatMul", pooled, graph.constant(tensors["fc"]), output="descriptor")
    return graph.build({"input": ("batch", 3, CHIP, CHIP)}, {"descriptor": ("batch", DESCRIPTOR)})


@dataclass(frozen=True)
class _Layer:
    """A tensor in the graph with its number of channels and its side in pixels (it is always
    square).
    """

    tensor: str
    channels: int
    side: int


def _convolution(
    tensors: Mapping[str, np.ndarray], name: str, stride: int, pad: int
) -> Convolution:
    """Return a convolution and the channel-wise affine layer behind it (dlib's frozen batch norm)
    as one.
    """
    filters = tensors[f"{name}/conv/filters"].transpose(3, 2, 0, 1)
    plain = Convolution(filters, tensors[f"{name}/conv/bias"], stride, (pad,) * 4)
    return plain.scaled(tensors[f"{name}/scale/weights"]).shifted(tensors[f"{name}/scale/biases"])


def _stem(graph: OnnxGraph, tensors: Mapping[str, np.ndarray]) -> _Layer:
    mean = np.array(MEAN_RGB, np.float32).reshape(1, 3, 1, 1)
    centred = graph.add("Sub", "input", graph.constant(mean))
    scaled = graph.add("Mul", centred, graph.constant(np.float32(1 / DIVISOR)))
    convolution = _convolution(tensors, "conv32_down", stride=2, pad=0)
    x = graph.add("Relu", append_convolution(graph, scaled, convolution))
    x = graph.add("MaxPool", x, kernel_shape=[3, 3], strides=[2, 2])
    side = _side_after(_side_after(CHIP, convolution.weights.shape[2]), 3)
    return _Layer(x, len(convolution.bias), side)


def _residual(
    graph: OnnxGraph, tensors: Mapping[str, np.ndarray], block: str, layer: _Layer
) -> _Layer:
    first = _convolution(tensors, f"{block}/conv1", stride=1, pad=1)
    x = graph.add("Relu", append_convolution(graph, layer.tensor, first))
    x = append_convolution(graph, x, _convolution(tensors, f"{block}/conv2", stride=1, pad=1))
    return _Layer(graph.add("Relu", graph.add("Add", x, layer.tensor)), layer.channels, layer.side)


def _down(graph: OnnxGraph, tensors: Mapping[str, np.ndarray], block: str, layer: _Layer) -> _Layer:
    """Append a residual block that halves the side and may add channels; the short cut is
    average-pooled.
    """
    first = _convolution(tensors, f"{block}/conv1", stride=2, pad=0)
    x = graph.add("Relu", append_convolution(graph, layer.tensor, first))
    x = append_convolution(graph, x, _convolution(tensors, f"{block}/conv2", stride=1, pad=1))
    short_cut = graph.add("AveragePool", layer.tensor, kernel_shape=[2, 2], strides=[2, 2])
    channels, side = len(first.bias), _side_after(layer.side, 2)
    # dlib adds tensors of different sizes as if the smaller one went on with zeros.
    x = _pad(graph, x, channels=0, pixels=side - _side_after(layer.side, 3))
    short_cut = _pad(graph, short_cut, channels=channels - layer.channels, pixels=0)
    return _Layer(graph.add("Relu", graph.add("Add", short_cut, x)), channels, side)


def _side_after(side: int, kernel: int) -> int:
    """Return the side after an unpadded window of `kernel` pixels moved in steps of two."""
    return (side - kernel) // 2 + 1


def _pad(graph: OnnxGraph, x: str, channels: int, pixels: int) -> str:
    """Append zeros: `channels` after the last channel, `pixels` at the right and the bottom."""
    if not channels and not pixels:
        return x
    # Before, then after: batch, channels, rows, columns.
    amounts = np.array([0, 0, 0, 0, 0, channels, pixels, pixels], np.int64)
    return graph.add("Pad", x, graph.constant(amounts))
