"""`likeness labels` and `verify`: are the labels right, do two pictures show one person?"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import click

from data_cleaning.datasets.dataset import Dataset
from data_cleaning.progress import Progress
from likeness.endings import TrainingCommand
from likeness.options import Decorator, FilePath, Output, dask, data, into, output
from likeness.printing import print_json
from model.evaluation.label_errors import find_label_errors
from model.evaluation.verification import verify as run_protocol
from model.recipes.presets import RECIPES, preset
from model.training.samples import near_copies, samples, usable


def recipe(default: str) -> Decorator:
    """Which preset looks at the pictures."""
    return click.option(
        "--recipe",
        default=default,
        type=click.Choice(sorted(RECIPES)),
        help="how pictures become numbers",
    )


@dataclass(frozen=True, kw_only=True)
class LabelsOptions(Output):
    data: Path
    recipe: str


@click.command(cls=TrainingCommand, epilog="Example: likeness labels people --recipe face-modern")
@data
@recipe("face-classic")
@dask
@output
@into(LabelsOptions)
def labels(options: LabelsOptions) -> None:
    """Say which pictures are probably in the wrong class.

    DATA is a folder with one folder of pictures a class. Nothing is changed; people decide.
    """
    progress, how = Progress(options.progress_json), preset(options.recipe)
    items = Dataset(options.data).items()
    good = usable(
        samples(
            items, how, lambda done, total: progress("crops", done, total, "Looking at pictures")
        )
    )
    errors = find_label_errors(
        good,
        near_copies(good),
        how,
        lambda done, total: progress("folds", done, total, "Checking labels"),
    )
    progress.close()
    if options.as_json:
        print_json(errors.to_json())
        return
    paths = {item.sha256: item.path for item in items}
    for doubt in errors.doubts:
        print(f"{paths[doubt.sha256]}: {doubt.note}")
    print(
        f"{len(errors.doubts)} of {len(errors.judged.given)} labels are doubtful; the models agree"
        f" with {errors.judged.accuracy:.0%} of all."
    )


@dataclass(frozen=True, kw_only=True)
class VerifyOptions(Output):
    pairs: Path
    pictures: Path
    recipe: str


@click.command(cls=TrainingCommand, epilog="Example: likeness verify pairs.txt lfw")
@click.argument("pairs", type=FilePath(), metavar="PAIRS.txt")
@click.argument("pictures", type=FilePath(), metavar="PICTURES")
@recipe("face-modern")
@output
@into(VerifyOptions)
def verify(options: VerifyOptions) -> None:
    """Same person or not: the LFW protocol on a pairs file.

    PAIRS.txt is in the format of LFW's pairs.txt, PICTURES a folder of <name>/<name>_0001.jpg.
    """
    progress = Progress(options.progress_json)
    figures = run_protocol(
        options.pairs,
        options.pictures,
        preset(options.recipe),
        lambda done, total: progress("crops", done, total, "Looking at pictures"),
    ).to_json()
    progress.close()
    if options.as_json:
        print_json(figures)
        return
    print(
        f"Right for {figures['accuracy']:.4f} ± {figures['standard_error']:.4f} of"
        f" {figures['pairs']} pairs in {figures['folds']} folds; {figures['failures']} pairs failed"
        " because a picture showed no face."
    )
    for name in figures["not_found"]:
        print(f"  no face found: {name}")
    for bad in figures["unreadable"]:
        print(f"  not read: {bad['path']}: {bad['error']}")
