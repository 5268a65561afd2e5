"""`likeness label-studio` and `npz`: data sets for other programs, and what was decided there."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from data_cleaning.datasets.dataset import Dataset
from data_cleaning.errors import PictureError
from data_cleaning.exchange.arrays import write_npz
from data_cleaning.exchange.label_studio import (
    Box,
    Suggest,
    Suggestion,
    decisions,
    interface,
    read_export,
    tasks,
)
from data_cleaning.files import write
from data_cleaning.imaging.limits import DISK_LIMITS
from data_cleaning.json_types import JsonObject
from data_cleaning.progress import Progress
from likeness.endings import DatasetCommand
from likeness.model_options import RegistryOptions, artifacts
from likeness.options import FilePath, Output, data, into, output
from likeness.printing import print_json, print_names
from model.recognition.bundle import Bundle
from model.recognition.predictions import Prediction, Recognition

LOCAL = "/data/local-files/?d="


@click.group(
    "label-studio", epilog="Example: likeness label-studio export people --out people-tasks"
)
def label_studio() -> None:
    """Hand pictures to Label Studio to label, and take what was chosen there."""


@dataclass(frozen=True, kw_only=True)
class ExportOptions(RegistryOptions):
    data: Path
    out: Path
    prefix: str | None
    model: str | None

    def suggest(self) -> Suggest | None:
        """What a model says of a picture; None without one."""
        if self.model is None:
            return None
        bundle = self.registry.load(self.model)
        return lambda path: _suggestion(bundle, path)


@label_studio.command(
    "export", cls=DatasetCommand, epilog="Example: likeness label-studio export people --out tasks"
)
@data
@click.option(
    "--out",
    type=FilePath(),
    required=True,
    metavar="DIR",
    help="where tasks.json and the labelling interface, interface.xml, go",
)
@click.option(
    "--prefix",
    metavar="TEXT",
    help=f"before <class>/<picture>, what Label Studio finds it by (default: {LOCAL}DATA/)",
)
@click.option("--model", metavar="NAME", help="suggest what this model says, with its boxes")
@artifacts
@output
@into(ExportOptions)
def export_tasks(options: ExportOptions) -> None:
    """Write every picture as a task, with what is known of it as a prediction.

    DATA is a folder with one folder of pictures a class. Nothing is changed. Without --model the
    prediction is the class that folders and decisions give.
    """
    found = Dataset(options.data)
    found.check()
    prefix = options.prefix or f"{LOCAL}{options.data.resolve().name}/"
    progress, rows = Progress(options.progress_json), list[JsonObject]()
    total = len(found.paths())
    for task in tasks(found, prefix, options.suggest()):
        rows.append(task)
        progress("tasks", len(rows), total, "Writing tasks")
    progress.close()
    options.out.mkdir(parents=True, exist_ok=True)
    write(options.out / "tasks.json", json.dumps(rows, ensure_ascii=False, indent=1) + "\n")
    write(options.out / "interface.xml", interface(found.classes()))
    if options.as_json:
        print_json({"tasks": len(rows), "out": str(options.out)})
    else:
        print(
            f"{len(rows)} tasks are in {options.out / 'tasks.json'}. Paste interface.xml, which is"
            " beside it, into Label Studio as the labelling interface, then import the tasks there."
        )


@dataclass(frozen=True, kw_only=True)
class ImportOptions(Output):
    data: Path
    file: Path


@label_studio.command(
    "import",
    cls=DatasetCommand,
    epilog="Example: likeness label-studio import people ~/Downloads/project-1.json",
)
@data
@click.argument("file", type=FilePath(), metavar="FILE")
@output
@into(ImportOptions)
def import_choices(options: ImportOptions) -> int:
    """Append what was chosen there to the decisions, which training obeys.

    DATA is the data set that the tasks were made of, FILE what Label Studio exports as JSON. The
    last answer about a picture counts. Ends with 1 where a choice could not be understood.
    """
    found = Dataset(options.data)
    read = decisions(found, read_export(options.file))
    if read.new:
        found.decide(*read.new)
    if options.as_json:
        counts = {"known": read.known, "unknown": read.unknown, "open": read.open}
        print_json({"applied": len(read.new), **counts, "unclear": read.unclear})
        return int(bool(read.unclear))
    if read.unclear:
        print(f"{len(read.unclear)} choices that cannot be understood:")
        print_names(read.unclear)
    print(
        f"{len(read.new)} decisions appended, {read.known} were there already; {read.open} pictures"
        f" have no choice yet, {read.unknown} are not in {options.data}."
    )
    if read.unknown:
        print("`likeness collect DATA CLASS FILE` brings pictures that are not there.")
    return int(bool(read.unclear))


@dataclass(frozen=True, kw_only=True)
class NpzOptions(Output):
    data: Path
    file: Path
    size: int


@click.command(cls=DatasetCommand, epilog="Example: likeness npz people people.npz --size 112")
@data
@click.argument("file", type=FilePath(), metavar="FILE")
@click.option("--size", type=click.IntRange(8, 1024), default=160, help="pixels a side")
@output
@into(NpzOptions)
def npz(options: NpzOptions) -> int:
    """Write a data set as one file of numpy arrays.

    DATA is a folder with one folder of pictures a class, FILE the .npz to write: images (RGB),
    labels, classes, files, sha256. Decisions are obeyed. Ends with 1 where a picture could not be
    read.
    """
    progress = Progress(options.progress_json)
    bad = write_npz(
        Dataset(options.data),
        options.file,
        options.size,
        lambda done, total: progress("npz", done, total, "Reading pictures"),
    )
    progress.close()
    if options.as_json:
        print_json({"file": str(options.file), "unreadable": bad})
        return int(bool(bad))
    if bad:
        print(f"{len(bad)} files could not be read:")
        print_names(bad)
    print(f"The arrays are in {options.file}.")
    return int(bool(bad))


def _suggestion(bundle: Bundle, path: Path) -> Suggestion | None:
    try:
        answer = bundle.recognise(path.read_bytes(), DISK_LIMITS)
    except (PictureError, OSError):
        return None
    found = [p for p in answer.predictions if p.label is not None]
    sure = max((p.probability for p in found if p.label == answer.label), default=0.0)
    model = f"{bundle.name} {bundle.version}"
    return Suggestion(answer.label, sure, tuple(_boxes(answer, found)), model)


def _boxes(answer: Recognition, found: Sequence[Prediction]) -> list[Box]:
    wide, high = 100 / answer.width, 100 / answer.height
    return [
        Box(
            p.detection.x * wide,
            p.detection.y * high,
            p.detection.width * wide,
            p.detection.height * high,
            str(p.label),
        )
        for p in found
    ]
