"""A small writer of ONNX graphs, and the folding of per-channel layers into a convolution.

Nothing here knows a network or a source format. The bytes depend on the calls alone: no dates, no
producer names.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

# Opset 13 with IR 8 is what OpenCV 4.12 and every onnxruntime since 1.10 read.
OPSET = 13
IR_VERSION = 8

Dimension = int | str
"""A size, or the name of one that may change from run to run ("batch")."""


@dataclass(frozen=True)
class Convolution:
    """A 2-D convolution over NCHW tensors.

    `weights` is float32 (out, in / groups, height, width), `bias` float32 (out,),
    `pads` (top, left, bottom, right) in pixels.
    """

    weights: np.ndarray
    bias: np.ndarray
    stride: int = 1
    pads: tuple[int, int, int, int] = (0, 0, 0, 0)
    groups: int = 1

    def scaled(self, scale: np.ndarray) -> Convolution:
        """Return the convolution whose output is this one's times `scale`, float32 (out,)."""
        return replace(
            self, weights=self.weights * scale[:, None, None, None], bias=self.bias * scale
        )

    def shifted(self, offset: np.ndarray) -> Convolution:
        """Return the convolution whose output is this one's plus `offset`, float32 (out,)."""
        return replace(self, bias=self.bias + offset)

    def normalised(self, norm: BatchNorm) -> Convolution:
        """Return this convolution followed by `norm`, as one convolution."""
        scale = norm.gamma / np.sqrt(norm.variance + np.float32(norm.epsilon))
        return self.scaled(scale).shifted(norm.beta - norm.mean * scale)


@dataclass(frozen=True)
class BatchNorm:
    """Batch normalisation at inference: gamma * (x - mean) / sqrt(variance + epsilon) + beta.

    Each array is float32 (channels,).
    """

    gamma: np.ndarray
    beta: np.ndarray
    mean: np.ndarray
    variance: np.ndarray
    epsilon: float


def same_padding(size: int, kernel: int, stride: int) -> tuple[int, int, int]:
    """Return (output size, pad before, pad after) of TensorFlow's SAME rule along one axis, in
    pixels.

    Pads are written out because graphs that say auto_pad=SAME_UPPER give wrong numbers in OpenCV 5.
    """
    output = -(-size // stride)
    total = max((output - 1) * stride + kernel - size, 0)
    return output, total // 2, total - total // 2


class GraphBuilder:
    """Collects nodes and constants in the order they are asked for; tensors are known by name."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._nodes: list[onnx.NodeProto] = []
        self._constants: list[onnx.TensorProto] = []

    def add(self, operator: str, inputs: Sequence[str], output: str = "", **attributes: Any) -> str:
        """Append a node with one output and return that output's name."""
        output = output or f"{operator}_{len(self._nodes)}"
        self._nodes.append(helper.make_node(operator, list(inputs), [output], **attributes))
        return output

    def constant(self, value: np.ndarray | np.generic) -> str:
        """Store `value` (float32 or int64, any shape) in the graph and return its name."""
        name = f"constant_{len(self._constants)}"
        # ascontiguousarray alone would turn a scalar into an array of one.
        array = np.asarray(value, order="C")
        self._constants.append(numpy_helper.from_array(array, name))
        return name

    def conv(self, x: str, convolution: Convolution) -> str:
        """Append `convolution` over the tensor `x` and return its output's name."""
        inputs = [x, self.constant(convolution.weights), self.constant(convolution.bias)]
        return self.add(
            "Conv",
            inputs,
            strides=[convolution.stride] * 2,
            pads=list(convolution.pads),
            group=convolution.groups,
        )

    def relu6(self, x: str, output: str = "") -> str:
        """Append a clip of `x` to 0..6 and return its output's name."""
        return self.add(
            "Clip", [x, self.constant(np.float32(0)), self.constant(np.float32(6))], output
        )

    def build(
        self, inputs: Mapping[str, Sequence[Dimension]], outputs: Mapping[str, Sequence[Dimension]]
    ) -> bytes:
        """Return the finished ONNX file for float32 `inputs` and `outputs`, given as shapes by
        name.

        Raises `onnx.checker.ValidationError` where the graph is not valid ONNX or contradicts those
        shapes.
        """
        graph = helper.make_graph(
            self._nodes, self.name, _declare(inputs), _declare(outputs), initializer=self._constants
        )
        model = helper.make_model(
            graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION
        )
        onnx.checker.check_model(model, full_check=True)
        content: bytes = model.SerializeToString(deterministic=True)
        return content


def _declare(shapes: Mapping[str, Sequence[Dimension]]) -> list[onnx.ValueInfoProto]:
    return [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, list(shape))
        for name, shape in shapes.items()
    ]
