"""Convolutions, and folding per-channel layers into them. Nothing here knows a network."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from model.onnx_graph import OnnxGraph

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Convolution:
    """A 2-D convolution over NCHW tensors.

    `weights` is float32 (out, in / groups, height, width), `bias` float32 (out,),
    `pads` (top, left, bottom, right) in pixels.
    """

    weights: Floats
    bias: Floats
    stride: int = 1
    pads: tuple[int, int, int, int] = (0, 0, 0, 0)
    groups: int = 1

    def scaled(self, scale: Floats) -> Convolution:
        """Return the convolution whose output is this one's times `scale`, float32 (out,)."""
        return replace(
            self, weights=self.weights * scale[:, None, None, None], bias=self.bias * scale
        )

    def shifted(self, offset: Floats) -> Convolution:
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

    gamma: Floats
    beta: Floats
    mean: Floats
    variance: Floats
    epsilon: float


def same_padding(size: int, kernel: int, stride: int) -> tuple[int, int, int]:
    """Return (output size, pad before, pad after) of TensorFlow's SAME rule along one axis, in
    pixels.

    Pads are written out because graphs that say auto_pad=SAME_UPPER give wrong numbers in OpenCV 5.
    """
    output = -(-size // stride)
    total = max((output - 1) * stride + kernel - size, 0)
    return output, total // 2, total - total // 2


def append_convolution(graph: OnnxGraph, x: str, convolution: Convolution) -> str:
    """Append `convolution` over the tensor `x` and return its output's name."""
    return graph.add(
        "Conv",
        x,
        graph.constant(convolution.weights),
        graph.constant(convolution.bias),
        strides=[convolution.stride] * 2,
        pads=list(convolution.pads),
        group=convolution.groups,
    )


def append_relu6(graph: OnnxGraph, x: str, output: str = "") -> str:
    """Append a clip of `x` to 0..6 and return its output's name."""
    return graph.add(
        "Clip", x, graph.constant(np.float32(0)), graph.constant(np.float32(6)), output=output
    )
