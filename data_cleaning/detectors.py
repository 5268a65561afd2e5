"""Where in a picture to look: functions from an image to detections, and the table of them.

Nothing here knows who is in the picture. OpenCV's detector objects crash when two threads share one
(measured: a segmentation fault in 2 of 2 runs), so each thread makes its own, on first use.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import cv2
import numpy as np

from data_cleaning.images import Image, grey, shrink

_mine = threading.local()
T = TypeVar("T")


@dataclass(frozen=True)
class Detection:
    """One region of a picture.

    x, y, width, height: whole pixels of the upright source picture, inside it.
    score: the detector's own; comparable only within one detector.
    landmarks: five (x, y) points - right eye, left eye, nose, right and left mouth corner, the person's
    own right first - or None.
    kind: "face", "person" or "picture".
    """

    x: int
    y: int
    width: int
    height: int
    score: float = 1.0
    landmarks: tuple[tuple[float, float], ...] | None = None
    kind: str = "face"

    @property
    def area(self) -> int:
        return self.width * self.height

    def overlap(self, other: Detection) -> float:
        """Intersection over union, 0 to 1."""
        shared = self._shared(other)
        return shared / (self.area + other.area - shared)

    def covered_by(self, other: Detection) -> float:
        """The part of this region that lies in the other, 0 to 1."""
        return self._shared(other) / self.area

    def _shared(self, other: Detection) -> int:
        width = min(self.x + self.width, other.x + other.width) - max(self.x, other.x)
        height = min(self.y + self.height, other.y + other.height) - max(self.y, other.y)
        return max(width, 0) * max(height, 0)


def clamped(box: tuple[float, float, float, float], image: Image, **rest: Any) -> Detection | None:
    """A detection from float x, y, width, height, cut to the picture; None when nothing of it is inside.

    Clamped first and cast afterwards: a cast first would turn -3 into a huge number.
    """
    height, width = image.shape[:2]
    left, top = min(max(box[0], 0.0), width), min(max(box[1], 0.0), height)
    right, bottom = min(max(box[0] + box[2], 0.0), width), min(max(box[1] + box[3], 0.0), height)
    x, y = int(left), int(top)
    w, h = round(right) - x, round(bottom) - y
    if w < 1 or h < 1:
        return None
    return Detection(x, y, w, h, **rest)


def per_thread(key: str, make: Callable[[], T]) -> T:
    """This thread's own object of that key, made when it is first asked for."""
    if not hasattr(_mine, "objects"):
        _mine.objects = {}
    if key not in _mine.objects:
        _mine.objects[key] = make()
    return _mine.objects[key]


def cascade(name: str) -> cv2.CascadeClassifier:
    """This thread's cascade `haarcascade_<name>.xml` of those that come with OpenCV."""
    return per_thread(f"haar:{name}", lambda: cv2.CascadeClassifier(f"{cv2.data.haarcascades}haarcascade_{name}.xml"))


def merged(detections: list[Detection], overlap: float = 0.3, covered: float = 0.7) -> list[Detection]:
    """The same regions with the weaker of each overlapping pair left out, best score first."""
    kept: list[Detection] = []
    for one in sorted(detections, key=lambda d: -d.score):
        if all(one.overlap(k) < overlap and max(one.covered_by(k), k.covered_by(one)) < covered for k in kept):
            kept.append(one)
    return kept


def whole(image: Image) -> list[Detection]:
    """The whole picture as its one region."""
    height, width = image.shape[:2]
    return [Detection(0, 0, width, height, kind="picture")]


def yunet_face(image: Image, model: Path, *, working_size: int = 640, threshold: float = 0.7) -> list[Detection]:
    """Faces by YuNet, a small convolutional network, through OpenCV.

    model: the ONNX file of the pretrained detector. working_size: the longer side, in pixels, that the
    picture is shrunk to first. threshold: least confidence, 0 to 1, which is the score of a detection.

    Source: Wu, Peng, Yu, "YuNet: a tiny millisecond-level face detector", 2023.
    """
    small, factor = shrink(image, working_size)
    network = per_thread(f"yunet:{model}", lambda: cv2.FaceDetectorYN.create(str(model), "", (32, 32)))
    network.setInputSize((small.shape[1], small.shape[0]))
    network.setScoreThreshold(threshold)
    _, rows = network.detect(small)
    found = [_from_yunet(row, factor, image) for row in (rows if rows is not None else [])]
    return sorted((d for d in found if d is not None), key=lambda d: -d.score)


def _from_yunet(row: np.ndarray, factor: float, image: Image) -> Detection | None:
    """row: 15 floats - x, y, width, height, five landmarks, score - in pixels of the shrunk picture."""
    if not np.isfinite(row).all():
        return None
    numbers = [float(v) / factor for v in row[:14]]
    points = tuple((numbers[i], numbers[i + 1]) for i in range(4, 14, 2))
    return clamped((numbers[0], numbers[1], numbers[2], numbers[3]), image, score=float(row[14]), landmarks=points)


def haar_face(
    image: Image, *, working_size: int = 640, scale: float = 1.1, neighbours: int = 3, smallest: int = 24
) -> list[Detection]:
    """Faces by Haar cascades: frontal, and profiles of both sides where no frontal face was found.

    working_size: the longer side, in pixels, that the picture is shrunk to first. scale: step between
    window sizes. neighbours: overlapping windows a face needs. smallest: least face width at working size.

    Source: Viola, Jones, "Rapid object detection using a boosted cascade of simple features", CVPR 2001.
    """
    small, factor = shrink(image, working_size)
    light = cv2.equalizeHist(grey(small))
    return merged(_windows("frontalface_alt2", light, factor, image, (scale, neighbours, smallest)))


def _windows(
    name: str, light: np.ndarray, factor: float, image: Image, search: tuple[float, int, int]
) -> list[Detection]:
    scale, neighbours, smallest = search
    boxes, _, weights = cascade(name).detectMultiScale3(
        light, scale, neighbours, minSize=(smallest, smallest), outputRejectLevels=True
    )
    found = [
        clamped((x / factor, y / factor, w / factor, h / factor), image, score=float(weight))
        for (x, y, w, h), weight in zip(boxes, np.ravel(weights), strict=True)
    ]
    return [d for d in found if d is not None]


@dataclass(frozen=True)
class Detector:
    """A function of the table, and the names of the pretrained files it takes after the image."""

    function: Callable[..., list[Detection]]
    needs: tuple[str, ...] = ()


DETECTORS: dict[str, Detector] = {
    "haar_face": Detector(haar_face),
    "yunet_face": Detector(yunet_face, needs=("yunet",)),
    "whole": Detector(whole),
}
