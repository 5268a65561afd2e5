"""Where people are in a picture by OpenCV's classic detectors, and whose the faces are.

No names here. The road by a pretrained network is coco_ssd.py.

Both roads end alike: candidates are gathered down to a floor, overlapping ones merged, a face
counts as a person, and `threshold` only cuts the tail. So what is found at a threshold is what was
found below it, less the weaker ones, and a threshold can be chosen after the pictures were looked
at.
"""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from data_cleaning.detection.coco_ssd import FLOOR
from data_cleaning.detection.detection import Detection, cascade, clamped, merged, per_thread
from data_cleaning.imaging.colour import grey
from data_cleaning.imaging.image import Image
from data_cleaning.imaging.resizing import resize

_HOG_SIDE = 400  # pixels: the longer side of the picture that OpenCV's people detector searches
_WINDOW = (64, 128)  # pixels, width and height: on anything smaller that detector ends the process
_HALF = {
    "hog": 0.8,
    "upper": 6.0,
    "face": 6.0,
}  # evidence that is worth a score of one half; docs/people.md


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
