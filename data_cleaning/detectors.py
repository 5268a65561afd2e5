"""Where in a picture to look: functions from an image to detections, and the table of them.

Nothing here knows who is in the picture. Finding people is in people.py.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np

from data_cleaning.detection import Detection, cascade, clamped, merged, per_thread
from data_cleaning.images import Image, grey, shrink
from data_cleaning.people import FLOOR, coco_people, hog_people, with_faces, worth


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


def person_hog(image: Image, *, threshold: float = 0.5, most: int = 8) -> list[Detection]:
    """People by OpenCV's HOG detector and upper-body cascade, and the owners of faces that `haar_face` finds.

    threshold: least score, 0.1 to 1. most: how many are reported. The score, 0 to 1, is `people.worth`.
    """
    seen = [replace(face, score=worth("face", face.score)) for face in haar_face(image, neighbours=3)]
    found = with_faces(image, hog_people(image), seen)
    return [d for d in found[:most] if d.score >= threshold]


def person_onnx(
    image: Image, network: Path, anchors: Path, faces: Path, *, threshold: float = 0.4, most: int = 8
) -> list[Detection]:
    """People by a pretrained network, and the owners of faces that YuNet finds; score from 0 to 1, best first.

    network, anchors: files of `people.coco_people`; faces: YuNet's. threshold: least score, 0.1 to 1.
    most: how many are reported, so that a crowd does not cost seconds.
    """
    seen = yunet_face(image, faces, working_size=480, threshold=FLOOR**0.5)
    # Measured on 1,100 pictures of other sets: a face of confidence c is as often false as a person of c squared.
    found = with_faces(image, coco_people(image, network, anchors), [replace(f, score=f.score**2) for f in seen])
    return [d for d in found[:most] if d.score >= threshold]


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
