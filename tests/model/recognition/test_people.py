"""People: detectors that never end the process, thresholds that cut only the tail, answers that
rest on them.
"""

from __future__ import annotations

import json
import math
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from data_cleaning.datasets.class_names import NOTHING, UNKNOWN
from data_cleaning.datasets.dataset import Dataset
from data_cleaning.detection.crops import Quality, surroundings
from data_cleaning.detection.detection import Detection
from data_cleaning.detection.detectors import DETECTORS
from data_cleaning.detection.person_detectors import FLOOR, with_faces, worth
from data_cleaning.errors import DatasetError, RecipeError, WeightsMissing
from data_cleaning.imaging.decoding import decode
from data_cleaning.imaging.encoding import encode
from data_cleaning.imaging.image import Image
from data_cleaning.imaging.near_duplicates import groups
from data_cleaning.imaging.resizing import resize
from data_cleaning.pretrained import locate
from likeness.commands.asking import answer_json as as_json
from model.evaluation.cross_validation import Rounds
from model.evaluation.metrics import cross_validate, outcome, presence
from model.evaluation.presence_metrics import presence_figures
from model.export.onnx_model import TOLERANCE
from model.export.write_onnx import export
from model.recipes.presets import RECIPES
from model.recipes.recipe import Recipe
from model.recognition.bundle import Bundle
from model.recognition.manifest import Facts
from model.recognition.naming.presence_judge import PresenceJudge
from model.recognition.pipeline import PictureRegion
from model.recognition.predictions import known_answer, way
from model.recognition.registry import Registry
from model.training.fit import fit
from model.training.options import TrainingOptions
from model.training.presence_threshold import above_threshold, at_lowest_threshold, choose_threshold
from model.training.samples import Sample, near_copies, samples
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
        assert 0 <= one.x < one.x + one.width <= width and 0 <= one.y < one.y + one.height <= height, one
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


def seen(label: str, *scores: float) -> Sample:
    """A picture with a person of each score."""
    regions = tuple(
        PictureRegion(Detection(0, 0, 40, 80, s, kind="person"), Quality(40, 100.0, 100.0, 200.0))
        for s in scores
    )
    return Sample(
        Path("x.jpg"),
        label,
        "0" * 64,
        regions,
        tuple(np.full((1, 2), s, np.float32) for s in scores),
    )


@pytest.mark.parametrize(
    ("empty", "peopled", "expected"),
    [
        pytest.param(0.05, 0.9, 0.35, id="its own where every threshold between is right"),
        pytest.param(0.7, 0.9, 0.72, id="higher where empty pictures look peopled"),
        pytest.param(0.11, 0.3, 0.3, id="lower where people are hard to see"),
    ],
)
def test_empty_pictures_set_the_threshold(empty: float, peopled: float, expected: float) -> None:
    recipe = replace(RECIPES["person-classic"], judges=False)
    pictures = (
        [seen(NOTHING, empty)] * 20
        + [seen(UNKNOWN, peopled, 0.2)] * 15
        + [seen("rider", peopled)] * 15
    )
    threshold = choose_threshold(recipe, pictures).detector.options["threshold"]
    assert threshold == pytest.approx(expected, abs=0.021)


@pytest.mark.parametrize(
    ("recipe", "copies", "judging"),
    [
        pytest.param("person-classic", range(30), True, id="different empty pictures"),
        pytest.param(
            "person-classic", [0] * 15 + list(range(15)), False, id="one wall, again and again"
        ),
        pytest.param(
            "person-classic", list(range(15)) + [0] * 15, False, id="one person, again and again"
        ),
        pytest.param("person-modern", range(30), False, id="a recipe that does not judge"),
    ],
)
def test_the_classifier_judges_where_empty_pictures_differ(
    recipe: str, copies: list[int], judging: bool
) -> None:
    pictures = [seen(NOTHING, 0.3)] * 15 + [seen(UNKNOWN, 0.6)] * 15
    made = choose_threshold(RECIPES[recipe], pictures, copies)
    assert made.judging == judging
    assert len(above_threshold(seen(NOTHING, 0.12, 0.0), made).regions) == (2 if judging else 0)
    again = choose_threshold(replace(made, judges=False), pictures, copies)
    assert not again.judging, "a model that is trained anew without judging forgets it"


