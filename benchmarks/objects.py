"""Time per picture of the object recipes, after decoding, one thread: features and answer.

Both recipes in one run.

    python -m benchmarks.objects DATA [--pictures 60]

DATA is <class>/<picture>. Prints one JSON object: median milliseconds of each stage and recipe, and
the ratio of modern to classic. Milliseconds of this thread's processor time, which other work on
the machine disturbs little.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from pathlib import Path

import cv2
from threadpoolctl import threadpool_limits

from data_cleaning.datasets.dataset import Dataset, Item
from data_cleaning.errors import PictureError
from data_cleaning.imaging.decoding import decode
from data_cleaning.imaging.image import Image
from data_cleaning.imaging.limits import DISK_LIMITS
from model.recipes.presets import preset
from model.recipes.recipe import Recipe
from model.recognition.naming.recogniser import Recogniser
from model.recognition.pipeline import find_regions, view_features
from model.training.fit import fit
from model.training.options import TrainingOptions
from model.training.samples import near_copies, readable, samples

RECIPES = ("object-classic", "object-modern")
ROUNDS = 3


def main() -> None:
    """Train both recipes on some pictures, then time them in turn on the others."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("data", type=Path)
    options.add_argument("--pictures", type=int, default=60, help="how many pictures are timed")
    given = options.parse_args()
    cv2.setNumThreads(1)
    items = Dataset(given.data).items()
    timed = _images(items[:: max(1, len(items) // given.pictures)])
    models = {name: (preset(name), _trained(preset(name), items)) for name in RECIPES}
    took: dict[str, dict[str, list[float]]] = {
        name: {"features": [], "predict": []} for name in RECIPES
    }
    with threadpool_limits(1):
        _time(models, timed, took)
    table = {name: _milliseconds(stages) for name, stages in took.items()}
    ratio = table["object-modern"]["total"] / table["object-classic"]["total"]
    print(
        json.dumps(
            {"pictures": len(timed), "milliseconds": table, "modern_to_classic": round(ratio, 2)},
            indent=1,
        )
    )


def _time(
    models: dict[str, tuple[Recipe, Recogniser]],
    timed: list[Image],
    took: dict[str, dict[str, list[float]]],
) -> None:
    for _ in range(ROUNDS):
        for image in timed:
            for name, (
                recipe,
                model,
            ) in models.items():  # in turn, so that both meet the same moments
                start = time.thread_time()
                views = [
                    view_features(image, region.detection, recipe)
                    for region in find_regions(image, recipe)
                ]
                middle = time.thread_time()
                model.answer(views, [0.0] * len(views))
                took[name]["features"].append(middle - start)
                took[name]["predict"].append(time.thread_time() - middle)


def _images(items: list[Item]) -> list[Image]:
    images = []
    for item in items:
        try:
            images.append(decode(item.path.read_bytes(), DISK_LIMITS))
        except PictureError:
            continue
    return images


def _trained(recipe: Recipe, items: list[Item]) -> Recogniser:
    good = readable(samples(items, recipe))
    return fit(
        good, near_copies(good), recipe, TrainingOptions(classifiers=("logistic_regression",))
    ).recogniser


def _milliseconds(stages: dict[str, list[float]]) -> dict[str, float]:
    medians = {stage: statistics.median(values) * 1e3 for stage, values in stages.items()}
    return {
        stage: round(value, 2)
        for stage, value in (medians | {"total": sum(medians.values())}).items()
    }


if __name__ == "__main__":
    main()
