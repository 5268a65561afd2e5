"""A TensorFlow.js graph, converted, against the same sums in numpy."""

from __future__ import annotations

import json
from collections.abc import Mapping

import numpy as np
import pytest

from data_cleaning.errors import WeightsBroken
from model.weights.converters import tensorflow_js
from tests.model.weights.converters.networks import Manifest, convolve, run


def tfjs_node(name: str, operator: str, *inputs: str, **attributes: object) -> dict[str, object]:
    return {"name": name, "op": operator, "input": list(inputs), "attr": attributes}


def conv_node(
    name: str, operator: str, inputs: tuple[str, str], stride: int, padding: str = "SAME"
) -> dict[str, object]:
    steps = {"list": {"i": ["1", str(stride), str(stride), "1"]}}
    dilations = {"list": {"i": ["1"] * 4}}
    layout, pads = {"s": list(b"NHWC")}, {"s": list(padding.encode())}
    return tfjs_node(
        name,
        operator,
        *inputs,
        strides=steps,
        dilations=dilations,
        data_format=layout,
        padding=pads,
    )


def detector_nodes(manifest: Manifest, padding: str, last: str) -> list[dict[str, object]]:
    constants = [tfjs_node(entry["name"], "Const") for entry in manifest.entries]  # type: ignore[arg-type]
    return [
        *constants,
        tfjs_node("x", "Placeholder"),
        conv_node("conv", "Conv2D", ("x", "w1"), 2, padding),
        tfjs_node("mul", "Mul", "conv", "factor"),
        tfjs_node("add", "Add", "offset", "mul"),
        tfjs_node("relu", "Relu6", "add"),
        conv_node("depthwise", "DepthwiseConv2dNative", ("relu", "w2"), 1),
        tfjs_node(
            "norm",
            "FusedBatchNorm",
            "depthwise",
            "gamma",
            "beta",
            "mean",
            "variance",
            epsilon={"f": 0.01},
        ),
        tfjs_node("residual", "AddN", "relu", "norm"),
        tfjs_node("later", "Add", "residual", "late"),
        conv_node("predict", "Conv2D", ("later", "w3"), 1),
        tfjs_node("biased", "BiasAdd", "predict", "bias"),
        tfjs_node("batch", "StridedSlice", "x"),
        tfjs_node("shape", "Pack", "batch", "minus1", "three"),
        tfjs_node("rows", "Reshape", "biased", "shape"),
        tfjs_node("both", "ConcatV2", "rows", "rows", "one"),
        tfjs_node("scores", last, "both"),
    ]


def small_detector(
    padding: str = "SAME", last: str = "Sigmoid"
) -> tuple[dict[str, bytes], Manifest]:
    """A graph model with every operator of the converter: 7 x 6 x 2 picture -> (1, 48,
    3) scores.
    """
    manifest, random = Manifest(), np.random.default_rng(0)
    shapes = {
        "w1": (3, 3, 2, 4),
        "factor": (4,),
        "offset": (4,),
        "w2": (3, 3, 4, 1),
        "w3": (1, 1, 4, 6),
    }
    shapes |= {
        "gamma": (4,),
        "beta": (4,),
        "mean": (4,),
        "variance": (4,),
        "bias": (6,),
        "late": (4,),
    }
    for name, shape in shapes.items():
        manifest.put(name, random.uniform(0.5, 1.5, shape).astype(np.float32) * (-1) ** len(name))
    manifest.put("variance", random.uniform(0.5, 1.5, 4).astype(np.float32))
    for name, value in {"minus1": -1, "three": 3, "one": 1}.items():
        manifest.put(name, np.array(value, np.int32))
    nodes = detector_nodes(manifest, padding, last)
    description = {"modelTopology": {"node": nodes}, "weightsManifest": manifest.groups("shard")}
    return {"model.json": json.dumps(description).encode(), "shard": manifest.shard}, manifest


SMALL_PART = tensorflow_js.GraphPart("x", 7, 6, 2, (("scores", "scores", (1, 48, 3)),))


def small_detector_in_numpy(x: np.ndarray, w: Mapping[str, np.ndarray]) -> np.ndarray:
    # SAME: 7 rows in steps of 2 need 1 + 1 more, 6 columns need one more, at the end.
    padded = np.pad(x, ((1, 1), (0, 1), (0, 0)))
    first = np.clip(convolve(padded, w["w1"], 2) * w["factor"] + w["offset"], 0, 6)
    diagonal = np.einsum("ijc,cd->ijcd", w["w2"][..., 0], np.eye(4))
    second = convolve(np.pad(first, ((1, 1), (1, 1), (0, 0))), diagonal, 1)
    second = w["gamma"] * (second - w["mean"]) / np.sqrt(w["variance"] + 0.01) + w["beta"]
    logits = convolve(first + second + w["late"], w["w3"], 1) + w["bias"]
    rows = logits.reshape(1, -1, 3)
    return 1 / (1 + np.exp(-np.concatenate([rows, rows], axis=1)))


def test_a_graph_model_gives_the_numbers_that_numpy_gives() -> None:
    members, manifest = small_detector()
    x = np.random.default_rng(1).uniform(-1, 1, (7, 6, 2))
    (scores,) = run(tensorflow_js.convert_graph(members, SMALL_PART), x[None])
    expected = small_detector_in_numpy(x, manifest.values)
    assert expected.std() > 0.05, "the scores differ from one another, so agreement means something"
    np.testing.assert_allclose(scores, expected, atol=1e-5)


def test_converting_twice_gives_the_same_bytes() -> None:
    members, _ = small_detector()
    assert tensorflow_js.convert_graph(members, SMALL_PART) == tensorflow_js.convert_graph(
        members, SMALL_PART
    )


@pytest.mark.parametrize(
    ("settings", "change", "message"),
    [
        ({"last": "Softplus"}, {}, "scores is a Softplus; this converter knows Add, AddN"),
        ({"padding": "VALID"}, {}, "padding VALID"),
        ({}, {"shard": b""}, "w1 ends at byte 72, there are 0"),
        ({}, {"shard": bytes(1000)}, "there are 1000"),
    ],
)
def test_a_graph_model_that_is_not_understood_is_refused(
    settings: dict[str, str], change: dict[str, bytes], message: str
) -> None:
    members, _ = small_detector(**settings)
    with pytest.raises(WeightsBroken, match=message):
        tensorflow_js.convert_graph(members | change, SMALL_PART)
