"""EfficientNet-Lite0, converted, against the same sums in numpy."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from model.weights.converters import efficientnet
from tests.model.weights.converters.networks import convolve, pickled_tensor, run, torch_file

# Kernel side, and (blocks, stride of the first), of the seven stages in the paper's table.
KERNELS = (3, 3, 5, 3, 5, 5, 3)
STAGES = ((1, 1), (2, 2), (2, 2), (3, 2), (3, 1), (4, 2), (1, 1))


def small_backbone() -> dict[str, np.ndarray]:
    """EfficientNet-Lite0 with 2 to 4 channels between the stem and the head, as PyTorch names its
    tensors.
    """
    random = np.random.default_rng(0)
    tensors: dict[str, np.ndarray] = {}

    def layer(name: str, norm: str, shape: tuple[int, ...]) -> None:
        tensors[f"{name}.weight"] = random.normal(0, np.sqrt(2 / np.prod(shape[1:])), shape)
        for part, low in {
            "weight": 0.5,
            "bias": -0.2,
            "running_mean": -0.2,
            "running_var": 0.5,
        }.items():
            tensors[f"{norm}.{part}"] = random.uniform(low, low + 0.5, shape[0])

    layer("_conv_stem", "_bn0", (2, 3, 3, 3))
    entering, index = 2, 0
    for stage, (kernel, (blocks, _)) in enumerate(zip(KERNELS, STAGES, strict=True)):
        # Never the number before it, so that a stage's first block has no short cut, as in the real
        # one.
        leaving = 4 - stage % 3
        for _ in range(blocks):
            inner, name = entering * (2 if index else 1), f"_blocks.{index}."
            if index:
                layer(f"{name}_expand_conv", f"{name}_bn0", (inner, entering, 1, 1))
            layer(f"{name}_depthwise_conv", f"{name}_bn1", (inner, 1, kernel, kernel))
            layer(f"{name}_project_conv", f"{name}_bn2", (leaving, inner, 1, 1))
            entering, index = leaving, index + 1
    layer("_conv_head", "_bn1", (1280, entering, 1, 1))
    tensors |= {
        "_fc.weight": random.normal(0, 0.03, (1000, 1280)),
        "_fc.bias": random.normal(0, 1, 1000),
    }
    return {name: value.astype("<f4") for name, value in tensors.items()}


def backbone_layer(
    x: np.ndarray, w: Mapping[str, np.ndarray], name: str, norm: str, stride: int = 1
) -> np.ndarray:
    filters = w[f"{name}.weight"].astype(np.float64).transpose(2, 3, 1, 0)
    if "depthwise" in name:
        filters = np.einsum("ijd,cd->ijcd", filters[:, :, 0], np.eye(x.shape[2]))
    # Every side on the way from 224 to 7 is a multiple of its stride, so this is all of
    # TensorFlow's SAME.
    total = len(filters) - stride
    before, after = total // 2, total - total // 2
    y = convolve(np.pad(x, ((before, after), (before, after), (0, 0))), filters, stride)
    y = (y - w[f"{norm}.running_mean"]) / np.sqrt(w[f"{norm}.running_var"] + 0.001)
    return y * w[f"{norm}.weight"] + w[f"{norm}.bias"]


def backbone_in_numpy(x: np.ndarray, w: Mapping[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    x = np.clip(backbone_layer(x, w, "_conv_stem", "_bn0", 2), 0, 6)
    index = 0
    for blocks, first_stride in STAGES:
        for position in range(blocks):
            y, name, stride = x, f"_blocks.{index}.", 1 if position else first_stride
            if index:
                y = np.clip(backbone_layer(y, w, f"{name}_expand_conv", f"{name}_bn0"), 0, 6)
            y = np.clip(backbone_layer(y, w, f"{name}_depthwise_conv", f"{name}_bn1", stride), 0, 6)
            y = backbone_layer(y, w, f"{name}_project_conv", f"{name}_bn2")
            x = x + y if position else y
            index += 1
    feature_map = np.clip(backbone_layer(x, w, "_conv_head", "_bn1"), 0, 6)
    return feature_map, feature_map.mean((0, 1)) @ w["_fc.weight"].T + w["_fc.bias"]


def test_a_backbone_gives_the_numbers_that_numpy_gives() -> None:
    tensors = small_backbone()
    state = {}
    for name, value in tensors.items():
        strides = tuple(stride // value.itemsize for stride in value.strides)
        state[name] = pickled_tensor(value.shape, strides, 0, value.size, key=name)
    content = efficientnet.convert({"small.pth": torch_file(state, tensors)})
    pictures = np.random.default_rng(1).uniform(-1, 1, (2, 224, 224, 3)).astype(np.float32)
    logits, features, feature_maps = run(content, pictures.transpose(0, 3, 1, 2))
    expected = [backbone_in_numpy(picture, tensors) for picture in pictures]
    assert np.abs(expected[0][1] - expected[1][1]).max() > 0.01, "the pictures differ"
    for index, (feature_map, answer) in enumerate(expected):
        np.testing.assert_allclose(feature_maps[index].transpose(1, 2, 0), feature_map, atol=1e-5)
        np.testing.assert_allclose(features[index], feature_map.mean((0, 1)), atol=1e-5)
        np.testing.assert_allclose(logits[index], answer, atol=1e-5)
