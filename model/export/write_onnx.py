"""Writing an exported model: checked against the served answers first, and a smaller one with 8-bit
numbers beside it.

What the graph is made of is in `export`.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray

from data_cleaning.datasets.dataset import Item
from data_cleaning.errors import DatasetError, PictureError
from data_cleaning.files import write
from data_cleaning.imaging.decoding import decode
from data_cleaning.imaging.image import Image
from data_cleaning.imaging.limits import DISK_LIMITS
from model.export.onnx_model import TOLERANCE, build
from model.export.onnx_operations import ExportRefused
from model.recipes.augmentation import ALTERATIONS, Augmentation
from model.recognition.bundle import Bundle
from model.recognition.golden import golden_picture
from model.recognition.pipeline import crop_features, crop_region, find_regions

ALTERED_PROBES = 20  # altered crops of the golden picture that every export is checked on
MOST_CALIBRATED = 100  # pictures that the ranges of 8-bit numbers are taken from


@dataclass(frozen=True)
class ExportedModel:
    """What was written. difference: largest one of any probability to the served answer, over
    `checked` crops.
    """

    path: Path
    input: str
    bytes: int
    checked: int
    difference: float


@dataclass(frozen=True)
class QuantisedModel:
    """The 8-bit model beside the exported one, on the same labelled pictures.

    agreement: part of the pictures for which both name the same class. accuracy, milliseconds: of
    the (float, 8-bit) model, the time for one crop at a time in one thread, median.
    """

    path: Path
    bytes: int
    pictures: int
    agreement: float
    accuracy: tuple[float, float]
    milliseconds: tuple[float, float]


def export(bundle: Bundle, path: Path, items: Sequence[Item] = ()) -> ExportedModel:
    """Write a bundle as ONNX; items: pictures to check it on besides altered crops of the golden
    picture.

    Raises ExportRefused, and writes nothing, where a probability differs from the served one by
    more than TOLERANCE.
    """
    model = build(bundle)
    chips = [*probe_crops(bundle), *(chip for chip, _ in labelled_crops(bundle, items))]
    difference = largest_difference(bundle, model, chips)
    if not difference <= TOLERANCE:
        raise ExportRefused(
            f"The exported model differs from the served one by {difference:.2g}; at most"
            f" {TOLERANCE:g} is allowed. Nothing was written."
        )
    data = model.SerializeToString()
    path.parent.mkdir(parents=True, exist_ok=True)
    write(path, data)
    return ExportedModel(path, model.graph.input[0].name, len(data), len(chips), difference)


def probe_crops(bundle: Bundle) -> list[Image]:
    """Crops that any recipe can be asked about: the golden picture's regions, or its whole, and
    altered copies.
    """
    image = decode(golden_picture(), DISK_LIMITS)
    chips = [
        crop_region(image, region.detection, bundle.recipe)
        for region in find_regions(image, bundle.recipe)
    ]
    altered = Augmentation(tuple(ALTERATIONS), ALTERED_PROBES)
    return [
        *chips,
        *(
            copy
            for number, chip in enumerate(chips)
            for copy in altered.altered(chip, f"{number:016x}")
        ),
    ]


def labelled_crops(bundle: Bundle, items: Sequence[Item]) -> Iterator[tuple[Image, str]]:
    """The best region's crop of each picture that has one and can be read, with its label."""
    for item in items:
        try:
            image = decode(item.path.read_bytes(), DISK_LIMITS)
        except (PictureError, OSError):
            continue
        regions = find_regions(image, bundle.recipe)
        if regions:
            yield crop_region(image, regions[0].detection, bundle.recipe), item.label


def largest_difference(bundle: Bundle, model: onnx.ModelProto, chips: Sequence[Image]) -> float:
    """Largest difference of any probability or similarity between the served answers and the
    graph's.
    """
    ask = runner(bundle, model.SerializeToString())
    worst = 0.0
    for chip in chips:
        served = _served(bundle, [_views(bundle, chip, model.graph.input[0].name)])
        worst = max(
            worst, *(float(np.abs(a[0] - b).max()) for a, b in zip(served, ask(chip), strict=True))
        )
    return worst


def _served(bundle: Bundle, views: Sequence[NDArray[np.float32]]) -> list[NDArray[np.float64]]:
    """What the graph's outputs should be, in their order."""
    nobody = (
        [bundle.recogniser.nobody_probability(views)] if bundle.recogniser.presence_judge else []
    )
    return [*bundle.recogniser.score(views), *nobody]


