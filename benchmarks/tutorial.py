"""The tutorial that people copy, rewritten in short, as the thing to beat; and both timed in one
run.

haarcascade_frontalface_default at 1.3 / 5 on the whole picture, two eyes or nothing, a wavelet
(db1, level 5) of the crop and then resized to 32 x 32, stacked under the raw colours, a linear SVC.
Run it as `python -m benchmarks.tutorial`; pictures come from LIKENESS_TEST_DATA.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pywt
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedGroupKFold
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from data_cleaning.datasets.dataset import Dataset, Item
from data_cleaning.imaging.decoding import decode
from data_cleaning.imaging.encoding import encode
from data_cleaning.imaging.image import Image
from data_cleaning.imaging.resizing import resize
from model.recipes.presets import preset
from model.training.fit import fit
from model.training.options import TrainingOptions
from model.training.samples import Sample, near_copies, readable, samples

DATA = Path(
    os.environ.get("LIKENESS_TEST_DATA", Path(__file__).parents[1] / ".." / "shared" / "data")
)
FOLDER = cv2.data.haarcascades  # type: ignore[attr-defined]
REFERENCE = DATA / "faces" / "codebasics_sports5_small" / "raw"


def open_cascades() -> tuple[cv2.CascadeClassifier, cv2.CascadeClassifier]:
    """The one for faces and the one for eyes."""
    names = ("frontalface_default", "eye")
    face, eye = (cv2.CascadeClassifier(f"{FOLDER}haarcascade_{name}.xml") for name in names)
    return face, eye


def two_eyes(
    data: bytes, faces: cv2.CascadeClassifier, eyes: cv2.CascadeClassifier
) -> Iterator[Image]:
    """Every face of a picture with two eyes in it."""
    image = np.asarray(cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR), np.uint8)
    grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    for x, y, w, h in faces.detectMultiScale(grey, 1.3, 5):
        if len(eyes.detectMultiScale(grey[y : y + h, x : x + w])) >= 2:
            yield image[y : y + h, x : x + w]


class Tutorial:
    """The whole pipeline: bytes to a class name or None."""

    def __init__(self) -> None:
        self.cascades = open_cascades()
        self.model: Pipeline = make_pipeline(StandardScaler(), SVC(kernel="linear", C=1))

    def crop(self, data: bytes) -> Image | None:
        """The first face with two eyes in it."""
        return next(two_eyes(data, *self.cascades), None)

    def features(self, crop: Image) -> NDArray[np.float64]:
        """4096 numbers: raw colours, and the wavelet picture made before it is resized."""
        light = cv2.cvtColor(crop, cv2.COLOR_BGR2GRAY).astype(np.float32) / 255
        bands = pywt.wavedec2(light, "db1", level=5)
        bands[0] = bands[0] * 0
        details = np.clip(pywt.waverec2(bands, "db1") * 255, 0, 255).astype(np.uint8)
        stacked = [cv2.resize(crop, (32, 32)).ravel(), cv2.resize(details, (32, 32)).ravel()]
        return np.concatenate(stacked).astype(float)

    def fit(self, crops: list[Image], labels: list[str]) -> None:
        """Train on crops."""
        self.model.fit([self.features(c) for c in crops], labels)

    def answer(self, data: bytes) -> str | None:
        """Name the picture."""
        crop = self.crop(data)
        return None if crop is None else str(self.model.predict([self.features(crop)])[0])


@dataclass(frozen=True)
class Timing:
    """Milliseconds a picture."""

    median: float
    mean: float


def timed(answer: Callable[[bytes], object], pictures: list[bytes]) -> Timing:
    """Time an answer over pictures, one after the other, in this thread."""
    took = []
    for data in pictures:
        start = time.perf_counter()
        answer(data)
        took.append((time.perf_counter() - start) * 1000)
    return Timing(statistics.median(took), statistics.mean(took))


def large(data: bytes, pixels: int = 12_000_000) -> bytes:
    """The picture enlarged to 12 MP, as a JPEG."""
    image = decode(data)
    factor = (pixels / (image.shape[0] * image.shape[1])) ** 0.5
    return encode(
        resize(image, round(image.shape[1] * factor), round(image.shape[0] * factor)), ".jpg"
    )


def tutorial_accuracy(root: Path, copies: NDArray[np.int64], items: list[Item]) -> dict[str, float]:
    """Accuracy of all pictures and failure to acquire, 5 folds, near copies on one side."""
    tutorial = Tutorial()
    crops = [tutorial.crop(item.path.read_bytes()) for item in items]
    labels = np.array([item.label for item in items])
    right = 0
    for learn, test in StratifiedGroupKFold(5, shuffle=True, random_state=0).split(
        labels, labels, copies
    ):
        known = [(crop, labels[i]) for i in learn if (crop := crops[i]) is not None]
        tutorial.fit([crop for crop, _ in known], [label for _, label in known])
        probes = [(crop, labels[i]) for i in test if (crop := crops[i]) is not None]
        names = tutorial.model.predict([tutorial.features(crop) for crop, _ in probes])
        right += sum(name == label for name, (_, label) in zip(names, probes, strict=True))
    return {
        "accuracy": right / len(items),
        "failure_to_acquire": sum(c is None for c in crops) / len(items),
    }


def main() -> None:
    """Time the recipes against the tutorial, in turn, in one run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--recipes", nargs="+", default=["face-classic", "face-modern"])
    parser.add_argument("--pictures", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    cv2.setNumThreads(1)
    items = Dataset(REFERENCE).items()
    measured = readable(samples(items, preset(args.recipes[0])))
    result: dict[str, object] = {
        "tutorial": tutorial_accuracy(REFERENCE, near_copies(measured), items)
    }
    chosen = [
        items[i].path.read_bytes()
        for i in np.linspace(0, len(items) - 1, args.pictures).astype(int)
    ]
    sizes = {
        "as they are": chosen,
        "12 MP": [large(data) for data in chosen[:: max(1, len(chosen) // 6)]],
    }
    answers = {
        name: _answerer(name, items, measured if name == args.recipes[0] else None)
        for name in args.recipes
    }
    tutorial = _tutorial(items)
    for size, pictures in sizes.items():
        rounds: dict[str, list[float]] = {name: [] for name in answers}
        for _ in range(args.rounds):
            base = timed(tutorial.answer, pictures).mean
            for name, answer in answers.items():
                rounds[name].append(timed(answer, pictures).mean / base)
        result[size] = {
            "tutorial_ms": base,
            **{f"{n} / tutorial": statistics.median(r) for n, r in rounds.items()},
        }
    print(json.dumps(result, indent=1))


def _answerer(
    name: str, items: list[Item], measured: list[Sample] | None
) -> Callable[[bytes], object]:
    from model.recognition.bundle import Bundle
    from model.recognition.manifest import Facts

    measured = measured or readable(samples(items, preset(name)))
    training = fit(measured, near_copies(measured), preset(name), TrainingOptions())
    return Bundle(name, 1, preset(name), training.recogniser, Facts()).recognise


def _tutorial(items: list[Item]) -> Tutorial:
    tutorial = Tutorial()
    crops = [(tutorial.crop(item.path.read_bytes()), item.label) for item in items]
    tutorial.fit(
        [c for c, _ in crops if c is not None], [label for c, label in crops if c is not None]
    )
    return tutorial


if __name__ == "__main__":
    main()
