"""YuNet freed of the one picture size that it was published for."""

from __future__ import annotations

import numpy as np
from onnx import TensorProto, helper

from model.weights.converters import yunet
from tests.model.weights.converters.networks import run


def test_a_network_for_one_size_is_freed_of_it() -> None:
    """Three grids of a network that only adds up squares of 8, 16 and 32 pixels: what YuNet's
    outputs look like.
    """
    size, nodes, outputs = 640, [], []
    for stride in (8, 16, 32):
        nodes += [
            helper.make_node(
                "AveragePool",
                ["input"],
                [f"grid{stride}"],
                kernel_shape=[stride] * 2,
                strides=[stride] * 2,
            ),
            helper.make_node("Reshape", [f"grid{stride}", "flat"], [f"cls_{stride}"]),
        ]
        places = (size // stride) ** 2
        outputs.append(
            helper.make_tensor_value_info(f"cls_{stride}", TensorProto.FLOAT, [1, places, 3])
        )
    picture = helper.make_tensor_value_info("input", TensorProto.FLOAT, [1, 3, size, size])
    flat = helper.make_tensor("flat", TensorProto.INT64, [3], [1, -1, 3])
    graph = helper.make_graph(nodes, "grids", [picture], outputs, [flat])
    fixed = helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", 13)])
    free = yunet.free_size({"published.onnx": fixed.SerializeToString()})
    for height, width in ((640, 640), (64, 96)):
        answers = run(free, np.ones((1, 3, height, width), np.float32))
        assert [a.shape for a in answers] == [(1, height * width // s**2, 3) for s in (8, 16, 32)]
        assert all(np.all(a == 1) for a in answers)