def test_detector_and_classifier_are_weighed() -> None:
    random = np.random.default_rng(8)
    truth = np.arange(400) % 2 == 0
    scores = np.clip(np.where(truth, 0.3, 0.6) + random.normal(0, 0.2, 400), 0, 1)
    empty = np.clip(np.where(truth, 0.7, 0.4) + random.normal(0, 0.2, 400), 0, 1)
    both = PresenceJudge.fit(scores, empty, truth)
    right = [
        (PresenceJudge.fit(s, e, truth).shows_nobody(s, e) == truth).mean()
        for s, e in ((scores, empty * 0), (scores * 0, empty))
    ]
    assert (both.shows_nobody(scores, empty) == truth).mean() > max(right) + 0.03
    assert min(both.detector, both.classifier) > 0
    assert both.shows_nobody(np.array([0.0, 1.0]), np.array([1.0, 0.0])).tolist() == [True, False]


def test_doubtful_reports_the_whole_picture_where_there_is_nothing(astronaut: bytes) -> None:
    wall = np.full((300, 400, 3), 128, np.uint8)
    (one,) = detect("person_hog", wall, doubtful=True)
    assert (one.kind, one.score, one.width, one.height) == ("picture", 0.0, 400, 300)
    image = decode(astronaut)
    assert detect("person_hog", image, doubtful=True, threshold=0.9) == detect(
        "person_hog", image, threshold=FLOOR
    )


@pytest.mark.parametrize("few", [[], [(NOTHING, 9)], [(UNKNOWN, 9)]])
def test_too_few_pictures_set_no_threshold(few: list[tuple[str, int]]) -> None:
    pictures = [seen(label, 0.8) for label, count in few for _ in range(count)]
    assert choose_threshold(RECIPES["person-classic"], pictures) == RECIPES["person-classic"]


def test_faces_and_things_have_no_such_threshold() -> None:
    for name in ("face-classic", "object-classic"):
        assert (
            at_lowest_threshold(RECIPES[name])
            == choose_threshold(RECIPES[name], [seen(NOTHING, 0.9)] * 30)
            == RECIPES[name]
        )
        assert above_threshold(seen("x", 0.1), RECIPES[name]).regions


def test_above_drops_regions_and_their_features_together() -> None:
    one = above_threshold(seen("rider", 0.9, 0.5, 0.3), RECIPES["person-classic"])
    assert [r.detection.score for r in one.regions] == [0.9, 0.5]
    assert [float(v[0, 0]) for v in one.views] == pytest.approx([0.9, 0.5])
    altered = replace(
        seen("rider", 0.9, 0.3), extra=tuple(np.full((2, 2), s, np.float32) for s in (0.9, 0.3))
    )
    assert [
        float(e[0, 0]) for e in above_threshold(altered, RECIPES["person-classic"]).extra
    ] == pytest.approx([0.9])
    assert at_lowest_threshold(RECIPES["person-classic"]).detector.options["threshold"] == FLOOR


def test_a_recipe_for_people_says_its_threshold() -> None:
    plain = RECIPES["person-classic"].to_json()
    assert Recipe.from_json(plain) == RECIPES["person-classic"]
    plain["detector"] = {"name": "person_hog", "options": {}}
    with pytest.raises(RecipeError, match="threshold"):
        Recipe.from_json(plain)


@pytest.mark.parametrize(
    ("human", "label", "answer", "one_of_three"),
    [
        (
            True,
            "zomato_delivery_boy",
            ("human_detected", "zomato_delivery_boy"),
            "zomato_delivery_boy",
        ),
        (True, None, ("human_detected", "others"), "Human"),
        (False, None, "no human detected", "No Human"),
    ],
)
def test_the_words_of_older_services(
    human: bool, label: str | None, answer: object, one_of_three: str
) -> None:
    assert known_answer(human, label) == answer
    assert way(human, label) == one_of_three


