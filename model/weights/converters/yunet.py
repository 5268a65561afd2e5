"""YuNet, as OpenCV Zoo publishes it for pictures of 640 x 640 -> the same network for pictures of
any size.

The network is convolutions throughout, so only the sizes that the file declares stand in the way.
"""

from __future__ import annotations

from collections.abc import Mapping

import onnx


def free_size(members: Mapping[str, bytes]) -> bytes:
    """Return the network as an ONNX file whose height and width, multiples of 32, may change from
    run to run.

    Input `input`: float32 (1, 3, height, width), BGR 0..255. Outputs `cls_*`, `obj_*`, `bbox_*`,
    `kps_*`: float32 (1, places, 1, 1, 4 or 10) for the grids of 8, 16 and 32 pixels.
    """
    (content,) = members.values()
    network = onnx.load_model_from_string(content)
    (picture,) = network.graph.input
    for dimension, name in zip(
        picture.type.tensor_type.shape.dim[2:], ("height", "width"), strict=True
    ):
        dimension.dim_param = name
    for output in network.graph.output:
        output.type.tensor_type.shape.dim[1].dim_param = f"places_{output.name.rsplit('_', 1)[-1]}"
    del network.graph.value_info[:]  # the sizes in between, which follow
    onnx.checker.check_model(network, full_check=True)
    return bytes(network.SerializeToString(deterministic=True))
