"""YuNet freed of the one picture size that it was published for, and its heads joined."""

from __future__ import annotations

import numpy as np
import pytest
from onnx import NodeProto, TensorProto, helper, numpy_helper

from data_cleaning.errors import WeightsBroken
from model.weights.converters import yunet
from tests.model.weights.converters.networks import run

SIZE, CHANNELS = 640, 5  # pixels a side as published; channels of the map that the heads read
OPSET = 11  # as published


class Small:
    """A network with YuNet's three grids and their heads, each over means of squares."""

    def __init__(self) -> None:
        self.random = np.random.default_rng(0)
        self.nodes: list[NodeProto] = []
        self.constants = [
            numpy_helper.from_array(np.array([1, -1, channels]), f"rows{channels}")
            for channels in {*yunet.HEADS.values()}
        ]
        for stride in yunet.STRIDES:
            self.pool(stride)
            self.convolve("mean", "map", (CHANNELS, 3, 1, 1), stride)
            for name, channels in yunet.HEADS.items():
                self.head(name, channels, stride)

    def pool(self, stride: int) -> None:
        square = [stride] * 2
        self.nodes.append(
            helper.make_node(
                "AveragePool", ["input"], [f"mean_{stride}"], kernel_shape=square, strides=square
            )
        )

    def convolve(
        self, x: str, name: str, shape: tuple[int, ...], stride: int, groups: int = 1
    ) -> None:
        for kind, size in (("weights", shape), ("bias", shape[:1])):
            value = self.random.normal(0, 0.1, size).astype(np.float32)
            self.constants.append(numpy_helper.from_array(value, f"{name}_{kind}_{stride}"))
        inputs = [f"{x}_{stride}", f"{name}_weights_{stride}", f"{name}_bias_{stride}"]
        pads = [shape[-1] // 2] * 4
        self.nodes.append(
            helper.make_node("Conv", inputs, [f"{name}_{stride}"], group=groups, pads=pads)
        )

    def head(self, name: str, channels: int, stride: int) -> None:
        self.convolve("map", f"{name}_point", (channels, CHANNELS, 1, 1), stride)
        self.convolve(f"{name}_point", f"{name}_depth", (channels, 1, 3, 3), stride, channels)
        names = [f"{name}_depth_{stride}", f"{name}_last_{stride}", f"{name}_{stride}"]
        if name in yunet.CHANCES:
            names[2:] = [f"{name}_rows_{stride}", names[2]]
        steps = [
            helper.make_node("Transpose", names[:1], names[1:2], perm=[0, 2, 3, 1]),
            helper.make_node("Reshape", [names[1], f"rows{channels}"], names[2:3]),
            helper.make_node("Sigmoid", names[2:3], names[3:]),
        ]
        self.nodes += steps[: len(names) - 1]

    def published(self) -> bytes:
        def declare(name: str, shape: list[int]) -> object:
            return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)

        outputs = [
            declare(f"{name}_{stride}", [1, (SIZE // stride) ** 2, channels])
            for name, channels in yunet.HEADS.items()
            for stride in yunet.STRIDES
        ]
        picture = declare("input", [1, 3, SIZE, SIZE])
        graph = helper.make_graph(self.nodes, "small", [picture], outputs, self.constants)
        opset = [helper.make_opsetid("", OPSET)]
        return helper.make_model(graph, ir_version=6, opset_imports=opset).SerializeToString()


def test_the_joined_network_gives_the_same_numbers_for_any_size() -> None:
    published = Small().published()
    converted = yunet.convert({"published.onnx": published})
    assert converted == yunet.convert({"published.onnx": published})
    picture = np.random.default_rng(1).uniform(0, 255, (1, 3, SIZE, SIZE)).astype(np.float32)
    for before, now in zip(run(published, picture), run(converted, picture), strict=True):
        np.testing.assert_array_equal(now, before)
    answers = run(converted, picture[:, :, :64, :96])
    rows = [64 * 96 // stride**2 for stride in yunet.STRIDES]
    assert [each.shape for each in answers] == [
        (1, row, channels) for channels in yunet.HEADS.values() for row in rows
    ]


def test_a_network_with_other_heads_is_refused() -> None:
    small = Small()
    (sigmoid,) = (node for node in small.nodes if node.output[0] == "obj_16")
    sigmoid.op_type = "Tanh"
    with pytest.raises(WeightsBroken, match="no Sigmoid before obj_16: it is not the YuNet"):
        yunet.convert({"published.onnx": small.published()})


def test_heads_over_different_maps_are_refused() -> None:
    small = Small()
    (pointwise,) = (node for node in small.nodes if node.output[0] == "bbox_point_32")
    pointwise.input[0] = "mean_32"
    with pytest.raises(WeightsBroken, match="the heads read different maps"):
        yunet.convert({"published.onnx": small.published()})
