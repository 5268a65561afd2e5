"""A face network of face-api.js, converted, against the same sums in numpy."""

from __future__ import annotations

import json
from collections.abc import Mapping

import numpy as np

from model.weights.converters import face_api
from tests.model.weights.converters.networks import Manifest, convolve, run


def small_face_network() -> tuple[dict[str, bytes], Manifest]:
    """dlib's network with 2 to 5 channels where the published one has 32 to 256."""
    manifest, random = Manifest(), np.random.default_rng(0)

    def layer(name: str, kernel: int, entering: int, leaving: int) -> None:
        spread = 1 / np.sqrt(kernel * kernel * entering)
        filters = random.normal(0, spread, (kernel, kernel, entering, leaving))
        for part, value in {
            "conv/filters": filters,
            "conv/bias": random.normal(0, 0.1, leaving),
            "scale/weights": random.uniform(0.5, 1.5, leaving),
            "scale/biases": random.normal(0, 0.1, leaving),
        }.items():
            manifest.put(f"{name}/{part}", value.astype(np.float32))

    channels = {"conv32": 2, "conv64": 3, "conv128": 4, "conv256": 5}
    layer("conv32_down", 7, 3, 2)
    entering = 2
    for block in face_api.BLOCKS:
        leaving = channels[block.split("_")[0]]
        layer(f"{block}/conv1", 3, entering, leaving)
        layer(f"{block}/conv2", 3, leaving, leaving)
        entering = leaving
    manifest.put("fc", random.normal(0, 1, (5, face_api.DESCRIPTOR)).astype(np.float32))
    description = json.dumps(manifest.groups("shard")).encode()
    return {face_api.MANIFEST: description, "shard": manifest.shard}, manifest


def face_layer(
    x: np.ndarray, w: Mapping[str, np.ndarray], name: str, stride: int, pad: int
) -> np.ndarray:
    x = np.pad(x, ((pad, pad), (pad, pad), (0, 0)))
    y = convolve(x, w[f"{name}/conv/filters"], stride) + w[f"{name}/conv/bias"]
    return y * w[f"{name}/scale/weights"] + w[f"{name}/scale/biases"]


def windows_of(x: np.ndarray, side: int) -> np.ndarray:
    return np.lib.stride_tricks.sliding_window_view(x, (side, side), axis=(0, 1))[::2, ::2]


def add_as_if_zeros_went_on(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    total = np.zeros(np.maximum(x.shape, y.shape))
    for part in (x, y):
        total[tuple(slice(size) for size in part.shape)] += part
    return total


def face_network_in_numpy(x: np.ndarray, w: Mapping[str, np.ndarray]) -> np.ndarray:
    x = (x - np.array([122.782, 117.001, 104.298])) / 256
    x = windows_of(np.maximum(face_layer(x, w, "conv32_down", 2, 0), 0), 3).max((-1, -2))
    for block in face_api.BLOCKS:
        down = "down" in block
        y = np.maximum(face_layer(x, w, f"{block}/conv1", 2 if down else 1, 0 if down else 1), 0)
        y = face_layer(y, w, f"{block}/conv2", 1, 1)
        short_cut = windows_of(x, 2).mean((-1, -2)) if down else x
        x = np.maximum(add_as_if_zeros_went_on(short_cut, y), 0)
    return x.mean((0, 1)) @ w["fc"]


def test_a_face_network_gives_the_numbers_that_numpy_gives() -> None:
    members, manifest = small_face_network()
    pictures = np.random.default_rng(1).uniform(0, 255, (2, 150, 150, 3)).astype(np.float32)
    (descriptors,) = run(face_api.convert(members), pictures.transpose(0, 3, 1, 2))
    expected = np.array([face_network_in_numpy(picture, manifest.values) for picture in pictures])
    assert np.abs(expected[0] - expected[1]).max() > 1e-3, (
        "the pictures differ, so agreement means something"
    )
    np.testing.assert_allclose(descriptors, expected, rtol=1e-4, atol=1e-4)
