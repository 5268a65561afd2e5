"""People: is anybody there, rider or not, shirts that deceive, and the time of it. Prints JSON.

    python -m benchmarks.people [human] [riders] [time] [--recipe person-modern]
    python -m benchmarks.people animals --animals FOLDER

Pictures come from LIKENESS_TEST_DATA. `human` trains on nothing, nor does `animals`,
which counts in how many pictures of a folder somebody is found. `riders` is a cross-validation in
which each recoloured shirt is answered by the model that saw neither its picture nor a near copy of
it.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from benchmarks.riders import assemble, shared_data
from data_cleaning.datasets.class_names import UNKNOWN
from data_cleaning.datasets.dataset import Dataset, Item
from data_cleaning.detection.detection import Detection
from data_cleaning.detection.detectors import DETECTORS
from data_cleaning.imaging.decoding import read
from data_cleaning.imaging.encoding import encode
from data_cleaning.imaging.image import Image
from data_cleaning.imaging.resizing import shrink
from data_cleaning.pretrained import locate
from model.evaluation.metrics import PictureOutcome, outcome, presence
from model.evaluation.plain_data import to_plain
from model.recipes.augmentation import Augmentation
from model.recipes.presets import preset
from model.recipes.recipe import Recipe
from model.recognition.pipeline import find_regions, view_features
from model.training.classifiers import CLASSIFIERS
from model.training.fit import fit
from model.training.options import TrainingOptions
from model.training.presence_threshold import at_lowest_threshold
from model.training.samples import Sample, near_copies, samples
from model.training.splits import grouped_splits

SCENES = ("people/bsds500_scenes", "people/coco_mini")
SHIRTS = {"red": 1, "orange": 11}  # hue in OpenCV's 0 to 179


def human(data: Path, recipe: Recipe) -> dict[str, object]:
    """Somebody or nobody, by the preset's own threshold, on scenes that nothing was trained on."""
    right: dict[str, list[bool]] = {"human": [], "no_human": []}
    for scenes in SCENES:
        for label, answers in right.items():
            answers += [
                bool(find_regions(read(p), recipe)) == (label == "human")
                for p in sorted((data / scenes / label).iterdir())
            ]
    recall = {label: float(np.mean(answers)) for label, answers in right.items()}
    return {"recall": recall, "balanced_accuracy": sum(recall.values()) / 2}


def animals(folder: Path, recipe: Recipe) -> dict[str, object]:
    """In how many pictures of animals, which show nobody, somebody is found."""
    pictures = sorted(path for path in folder.rglob("*") if path.is_file())
    human = [path.name for path in pictures if find_regions(read(path), recipe)]
    return {
        "pictures": len(pictures),
        "called_human": len(human) / len(pictures),
        "which": human,
    }


def recoloured(image: Image, people: list[Detection], hue: int) -> Image:
    """The picture with the middle of each person's trunk dyed to one strong hue, its folds and
    shadows kept.
    """
    dyed = image.copy()
    for one in people:
        standing = one.height > 1.3 * one.width
        top, bottom = (
            (one.y + 0.22 * one.height, one.y + 0.62 * one.height)
            if standing
            else (
                one.y + 0.45 * one.height,
                one.y + one.height,
            )
        )
        left, right = int(one.x + 0.12 * one.width), int(one.x + 0.88 * one.width)
        patch = dyed[int(top) : int(bottom), left:right]
        if patch.size:
            patch[:] = _dye(patch, hue)
    return dyed


