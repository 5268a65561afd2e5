"""SFace: what the converter makes of a small network of its shape,
and what the real one answers.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import cv2
import numpy as np
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper
from skimage import data

from data_cleaning.detection.crops import TEMPLATES, five_points
from data_cleaning.detection.detectors import DETECTORS
from data_cleaning.errors import WeightsBroken, WeightsMissing
from data_cleaning.pretrained import locate
from model.recipes.features import FEATURES
from model.weights.converters import sface

CHANNELS = 3
BLOCK = 4  # numbers that share a scale in the published file


def small_network() -> dict[str, np.ndarray]:
    """SFace with three channels everywhere, as the published file names its tensors."""
    random = np.random.default_rng(0)
    tensors = {
        "scalar_op1": np.array([127.5], np.float32),
        "scalar_op2": np.array([1 / 128], np.float32),
    }

    def norm(name: str, size: int) -> None:
        for part, low in {
            "gamma": 0.8,
            "beta": -0.2,
            "moving_mean": -0.2,
            "moving_var": 0.8,
        }.items():
            tensors[f"{name}_{part}"] = random.uniform(low, low + 0.4, size)

    def layer(name: str, entering: int, kernel: int) -> None:
        spread = 1 / np.sqrt(entering * kernel * kernel)
        shape = (CHANNELS, entering, kernel, kernel)
        tensors[f"{name}_conv2d_weight"] = random.normal(0, spread, shape)
        norm(f"{name}_batchnorm", CHANNELS)
        tensors[f"{name}_relu_gamma"] = random.uniform(0.1, 0.4, (CHANNELS, 1, 1))

    layer("conv_1", 3, 3)
    for number in sface.BLOCKS:
        layer(f"conv_{number}_dw", 1, 3)
        layer(f"conv_{number}", CHANNELS, 1)
    norm("bn1", CHANNELS)
    last = CHANNELS * 7 * 7
    tensors["pre_fc1_weight"] = random.normal(0, 1 / np.sqrt(last), (sface.NUMBERS, last))
    tensors["pre_fc1_bias"] = random.normal(0, 0.1, sface.NUMBERS)
    norm("fc1", sface.NUMBERS)
    return {name: value.astype(np.float32) for name, value in tensors.items()}


def published(tensors: Mapping[str, np.ndarray]) -> tuple[bytes, dict[str, np.ndarray]]:
    """A file with the weights in blocks of 8 bits, and the tensors as they are read back."""
    nodes, constants, exact = [], [], dict(tensors)
    for name, value in tensors.items():
        if not name.endswith(("conv2d_weight", "pre_fc1_weight")):
            constants.append(numpy_helper.from_array(value, name))
            continue
        rows = value.reshape(len(value), -1)
        blocks = -(-rows.shape[1] // BLOCK)
        padded = np.pad(rows, ((0, 0), (0, blocks * BLOCK - rows.shape[1])))
        scale = np.abs(padded.reshape(len(rows), blocks, BLOCK)).max(2).astype(np.float32) / 127
        spread = np.repeat(scale, BLOCK, axis=1)[:, : rows.shape[1]]
        numbers = np.rint(rows / spread).astype(np.int8)
        exact[name] = (numbers * spread).reshape(value.shape)
        ending = "_dequantized"
        constants += [
            numpy_helper.from_array(numbers, f"{name}_quantized"),
            numpy_helper.from_array(scale, f"{name}_scale"),
            numpy_helper.from_array(np.array(value.shape, np.int64), f"{name}_shape"),
        ]
        nodes.append(
            helper.make_node(
                "DequantizeLinear",
                [f"{name}_quantized", f"{name}_scale"],
                [name + ending],
                axis=1,
                block_size=BLOCK,
            )
        )
        if value.ndim == 4:
            nodes.append(
                helper.make_node("Reshape", [name + ending, f"{name}_shape"], [f"{name}_reshaped"])
            )
    picture = helper.make_tensor_value_info("data", TensorProto.FLOAT, [1, 3, 112, 112])
    graph = helper.make_graph(nodes, "small", [picture], [], constants)
    return helper.make_model(graph).SerializeToString(), exact


def in_numpy(picture: np.ndarray, w: Mapping[str, np.ndarray]) -> np.ndarray:
    """The network in 32 bits; picture: (height, width, 3)."""

    def norm(x: np.ndarray, name: str, epsilon: float) -> np.ndarray:
        spread = np.sqrt(w[f"{name}_moving_var"] + epsilon)
        return (x - w[f"{name}_moving_mean"]) / spread * w[f"{name}_gamma"] + w[f"{name}_beta"]

    def layer(x: np.ndarray, name: str, stride: int = 1) -> np.ndarray:
        filters = w[f"{name}_conv2d_weight"]
        if name.endswith("_dw"):
            filters = np.einsum("cij,cd->cdij", filters[:, 0], np.eye(CHANNELS))
        side = filters.shape[2]
        pad = side // 2
        padded = np.pad(x, ((pad, pad), (pad, pad), (0, 0)))
        windows = np.lib.stride_tricks.sliding_window_view(padded, (side, side), axis=(0, 1))
        y = np.einsum("hwcij,ocij->hwo", windows[::stride, ::stride], filters)
        y = norm(y, f"{name}_batchnorm", 1e-3)
        return np.where(y > 0, y, y * w[f"{name}_relu_gamma"].ravel())

    x = layer((picture - 127.5) / 128, "conv_1")
    for number in sface.BLOCKS:
        x = layer(x, f"conv_{number}_dw", 2 if number in sface.HALVING else 1)
        x = layer(x, f"conv_{number}")
    x = norm(x, "bn1", 2e-5).transpose(2, 0, 1).ravel()
    return norm(w["pre_fc1_weight"] @ x + w["pre_fc1_bias"], "fc1", 2e-5)


def test_the_network_gives_nearly_the_numbers_that_numpy_gives() -> None:
    """Nearly: its pointwise convolutions compute in 8 bits, with steps of the real network."""
    content, exact = published(small_network())
    converted = sface.convert({"published.onnx": content})
    assert converted == sface.convert({"published.onnx": content}), "the bytes depend on the input"
    pictures = np.random.default_rng(1).uniform(0, 255, (2, 112, 112, 3)).astype(np.float32)
    session = onnxruntime.InferenceSession(converted, providers=["CPUExecutionProvider"])
    (answers,) = session.run(None, {"data": pictures.transpose(0, 3, 1, 2)})
    assert answers.shape == (2, sface.NUMBERS)
    for answer, picture in zip(answers, pictures, strict=True):
        expected = in_numpy(picture.astype(np.float64), exact)
        cosine = answer @ expected / np.linalg.norm(answer) / np.linalg.norm(expected)
        assert cosine > 0.98


def test_another_network_is_refused() -> None:
    tensors = small_network()
    del tensors["conv_9_batchnorm_beta"]
    with pytest.raises(WeightsBroken, match=r"no tensor conv_9_batchnorm_beta"):
        sface.convert({"published.onnx": published(tensors)[0]})


def test_the_template_of_dlib_is_the_usual_one() -> None:
    """Recipes that were saved before there was another say nothing of it."""
    picture = np.ascontiguousarray(data.astronaut()[..., ::-1])
    (face,) = DETECTORS["yunet_face"].function(picture, _installed("yunet"))
    usual = five_points(picture, face)
    assert usual.shape == (150, 150, 3)
    assert np.array_equal(usual, five_points(picture, face, template="dlib"))
    assert not np.array_equal(
        cv2.resize(usual, (112, 112)), five_points(picture, face, size=112, template="arcface")
    )


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_template_is_a_face(name: str) -> None:
    right_eye, left_eye, nose, right_mouth, left_mouth = TEMPLATES[name].points
    assert right_eye[0] < nose[0] < left_eye[0]
    assert right_mouth[0] < nose[0] < left_mouth[0]
    assert right_eye[1] < nose[1] < right_mouth[1] < TEMPLATES[name].side


def test_the_real_embedding_knows_a_face_and_its_mirror_image() -> None:
    picture = np.ascontiguousarray(data.astronaut()[..., ::-1])
    vectors = []
    for view in (picture, np.ascontiguousarray(picture[:, ::-1])):
        (face,) = DETECTORS["yunet_face"].function(view, _installed("yunet"))
        chip = five_points(view, face, size=112, template="arcface")
        vectors.append(FEATURES["sface_embedding"].function(chip, _installed("sface")))
    assert vectors[0].shape == (128,)
    assert 0.8 < vectors[0] @ vectors[1] < 0.999


def _installed(name: str) -> Path:
    try:
        return locate(name)
    except WeightsMissing as missing:
        pytest.skip(str(missing))
