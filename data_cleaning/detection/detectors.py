"""Where in a picture to look: functions from an image to detections, and the table of them.

Nothing here knows who is in the picture. Finding people is in people.py.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np

from data_cleaning.detection import yunet
from data_cleaning.detection.close_landmarks import close_landmarks
from data_cleaning.detection.coco_ssd import (
    ANIMALS,
    FLOOR,
    PERSON,
    CocoNetwork,
    not_on_animals,
    second_look,
)
from data_cleaning.detection.detection import Detection, cascade, clamped, merged
from data_cleaning.detection.person_detectors import (
    hog_people,
    with_faces,
    worth,
)
from data_cleaning.imaging.colour import grey
from data_cleaning.imaging.image import Image
from data_cleaning.imaging.resizing import padded, shrink, warp

_TIGHT = 300  # pixels: pictures up to this get a border, as cascades miss faces that touch the edge
_SMALLEST = 24  # pixels at working size: no cascade was trained on less
_CLOSE_UP = 320  # pixels: YuNet misses faces much larger than this


def whole(image: Image) -> list[Detection]:
    """The whole picture as its one region."""
    height, width = image.shape[:2]
    return [Detection(0, 0, width, height, kind="picture")]


def yunet_face(
    image: Image,
    model: Path,
    *,
    working_size: int = 800,
    threshold: float = 0.65,
    closely: bool = False,
) -> list[Detection]:
    """Faces by YuNet, a small convolutional network: `yunet.faces` at one size, or two.

    model: the ONNX file of the pretrained detector. working_size: the longer side, in pixels, that
    the picture is shrunk to first; where that finds nothing, a copy of 320 pixels is searched for a
    face that fills the picture. threshold: least confidence, 0 to 1, which is the score of a
    detection. closely: landmarks of doubtful faces are found again from close by.
    """
    found: list[Detection | None] = []
    for size in (working_size, _CLOSE_UP):
        small, factor = shrink(image, size)
        found = [_from_yunet(row, factor, image) for row in yunet.faces(small, model, threshold)]
        if found:
            break
    faces = sorted((d for d in found if d is not None), key=lambda d: -d.score)
    return close_landmarks(image, faces, model) if closely else faces


def _from_yunet(row: np.ndarray, factor: float, image: Image) -> Detection | None:
    """row: 15 floats - x, y, width, height, five landmarks, score - in pixels of the shrunk
    picture.
    """
    if not np.isfinite(row).all():
        return None
    numbers = [float(v) / factor for v in row[:14]]
    points = tuple((numbers[i], numbers[i + 1]) for i in range(4, 14, 2))
    return clamped(
        (numbers[0], numbers[1], numbers[2], numbers[3]),
        image,
        score=float(row[14]),
        landmarks=points,
    )


def haar_face(
    image: Image, *, working_size: int = 480, neighbours: int = 6, second: int = 5
) -> list[Detection]:
    """Faces by Haar cascades; score is the number of overlapping windows.

    working_size: the longer side, in pixels, that the picture is shrunk to first. neighbours:
    windows that a frontal face needs. Only where that finds nothing, a copy of 320 pixels is
    searched for faces leaning 20 degrees to either side and then for both profiles, which need
    `second` windows.

    Source: Viola, Jones, "Rapid object detection using a boosted cascade of simple features", CVPR
    2001.
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
    """Leaning faces of a grey picture at working size, searched in a smaller copy; without one,
    profiles.
    """
    small, factor = shrink(light, 320)
    across = small.shape[1]
    found = [window for angle in (-20.0, 20.0) for window in _leaning(small, angle, neighbours)]
    if not found:
        found = _windows("profileface", small, neighbours)
        found += [
            replace(w, x=across - w.x - w.width)
            for w in _windows("profileface", small[:, ::-1], neighbours)
        ]
    return [
        _Window(
            w.x / factor, w.y / factor, w.width / factor, w.height / factor, w.neighbours, w.roll
        )
        for w in found
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


def person_hog(
    image: Image, *, threshold: float = 0.35, most: int = 8, doubtful: bool = False
) -> list[Detection]:
    """People by OpenCV's HOG detector and upper-body cascade, and the owners of faces that
    `haar_face` finds.

    threshold: least score, 0.1 to 1. most: how many are reported. The score, 0 to 1, is
    `people.worth`. doubtful: report everything down to 0.1 whatever the threshold, and where there
    is nothing the whole picture with a score of 0: for a model that has learnt from empty pictures
    to judge them.
    """
    seen = [
        replace(face, score=worth("face", face.score)) for face in haar_face(image, neighbours=3)
    ]
    found = with_faces(image, hog_people(image), seen)
    if doubtful:
        return found[:most] or [replace(one, score=0.0) for one in whole(image)]
    return [d for d in found[:most] if d.score >= threshold]


def person_onnx(
    image: Image,
    network: Path,
    anchors: Path,
    faces: Path,
    *,
    threshold: float = 0.4,
    most: int = 8,
    closely: bool = False,
) -> list[Detection]:
    """People by a pretrained network, and the owners of faces that YuNet finds; score from 0 to 1,
    best first.

    network, anchors: files of `coco_ssd.CocoNetwork`; faces: YuNet's. threshold: least score, 0.1
    to 1. most: how many are reported, so that a crowd does not cost seconds. closely: animals are
    nobody, nor are the faces on them, and whoever is doubtful is looked at again from close by.
    """
    seen = yunet_face(image, faces, working_size=480, threshold=FLOOR**0.5)
    # Measured on 674 pictures without people: a face of confidence c is about as often false as a
    # person of c squared.
    seen = [replace(face, score=face.score**2) for face in seen]
    coco = CocoNetwork(network, anchors)
    scores = coco.search(image)
    people = scores.found(PERSON, "person")
    if closely:
        people, seen = not_on_animals(people, seen, scores.found(ANIMALS, "animal"))
    found = with_faces(image, people, seen)[:most]
    found = second_look(image, found, coco) if closely else found
    return [d for d in found if d.score >= threshold]


@dataclass(frozen=True)
class Detector:
    """A function of the table, and the names of the pretrained files it takes after the image."""

    function: Callable[..., list[Detection]]
    needs: tuple[str, ...] = ()


DETECTORS: dict[str, Detector] = {
    "haar_face": Detector(haar_face),
    "yunet_face": Detector(yunet_face, needs=("yunet",)),
    "person_hog": Detector(person_hog),
    "person_onnx": Detector(person_onnx, needs=("coco_ssd", "coco_anchors", "yunet")),
    "whole": Detector(whole),
}