def test_figures_of_three_ways() -> None:
    answers = [
        ("rider", "rider"),
        ("rider", "Human"),
        (UNKNOWN, "Human"),
        (UNKNOWN, "No Human"),
        (NOTHING, "No Human"),
    ]
    figures = presence_figures(answers)
    assert figures.labels == figures.truths == ("rider", "Human", "No Human")
    assert figures.matrix == ((1, 1, 0), (0, 1, 1), (0, 0, 1))
    assert figures.balanced_accuracy == pytest.approx((0.5 + 0.5 + 1) / 3)
    assert figures.human_balanced_accuracy == pytest.approx((0.75 + 1) / 2)
    assert presence_figures([("rider", "rider")]).human_balanced_accuracy is None


def test_named_groups_join_near_copies() -> None:
    random = np.random.default_rng(3)
    hashes = list(random.integers(0, 256, (5, 32)).astype(np.uint8))
    hashes[1] = hashes[0].copy()
    assert len(set(groups(hashes).tolist())) == 4
    first, second, third, fourth, fifth = groups(hashes, names=["a", None, "a", "b", None]).tolist()
    assert first == second == third
    assert len({first, fourth, fifth}) == 3


def test_groups_are_read_from_the_data_set(drawn_shapes: Path, tmp_path: Path) -> None:
    (tmp_path / "disc").symlink_to(drawn_shapes / "disc")
    (tmp_path / "groups.csv").write_text(
        "file,brand,group\ndisc/0.png,x,g1\ndisc/1.png,x,g1\ndisc/2.png,x,\ngone.png,,g9\n"
    )
    items = {item.path.name: item.group for item in Dataset(tmp_path).items()}
    assert (items["0.png"], items["1.png"], items["2.png"], items["3.png"]) == (
        "g1",
        "g1",
        None,
        None,
    )
    (tmp_path / "groups.csv").write_text("file,leak_group\ndisc/0.png,g1\n")
    with pytest.raises(DatasetError, match="columns file and group"):
        Dataset(tmp_path).items()


@pytest.fixture(scope="module")
def gate(tmp_path_factory: pytest.TempPathFactory, astronaut: bytes) -> Path:
    """The astronaut in orange (a pilot), her mirror image in grey (somebody else), and empty
    scenes, 10 of each.
    """
    root = tmp_path_factory.mktemp("gate")
    random = np.random.default_rng(5)
    orange = decode(astronaut)
    grey = np.repeat(orange[:, ::-1].mean(axis=2, keepdims=True), 3, axis=2).astype(np.uint8)
    for label, person in (("pilot", orange), (UNKNOWN, grey), (NOTHING, None)):
        (root / label).mkdir()
        for number in range(10):
            scene = resize(random.integers(60, 200, (4, 5, 3)).astype(np.uint8), 480, 400)
            if person is not None:
                side = int(random.integers(260, 380))
                left, top = int(random.integers(0, 480 - side)), 400 - side
                scene[top:, left : left + side] = resize(person, side, side)
            (root / label / f"{number}.png").write_bytes(encode(scene))
    return root


@pytest.fixture(scope="module")
def looked(gate: Path) -> list[Sample]:
    """Those pictures looked at with person-classic, whatever its threshold."""
    return samples(Dataset(gate).items(), at_lowest_threshold(RECIPES["person-classic"]))


def test_from_pictures_to_somebody_known_somebody_or_nobody(
    gate: Path, looked: list[Sample], tmp_path: Path
) -> None:
    recipe = RECIPES["person-classic"]
    copies = near_copies(looked)
    wishes = TrainingOptions(classifiers=("logistic_regression",), folds=2)
    outcomes, _ = cross_validate(looked, copies, recipe, wishes, Rounds(2))
    figures = presence(outcomes, recipe)
    assert figures is not None
    assert figures.truths == ("pilot", "Human", "No Human")
    assert figures.balanced_accuracy is not None and figures.balanced_accuracy > 0.8

    training = fit(looked, copies, recipe, wishes)
    saved = Registry(tmp_path).add(Bundle("gate", 0, training.recipe, training.recogniser, Facts()))
    bundle = Registry(tmp_path).load("gate")
    assert bundle.recipe == saved.recipe
    folders = ("pilot", UNKNOWN, NOTHING)
    pilot, other, nobody = (
        bundle.recognise((gate / label / "0.png").read_bytes()) for label in folders
    )
    assert (pilot.known_answer, pilot.way) == (("human_detected", "pilot"), "pilot")
    assert (other.known_answer, other.way) == (("human_detected", "others"), "Human")
    assert (nobody.known_answer, nobody.way) == ("no human detected", "No Human")
    assert [a.human_detected for a in (pilot, other, nobody)] == [True, True, False]
    assert other.predictions[0].probability < 0.5 < pilot.predictions[0].probability
    line = as_json(Path("0.png"), pilot)
    assert (line["human_detected"], line["known_answer"], line["way"]) == (
        True,
        ("human_detected", "pilot"),
        "pilot",
    )


