"""Animals are nobody, nor are faces on them; the doubtful are looked at again from close by."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import numpy as np
import pytest
from skimage import data as pictures

from data_cleaning.detection.coco_ssd import (
    ANIMALS,
    PERSON,
    CocoNetwork,
    CocoScores,
    not_on_animals,
    second_look,
)
from data_cleaning.detection.detection import Detection
from data_cleaning.detection.detectors import DETECTORS
from data_cleaning.errors import WeightsMissing
from data_cleaning.imaging.image import Image
from data_cleaning.pretrained import locate

IMAGE: Image = np.zeros((300, 600, 3), np.uint8)
PLACE = Detection(100, 50, 100, 200, 0.5, kind="person")


class FakeNetwork:
    """Sees one box in the middle of every picture, and counts how often it was asked."""

    def __init__(self, human: float, animal: float = 0.0) -> None:
        self.scores = np.zeros((1, 91), np.float32)
        self.scores[0, PERSON[0]], self.scores[0, ANIMALS[1]] = human, animal
        self.seen: list[tuple[int, ...]] = []

    def search(self, image: Image) -> CocoScores:
        self.seen.append(image.shape)
        middle = np.array([[0.2, 0.2, 0.8, 0.8]], np.float32)
        return CocoScores(image, np.zeros((1, 4), np.float32), self.scores, middle)


def looked_at(people: list[Detection], network: FakeNetwork) -> list[Detection]:
    return second_look(IMAGE, people, cast(CocoNetwork, network))


def test_a_person_where_an_animal_scores_as_much_is_the_animal() -> None:
    animal = replace(PLACE, score=0.5, kind="animal")
    assert not_on_animals([PLACE], [], [animal]) == ([], [])
    assert not_on_animals([PLACE], [], [replace(animal, score=0.4)]) == ([PLACE], [])
    assert not_on_animals([PLACE], [], [replace(animal, x=180)]) == ([PLACE], [])


def test_a_face_on_an_animal_is_nobody_and_one_beside_it_is_somebody() -> None:
    animal = replace(PLACE, score=0.4, kind="animal")
    muzzle, rider = Detection(120, 60, 40, 40, 0.9), Detection(320, 60, 40, 40, 0.9)
    assert not_on_animals([], [muzzle, rider], [animal]) == ([], [rider])


def test_the_doubtful_get_the_mean_of_both_looks_and_the_sure_are_left_alone() -> None:
    network = FakeNetwork(human=0.9)
    sure = replace(PLACE, x=400, score=0.95)
    assert looked_at([PLACE], network) == [replace(PLACE, score=pytest.approx(0.7))]
    assert network.seen == [(300, 300, 3)], "one and a half times its height, cut to the picture"
    assert looked_at([sure], network) == [sure]
    assert len(network.seen) == 1


def test_whoever_is_an_animal_or_nothing_from_close_by_is_left_out() -> None:
    assert looked_at([PLACE], FakeNetwork(human=0.4, animal=0.6)) == []
    assert looked_at([replace(PLACE, score=0.15)], FakeNetwork(human=0.01)) == []


def test_a_cat_is_nobody_and_an_astronaut_somebody() -> None:
    detector = DETECTORS["person_onnx"]
    try:
        paths = [locate(name) for name in detector.needs]
    except WeightsMissing as missing:
        pytest.skip(str(missing))
    cat, astronaut = (
        np.ascontiguousarray(picture[:, :, ::-1])
        for picture in (pictures.chelsea(), pictures.astronaut())
    )
    assert detector.function(cat, *paths, threshold=0.2, closely=True) == []
    assert detector.function(astronaut, *paths, threshold=0.5, closely=True)
