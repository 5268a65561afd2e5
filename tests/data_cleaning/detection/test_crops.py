"""Crops: boxes at the border, landmarks to the chip, and the marks of quality."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from skimage.transform import SimilarityTransform

from data_cleaning.detection import crops
from data_cleaning.detection.crops import (
    CROPS,
    five_points,
    percentile,
    plausible,
    quality,
    square,
    stretched,
)
from data_cleaning.detection.detection import Detection
from data_cleaning.detection.detectors import DETECTORS
from data_cleaning.imaging import colour, resizing
from data_cleaning.imaging.image import Image
from tests.support.pictures import YUNET, needs_yunet, packaged, scene

CHIP = np.array(
    [[44.18, 48.26], [103.56, 48.23], [73.56, 80.48], [50.37, 105.90], [100.66, 105.65]]
)


def ramp(width: int = 60, height: int = 40) -> Image:
    """Blue counts columns, green rows: a pixel says where it came from."""
    picture = np.zeros((height, width, 3), np.uint8)
    picture[..., 0] = np.arange(width) * 4
    picture[..., 1] = np.arange(height)[:, None] * 6
    return picture


def landmarks(
    scale: float = 1.0,
    degrees: float = 0.0,
    shift: tuple[float, float] = (0, 0),
    mirror: bool = False,
):
    """The chip's own five points, turned and moved elsewhere."""
    points = CHIP - CHIP.mean(0)
    if mirror:
        points = points * [-1, 1]
    angle = np.deg2rad(degrees)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    moved = scale * points @ turn.T + np.array(shift) + 75
    return tuple((float(x), float(y)) for x, y in moved)


def around(points, image: Image) -> Detection:
    low, high = np.min(points, axis=0) - 30, np.max(points, axis=0) + 30
    low, high = np.maximum(low, 0).astype(int), np.minimum(high, image.shape[1::-1]).astype(int)
    return Detection(int(low[0]), int(low[1]), *(int(v) for v in high - low), landmarks=points)


BORDER_BOXES = [
    (0, 0, 60, 40),
    (0, 0, 1, 1),
    (59, 39, 1, 1),
    (0, 39, 60, 1),
    (59, 0, 1, 40),
    (0, 0, 10, 40),
    (50, 30, 10, 10),
    (30, 20, 1, 1),
]


@pytest.mark.parametrize("box", BORDER_BOXES)
@pytest.mark.parametrize("name", sorted(CROPS))
def test_any_box_inside_a_picture_can_be_cropped(name, box):
    crop = CROPS[name](ramp(), Detection(*box), size=32)
    assert crop.shape == (32, 32, 3) and crop.dtype == np.uint8


@pytest.mark.parametrize(
    ("box", "margin", "left", "top", "side"),
    [
        ((10, 10, 20, 20), 0.0, 10, 10, 20),
        ((10, 10, 20, 10), 0.0, 10, 5, 20),
        ((10, 10, 10, 20), 0.0, 5, 10, 20),
        ((10, 10, 20, 20), 0.25, 5, 5, 30),
        ((0, 0, 20, 20), 0.25, -5, -5, 30),
        ((50, 30, 10, 10), 0.5, 45, 25, 20),
        ((0, 0, 60, 40), 0.0, 0, -10, 60),
    ],
)
def test_square_is_cut_where_it_says_and_repeats_the_border(box, margin, left, top, side):
    crop = square(ramp(), Detection(*box), size=side, margin=margin)
    columns = np.clip(np.arange(left, left + side), 0, 59) * 4
    rows = np.clip(np.arange(top, top + side), 0, 39) * 6
    assert np.array_equal(crop[..., 0], np.tile(columns, (side, 1)))
    assert np.array_equal(crop[..., 1], np.tile(rows[:, None], (1, side)))


def test_stretched_takes_the_box_whatever_its_shape():
    image = ramp()
    expected = resizing.resize(image[5:15, 10:50], 20, 20)
    assert np.array_equal(stretched(image, Detection(10, 5, 40, 10), size=20), expected)


@pytest.mark.parametrize("size", [112, 150])
@pytest.mark.parametrize(
    ("scale", "degrees", "shift"),
    [
        (1, 0, (0, 0)),
        (0.5, 0, (20, 10)),
        (2.0, 0, (90, 80)),
        (1, 30, (30, 30)),
        (1.3, -75, (60, 40)),
        (0.8, 180, (9, 9)),
    ],
)
def test_five_points_agrees_with_an_independent_estimate(scale, degrees, shift, size):
    image = scene(5, 400, 360)
    random = np.random.default_rng(int(abs(degrees) * 10 + size))
    noisy = np.array(landmarks(scale, degrees, shift)) + random.normal(0, 1.5 * scale, (5, 2))
    points = tuple((float(x), float(y)) for x, y in noisy)
    target = CHIP * size / 150
    ours = crops._similarity(
        Detection(0, 0, 400, 360, landmarks=points), crops.TEMPLATES["dlib"], size
    )
    theirs = SimilarityTransform.from_estimate(noisy, target)
    assert np.allclose(ours, theirs.params[:2], atol=1e-6)
    expected = cv2.warpAffine(
        image, theirs.params[:2], (size, size), borderMode=cv2.BORDER_REPLICATE
    )
    chip = five_points(image, around(points, image), size=size)
    assert np.abs(chip.astype(int) - expected).mean() < 0.5


