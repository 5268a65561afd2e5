"""Landmarks of doubtful faces, found again from close by."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from data_cleaning.detection.close_landmarks import close_landmarks
from data_cleaning.detection.detection import Detection
from data_cleaning.detection.detectors import DETECTORS
from data_cleaning.imaging.image import Image
from tests.support.pictures import YUNET, needs_yunet, packaged

pytestmark = needs_yunet


def found(picture: Image) -> Detection:
    return DETECTORS["yunet_face"].function(picture, YUNET)[0]


def moved(face: Detection, by: float) -> Detection:
    """A doubtful face with one eye so many pixels from where it is."""
    points = np.array(face.landmarks)
    points[0] += by
    return replace(face, score=0.7, landmarks=tuple(map(tuple, points.tolist())))


def off(face: Detection, truth: Detection) -> float:
    """The largest distance between landmarks, in pixels."""
    apart = np.array(face.landmarks) - np.array(truth.landmarks)
    return float(np.linalg.norm(apart, axis=1).max())


def test_a_doubtful_face_gets_back_most_of_what_a_landmark_was_off():
    picture = packaged("astronaut.png")
    truth = found(picture)
    wrong = moved(truth, 0.15 * truth.width)
    (seen,) = close_landmarks(picture, [wrong], YUNET)
    assert off(seen, truth) < 0.6 * off(wrong, truth)
    assert (seen.x, seen.y, seen.width, seen.height, seen.score) == (
        wrong.x,
        wrong.y,
        wrong.width,
        wrong.height,
        wrong.score,
    )


@pytest.mark.parametrize("degrees", [-30, -20, 20, 30])
def test_a_leaning_face_is_looked_at_upright(degrees):
    """Its landmarks come nearer to those of the upright picture, turned as it was."""
    upright = packaged("astronaut.png")
    truth = found(upright)
    turn = cv2.getRotationMatrix2D((224, 120), degrees, 1.0)
    turned = cv2.warpAffine(upright, turn, (512, 512), borderMode=cv2.BORDER_REPLICATE)
    points = np.array(truth.landmarks) @ turn[:, :2].T + turn[:, 2]
    there = replace(truth, landmarks=tuple(map(tuple, points.tolist())))
    (seen,) = close_landmarks(turned, [moved(there, 0.15 * truth.width)], YUNET)
    assert off(seen, there) < 0.8 * off(moved(there, 0.15 * truth.width), there)


def test_a_sure_face_and_one_without_landmarks_stay_as_they_are():
    picture = packaged("astronaut.png")
    sure = found(picture)
    bare = replace(sure, score=0.7, landmarks=None)
    assert sure.score >= 0.9
    assert close_landmarks(picture, [sure, bare], YUNET) == [sure, bare]


def test_where_no_face_is_seen_again_the_first_look_counts():
    picture = np.full((300, 300, 3), 128, np.uint8)
    doubtful = replace(found(packaged("astronaut.png")), score=0.7)
    (seen,) = close_landmarks(picture, [doubtful], YUNET)
    assert off(seen, doubtful) < 1e-6


def test_a_face_at_the_border_is_looked_at_too():
    picture = np.ascontiguousarray(packaged("astronaut.png")[70:, 180:])
    face = replace(found(picture), score=0.7)
    (seen,) = close_landmarks(picture, [face], YUNET)
    assert off(seen, face) < 0.2 * face.width


def test_the_detector_looks_closely_only_where_it_is_told():
    small = cv2.resize(packaged("astronaut.png"), (140, 140), interpolation=cv2.INTER_AREA)
    detector = DETECTORS["yunet_face"].function
    (plain,), (close,) = detector(small, YUNET), detector(small, YUNET, closely=True)
    assert plain.score < 0.9
    assert plain.landmarks != close.landmarks
    assert replace(close, landmarks=plain.landmarks) == plain


@pytest.mark.parametrize("side, again", [(19, False), (20, True)])
def test_a_face_too_small_for_a_name_is_not_looked_at_again(side, again):
    picture = cv2.resize(packaged("astronaut.png"), (140, 140), interpolation=cv2.INTER_AREA)
    face = replace(found(picture), width=side)
    (seen,) = close_landmarks(picture, [face], YUNET)
    assert (seen.landmarks != face.landmarks) == again
