"""`likeness crop` and `duplicates`: faces cut out, and copies listed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from data_cleaning.datasets.audit import (
    InspectedPicture,
    find_problems,
    inspect_dataset,
)
from data_cleaning.datasets.crop_folder import RESULTS as CROPPED
from data_cleaning.datasets.crop_folder import CropOptions, CropResult, crop_folder, summary
from data_cleaning.datasets.dataset import Dataset
from data_cleaning.datasets.findings import Finding
from data_cleaning.detection.batch_detection import Detect, load_detector
from data_cleaning.detection.detectors import DETECTORS
from data_cleaning.progress import Progress
from likeness.endings import DatasetCommand
from likeness.options import Decorator, FilePath, Output, dask, data, into, options, output, share
from likeness.printing import Row, print_json, print_names


def detector(default: str, names: Sequence[str]) -> Decorator:
    """Which detector finds the regions, and with which pretrained file."""
    return options(
        click.option(
            "--detector", default=default, type=click.Choice(names), help="what finds the regions"
        ),
        click.option(
            "--weights",
            type=FilePath(),
            metavar="FILE",
            help="pretrained file of the detector, or the folder of such files",
        ),
    )


@dataclass(frozen=True, kw_only=True)
class CropCommand(Output):
    source: Path
    target: Path
    detector: str
    weights: Path | None
    size: int | None
    margin: float
    smallest: int
    all_faces: bool
    any_face: bool
    overwrite: bool

    @property
    def options(self) -> CropOptions:
        return CropOptions(
            self.size, self.margin, self.all_faces, self.any_face, self.smallest, self.overwrite
        )


@click.command(
    cls=DatasetCommand, epilog="Example: likeness crop people crops --size 160 --margin 0.2"
)
@click.argument("source", type=FilePath(), metavar="SRC")
@click.argument("target", type=FilePath(), metavar="DST")
@detector("haar_face", sorted(DETECTORS))
@click.option(
    "--size",
    type=click.IntRange(8, 4096),
    help="pixels a side (default: as large as in the picture)",
)
@click.option("--margin", type=share(2), default=0.0, help="added all round, as a part of the side")
@click.option(
    "--smallest", type=click.IntRange(1, 4096), default=24, help="least side of a face, pixels"
)
@click.option("--all-faces", is_flag=True, help="every face, not the largest alone")
@click.option("--any", "any_face", is_flag=True, help="also faces without two visible eyes")
@click.option("--overwrite", is_flag=True, help="make crops again that are there already")
@output
@into(CropCommand)
def crop(options: CropCommand) -> int:
    """Cut the faces out: <class>/<picture>.png for each picture of SRC.

    SRC is a folder with one folder of pictures a class, DST the folder for the crops, made if it
    is not there. Ends with 1 where a file could not be read.
    """
    progress = Progress(options.progress_json)
    results = crop_folder(
        options.source,
        options.target,
        load_detector(options.detector, options.weights),
        options.options,
        lambda done, total: progress("crops", done, total, "Cropping"),
    )
    progress.close()
    if options.as_json:
        print_json({"classes": summary(results), "pictures": [_cropped(r) for r in results]})
    else:
        _print_crops(options, results)
    return int(any(r.result == "unreadable" for r in results))


def _cropped(result: CropResult) -> Row:
    return {
        "picture": str(result.path),
        "result": result.result,
        "crops": [str(crop) for crop in result.crops],
        "note": result.note,
    }


def _print_crops(options: CropCommand, results: Sequence[CropResult]) -> None:
    for label, row in summary(results).items():
        good = row["cropped"] + row["kept"]
        print(f"  {label:<28} {good:>5} of {sum(row.values()):<5} pictures have a crop")
    for kind, (words, advice) in CROPPED.items():
        some = [r for r in results if r.result == kind]
        if not some or kind == "cropped":
            continue
        print(f"{len(some)} {words}" + (f" ({advice})" if advice else "") + ":")
        print_names(
            [f"{r.path.relative_to(options.source)}{': ' + r.note if r.note else ''}" for r in some]
        )
    crops = sum(len(r.crops) for r in results if r.result == "cropped")
    cropped = sum(r.result == "cropped" for r in results)
    print(f"{crops} crops of {cropped} of {len(results)} pictures are in {options.target}.")


@dataclass(frozen=True, kw_only=True)
class DuplicatesOptions(Output):
    data: Path


@click.command(cls=DatasetCommand, epilog="Example: likeness duplicates people")
@data
@dask
@output
@into(DuplicatesOptions)
def duplicates(options: DuplicatesOptions) -> None:
    """List exact and near copies, those across classes marked.

    DATA is a folder with one folder of pictures a class. Nothing is changed.
    """
    pictures = inspected(options.data, lambda _: [], options.progress_json)
    groups = _groups([f for f in find_problems(options.data, pictures) if f.group is not None])
    if options.as_json:
        print_json({"pictures": len(pictures), "groups": groups})
        return
    for group in groups:
        flag = "  ACROSS CLASSES" if group["across_classes"] else ""
        print(f"{'the same file' if group['exact'] else 'near copies'}{flag}")
        for picture in group["pictures"]:
            print(f"  {picture}")
    across = sum(g["across_classes"] for g in groups)
    print(
        f"{len(groups)} groups among {len(pictures)} pictures, {across} of them across classes."
        " Nothing was changed; training keeps copies on one side of every test."
    )
    bad = [f"{picture.item.path}: {picture.error}" for picture in pictures if picture.error]
    if bad:
        print(f"{len(bad)} files could not be read:")
        print_names(bad)


def _groups(found: Sequence[Finding]) -> list[Row]:
    members: dict[tuple[str, int | None], list[str]] = defaultdict(list)
    for finding in found:
        members[finding.kind, finding.group].append(finding.picture)
    return [
        {
            "exact": kind.startswith("copies"),
            "across_classes": kind.endswith("across"),
            "pictures": pictures,
        }
        for (kind, _), pictures in members.items()
    ]


def inspected(data: Path, detect: Detect, as_json: bool) -> list[InspectedPicture]:
    """Every picture of a data set as cleaning sees it; as_json: how progress is shown."""
    progress = Progress(as_json)
    pictures = inspect_dataset(
        Dataset(data).items(),
        detect,
        lambda done, total: progress("look", done, total, "Looking at pictures"),
    )
    progress.close()
    return pictures
