"""COCO-SSD: what a pretrained network sees in a picture, and again in a part of it.

No names here. Source: Liu et al., "SSD: single shot multibox detector", ECCV 2016; Sandler et al.,
"MobileNetV2", CVPR 2018.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from data_cleaning.detection.detection import Detection, clamped, merged
from data_cleaning.imaging.image import Image
from data_cleaning.imaging.resizing import resize
from data_cleaning.onnx_inference import run

FLOOR = 0.1  # the least score that a detector of people reports, whatever its threshold
PERSON = (1,)  # column of the network's 91 scores; 0 is the background
ANIMALS = tuple(range(16, 26))  # bird, cat, dog, horse, sheep, cow, elephant, bear, zebra, giraffe
_SIDE = 300  # pixels: the network was trained on pictures squashed to this square
_CANDIDATES = 100
_SURE = 0.8  # a person of this score is not looked at again
_ZOOM = 1.5  # the second look's square, in longer sides of the region
_SAME = 0.3  # intersection over union from which two boxes may be of one being
_ON = 0.6  # the part of a face that lies on an animal whose face it is
_FACE_RATIO = 0.3  # an animal's score, in scores of the face on it, from which it is the animal's


@dataclass(frozen=True)
class CocoNetwork:
    """Two files: the ONNX network, and its anchors.

    network: 1 x 300 x 300 x 3 red-green-blue from -1 to 1 in; `boxes` (ty, tx, th, tw) and 91
    `scores` for each anchor out. anchors: float32 file of shape (1917, 4): ymin, xmin, ymax, xmax,
    0 to 1.
    """

    network: Path
    anchors: Path

    def search(self, image: Image) -> CocoScores:
        pixels = resize(image, _SIDE, _SIDE)[:, :, ::-1].astype(np.float32) / 127.5 - 1.0
        codes, scores = run(self.network, pixels[None], ["boxes", "scores"])
        return CocoScores(
            image, codes.reshape(-1, 4), scores.reshape(-1, 91), _anchors(self.anchors)
        )


@dataclass(frozen=True)
class CocoScores:
    """Codes of boxes and scores of 91 kinds, for each anchor."""

    image: Image
    codes: NDArray[np.floating]
    scores: NDArray[np.floating]
    anchors: NDArray[np.float32]

    def found(self, columns: Sequence[int], kind: str) -> list[Detection]:
        """What scores at least `FLOOR` in any of the columns, the best of overlapping boxes."""
        best = self.scores[:, list(columns)].max(axis=1)
        rows = np.argsort(-best)[:_CANDIDATES]
        rows = rows[best[rows] >= FLOOR]
        seen = [
            clamped(tuple(box), self.image, score=float(score), kind=kind)
            for box, score in zip(self._boxes(rows).tolist(), best[rows], strict=True)
        ]
        return merged([d for d in seen if d is not None], overlap=0.45, covered=0.8)

    def near(self, region: Detection) -> tuple[float, float]:
        """The best scores of a person and of an animal among boxes that overlap the region."""
        boxes = self._boxes(np.arange(len(self.codes)))
        near = self.scores[_overlap(boxes, region) > _SAME]
        if not len(near):
            return 0.0, 0.0
        return float(near[:, list(PERSON)].max()), float(near[:, list(ANIMALS)].max())

    def _boxes(self, rows: NDArray[np.int64]) -> NDArray[np.float64]:
        """Boxes, shape (n, 4): x, y, width, height, in pixels."""
        boxes = _decoded(self.codes[rows], self.anchors[rows])
        return boxes * np.tile([self.image.shape[1], self.image.shape[0]], 2)


def not_on_animals(
    people: list[Detection], faces: list[Detection], animals: list[Detection]
) -> tuple[list[Detection], list[Detection]]:
    """The people and the faces that are no animal's.

    A person is an animal where an animal at the same place scores as much; a face is an animal's
    where it lies on one that scores three tenths of its own.
    """
    human = [
        p for p in people if not any(a.overlap(p) > _SAME and a.score >= p.score for a in animals)
    ]
    own = [
        f
        for f in faces
        if not any(f.covered_by(a) > _ON and a.score >= _FACE_RATIO * f.score for a in animals)
    ]
    return human, own


def second_look(image: Image, people: Sequence[Detection], network: CocoNetwork) -> list[Detection]:
    """The same people, the doubtful looked at from close by, best first.

    The score of a doubtful one becomes the mean of both looks. One that is no person from close by,
    or more of an animal, is left out.
    """
    again = [p if p.score >= _SURE else _looked_at(image, p, network) for p in people]
    return sorted((p for p in again if p.score >= FLOOR), key=lambda p: -p.score)


def _looked_at(image: Image, person: Detection, network: CocoNetwork) -> Detection:
    side = _ZOOM * max(person.width, person.height)
    left = person.x + person.width / 2 - side / 2
    top = person.y + person.height / 2 - side / 2
    part = clamped((left, top, side, side), image)
    if part is None:
        return person
    close = np.ascontiguousarray(image[part.y : part.y + part.height, part.x : part.x + part.width])
    moved = replace(person, x=person.x - part.x, y=person.y - part.y)
    human, animal = network.search(close).near(moved)
    return replace(person, score=0.0 if animal >= human else (person.score + human) / 2)


def _overlap(boxes: NDArray[np.float64], region: Detection) -> NDArray[np.float64]:
    """Intersection over union of each box with the region."""
    corner = np.array([region.x, region.y])
    size = np.array([region.width, region.height])
    least = np.maximum(boxes[:, :2], corner)
    most = np.minimum(boxes[:, :2] + boxes[:, 2:], corner + size)
    shared = np.clip(most - least, 0, None).prod(axis=1)
    overlap: NDArray[np.float64] = shared / (boxes[:, 2:].prod(axis=1) + region.area - shared)
    return overlap


@lru_cache(maxsize=2)
def _anchors(path: Path) -> NDArray[np.float32]:
    anchors: NDArray[np.float32] = np.load(path, allow_pickle=False)
    return anchors


def _decoded(codes: NDArray[np.floating], anchors: NDArray[np.floating]) -> NDArray[np.float64]:
    """Boxes from codes against anchors, shape (n, 4): x, y, width, height, parts of the picture."""
    sizes = (anchors[:, 2:] - anchors[:, :2]).astype(np.float64)
    centres = (anchors[:, 2:] + anchors[:, :2]) / 2 + codes[:, :2] / 10.0 * sizes
    grown = np.exp(np.minimum(codes[:, 2:] / 5.0, 4.0)) * sizes
    return np.concatenate([centres - grown / 2, grown], axis=1)[:, [1, 0, 3, 2]]
