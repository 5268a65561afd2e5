"""Detectors of people: they never end the process, and a higher threshold only takes away."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from data_cleaning.detection.coco_ssd import FLOOR
from data_cleaning.detection.crops import surroundings
from data_cleaning.detection.detection import Detection
from data_cleaning.detection.detectors import DETECTORS
from data_cleaning.detection.person_detectors import with_faces, worth
from data_cleaning.errors import WeightsMissing
from data_cleaning.imaging.decoding import decode
from data_cleaning.imaging.image import Image
from data_cleaning.pretrained import locate
from tests.support.paths import ROOT

PERSON = ("person_hog", "person_onnx")
SIZES = ((65, 44), (20, 400), (1, 1), (30, 3000), (8, 8), (3000, 30), (127, 63), (128, 64))
SMALL_PICTURES = """
import sys
import numpy as np
import onnxruntime
from data_cleaning.detection.detectors import DETECTORS
from data_cleaning.pretrained import locate
detector = DETECTORS[sys.argv[1]]
paths = [locate(name) for name in detector.needs]
for size in sys.argv[2:]:
    height, width = map(int, size.split("x"))
    image = np.random.default_rng(1).integers(0, 255, (height, width, 3)).astype(np.uint8)
    for one in detector.function(image, *paths, threshold=0.1):
        assert 0 <= one.x < one.x + one.width <= width, one
        assert 0 <= one.y < one.y + one.height <= height, one
    print(size)
"""


def paths_of(name: str) -> list[Path]:
    try:
        return [locate(need) for need in DETECTORS[name].needs]
    except WeightsMissing as missing:
        pytest.skip(str(missing))


def detect(name: str, image: Image, **options: float) -> list[Detection]:
    return DETECTORS[name].function(image, *paths_of(name), **options)


@pytest.mark.parametrize("name", PERSON)
def test_no_size_of_picture_ends_the_process(name: str) -> None:
    paths_of(name)
    sizes = [f"{height}x{width}" for height, width in SIZES]
    done = subprocess.run(
        [sys.executable, "-c", SMALL_PICTURES, name, *sizes],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert (done.returncode, done.stdout.split()) == (0, sizes), done.stderr


@pytest.mark.parametrize("name", PERSON)
def test_the_astronaut_is_a_person_and_a_grey_wall_is_not(name: str, astronaut: bytes) -> None:
    found = detect(name, decode(astronaut))
    assert found
    assert {one.kind for one in found} == {"person"}
    face = Detection(175, 70, 95, 110)
    assert face.covered_by(found[0]) > 0.8
    assert found[0].area > 3 * face.area
    assert detect(name, np.full((300, 400, 3), 128, np.uint8)) == []


@pytest.mark.parametrize("name", PERSON)
def test_a_higher_threshold_gives_the_same_people_less_the_weaker_ones(
    name: str, astronaut: bytes
) -> None:
    image = decode(astronaut)
    every = detect(name, image, threshold=FLOOR)
    assert [one.score for one in every] == sorted((one.score for one in every), reverse=True)
    for threshold in (0.2, 0.5, 0.8, 1.01):
        assert detect(name, image, threshold=threshold) == [
            one for one in every if one.score >= threshold
        ]


@pytest.mark.parametrize("name", PERSON)
def test_threads_give_the_same_people(name: str, astronaut: bytes) -> None:
    image = decode(astronaut)
    alone = detect(name, image)
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda _: detect(name, image), range(12))) == [alone] * 12


def test_a_face_lends_its_score_to_its_owner_or_becomes_a_person() -> None:
    image = np.zeros((400, 600, 3), np.uint8)
    person = Detection(50, 50, 100, 300, 0.3, kind="person")
    head, alone = Detection(80, 60, 40, 45, 0.9), Detection(400, 60, 40, 40, 0.6)
    first, second = with_faces(image, [person], [head, alone])
    assert first == replace(person, score=0.9)
    assert (second.kind, second.score) == ("person", 0.6)
    assert (second.x, second.y, second.width, second.height) == (360, 40, 120, 180)
    knee = Detection(80, 250, 40, 45, 0.9)
    assert len(with_faces(image, [person], [knee])) == 2, (
        "a face at somebody's knees is somebody else's"
    )


def test_worth_rises_from_nothing_to_one() -> None:
    assert worth("face", -1) == 0
    assert worth("hog", 0.8) == worth("face", 6) == 0.5
    assert worth("hog", 100) == pytest.approx(1)


def test_surroundings_stay_inside_the_picture() -> None:
    image = np.zeros((100, 200, 3), np.uint8)
    image[:, 80:120] = 255
    narrow = surroundings(image, Detection(80, 0, 40, 100), size=60, sides=0.0)
    wider = surroundings(image, Detection(80, 0, 40, 100), size=60, sides=1.0)
    assert narrow.shape == wider.shape == (60, 60, 3)
    assert narrow.min() == 255
    assert wider.mean() == pytest.approx(255 / 3, abs=5)
    assert surroundings(image, Detection(190, 90, 10, 10), size=20, sides=3.0, below=3.0).shape == (
        20,
        20,
        3,
    )


def test_doubtful_reports_the_whole_picture_where_there_is_nothing(astronaut: bytes) -> None:
    wall = np.full((300, 400, 3), 128, np.uint8)
    (one,) = detect("person_hog", wall, doubtful=True)
    assert (one.kind, one.score, one.width, one.height) == ("picture", 0.0, 400, 300)
    image = decode(astronaut)
    assert detect("person_hog", image, doubtful=True, threshold=0.9) == detect(
        "person_hog", image, threshold=FLOOR
    )