def _dye(patch: Image, hue: int) -> Image:
    tones = cv2.cvtColor(patch, cv2.COLOR_BGR2HSV)
    tones[..., 0] = hue
    tones[..., 1] = np.maximum(tones[..., 1], 200)
    tones[..., 2] = np.clip(tones[..., 2] * 0.6 + 90, 0, 255).astype(np.uint8)
    height, width = patch.shape[:2]
    shape = np.zeros((height, width), np.float32)
    cv2.ellipse(
        shape,
        (width // 2, height // 2),
        (max(1, width // 2), max(1, height * 6 // 10)),
        0,
        0,
        360,
        1.0,
        -1,
    )
    soft = cv2.GaussianBlur(shape, (0, 0), max(1.0, width / 20))[..., None]
    dyed = cv2.cvtColor(tones, cv2.COLOR_HSV2BGR)
    return np.asarray(dyed * soft + patch * (1 - soft)).astype(np.uint8)


def shirts(items: list[Item], folder: Path) -> dict[str, list[Item]]:
    """For each picture of other people (by its sha256) the same with red and orange shirts, written
    to `folder`.
    """
    modern = preset("person-modern")
    dyed: dict[str, list[Item]] = {}
    for item in (i for i in items if i.label == UNKNOWN):
        image = read(item.path)
        people = [region.detection for region in find_regions(image, modern)]
        for colour, hue in SHIRTS.items() if people else ():
            path = folder / f"{item.path.stem}-{colour}.png"
            path.write_bytes(encode(recoloured(image, people, hue)))
            dyed.setdefault(item.sha256, []).append(Item(path, UNKNOWN, item.sha256))
    return dyed


@dataclass(frozen=True)
class Folds:
    """What is cross-validated: samples, and for each picture's sha256 those of its recoloured
    copies.
    """

    pictures: list[Sample]
    deceivers: dict[str, list[Sample]]


def riders(
    data: Path, recipe: Recipe, classifiers: tuple[str, ...], augment: Augmentation
) -> dict[str, object]:
    """Three ways by 5-fold cross-validation, and the part of dyed shirts called riders."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "data").mkdir()
        assemble(folder / "data", data)
        items = Dataset(folder / "data").items()
        dyed = shirts(items, folder)
        folds = Folds(
            samples(items, at_lowest_threshold(recipe), augment=augment),
            {sha: samples(copies, at_lowest_threshold(recipe)) for sha, copies in dyed.items()},
        )
    outcomes, deceived = _cross_validated(folds, recipe, TrainingOptions(classifiers=classifiers))
    return {
        "ways": to_plain(presence(outcomes, recipe)),
        "shirts": len(deceived),
        "shirts_called_riders": float(np.mean([o.label is not None for o in deceived])),
    }


def _cross_validated(
    folds: Folds, recipe: Recipe, wishes: TrainingOptions
) -> tuple[list[PictureOutcome], list[PictureOutcome]]:
    pictures = folds.pictures
    copies = near_copies(pictures)
    labels = sorted({s.label for s in pictures})
    numbers = np.array([labels.index(s.label) for s in pictures])
    outcomes, deceived = [], []
    for learn, test in grouped_splits(numbers, copies, 5):
        learnt = fit([pictures[i] for i in learn], copies[learn], recipe, wishes)
        for one in (pictures[i] for i in test):
            outcomes.append(outcome(one, learnt.recogniser, learnt.recipe))
            dyed = folds.deceivers.get(one.sha256, [])
            deceived += [outcome(copy, learnt.recogniser, learnt.recipe) for copy in dyed]
    return outcomes, deceived


def timed(data: Path, recipe: Recipe) -> dict[str, object]:
    """Milliseconds a decoded picture, one thread: the recipe's regions and features, and a bare HOG
    search.
    """
    cv2.setNumThreads(1)
    folders = [data / "people/bsds500_scenes/human", data / "people/swiggy_riders/delivery_rider"]
    pictures = [read(path) for folder in folders for path in sorted(folder.iterdir())[::4]]
    hog = cv2.HOGDescriptor()
    hog.setSVMDetector(np.asarray(cv2.HOGDescriptor.getDefaultPeopleDetector()))

    def recipes(image: Image) -> None:
        for region in find_regions(image, recipe):
            view_features(image, region.detection, recipe)

    def bare(image: Image) -> None:
        hog.detectMultiScale(_window(shrink(image, 640)[0]), winStride=(8, 8), scale=1.05)

    ours, theirs = _medians(pictures, (recipes, bare))
    return {
        "milliseconds": 1000 * ours,
        "hog_milliseconds": 1000 * theirs,
        "ratio_to_hog": ours / theirs,
    }


def _window(image: Image) -> Image:
    """Padded to what the detector survives."""
    down, right = max(0, 128 - image.shape[0]), max(0, 64 - image.shape[1])
    return np.asarray(cv2.copyMakeBorder(image, 0, down, 0, right, cv2.BORDER_REPLICATE), np.uint8)


def _medians(pictures: list[Image], ways: tuple[Callable[[Image], None], ...]) -> list[float]:
    """Median over pictures of the processor seconds of each way: the machine may be busy with other
    things.
    """
    seconds: list[list[float]] = [[] for _ in ways]
    for image in [pictures[0], *pictures]:
        for i, run in enumerate(ways):
            start = time.thread_time()
            run(image)
            seconds[i].append(time.thread_time() - start)
    return [statistics.median(s[1:]) for s in seconds]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", nargs="*", help="human, riders, time, animals; all by default")
    parser.add_argument("--animals", type=Path, metavar="FOLDER", help="pictures without people")
    parser.add_argument("--recipe", action="append", choices=("person-classic", "person-modern"))
    parser.add_argument(
        "--classifiers", nargs="+", default=list(CLASSIFIERS), choices=list(CLASSIFIERS)
    )
    parser.add_argument("--augment", default="", help="as for train, in each fold")
    args = parser.parse_args()
    data = shared_data()
    for name in args.recipe or ("person-classic", "person-modern"):
        recipe = preset(name)
        for needed in DETECTORS[recipe.detector.name].needs:
            locate(needed)
        measured = {
            "human": lambda recipe=recipe: human(data, recipe),
            "riders": lambda recipe=recipe: riders(
                data, recipe, tuple(args.classifiers), Augmentation.parse(args.augment)
            ),
            "time": lambda recipe=recipe: timed(data, recipe),
        }
        if args.animals:
            measured["animals"] = lambda recipe=recipe: animals(args.animals, recipe)
        for figure in args.what or measured:
            print(json.dumps({"recipe": name, figure: measured[figure]()}), flush=True)


if __name__ == "__main__":
    main()
