"""The promise about strangers: population, threshold, enrolment and naming of face embeddings.

Faces are random directions here: strangers to each other as strangers are to SFace.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from data_cleaning.datasets.class_names import UNKNOWN
from data_cleaning.detection.crops import Quality
from data_cleaning.detection.detection import Detection
from data_cleaning.errors import DatasetError
from model.recipes.presets import RECIPES
from model.recognition.naming.gallery import NearestExamples
from model.recognition.naming.stranger_population import (
    StrangerPopulation,
    population_of,
    populations,
)
from model.recognition.pipeline import PictureRegion
from model.training.embedding.enrolment import choose_examples
from model.training.fit import fit
from model.training.options import TrainingOptions
from model.training.samples import Sample, near_copies

MODERN = RECIPES["face-modern"]
WIDTH = 128
REGION = PictureRegion(Detection(10, 10, 90, 90, 0.9), Quality(90, 1.0, 0.0, 255.0))


def faces(seed: int, count: int, around: np.ndarray | None = None) -> np.ndarray:
    """Vectors of length 1; around: somebody whom they all show."""
    random = np.random.default_rng(seed)
    found = random.normal(size=(count, WIDTH))
    if around is not None:
        found = 0.7 * around * np.sqrt(WIDTH) + 0.7 * found
    return (found / np.linalg.norm(found, axis=1, keepdims=True)).astype(np.float32)


def pictures(label: str, vectors: np.ndarray, first: int) -> list[Sample]:
    """A picture for each vector, showing that face alone."""
    return [
        Sample(
            Path(f"{label}/{first + number}.jpg"),
            label,
            f"{first + number:064x}",
            (REGION,),
            (vector[None],),
            hash=np.random.default_rng(first + number).integers(0, 256, 128, dtype=np.uint8),
        )
        for number, vector in enumerate(vectors)
    ]


def people(count: int, pictures_each: int = 12) -> list[Sample]:
    centres = faces(99, count)
    return [
        one
        for number, centre in enumerate(centres)
        for one in pictures(f"p{number}", faces(number, pictures_each, centre), 1000 * (number + 1))
    ]


def trained(data: list[Sample], **options: object):  # type: ignore[no-untyped-def]
    return fit(data, near_copies(data), MODERN, TrainingOptions(**options))  # type: ignore[arg-type]


# ---- the population


@pytest.mark.parametrize("name", ["sface_embedding", "face_embedding"])
@pytest.mark.parametrize("examples", [[3], [1] * 300, [80] * 5, [20] * 1000])
@pytest.mark.parametrize("rate", [0.01, 0.003])
def test_the_threshold_holds_the_rate(name: str, examples: list[int], rate: float) -> None:
    population = populations()[name]
    assert population.fpir(examples, population.threshold(examples, rate)) == pytest.approx(
        rate, rel=0.01
    )


def test_more_people_examples_and_caution_need_a_higher_threshold() -> None:
    population = populations()["sface_embedding"]
    assert population.threshold([3], 0.003) < population.threshold([3] * 5, 0.003)
    assert population.threshold([3] * 5, 0.003) < population.threshold([20] * 5, 0.003)
    assert population.threshold([3] * 5, 0.01) < population.threshold([3] * 5, 0.003)


@pytest.mark.parametrize(
    ("people", "examples", "measured"),
    [(5, 5, 0.37), (20, 3, 0.37), (100, 1, 0.45), (100, 3, 0.42), (5, 80, 0.43)],
)
def test_it_agrees_with_what_was_measured_elsewhere(
    people: int, examples: int, measured: float
) -> None:
    """Thresholds at 0.3 % of 600 strangers: two faces, so the measured ones are coarse."""
    threshold = populations()["sface_embedding"].threshold([examples] * people, 0.003)
    assert threshold == pytest.approx(measured, abs=0.04)


def test_a_sample_of_the_population_has_its_rates() -> None:
    population = StrangerPopulation((1, 10), (1.48, 1.42), (0.09, 0.07), 1.2)
    scores = population.sample([4, 9], 1000)
    assert (np.diff(scores) > 0).all()
    threshold = population.threshold([4, 9], 0.05)
    assert np.mean(scores >= threshold) == pytest.approx(0.05, abs=0.001)


@pytest.mark.parametrize(
    ("recipe", "known"),
    [
        ("face-modern", True),
        ("face-light", True),
        ("face-classic", False),
        ("object-modern", False),
    ],
)
def test_which_recipes_have_a_population(recipe: str, known: bool) -> None:
    assert (population_of(RECIPES[recipe]) is not None) == known


# ---- training


def test_the_promise_does_not_depend_on_whom_one_enrolled() -> None:
    five = trained(people(5)).recogniser
    assert five.acceptance.threshold == pytest.approx(
        populations()["sface_embedding"].threshold([12] * 5, 0.003)
    )
    assert five.acceptance.fpir == five.acceptance.target_fpir == 0.003
    four = trained(people(4)).recogniser.acceptance
    assert four.fpir == 0.003
    assert four.threshold < five.acceptance.threshold


def test_nearest_examples_compete_and_win_a_tie() -> None:
    training = trained(people(4))
    assert training.searches[0].name == "nearest_examples"
    assert training.chosen == "nearest_examples"
    assert isinstance(training.recogniser.classifier, NearestExamples)


def test_a_classifier_that_cannot_win_is_not_searched() -> None:
    names = {s.name for s in trained(people(4)).searches}
    assert names == {"nearest_examples"}, "it names everybody whom the threshold believes"


def test_nearest_examples_need_an_embedding() -> None:
    with pytest.raises(DatasetError, match="names by face embeddings alone"):
        TrainingOptions(classifiers=("nearest_examples",)).names()


def test_one_person_alone_is_enrolled_and_strangers_are_refused() -> None:
    data = people(1)
    model = trained(data).recogniser
    known = [model.answer([one.views[0]], [0.0])[0] for one in data]
    assert all(answer.label == "p0" for answer in known)
    strangers = faces(7, 200)
    refused = [model.answer([one[None]], [0.0])[0] for one in strangers]
    assert all(answer.label is None for answer in refused)
    assert all(0 < answer.probability < 0.5 for answer in refused)


def test_strangers_of_ones_own_move_the_threshold_where_there_are_enough() -> None:
    data, centre = people(3), faces(99, 3).mean(axis=0)
    likes = [0.25 * centre * np.sqrt(WIDTH) / np.linalg.norm(centre) + v for v in faces(5, 200)]
    alike = np.array([v / np.linalg.norm(v) for v in likes], np.float32)
    plain = trained(data).recogniser.acceptance
    few = trained([*data, *pictures(UNKNOWN, alike[:50], 90_000)]).recogniser.acceptance
    enough = trained([*data, *pictures(UNKNOWN, alike, 90_000)]).recogniser.acceptance
    assert few.threshold == pytest.approx(plain.threshold)
    assert enough.threshold > plain.threshold
    assert "corrected by 200 pictures of _unknown" in enough.basis


# ---- wrong labels


def mislabelled(data: list[Sample], label: str, index: int) -> list[Sample]:
    return [replace(one, label=label) if i == index else one for i, one in enumerate(data)]


def test_a_picture_in_the_wrong_folder_neither_names_nor_moves_the_threshold() -> None:
    data = people(4)
    wrong = mislabelled(data, "p1", 0)
    training = trained(wrong)
    (doubt,) = training.doubtful
    assert (doubt.path, doubt.label) == (data[0].path, "p1")
    assert (doubt.kind, doubt.looks_like) == ("other_class", "p0")
    assert data[0].sha256 not in training.recogniser.gallery.sources
    assert training.recogniser.acceptance.threshold == pytest.approx(
        trained(data[1:]).recogniser.acceptance.threshold
    )


def test_a_picture_in_two_folders_stays_in_the_right_one() -> None:
    data = people(4)
    copies = [
        replace(one, label="p3", path=Path(f"p3/copy{i}.jpg")) for i, one in enumerate(data[:5])
    ]
    enrolment = choose_examples(
        [*data, *copies], near_copies([*data, *copies]), populations()["sface_embedding"]
    )
    assert {d.path for d in enrolment.doubtful} == {one.path for one in copies}
    assert {d.kind for d in enrolment.doubtful} == {"two_classes"}
    assert set(enrolment.regions) == set(range(len(data)))


def test_the_face_that_is_the_class_is_enrolled() -> None:
    data = people(3)
    other = faces(8, 1)
    data[0] = replace(data[0], regions=(REGION, REGION), views=(other, data[0].views[0]))
    enrolment = choose_examples(data, near_copies(data), populations()["sface_embedding"])
    assert enrolment.regions[0] == 1
    assert not enrolment.doubtful


def test_a_class_that_is_odd_altogether_is_left_as_it_is() -> None:
    """Two folders of one person: nobody can say which is wrong."""
    centre = faces(99, 1)[0]
    data = [
        *pictures("a", faces(1, 6, centre), 1000),
        *pictures("b", faces(2, 6, centre), 2000),
    ]
    enrolment = choose_examples(data, near_copies(data), populations()["sface_embedding"])
    kept = [data[i].label for i in enrolment.regions]
    assert min(kept.count("a"), kept.count("b")) >= 3


def test_a_region_that_was_not_measured_is_nobody() -> None:
    model = trained(people(3)).recogniser
    tiny = np.zeros((0, 0), np.float32)
    small, plain = model.answer([tiny, people(3)[0].views[0]], [np.inf, 0.0])
    assert (small.label, small.reason) == (None, "too_small")
    assert sum(small.scores.values()) == pytest.approx(1)
    assert plain.label == "p0"