def _views(bundle: Bundle, chip: Image, source: str) -> NDArray[np.float32]:
    """Features of the views that the graph averages: one, where it takes features."""
    mirrored = bundle.recipe.mirror and source == "crops"
    views = [chip, np.ascontiguousarray(chip[:, ::-1])] if mirrored else [chip]
    return np.stack([crop_features(view, bundle.recipe) for view in views])


def runner(bundle: Bundle, model: bytes) -> Callable[[Image], list[NDArray[np.float32]]]:
    """A function from a crop to the graph's outputs, each of shape (classes,), or (1,) for
    `nobody`.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name

    def ask(chip: Image) -> list[NDArray[np.float32]]:
        row = chip.astype(np.float32) if name == "crops" else crop_features(chip, bundle.recipe)
        return [output[0] for output in session.run(None, {name: row[None]})]

    return ask


def quantise(bundle: Bundle, exported: ExportedModel, items: Sequence[Item]) -> QuantisedModel:
    """Write a copy whose convolutions use 8-bit numbers, ranges taken from pictures, and compare
    the two on all.

    Raises ExportRefused where the graph holds no network, DatasetError where no picture could be
    used.
    """
    if exported.input != "crops":
        raise ExportRefused(
            f"Recipe {bundle.recipe.name} has no network whose numbers could be made smaller."
        )
    if any(step.name == "sface_embedding" for step in bundle.recipe.features):
        raise ExportRefused("SFace computes in 8 bits already: there is nothing to make smaller.")
    pictures = list(labelled_crops(bundle, items))
    if not pictures:
        raise DatasetError(
            "In none of the pictures was there anything that the smaller model could be"
            " measured on."
        )
    path = exported.path.with_name(f"{exported.path.stem}.int8{exported.path.suffix}")
    chance = np.random.default_rng(0)
    calibration = chance.permutation(len(pictures))[:MOST_CALIBRATED]
    data = _eight_bits(exported.path, [pictures[i][0] for i in calibration])
    write(path, data)
    asks = [runner(bundle, exported.path.read_bytes()), runner(bundle, data)]
    answers, seconds = zip(*(_answers(ask, pictures) for ask in asks), strict=True)
    truths = np.array(
        [bundle.labels.index(label) if label in bundle.labels else -1 for _, label in pictures]
    )
    accuracy = [float((a == truths).mean()) for a in answers]
    return QuantisedModel(
        path,
        len(data),
        len(pictures),
        float((answers[0] == answers[1]).mean()),
        (accuracy[0], accuracy[1]),
        (seconds[0] * 1e3, seconds[1] * 1e3),
    )


def _answers(
    ask: Callable[[Image], list[NDArray[np.float32]]], pictures: Sequence[tuple[Image, str]]
) -> tuple[NDArray[np.int64], float]:
    """The most probable class of each crop, and the median seconds for one."""
    best, took = [], []
    for chip, _ in pictures:
        start = time.perf_counter()
        best.append(int(np.argmax(ask(chip)[0])))
        took.append(time.perf_counter() - start)
    return np.array(best), float(np.median(took))


def _eight_bits(path: Path, chips: Sequence[Image]) -> bytes:
    from onnxruntime.quantization import (
        CalibrationDataReader,
        QuantFormat,
        QuantType,
        quantize_static,
    )
    from onnxruntime.quantization.shape_inference import quant_pre_process

    class Reader(CalibrationDataReader):  # type: ignore[misc]
        """Hands out one crop after the other, as onnxruntime asks for them."""

        def __init__(self) -> None:
            self.rest = iter(chips)

        def get_next(self) -> dict[str, NDArray[np.float32]] | None:
            chip = next(self.rest, None)
            return None if chip is None else {"crops": chip[None].astype(np.float32)}

    with tempfile.TemporaryDirectory() as folder:
        ready, small = Path(folder) / "ready.onnx", Path(folder) / "small.onnx"
        quant_pre_process(str(path), str(ready), skip_symbolic_shape=True)
        quantize_static(
            str(ready),
            str(small),
            Reader(),
            quant_format=QuantFormat.QDQ,
            op_types_to_quantize=["Conv"],
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
        )
        return small.read_bytes()
