"""What the real pretrained files answer, where they are installed."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from skimage import data

from data_cleaning.detection.yunet import faces
from data_cleaning.errors import WeightsMissing
from data_cleaning.imaging.resizing import resize
from data_cleaning.pretrained import locate
from tests.model.weights.converters.networks import run

TEMPLATE = np.array(
    [[44.18, 48.26], [103.56, 48.23], [73.56, 80.48], [50.37, 105.90], [100.66, 105.65]]
)


def installed(name: str) -> str:
    try:
        return str(locate(name))
    except WeightsMissing as missing:
        pytest.skip(str(missing))


def content_of(name: str) -> bytes:
    return Path(installed(name)).read_bytes()


def face_chip(picture: np.ndarray) -> np.ndarray:
    """Find the one face in an RGB picture and return it as a 150 x 150 chip."""
    height, width = picture.shape[:2]
    detector = cv2.FaceDetectorYN.create(
        installed("yunet"), "", (width, height), score_threshold=0.7
    )
    _, faces = detector.detect(np.ascontiguousarray(picture[..., ::-1]))
    assert len(faces) == 1
    transform, _ = cv2.estimateAffinePartial2D(faces[0, 4:14].reshape(5, 2), TEMPLATE)
    return cv2.warpAffine(picture, transform, (150, 150))


@pytest.mark.parametrize(("height", "width"), [(512, 512), (200, 320), (333, 517)])
@pytest.mark.parametrize("threshold", [0.3, 0.65])
def test_real_face_detector_answers_as_opencv_does(
    height: int, width: int, threshold: float
) -> None:
    picture = resize(np.ascontiguousarray(data.astronaut()[..., ::-1]), width, height)
    picture = np.ascontiguousarray(np.concatenate([picture, picture[:, ::-1]], axis=1))
    path = installed("yunet")
    theirs = cv2.FaceDetectorYN.create(path, "", (2 * width, height), score_threshold=threshold)
    _, rows = theirs.detect(picture)
    expected = np.zeros((0, 15)) if rows is None else rows
    assert len(expected) == 2
    np.testing.assert_allclose(faces(picture, Path(path), threshold), expected, atol=0.01)


@pytest.mark.parametrize(("height", "width"), [(1, 2), (1, 1), (33, 1), (2, 40)])
def test_real_face_detector_finds_nothing_in_next_to_nothing(height: int, width: int) -> None:
    """OpenCV's own answer to such pictures holds boxes of memory that nobody wrote, and differs
    from time to time.
    """
    picture = resize(np.ascontiguousarray(data.astronaut()[..., ::-1]), width, height)
    for _ in range(3):
        assert faces(picture, Path(installed("yunet")), 0.3).shape == (0, 15)


def test_real_face_embedding_knows_a_mirrored_face() -> None:
    astronaut = data.astronaut()
    chips = np.array([face_chip(astronaut), face_chip(np.ascontiguousarray(astronaut[:, ::-1]))])
    x = chips.transpose(0, 3, 1, 2)
    (together,) = run(content_of("dlib_face"), x)
    assert together.shape == (2, 128)
    assert np.isfinite(together).all()
    (alone,) = run(content_of("dlib_face"), x[:1])
    np.testing.assert_allclose(together[:1], alone, atol=1e-5)
    turned = np.ascontiguousarray(x[:1, :, ::-1])
    assert np.linalg.norm(together[0] - together[1]) < 0.6
    assert np.linalg.norm(together[0] - run(content_of("dlib_face"), turned)[0]) > 0.6


def test_real_backbone_sees_a_cat() -> None:
    cat = cv2.dnn.blobFromImage(data.chelsea(), 1 / 128, (224, 224), (127, 127, 127))
    logits, features, feature_map = run(
        content_of("efficientnet_lite0"), np.concatenate([cat, cat[..., ::-1]])
    )
    assert (logits.shape, features.shape) == ((2, 1000), (2, 1280))
    assert all(281 <= best <= 287 for best in logits.argmax(1))
    np.testing.assert_allclose(feature_map.mean((2, 3)), features, atol=1e-5)


@pytest.mark.parametrize(
    ("picture", "person"), [("astronaut", True), ("chelsea", False), ("coffee", False)]
)
def test_real_detector_sees_a_person(picture: str, person: bool) -> None:
    anchors = np.load(installed("coco_anchors"))
    blob = cv2.dnn.blobFromImage(getattr(data, picture)(), 1 / 127.5, (300, 300), (127.5,) * 3)
    boxes, scores = run(content_of("coco_ssd"), blob.transpose(0, 2, 3, 1))
    assert (scores[0, :, 1].max() > 0.5) == person
    if person:
        best = scores[0, :, 1].argmax()
        top, left, bottom, right = anchors[best]
        down, across = boxes[0, best, 0, :2] / 10
        middle = (
            (top + bottom) / 2 + down * (bottom - top),
            (left + right) / 2 + across * (right - left),
        )
        # She fills the left two thirds of the picture.
        np.testing.assert_allclose(middle, (0.5, 0.4), atol=0.15)
