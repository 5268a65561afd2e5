"""YuNet, as OpenCV Zoo publishes it for pictures of 640 x 640 -> the same network for pictures of
any size, its heads joined.

The network is convolutions throughout, so only the sizes that the file declares stand in the way.

Each of its three grids ends in four heads over one map: is this a face, how sure is that, where are
its box and its landmarks. A head is a pointwise and a depthwise convolution, of 1, 1, 4 and 10
channels. onnxruntime computes 16 channels at once, whether there are as many or not. Joined, the
four are one of each, and the network takes a fifteenth less time.

Every number stays as it is, to the last bit. For that, the landmarks keep a depthwise convolution
of their own: for ten channels the runtime has another one, which adds up in another order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import GraphProto, ModelProto, NodeProto, helper, numpy_helper

from data_cleaning.errors import WeightsBroken

STRIDES = (8, 16, 32)  # pixels between the places of each grid
HEADS = {"cls": 1, "obj": 1, "bbox": 4, "kps": 10}  # channels by the name of the output
CHANCES = ("cls", "obj")  # heads that end in a sigmoid
WITHOUT_END = ("bbox",)  # heads whose numbers are the output as they are
APART = "kps"  # the head with a depthwise convolution of its own
CHANNELS = sum(HEADS.values())


def convert(members: Mapping[str, bytes]) -> bytes:
    """Return the network as an ONNX file whose height and width, multiples of 32, may change from
    run to run.

    Input `input`: float32 (1, 3, height, width), BGR 0..255. Outputs `cls_*`, `obj_*`, `bbox_*`,
    `kps_*`: float32 (1, places, 1, 1, 4 or 10) for the grids of 8, 16 and 32 pixels.

    Raises WeightsBroken where the network does not end in such heads.
    """
    (content,) = members.values()
    network = onnx.load_model_from_string(content)
    for stride in STRIDES:
        _Grid(network.graph, stride).join_heads()
    _drop_unused(network.graph)
    _free_size(network)
    onnx.checker.check_model(network, full_check=True)
    return bytes(network.SerializeToString(deterministic=True))


def _free_size(network: ModelProto) -> None:
    """Declare height and width, and with them the number of places, as free."""
    (picture,) = network.graph.input
    for dimension, name in zip(
        picture.type.tensor_type.shape.dim[2:], ("height", "width"), strict=True
    ):
        dimension.dim_param = name
    for output in network.graph.output:
        output.type.tensor_type.shape.dim[1].dim_param = f"places_{output.name.rsplit('_', 1)[-1]}"
    del network.graph.value_info[:]  # the sizes in between, which follow


def _drop_unused(graph: GraphProto) -> None:
    """Remove the constants that no node reads any more."""
    read = {name for node in graph.node for name in node.input}
    for constant in [each for each in graph.initializer if each.name not in read]:
        graph.initializer.remove(constant)


class _Grid:
    """The end of the network for one grid, taken apart and put together anew."""

    def __init__(self, graph: GraphProto, stride: int) -> None:
        self._graph, self._stride = graph, stride

    def join_heads(self) -> None:
        """Put one head in the place of four; the outputs stay as they are."""
        heads = [self._take_head(name) for name in HEADS]
        entering, *others = {pointwise.input[0] for pointwise, _ in heads}
        if others:
            raise WeightsBroken("the heads read different maps: it is not the YuNet of 2023mar")
        point = self._join("point", entering, [pointwise for pointwise, _ in heads], 1)
        depth = self._join("depth", point, [depthwise for _, depthwise in heads], CHANNELS)
        (landmarks,) = (head for name, head in zip(HEADS, heads, strict=True) if name == APART)
        joined = [name if name in WITHOUT_END else f"{name}_joined" for name in HEADS]
        parts = [self._here(name) for name in joined]
        places = self._places("joined", depth, CHANNELS)
        self._add("Split", [places], parts, axis=2, split=list(HEADS.values()))
        for name in CHANCES:
            self._add("Sigmoid", [self._here(f"{name}_joined")], [self._here(name)])
        self._apart(point, landmarks[1])

    def _apart(self, point: str, depthwise: NodeProto) -> None:
        """The landmarks, from their channels of what the joined pointwise convolution gave."""
        bounds = {"first": CHANNELS - HEADS[APART], "end": CHANNELS, "axis": 1}
        inputs = [self._constant(name, np.array([value])) for name, value in bounds.items()]
        self._add("Slice", [point, *inputs], [self._here("own")])
        depthwise.input[0], depthwise.output[0] = self._here("own"), self._here("found")
        self._graph.node.append(depthwise)
        self._places(APART, self._here("found"), HEADS[APART])

    def _take_head(self, name: str) -> tuple[NodeProto, NodeProto]:
        """Remove a head from the graph; its pointwise and its depthwise convolution."""
        by_output = {node.output[0]: node for node in self._graph.node}
        nodes: list[NodeProto] = []
        wanted = self._here(name)
        for kind in ("Sigmoid",) * (name in CHANCES) + ("Reshape", "Transpose", "Conv", "Conv"):
            node = by_output.get(wanted)
            if node is None or node.op_type != kind:
                raise WeightsBroken(
                    f"no {kind} before {self._here(name)}: it is not the YuNet of 2023mar"
                )
            nodes.append(node)
            wanted = node.input[0]
        for node in nodes:
            self._graph.node.remove(node)
        depthwise, pointwise = nodes[-2:]
        return pointwise, depthwise

    def _join(self, name: str, x: str, convolutions: Sequence[NodeProto], groups: int) -> str:
        """Append one convolution of x with the channels of several; its output's name."""
        values = {each.name: each for each in self._graph.initializer}
        inputs = [x]
        for kind, place in (("weights", 1), ("bias", 2)):
            parts = [numpy_helper.to_array(values[node.input[place]]) for node in convolutions]
            inputs.append(self._constant(f"{name}_{kind}", np.concatenate(parts)))
        attributes = {a.name: helper.get_attribute_value(a) for a in convolutions[0].attribute}
        self._add("Conv", inputs, [self._here(name)], **attributes | {"group": groups})
        return self._here(name)

    def _places(self, name: str, x: str, channels: int) -> str:
        """Append what makes a row of each place of a map; its output's name."""
        last = self._here(f"{name}_last")
        self._add("Transpose", [x], [last], perm=[0, 2, 3, 1])
        shape = self._constant(f"{name}_shape", np.array([1, -1, channels]))
        self._add("Reshape", [last, shape], [self._here(name)])
        return self._here(name)

    def _here(self, name: str) -> str:
        return f"{name}_{self._stride}"

    def _constant(self, name: str, value: NDArray[np.float32 | np.int64]) -> str:
        self._graph.initializer.append(numpy_helper.from_array(value, self._here(name)))
        return self._here(name)

    def _add(self, kind: str, inputs: list[str], outputs: list[str], **attributes: Any) -> None:
        self._graph.node.append(helper.make_node(kind, inputs, outputs, **attributes))
