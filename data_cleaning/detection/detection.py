"""One region of a picture, and what every detector needs to make one. No detector lives here.

OpenCV's detector objects crash when two threads share one (measured: a segmentation fault in 2 of 2
runs), so each thread makes its own, on first use.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypedDict, TypeVar, Unpack

import cv2

from data_cleaning.imaging.image import Image

_CASCADES = cv2.data.haarcascades  # type: ignore[attr-defined]
_mine = threading.local()
T = TypeVar("T")


@dataclass(frozen=True)
class Detection:
    """One region of a picture.

    x, y, width, height: whole pixels of the upright source picture, inside it. score: the
    detector's own; comparable only within one detector. landmarks: five (x, y) points - right eye,
    left eye, nose, right and left mouth corner, the person's own right first - or None. kind:
    "face", "person" or "picture". roll: degrees, anticlockwise in the picture, that turn the region
    upright.
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


class DetectionFields(TypedDict, total=False):
    """What a detection holds besides its place; see `Detection`."""

    score: float
    landmarks: tuple[tuple[float, float], ...] | None
    kind: str
    roll: float


def clamped(
    box: tuple[float, float, float, float], image: Image, **fields: Unpack[DetectionFields]
) -> Detection | None:
    """A detection from float x, y, width, height, cut to the picture; None when nothing of it is
    inside.

    Clamped first and cast afterwards: a cast first would turn -3 into a huge number.
    """
    height, width = image.shape[:2]
    left, top = min(max(box[0], 0.0), width), min(max(box[1], 0.0), height)
    right, bottom = min(max(box[0] + box[2], 0.0), width), min(max(box[1] + box[3], 0.0), height)
    x, y = int(left), int(top)
    w, h = round(right) - x, round(bottom) - y
    if w < 1 or h < 1:
        return None
    return Detection(x, y, w, h, **fields)


def per_thread(key: str, make: Callable[[], T]) -> T:
    """This thread's own object of that key, made when it is first asked for."""
    objects: dict[str, T] = _mine.__dict__.setdefault("objects", {})
    if key not in objects:
        objects[key] = make()
    return objects[key]


def cascade(name: str) -> cv2.CascadeClassifier:
    """This thread's cascade `haarcascade_<name>.xml` of those that come with OpenCV."""
    return per_thread(
        f"haar:{name}", lambda: cv2.CascadeClassifier(f"{_CASCADES}haarcascade_{name}.xml")
    )


def merged(
    detections: list[Detection], overlap: float = 0.3, covered: float = 0.7
) -> list[Detection]:
    """The same regions with the weaker of each overlapping pair left out, best score first."""
    kept: list[Detection] = []
    for one in sorted(detections, key=lambda d: -d.score):
        if all(
            one.overlap(k) < overlap and max(one.covered_by(k), k.covered_by(one)) < covered
            for k in kept
        ):
            kept.append(one)
    return kept
