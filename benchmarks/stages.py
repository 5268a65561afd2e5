"""Milliseconds a stage (decode, detect, features, predict) of each recipe, in one run, over the
reference pictures.

`python -m benchmarks.stages`; pictures come from LIKENESS_TEST_DATA. Over HTTP: `python -m
benchmarks.http`.
"""

from __future__ import annotations

import argparse
import json
import statistics

import cv2
import numpy as np

from benchmarks.tutorial import REFERENCE
from data_cleaning.datasets.dataset import Dataset, Item
from model.recipes.presets import preset
from model.recognition.bundle import Bundle
from model.recognition.manifest import Facts
from model.training.fit import fit
from model.training.options import TrainingOptions
from model.training.samples import near_copies, readable, samples

STAGES = ("decode", "detect", "features", "predict")


def bundle_of(name: str, items: list[Item]) -> Bundle:
    """A model of that recipe, trained on the items."""
    measured = readable(samples(items, preset(name)))
    training = fit(
        measured,
        near_copies(measured),
        preset(name),
        TrainingOptions(classifiers=("logistic_regression",)),
    )
    return Bundle(name, 1, preset(name), training.recogniser, Facts())


def main() -> None:
    """Print a JSON object: recipe -> stage -> median milliseconds, and its part of the whole."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--recipes", nargs="+", default=["face-classic", "face-modern"])
    parser.add_argument("--pictures", type=int, default=60)
    args = parser.parse_args()
    cv2.setNumThreads(1)
    items = Dataset(REFERENCE).items()
    bundles = {name: bundle_of(name, items) for name in args.recipes}
    chosen = [
        items[i].path.read_bytes()
        for i in np.linspace(0, len(items) - 1, args.pictures).astype(int)
    ]
    took: dict[str, dict[str, list[float]]] = {
        name: {stage: [] for stage in STAGES} for name in bundles
    }
    for data in chosen:
        for name, bundle in bundles.items():
            seconds = bundle.recognise(data).seconds
            for stage in STAGES:
                took[name][stage].append(seconds.get(stage, 0.0) * 1000)
    table = {}
    for name, stages in took.items():
        medians = {stage: statistics.median(values) for stage, values in stages.items()}
        whole = sum(medians.values())
        table[name] = {
            stage: {"ms": round(ms, 2), "part": round(ms / whole, 3)}
            for stage, ms in medians.items()
        }
    print(json.dumps(table, indent=1))


if __name__ == "__main__":
    main()
