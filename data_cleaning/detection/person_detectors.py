"""Where people are in a picture, by two roads: a pretrained network, or OpenCV's classic detectors.

No names here.

Both end alike: candidates are gathered down to a floor, overlapping ones merged, a face counts as a
person, and `threshold` only cuts the tail. So what is found at a threshold is what was found below
it, less the weaker ones, and a threshold can be chosen after the pictures were looked at.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from data_cleaning.detection.detection import Detection, cascade, clamped, merged, per_thread
from data_cleaning.imaging.colour import grey
from data_cleaning.imaging.image import Image
from data_cleaning.imaging.resizing import resize
from data_cleaning.onnx_inference import run

FLOOR = 0.1  # the least score that a detector of people reports, whatever its threshold
_SIDE = 300  # pixels: the network was trained on pictures squashed to this square
_PERSON = 1  # column of the network's 91 scores; 0 is the background
_CANDIDATES = 100
_HOG_SIDE = 400  # pixels: the longer side of the picture that OpenCV's people detector searches
_WINDOW = (64, 128)  # pixels, width and height: on anything smaller that detector ends the process
_HALF = {
    "hog": 0.8,
    "upper": 6.0,
    "face": 6.0,
}  # evidence that is worth a score of one half; docs/people.md


def coco_people(image: Image, network: Path, anchors: Path) -> list[Detection]:
    """People by COCO-SSD lite (MobileNetV2), score 0.1 to 1, overlapping boxes merged, best first.

    network: the ONNX file, 1 x 300 x 300 x 3 red-green-blue from -1 to 1 in; `boxes` (ty, tx, th,
    tw) and 91 `scores` for each anchor out. anchors: float32 file of shape (1917, 4): ymin, xmin,
    ymax, xmax, 0 to 1.

    Source: Liu et al., "SSD: single shot multibox detector", ECCV 2016; Sandler et al.,
    "MobileNetV2", CVPR 2018.
    """
    pixels = resize(image, _SIDE, _SIDE)[:, :, ::-1].astype(np.float32) / 127.5 - 1.0
    codes, scores = run(network, pixels[None], ["boxes", "scores"])
    person = scores.reshape(-1, 91)[:, _PERSON]
    rows = np.argsort(-person)[:_CANDIDATES]
    rows = rows[person[rows] >= FLOOR]
    boxes = _decoded(codes.reshape(-1, 4)[rows], _anchors(anchors)[rows])
    boxes *= np.tile([image.shape[1], image.shape[0]], 2)
    found = [
        clamped(tuple(box), image, score=float(score), kind="person")
        for box, score in zip(boxes.tolist(), person[rows], strict=True)
    ]
    return merged([d for d in found if d is not None], overlap=0.45, covered=0.8)


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


def hog_people(image: Image) -> list[Detection]:
    """People by OpenCV's HOG people detector, and upper bodies by Haar cascade, score 0.1 to 1,
    best first.

    The picture is scaled, up or down, to 400 pixels and padded to at least 64 x 128, because the
    detector crashes the process on anything smaller.

    Source: Dalal, Triggs, "Histograms of oriented gradients for human detection", CVPR 2005; Kruppa
    et al., "Fast and robust face finding via local context", 2003 (upper bodies).
    """
    factor = _HOG_SIDE / max(image.shape[:2])
    height, width = (max(1, round(side * factor)) for side in image.shape[:2])
    fitted = _at_least(resize(image, width, height), *_WINDOW)
    boxes, weights = per_thread("hog", _hog).detectMultiScale(
        fitted, hitThreshold=0, winStride=(8, 8), padding=(16, 16), scale=1.05, groupThreshold=2
    )
    found = [(box, worth("hog", float(w))) for box, w in zip(boxes, np.ravel(weights), strict=True)]
    light = grey(resize(fitted, fitted.shape[1] * 4 // 5, fitted.shape[0] * 4 // 5))
    boxes, counts = cascade("upperbody").detectMultiScale2(light, 1.1, 2, minSize=(22, 18))
    found += [
        (box * 1.25, worth("upper", float(n)))
        for box, n in zip(np.array(boxes), np.ravel(counts), strict=True)
    ]
    people = [
        clamped(tuple(np.asarray(b) / factor), image, score=s, kind="person")
        for b, s in found
        if s >= FLOOR
    ]
    return merged([d for d in people if d is not None], overlap=0.45, covered=0.8)


def worth(kind: str, evidence: float) -> float:
    """A score of 0 to 1 from a HOG weight or a number of neighbouring windows; twice the evidence
    halves the doubt.
    """
    return 1.0 - float(0.5 ** (max(evidence, 0.0) / _HALF[kind]))


def _hog() -> cv2.HOGDescriptor:
    hog = cv2.HOGDescriptor()
    hog.setSVMDetector(np.array(cv2.HOGDescriptor.getDefaultPeopleDetector(), np.float32))
    return hog


def _at_least(image: Image, width: int, height: int) -> Image:
    """The image grown to the right and downwards to that size, repeating its border."""
    down, right = max(0, height - image.shape[0]), max(0, width - image.shape[1])
    if not down and not right:
        return image
    return cv2.copyMakeBorder(image, 0, down, 0, right, cv2.BORDER_REPLICATE)  # type: ignore[return-value]


def with_faces(image: Image, people: list[Detection], faces: list[Detection]) -> list[Detection]:
    """People, and the owners of faces, best first.

    A face where a person's head should be lends that person its score, if that is larger; any other
    becomes a person of its own, of the size that a head and trunk have. Scores of both kinds must
    mean the same.
    """
    everybody = list(people)
    for face in faces:
        owners = [i for i, person in enumerate(people) if _is_head(face, person)]
        if owners:
            nearest = min(owners, key=lambda i: people[i].area)
            everybody[nearest] = replace(
                everybody[nearest], score=max(everybody[nearest].score, face.score)
            )
        else:
            everybody += _trunk(face, image)
    return sorted(everybody, key=lambda d: -d.score)


def _is_head(face: Detection, person: Detection) -> bool:
    """Does the face lie where that person's head would: inside, in the upper half, and not tiny?"""
    middle = face.y + face.height / 2
    high = middle < person.y + 0.55 * person.height
    return high and face.covered_by(person) > 0.6 and face.height > 0.06 * person.height


def _trunk(face: Detection, image: Image) -> list[Detection]:
    """The face's box grown to head, shoulders and trunk."""
    box = (face.x - face.width, face.y - 0.5 * face.height, 3.0 * face.width, 4.5 * face.height)
    grown = clamped(box, image, score=face.score, kind="person")
    return [grown] if grown else []
