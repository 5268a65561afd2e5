"""SFace, as OpenCV Zoo publishes it in 8-bit blocks -> the same network as onnxruntime runs it
fastest.

Source: Zhong et al., "SFace: sigmoid-constrained hypersphere loss for robust face recognition",
IEEE TIP 2021; the network is MobileFaceNet's (Chen et al., 2018).

Three things change. Weights leave their blocks, and batch normalisations go into the convolution
before them. Each PReLU, a * x + relu((1 - a) * x), becomes two depthwise 1 x 1 convolutions and a
sum, which take half its time. That needs a slope of at most 1: a channel with another one leaves
as -x + relu((1 - a) * x), its sign turned, and the layer behind has its weights turned for it.
Pointwise convolutions and the last layer compute in 8 bits (Jacob et al., CVPR 2018; weights by
output channel); the others stay float32, or the embedding loses accuracy. The bytes depend on the
source file alone.

What is in 8 bits is written as operators in 8 bits, not as float32 operators between pairs of
rounding and reading back. The runtime would join those pairs, but read each activation once for
every operator behind it: a quarter of the whole time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import NodeProto, helper, numpy_helper

from data_cleaning.errors import WeightsBroken
from model.onnx_graph import OPSETS, OnnxGraph
from model.weights.converters.convolution import BatchNorm, Convolution, append_convolution

Floats = NDArray[np.float32]

SIDE = 112
NUMBERS = 128
RUNTIME = "com.microsoft"  # operators that onnxruntime alone has: here the last layer in 8 bits
BLOCKS = range(2, 15)  # the first layer is a convolution alone
HALVING = (3, 5, 7, 13)  # blocks that halve the side
CONV_EPSILON, LAST_EPSILON = 1e-3, 2e-5


@dataclass(frozen=True)
class EightBits:
    """How an activation is written in 8 bits: value = step * (number - zero), number 0 to 255."""

    step: float
    zero: int


# What enters and what leaves the pointwise convolution of each block: from the least and the
# largest value over 150 aligned faces ("min-max" calibration), so that converting takes none.
ACTIVATIONS: dict[int, tuple[EightBits, EightBits]] = {
    2: (EightBits(0.11112596, 79), EightBits(0.14383791, 126)),
    3: (EightBits(0.12065814, 65), EightBits(0.10439924, 127)),
    4: (EightBits(0.094608612, 58), EightBits(0.10656467, 120)),
    5: (EightBits(0.084419318, 83), EightBits(0.085651919, 118)),
    6: (EightBits(0.10391717, 37), EightBits(0.14689283, 126)),
    7: (EightBits(0.08100719, 86), EightBits(0.075660117, 109)),
    8: (EightBits(0.08253175, 61), EightBits(0.078111917, 124)),
    9: (EightBits(0.078604087, 65), EightBits(0.071719952, 107)),
    10: (EightBits(0.098157801, 71), EightBits(0.08304663, 112)),
    11: (EightBits(0.086196609, 58), EightBits(0.079617344, 108)),
    12: (EightBits(0.095865369, 40), EightBits(0.098356351, 101)),
    13: (EightBits(0.094977841, 57), EightBits(0.084395856, 119)),
    14: (EightBits(0.056924168, 29), EightBits(0.062192202, 145)),
}
LAST_ENTERING = EightBits(0.0067829899, 123)


def convert(members: Mapping[str, bytes]) -> bytes:
    """Return the network as an ONNX file.

    Input `data`: float32 (batch, 3, 112, 112), RGB 0..255; scaling is inside. Output `fc1`: float32
    (batch, 128), not scaled to length 1. Raises WeightsBroken where a tensor is missing.
    """
    (content,) = members.values()
    network = _Network(read_tensors(content))
    x = network.stem("data")
    for number in BLOCKS:
        x = network.block(x, number)
    return network.finish(x)


@dataclass(frozen=True)
class _Activation:
    """The name of a tensor, and 1 for each of its channels, or -1 where its sign is turned."""

    name: str
    signs: Floats


class _Network:
    """The graph under construction and the tensors it takes."""

    def __init__(self, tensors: Mapping[str, Floats]) -> None:
        self._tensors = tensors
        self._graph = OnnxGraph("sface", domains=True)

    def stem(self, x: str) -> _Activation:
        """Append scaling and the first convolution."""
        shift, scale = (self._graph.constant(self._tensor(f"scalar_op{n}")) for n in (1, 2))
        x = self._graph.add("Mul", self._graph.add("Sub", x, shift), scale)
        return self._prelu(
            append_convolution(self._graph, x, self._convolution("conv_1")), "conv_1"
        )

    def block(self, x: _Activation, number: int) -> _Activation:
        """Append a depthwise 3 x 3 and a pointwise convolution."""
        entering, leaving = (self._steps(bits) for bits in ACTIVATIONS[number])
        name, stride = f"conv_{number}", 2 if number in HALVING else 1
        depthwise = self._convolution(f"{name}_dw", stride)
        turned = replace(depthwise, weights=depthwise.weights * x.signs.reshape(-1, 1, 1, 1))
        x = self._prelu(append_convolution(self._graph, x.name, turned), f"{name}_dw")
        pointwise = self._convolution(name)
        filters = pointwise.weights * x.signs.reshape(1, -1, 1, 1)
        weights, bias = self._parameters(filters, pointwise.bias, ACTIVATIONS[number][0])
        y = self._graph.add("QuantizeLinear", x.name, *entering)
        y = self._graph.add("QLinearConv", y, *entering, *weights, *leaving, bias)
        return self._prelu(self._graph.add("DequantizeLinear", y, *leaving), name)

    def finish(self, x: _Activation) -> bytes:
        """Append the last layer and return the file."""
        gamma, beta, mean, variance = (
            self._tensor(f"bn1_{part}") for part in ("gamma", "beta", "moving_mean", "moving_var")
        )
        norm = (gamma * x.signs, beta, mean * x.signs, variance)
        constants = [self._graph.constant(part) for part in norm]
        y = self._graph.add("BatchNormalization", x.name, *constants, epsilon=LAST_EPSILON)
        entering = self._steps(LAST_ENTERING)
        y = self._graph.add("QuantizeLinear", self._graph.add("Flatten", y), *entering)
        last = self._batch_norm("fc1", LAST_EPSILON)
        scale = (last.gamma / np.sqrt(last.variance + np.float32(last.epsilon))).astype(np.float32)
        weights = self._tensor("pre_fc1_weight") * scale[:, None]
        bias = (self._tensor("pre_fc1_bias") - last.mean) * scale + last.beta
        narrow, whole = self._parameters(weights.astype(np.float32), bias, LAST_ENTERING)
        self._graph.add(
            "QGemm", y, *entering, *narrow, whole, output="fc1", domain=RUNTIME, transB=1
        )
        return self._graph.build(
            {"data": ("batch", 3, SIDE, SIDE)},
            {"fc1": ("batch", NUMBERS)},
            {**OPSETS, RUNTIME: 1},
        )

    def _convolution(self, name: str, stride: int = 1) -> Convolution:
        weights = self._tensor(f"{name}_conv2d_weight")
        pad = weights.shape[2] // 2
        plain = Convolution(
            weights,
            np.zeros(len(weights), np.float32),
            stride,
            (pad, pad, pad, pad),
            groups=len(weights) if name.endswith("_dw") else 1,
        )
        return plain.normalised(self._batch_norm(f"{name}_batchnorm", CONV_EPSILON))

    def _batch_norm(self, name: str, epsilon: float) -> BatchNorm:
        return BatchNorm(
            gamma=self._tensor(f"{name}_gamma"),
            beta=self._tensor(f"{name}_beta"),
            mean=self._tensor(f"{name}_moving_mean"),
            variance=self._tensor(f"{name}_moving_var"),
            epsilon=epsilon,
        )

    def _prelu(self, x: str, name: str) -> _Activation:
        slopes = self._tensor(f"{name}_relu_gamma").reshape(-1, 1, 1, 1)
        turned = slopes > 1
        rest = self._graph.add("Relu", self._depthwise(x, 1 - slopes))
        straight = self._depthwise(x, np.where(turned, np.float32(-1), slopes))
        signs = np.where(turned, np.float32(-1), np.float32(1)).ravel()
        return _Activation(self._graph.add("Add", straight, rest), signs)

    def _depthwise(self, x: str, factors: Floats) -> str:
        return self._graph.add("Conv", x, self._graph.constant(factors), group=len(factors))

    def _steps(self, bits: EightBits) -> tuple[str, str]:
        return (
            self._graph.constant(np.float32(bits.step)),
            self._graph.constant(np.uint8(bits.zero)),
        )

    def _parameters(
        self, weights: Floats, bias: Floats, entering: EightBits
    ) -> tuple[tuple[str, str, str], str]:
        """Weights of 8 bits with a step and a zero for each output channel, and a bias of 32."""
        most = np.abs(weights).reshape(len(weights), -1).max(axis=1)
        step = np.where(most > 0, most / 127, 1).astype(np.float32)
        narrow = np.rint(weights / step.reshape(-1, *[1] * (weights.ndim - 1)))
        bias_step = (step * np.float32(entering.step)).astype(np.float32)
        zero = np.zeros(len(step), np.int8)
        return (
            (
                self._graph.constant(np.clip(narrow, -127, 127).astype(np.int8)),
                self._graph.constant(step),
                self._graph.constant(zero),
            ),
            self._graph.constant(np.rint(bias / bias_step).astype(np.int32)),
        )

    def _tensor(self, name: str) -> Floats:
        if name not in self._tensors:
            raise WeightsBroken(f"the network has no tensor {name}: it is not the SFace of 2021dec")
        return self._tensors[name].astype(np.float32)


def read_tensors(content: bytes) -> dict[str, Floats]:
    """Return the constants of an ONNX file by name, with blocks of 8 bits read back.

    Such constants are found under the name they had before they were put into blocks.
    """
    graph = onnx.load_model_from_string(content).graph
    known = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    for node in graph.node:
        if node.op_type == "DequantizeLinear":
            known[node.output[0]] = _unblocked(node, known)
        elif node.op_type == "Reshape" and all(name in known for name in node.input):
            known[node.output[0]] = known[node.input[0]].reshape(known[node.input[1]].astype(int))
    blocked = [name for name in known if name.endswith(("_dequantized", "_reshaped"))]
    return known | {name.rsplit("_", 1)[0]: known[name] for name in sorted(blocked)}


def _unblocked(node: NodeProto, known: Mapping[str, np.ndarray]) -> Floats:
    """The float weights behind a DequantizeLinear of constants, one scale a block."""
    attributes = {a.name: helper.get_attribute_value(a) for a in node.attribute}
    axis, block = attributes.get("axis", 1), attributes.get("block_size", 0)
    numbers, scale, *zero = (known[name] for name in node.input)

    def spread(values: np.ndarray) -> np.ndarray:
        if block:
            every = np.repeat(values, block, axis=axis)
            return np.take(every, range(numbers.shape[axis]), axis=axis)
        if np.ndim(values) == 0:
            return values
        return values.reshape([-1 if i == axis else 1 for i in range(numbers.ndim)])

    shift = spread(zero[0].astype(np.float32)) if zero else np.float32(0)
    return np.asarray((numbers.astype(np.float32) - shift) * spread(scale), np.float32)
