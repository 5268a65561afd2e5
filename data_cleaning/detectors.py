"""Where in a picture to look: functions from an image to detections, and the table of them.

Nothing here knows who is in the picture. OpenCV's detector objects crash when two threads share one
(measured: a segmentation fault in 2 of 2 runs), so each thread makes its own, on first use.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import cv2
import numpy as np

from data_cleaning.images import Image, grey, padded, shrink, warp

_CASCADES = cv2.data.haarcascades  # type: ignore[attr-defined]
_TIGHT = 300  # pixels: pictures up to this get a border, as cascades miss faces that touch the edge
_SMALLEST = 24  # pixels at working size: no cascade was trained on less
_CLOSE_UP = 320  # pixels: YuNet misses faces much larger than this
_mine = threading.local()
T = TypeVar("T")


@dataclass(frozen=True)
class Detection:
    """One region of a picture.

    x, y, width, height: whole pixels of the upright source picture, inside it.
    score: the detector's own; comparable only within one detector.
    landmarks: five (x, y) points - right eye, left eye, nose, right and left mouth corner, the person's
    own right first - or None. kind: "face", "person" or "picture".
    roll: degrees, anticlockwise in the picture, that turn the region upright.
    """

    x: int
    y: int
    width: int
    height: int
    score: float = 1.0
    landmarks: tuple[tuple[float, float], ...] | None = None
    kind: str = "face"
    roll: float = 0.0

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
    return per_thread(f"haar:{name}", lambda: cv2.CascadeClassifier(f"{_CASCADES}haarcascade_{name}.xml"))


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


def yunet_face(image: Image, model: Path, *, working_size: int = 800, threshold: float = 0.65) -> list[Detection]:
    """Faces by YuNet, a small convolutional network, through OpenCV.

    model: the ONNX file of the pretrained detector. working_size: the longer side, in pixels, that the
    picture is shrunk to first; where that finds nothing, a copy of 320 pixels is searched for a face that
    fills the picture. threshold: least confidence, 0 to 1, which is the score of a detection.

    Source: Wu, Peng, Yu, "YuNet: a tiny millisecond-level face detector", 2023.
    """
    found: list[Detection | None] = []
    for size in (working_size, _CLOSE_UP):
        small, factor = shrink(image, size)
        network = per_thread(f"yunet:{model}", lambda: cv2.FaceDetectorYN.create(str(model), "", (32, 32)))
        network.setInputSize((small.shape[1], small.shape[0]))
        network.setScoreThreshold(threshold)
        _, rows = network.detect(small)
        found = [_from_yunet(row, factor, image) for row in (rows if rows is not None else [])]
        if found:
            break
    return sorted((d for d in found if d is not None), key=lambda d: -d.score)


def _from_yunet(row: np.ndarray, factor: float, image: Image) -> Detection | None:
    """row: 15 floats - x, y, width, height, five landmarks, score - in pixels of the shrunk picture."""
    if not np.isfinite(row).all():
        return None
    numbers = [float(v) / factor for v in row[:14]]
    points = tuple((numbers[i], numbers[i + 1]) for i in range(4, 14, 2))
    return clamped((numbers[0], numbers[1], numbers[2], numbers[3]), image, score=float(row[14]), landmarks=points)


def haar_face(image: Image, *, working_size: int = 480, neighbours: int = 6, second: int = 5) -> list[Detection]:
    """Faces by Haar cascades; score is the number of overlapping windows.

    working_size: the longer side, in pixels, that the picture is shrunk to first. neighbours: windows that
    a frontal face needs. Only where that finds nothing, a copy of 320 pixels is searched for both profiles
    and for faces leaning 20 degrees to either side, which need `second` windows.

    Source: Viola, Jones, "Rapid object detection using a boosted cascade of simple features", CVPR 2001.
    """
    small, factor = shrink(image, working_size)
    border = max(small.shape[:2]) // 10 if max(small.shape[:2]) <= _TIGHT else 0
    light = grey(padded(small, border))
    found = _windows("frontalface_alt2", light, neighbours) or _second_look(light, second)
    back = [
        clamped(
            ((w.x - border) / factor, (w.y - border) / factor, w.width / factor, w.height / factor),
            image,
            score=w.neighbours,
            roll=w.roll,
        )
        for w in found
    ]
    return merged([d for d in back if d is not None])


@dataclass(frozen=True)
class _Window:
    """What a cascade found, in pixels of the picture it was given; roll in degrees."""

    x: float
    y: float
    width: float
    height: float
    neighbours: float
    roll: float = 0.0


def _second_look(light: np.ndarray, neighbours: int) -> list[_Window]:
    """Profiles and leaning faces of a grey picture at working size, searched in a smaller copy."""
    small, factor = shrink(light, 320)
    across = small.shape[1]
    found = _windows("profileface", small, neighbours)
    found += [replace(w, x=across - w.x - w.width) for w in _windows("profileface", small[:, ::-1], neighbours)]
    found += [window for angle in (-20.0, 20.0) for window in _leaning(small, angle, neighbours)]
    return [
        _Window(w.x / factor, w.y / factor, w.width / factor, w.height / factor, w.neighbours, w.roll) for w in found
    ]


def _leaning(light: np.ndarray, angle: float, neighbours: int) -> list[_Window]:
    """Frontal faces of a picture turned by `angle` degrees, their centres turned back."""
    height, width = light.shape
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), angle, 1.0)
    back = cv2.invertAffineTransform(turn)
    found = []
    for w in _windows("frontalface_alt2", warp(light, turn, width, height), neighbours):
        x, y = back @ (w.x + w.width / 2, w.y + w.height / 2, 1.0)
        found.append(replace(w, x=x - w.width / 2, y=y - w.height / 2, roll=angle))
    return found


def _windows(name: str, light: np.ndarray, neighbours: int) -> list[_Window]:
    """What a cascade finds in a grey picture."""
    boxes, counts = cascade(name).detectMultiScale2(
        np.ascontiguousarray(light), 1.1, neighbours, minSize=(_SMALLEST, _SMALLEST)
    )
    return [
        _Window(float(x), float(y), float(w), float(h), float(n))
        for (x, y, w, h), n in zip(boxes, np.ravel(counts), strict=True)
    ]


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
