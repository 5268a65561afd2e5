"""EfficientNet-Lite0, as published in a PyTorch weights file -> ONNX.

Source: Tan and Le, "EfficientNet", ICML 2019, and Google's Lite variants (no
squeeze-and-excitation, ReLU6). Only this network lives here; reading the file safely is
torch_file's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from model.onnx_graph import OnnxGraph
from model.weights.converters.convolution import (
    BatchNorm,
    Convolution,
    append_convolution,
    append_relu6,
    same_padding,
)
from model.weights.converters.torch_file import read_state

SIDE = 224
CLASSES = 1000
FEATURES = 1280
EPSILON = 1e-3


@dataclass(frozen=True)
class _Stage:
    """A run of inverted residual blocks; only the first of them has the stride."""

    blocks: int
    stride: int
    expands: bool


STAGES = (
    _Stage(1, 1, expands=False),
    _Stage(2, 2, expands=True),
    _Stage(2, 2, expands=True),
    _Stage(3, 2, expands=True),
    _Stage(3, 1, expands=True),
    _Stage(4, 2, expands=True),
    _Stage(1, 1, expands=True),
)


def convert(members: Mapping[str, bytes]) -> bytes:
    """Return the network as an ONNX file.

    Input `input`: float32 (batch, 3, 224, 224), RGB, (x - 127) / 128. Outputs, float32: `logits`
    (batch, 1000), the ImageNet classes; `features` (batch, 1280), the embedding; `feature_map`
    (batch, 1280, 7, 7), whose mean over the 7 x 7 places is `features`, for class activation maps.
    """
    (content,) = members.values()
    network = _Network(read_state(content))
    x = network.stem("input")
    index = 0
    for stage in STAGES:
        for position in range(stage.blocks):
            stride = stage.stride if position == 0 else 1
            x = network.block(x, f"_blocks.{index}.", stride, stage.expands)
            index += 1
    return network.finish(x)


class _Network:
    """The graph under construction, the tensors it takes, and the side in pixels it has come down
    to.
    """

    def __init__(self, tensors: Mapping[str, np.ndarray]) -> None:
        self._tensors = tensors
        self._graph = OnnxGraph("efficientnet_lite0")
        self._side = SIDE

    def stem(self, x: str) -> str:
        return append_relu6(self._graph, self._conv(x, "_conv_stem", "_bn0", stride=2))

    def block(self, x: str, name: str, stride: int, expands: bool) -> str:
        """Append expansion, depthwise convolution and projection, and the short cut where shapes
        allow it.
        """
        y = x
        if expands:
            y = append_relu6(self._graph, self._conv(y, f"{name}_expand_conv", f"{name}_bn0"))
        y = append_relu6(
            self._graph, self._conv(y, f"{name}_depthwise_conv", f"{name}_bn1", stride)
        )
        y = self._conv(y, f"{name}_project_conv", f"{name}_bn2")
        return self._graph.add("Add", y, x) if self._has_short_cut(name, stride, expands) else y

    def finish(self, x: str) -> bytes:
        """Append the head, the pooling and the classifier, and return the file."""
        feature_map = append_relu6(
            self._graph, self._conv(x, "_conv_head", "_bn1"), output="feature_map"
        )
        pooled = self._graph.add("GlobalAveragePool", feature_map)
        self._graph.add("Flatten", pooled, output="features")
        weights = [self._graph.constant(self._tensors[name]) for name in ("_fc.weight", "_fc.bias")]
        self._graph.add("Gemm", "features", *weights, output="logits", transB=1)
        outputs = {
            "logits": ("batch", CLASSES),
            "features": ("batch", FEATURES),
            "feature_map": ("batch", FEATURES, self._side, self._side),
        }
        return self._graph.build({"input": ("batch", 3, SIDE, SIDE)}, outputs)

    def _has_short_cut(self, name: str, stride: int, expands: bool) -> bool:
        if not expands or stride != 1:
            return False
        entering = self._tensors[f"{name}_expand_conv.weight"].shape[1]
        leaving = self._tensors[f"{name}_project_conv.weight"].shape[0]
        return bool(entering == leaving)

    def _conv(self, x: str, name: str, norm: str, stride: int = 1) -> str:
        weights = self._tensors[f"{name}.weight"]
        self._side, before, after = same_padding(self._side, weights.shape[2], stride)
        convolution = Convolution(
            weights,
            np.zeros(len(weights), np.float32),
            stride,
            (before, before, after, after),
            groups=len(weights) if "depthwise" in name else 1,
        )
        return append_convolution(self._graph, x, convolution.normalised(self._batch_norm(norm)))

    def _batch_norm(self, name: str) -> BatchNorm:
        return BatchNorm(
            gamma=self._tensors[f"{name}.weight"],
            beta=self._tensors[f"{name}.bias"],
            mean=self._tensors[f"{name}.running_mean"],
            variance=self._tensors[f"{name}.running_var"],
            epsilon=EPSILON,
        )