def test_five_points_puts_the_landmarks_where_the_network_learnt_them():
    image = np.full((300, 300, 3), 60, np.uint8)
    points = landmarks(1.4, 25, (60, 70))
    for number, (x, y) in enumerate(points):
        cv2.circle(image, (round(x), round(y)), 4, (0, 0, 255) if number % 2 else (0, 255, 0), -1)
    chip = five_points(image, around(points, image), size=150)
    for number, (x, y) in enumerate(CHIP):
        assert chip[round(y), round(x), 2 if number % 2 else 1] > 200


FRONTAL = landmarks()


@pytest.mark.parametrize(
    ("points", "answer"),
    [
        pytest.param(None, False, id="none"),
        pytest.param(FRONTAL, True, id="a face"),
        pytest.param(landmarks(degrees=180), True, id="on its head, as far as the points go"),
        pytest.param(tuple((x + 400, y) for x, y in FRONTAL), False, id="far outside the box"),
        pytest.param(((75.0, 75.0),) * 5, False, id="all in one point"),
        pytest.param(
            (FRONTAL[0], FRONTAL[1], FRONTAL[2], FRONTAL[0], FRONTAL[1]),
            False,
            id="mouth on the eyes",
        ),
        pytest.param((*FRONTAL[:2], (75.0, 10.0), *FRONTAL[3:]), False, id="nose above the eyes"),
    ],
)
def test_landmarks_must_look_like_a_face(points, answer):
    assert plausible(Detection(0, 0, 150, 150, landmarks=points)) is answer


@pytest.mark.parametrize("points", [None, ((75.0, 75.0),) * 5])
def test_without_good_landmarks_a_square_serves(points):
    image, detection = scene(1, 200, 200), Detection(20, 20, 100, 100, landmarks=points)
    assert np.array_equal(
        five_points(image, detection), square(image, detection, size=150, margin=0.15)
    )


def spoilt(image: Image, damage: str) -> Image:
    changes = {
        "as it is": lambda: image,
        "blurred": lambda: cv2.GaussianBlur(image, (0, 0), 9),
        "dark": lambda: (image * 0.12).astype(np.uint8),
        "bright": lambda: np.clip(image * 0.15 + 225, 0, 255).astype(np.uint8),
        "small": lambda: resizing.resize(image, 100, 100),
        "pale": lambda: (image * 0.3 + 90).astype(np.uint8),
        "half lit": lambda: (image * 0.5).astype(np.uint8),
    }
    return changes[damage]()


@pytest.mark.parametrize(
    ("damage", "expected"),
    [
        ("as it is", ()),
        ("blurred", ("blurred",)),
        ("dark", ("dark",)),
        ("bright", ("bright",)),
        ("small", ("small", "blurred")),
        ("pale", ()),
        ("half lit", ()),
    ],
)
def test_marks_say_what_was_done_to_a_face(damage, expected):
    image = spoilt(packaged("astronaut.png"), damage)
    scale = image.shape[0] / 512
    x, y, w, h = (round(v * scale) for v in (180, 70, 90, 100))
    assert quality(image, Detection(x, y, w, h)).marks() == expected


@pytest.mark.parametrize(("turn", "marked"), [(0, False), (0.2, False), (0.6, True), (-0.6, True)])
def test_a_turned_face_is_marked_by_where_its_nose_is(turn, marked):
    eyes = CHIP[1, 0] - CHIP[0, 0]
    points = (*FRONTAL[:2], (FRONTAL[2][0] + turn * eyes, FRONTAL[2][1]), *FRONTAL[3:])
    marks = quality(scene(1, 200, 200), Detection(0, 0, 150, 150, landmarks=points)).marks()
    assert ("turned" in marks) is marked


def test_two_eyes_are_counted_in_a_face_and_none_in_a_wall():
    assert crops.count_eyes(packaged("astronaut.png"), Detection(165, 60, 120, 120)) == 2
    assert crops.count_eyes(np.full((100, 100, 3), 128, np.uint8), Detection(0, 0, 100, 100)) == 0


@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (300, 1), (5, 5), (3000, 8)])
def test_eyes_can_be_looked_for_in_any_shape(shape):
    noise = np.random.default_rng(0).integers(0, 255, (*shape, 3), dtype=np.uint8)
    assert crops.count_eyes(noise, Detection(0, 0, shape[1], shape[0])) in (0, 1, 2)


@needs_yunet
@pytest.mark.parametrize("degrees", [-20, -10, 10, 20])
def test_a_turned_face_stays_more_alike_when_it_is_aligned(degrees):
    """The face is 300 pixels wide: YuNet's landmarks hardly follow a turn in faces below 150."""

    def face(turn: float, crop) -> np.ndarray:
        matrix = cv2.getRotationMatrix2D((224, 120), turn, 3.0)
        matrix[:, 2] += (300 - 224, 300 - 120)
        turned = cv2.warpAffine(
            packaged("astronaut.png"), matrix, (600, 600), borderMode=cv2.BORDER_REPLICATE
        )
        found = DETECTORS["yunet_face"].function(turned, YUNET, working_size=600)[0]
        return colour.grey(crop(turned, found, size=150))[30:120, 30:120].ravel()

    def likeness(crop) -> float:
        return np.corrcoef(face(0, crop), face(degrees, crop))[0, 1]

    assert likeness(five_points) > likeness(square) + 0.2


def test_a_percentile_is_that_of_numpy_to_the_last_bit() -> None:
    chosen = np.random.default_rng(0)
    for size in (1, 2, 7, 100, 96 * 96):
        for _ in range(60):
            low, high = np.sort(chosen.integers(0, 257, 2))
            light = chosen.integers(low, max(high, low + 1), size).astype(np.uint8)
            for percent in (0, 5, 33, 50, 95, 100):
                assert percentile(light, percent) == float(np.percentile(light, percent))