def test_a_model_that_judges_drops_what_is_nobody_and_is_saved_whole(
    gate: Path, looked: list[Sample], tmp_path: Path
) -> None:
    training = fit(
        looked,
        np.arange(len(looked)),
        RECIPES["person-classic"],
        TrainingOptions(("logistic_regression",), folds=2),
    )
    assert training.recipe.judging
    assert training.recogniser.presence_judge is not None
    assert training.recogniser.labels == ("pilot",)
    Registry(tmp_path).add(Bundle("gate", 0, training.recipe, training.recogniser, Facts()))
    bundle = Registry(tmp_path).load("gate")
    assert bundle.recogniser.presence_judge == training.recogniser.presence_judge
    answers = {
        n: bundle.recognise((gate / n / "1.png").read_bytes()) for n in ("pilot", UNKNOWN, NOTHING)
    }
    assert {n: a.human_detected for n, a in answers.items()} == {
        "pilot": True,
        UNKNOWN: True,
        NOTHING: False,
    }
    assert answers[NOTHING].predictions == ()
    assert answers["pilot"].label == "pilot"
    empty = next(s for s in looked if s.label == NOTHING and s.regions)
    answered = outcome(empty, training.recogniser, training.recipe)
    assert (answered.found, answered.best, {n.reason for n in answered.named}) == (
        False,
        None,
        {"nobody"},
    )


def test_an_exported_model_says_that_nobody_is_there_as_the_served_one_does(
    gate: Path, looked: list[Sample], tmp_path: Path
) -> None:
    """A client's side of the rule, from docs/export.md and the file's metadata alone."""
    training = fit(
        looked,
        np.arange(len(looked)),
        RECIPES["person-classic"],
        TrainingOptions(("logistic_regression",), folds=2),
    )
    bundle = Bundle("gate", 1, training.recipe, training.recogniser, Facts())
    done = export(bundle, tmp_path / "gate.onnx", Dataset(gate).items())
    assert done.difference <= TOLERANCE
    session = onnxruntime.InferenceSession(str(done.path), providers=["CPUExecutionProvider"])
    rule = json.loads(session.get_modelmeta().custom_metadata_map["nobody"])

    def log_odds(share: float) -> float:
        held = min(max(share, rule["sure"]), 1 - rule["sure"])
        return math.log(held / (1 - held))

    def somebody(score: float, views: np.ndarray) -> bool:
        nobody = float(session.run(["nobody"], {"features": views})[0].mean())
        return (
            rule["detector"] * log_odds(score)
            + rule["classifier"] * log_odds(1 - nobody)
            + rule["offset"]
            > 0
        )

    said, served = [], []
    for one in looked:
        scores = [region.detection.score for region in one.regions]
        said += [not somebody(score, views) for score, views in zip(scores, one.views, strict=True)]
        served += training.recogniser.shows_nobody(one.views, scores).tolist()
    assert said == served
    assert set(served) == {True, False}


def test_a_role_is_given_to_everybody_who_has_it(looked: list[Sample]) -> None:
    recipe = RECIPES["person-classic"]
    training = fit(
        looked,
        near_copies(looked),
        recipe,
        TrainingOptions(classifiers=("logistic_regression",), folds=2),
    )
    views = [s.views[0] for s in looked if s.label == "pilot" and s.views][:2] * 2
    labels = [
        [n.label for n in training.recogniser.answer(views, [0.0] * 4, once)]
        for once in (True, False)
    ]
    assert labels[0].count("pilot") == 1
    assert labels[1].count("pilot") == 4
