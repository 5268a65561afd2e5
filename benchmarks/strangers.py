"""Strangers: how alike they look to an embedding, and how often they are named. Prints JSON.

    python -m benchmarks.strangers population --recipe face-modern [--write]
    python -m benchmarks.strangers named --recipe face-modern

`population` measures the similarity of strangers' faces to enrolled people, by the number of
examples, on people of LFW and on web pictures; --write puts it into the file that thresholds come
from. `named` trains on each set of people and asks with the pictures of the others, whom no
population has counted as strangers. Pictures come from LIKENESS_TEST_DATA.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.riders import shared_data
from data_cleaning.datasets.class_names import UNKNOWN
from data_cleaning.datasets.dataset import Dataset, Item
from data_cleaning.files import sha256_of_file
from data_cleaning.imaging.decoding import SUFFIXES
from model.evaluation.metrics import outcome
from model.recipes.presets import preset
from model.recipes.recipe import Recipe
from model.recognition.naming.gallery import nearest_mean
from model.recognition.naming.stranger_population import FILE, StrangerPopulation
from model.training.fit import fit
from model.training.options import TrainingOptions
from model.training.samples import Sample, near_copies, readable, samples

STRANGERS = "faces/lfw_strangers_dev"
ENROLLED = (
    "faces/lfw_dev20",
    "faces/codebasics_sports5_small/raw",
    "faces/celeb5_opencv_course/train",
)
OTHERS = (
    "faces/orl_att",
    "faces/bbt_faceapi",
    "faces/widerface_50",
    "faces/dlib_faces",
    "people/bsds500_scenes/human",
    "people/coco_mini/human",
)  # people of whom only the first are trained on
EXAMPLES = (1, 2, 3, 5, 10, 20, 40, 60)  # hardly anybody in these sets has more
DRAWS = 200  # galleries drawn for each set and number of examples
TAIL = 0.001  # the part of strangers at which the deviation is taken: the tail is what matters


@dataclass(frozen=True)
class StrangerFaces:
    """Faces of strangers that are large enough to be named. vectors: shape (n, d); reserves: by how
    much more alike each must be, shape (n,); pictures: how many they come from.
    """

    vectors: NDArray[np.float32]
    reserves: NDArray[np.float64]
    pictures: int


def population(data: Path, recipe: Recipe) -> StrangerPopulation:
    """The population of a recipe's embedding, each set of enrolled people weighing alike."""
    strangers = faces_of_strangers(data / STRANGERS, recipe)
    enrolled = [examples_by_person(data / folder, recipe) for folder in ENROLLED]
    angles, deviations = [], []
    for count in EXAMPLES:
        normals = [_normal(people, count, strangers) for people in enrolled]
        found = [normal for normal in normals if normal is not None]
        angles.append(round(float(np.mean([middle for middle, _ in found])), 4))
        deviations.append(round(float(np.mean([spread for _, spread in found])), 4))
    faces = round(len(strangers.vectors) / strangers.pictures, 3)
    return StrangerPopulation(EXAMPLES, tuple(angles), tuple(deviations), faces)


def faces_of_strangers(folder: Path, recipe: Recipe) -> StrangerFaces:
    """Every face in the pictures of a folder."""
    found = readable(samples(_items(folder), recipe))
    large = [
        (views, recipe.reserve(region.quality.side))
        for one in found
        for region, views in zip(one.regions, one.views, strict=True)
        if np.isfinite(recipe.reserve(region.quality.side))
    ]
    vectors = np.concatenate([views[:1] for views, _ in large])
    return StrangerFaces(vectors, np.array([reserve for _, reserve in large]), len(found))


def examples_by_person(folder: Path, recipe: Recipe) -> list[NDArray[np.float32]]:
    """For each person of a data set the features of the largest face in each picture."""
    by_person: dict[str, list[Sample]] = {}
    for one in readable(samples(Dataset(folder).items(), recipe)):
        if any(len(views) for views in one.views):
            by_person.setdefault(one.label, []).append(one)
    return [np.stack([_largest(one) for one in those]) for those in by_person.values()]


def _largest(one: Sample) -> NDArray[np.float32]:
    sides = [
        region.quality.side if len(views) else 0
        for region, views in zip(one.regions, one.views, strict=True)
    ]
    return np.asarray(one.views[int(np.argmax(sides))][0], np.float32)


def _items(folder: Path, of_people: bool = False) -> list[Item]:
    """Every picture below a folder; of_people: each is one of the person of its own folder."""
    return [
        Item(path, path.parent.name if of_people else UNKNOWN, sha256_of_file(path))
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix.lower() in SUFFIXES
    ]


def _normal(
    people: Sequence[NDArray[np.float32]], count: int, strangers: StrangerFaces
) -> tuple[float, float] | None:
    """Median angle and its deviation for so many examples; None where hardly anybody has them."""
    enough = [examples for examples in people if len(examples) >= count]
    if len(enough) < 3:
        return None
    chance = np.random.default_rng(0)
    similarities = []
    for draw in range(DRAWS):
        examples = enough[draw % len(enough)]
        some = examples[chance.permutation(len(examples))[:count]]
        similarities.append(nearest_mean(strangers.vectors @ some.T) - strangers.reserves)
    angles = np.arccos(np.concatenate(similarities))
    middle, tail = np.quantile(angles, (0.5, TAIL))
    return float(middle), float(middle - tail) / 3.0902  # the normal deviate of TAIL


def named(data: Path, recipe: Recipe) -> dict[str, object]:
    """For each set of people a model of all their pictures, and how many pictures of the other sets
    it names.
    """
    measured = {
        folder: readable(samples(_items(data / folder, of_people=True), recipe))
        for folder in (*ENROLLED, *OTHERS)
    }
    figures: dict[str, object] = {}
    for folder in (*ENROLLED, OTHERS[0]):
        own = measured[folder]
        learnt = fit(own, near_copies(own), recipe, TrainingOptions(("nearest_examples",)))
        answers = {
            other: [outcome(one, learnt.recogniser, learnt.recipe) for one in pictures]
            for other, pictures in measured.items()
            if other != folder
        }
        wrong = {other: sum(a.label is not None for a in rows) for other, rows in answers.items()}
        pictures = sum(map(len, answers.values()))
        figures[folder] = {
            "pictures": pictures,
            "named": wrong,
            "fpir": sum(wrong.values()) / pictures,
        }
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=["population", "named"])
    parser.add_argument("--recipe", default="face-modern")
    parser.add_argument("--write", action="store_true", help=f"put it into {FILE.name}")
    args = parser.parse_args()
    recipe = preset(args.recipe)
    if args.what == "named":
        print(json.dumps(named(shared_data(), recipe), indent=1))
        return
    (step,) = recipe.features
    numbers = asdict(population(shared_data(), recipe))
    numbers["faces"] = [numbers["faces"]]
    print(json.dumps({step.name: numbers}))
    if args.write:
        known = json.loads(FILE.read_text()) if FILE.exists() else {}
        lines = [
            f' "{name}": {json.dumps(row)}' for name, row in {**known, step.name: numbers}.items()
        ]
        FILE.write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main()
