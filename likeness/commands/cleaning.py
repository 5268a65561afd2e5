"""`likeness clean` and `review`: what is wrong with a data set, and what a person decides of it."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import click

from data_cleaning.datasets import review as reviewing
from data_cleaning.datasets.audit import audit_dataset
from data_cleaning.datasets.contact_sheet import Sheet, render_sheet
from data_cleaning.datasets.dataset import Dataset
from data_cleaning.datasets.decisions import Decision
from data_cleaning.datasets.findings import KINDS, Audit
from data_cleaning.datasets.label_check import LabelCheck, check_labels, read_check
from data_cleaning.detection.batch_detection import best_face_detector, load_detector
from data_cleaning.detection.detectors import DETECTORS
from data_cleaning.errors import DatasetError
from data_cleaning.files import write
from data_cleaning.progress import Progress
from likeness.commands.datasets import detector, inspected
from likeness.endings import DatasetCommand
from likeness.options import FilePath, Output, Parsed, dask, data, into, output
from likeness.printing import Row, print_json, print_names

RECIPES = {"haar_face": "face-classic", "yunet_face": "face-modern", "whole": "object-modern"}


@dataclass(frozen=True, kw_only=True)
class CleanOptions(Output):
    data: Path
    out: Path | None
    detector: str
    weights: Path | None
    most: int
    labels: Path | None
    recipe: str | None
    no_labels: bool

    def __post_init__(self) -> None:
        if sum(map(bool, (self.labels, self.recipe, self.no_labels))) > 1:
            raise click.UsageError("--labels, --recipe and --no-labels do not go together.")

    @property
    def folder(self) -> Path:
        return self.out or self.data / reviewing.FOLDER


@click.command(cls=DatasetCommand, epilog="Example: likeness clean people")
@data
@click.option(
    "--out",
    type=FilePath(),
    metavar="DIR",
    help="where sheet.html and findings.json go (default DATA/_cleaning)",
)
@detector("auto", ["auto", *sorted(DETECTORS)])
@click.option(
    "--most",
    type=click.IntRange(1, 100_000),
    default=300,
    help="pictures shown of each problem",
)
@click.option(
    "--labels",
    type=FilePath(),
    metavar="FILE",
    help="output of `python -m model labels DATA --json`",
)
@click.option(
    "--recipe", help="recipe to check labels with (default: the one that goes with the detector)"
)
@click.option("--no-labels", is_flag=True, help="do not check labels")
@dask
@output
@into(CleanOptions)
def clean(options: CleanOptions) -> None:
    """Look for problems and write a contact sheet to review.

    DATA is a folder with one folder of pictures a class. No picture is changed or deleted: what
    you decide on the sheet is read by `likeness review`.
    """
    name = best_face_detector() if options.detector == "auto" else options.detector
    detect = load_detector(name, options.weights)
    Dataset(options.data).check()
    _must_be_writable(options.folder)
    pictures = inspected(options.data, detect, options.progress_json)
    check = _label_check(options, name)
    audit = audit_dataset(options.data, pictures, check.doubts)
    report = {
        "data": str(options.data),
        "detector": name,
        "labels": check.note,
        **audit.to_json(),
    }
    page = render_sheet(Sheet(options.data, audit, check.note, options.most))
    _write_sheet(options.folder, report, page)
    if options.as_json:
        print_json(report)
    else:
        _print_problems(audit, check.note, options.folder)


def _must_be_writable(folder: Path) -> None:
    """Said before the work, not after it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        raise _cannot_write(folder, error) from error


def _cannot_write(folder: Path, error: OSError) -> DatasetError:
    return DatasetError(
        f"{folder} cannot be written ({error.strerror}). Name another folder with --out DIR."
    )


def _label_check(options: CleanOptions, detector: str) -> LabelCheck:
    """What `python -m model labels` says, from its file or by running it."""
    if options.no_labels:
        return LabelCheck("Labels were not checked, as you asked.")
    if options.labels is not None:
        try:
            return read_check(options.labels.read_text("utf-8", errors="replace"))
        except OSError as error:
            raise DatasetError(f"{options.labels} cannot be read: {error.strerror}.") from error
    recipe = options.recipe or RECIPES.get(detector)
    if recipe is None:
        return LabelCheck(f"Labels were not checked: name a --recipe that goes with {detector}.")
    progress = Progress(options.progress_json)
    try:
        return check_labels(options.data, recipe, progress)
    finally:
        progress.close()


def _write_sheet(folder: Path, report: Row, page: str) -> None:
    findings = json.dumps(report, indent=1, ensure_ascii=False) + "\n"
    try:
        write(folder / reviewing.FINDINGS, findings.encode())
        write(folder / "sheet.html", page.encode())
    except OSError as error:
        raise _cannot_write(folder, error) from error


def _print_problems(audit: Audit, note: str, folder: Path) -> None:
    for kind, count in audit.problems.items():
        if count:
            print(f"  {count:>5}  {KINDS[kind][0]}")
    print(f"{audit.flagged} of {audit.pictures} pictures are worth a look. Nothing was changed.")
    print(note)
    print(
        f"Look at them and decide: {folder / 'sheet.html'} (opens in a browser; it holds small"
        " copies of the pictures)"
    )


class ReviewCommand(DatasetCommand):
    """`--not` takes all words up to the next option: a picture, and maybe a class."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        return super().parse_args(ctx, _joined(args))


def _joined(args: Sequence[str]) -> list[str]:
    """["--not", "a", "b", "--keep", "c"] as ["--not", "a\\0b", "--keep", "c"]."""
    found, rest = [], list(args)
    while rest:
        word = rest.pop(0)
        found.append(word)
        if word == "--":
            return found + rest
        words = []
        while word == "--not" and rest and not rest[0].startswith("-"):
            words.append(rest.pop(0))
        if words:
            found.append("\0".join(words))
    return found


@dataclass(frozen=True, kw_only=True)
class ReviewOptions(Output):
    data: Path
    file: Path | None
    keep: tuple[str, ...]
    reject: tuple[str, ...]
    move: tuple[tuple[str, str], ...]
    not_: tuple[tuple[str, ...], ...]
    findings: Path | None

    def decisions(self, data: Dataset) -> list[Decision]:
        """Those of the command line. Raises DatasetError."""
        about = partial(reviewing.decision_about, data)
        return [
            *(about(picture, "reject") for picture in self.reject),
            *(about(picture, "keep") for picture in self.keep),
            *(about(picture, "move", label) for picture, label in self.move),
            *(about(words[0], "not", *words[1:2]) for words in self.not_),
        ]


@click.command(
    cls=ReviewCommand, epilog="Example: likeness review people ~/Downloads/decisions.jsonl"
)
@data
@click.argument("file", type=FilePath(), required=False, metavar="[FILE]")
@click.option("--keep", multiple=True, metavar="PICTURE", help="it is what its folder says")
@click.option("--reject", multiple=True, metavar="PICTURE", help="do not train on it")
@click.option(
    "--move", multiple=True, nargs=2, metavar="PICTURE CLASS", help="it shows CLASS", type=str
)
@click.option(
    "--not",
    "not_",
    multiple=True,
    type=Parsed("words", lambda text: tuple(text.split("\0"))),
    metavar="PICTURE [CLASS]",
    help="it does not show CLASS (default: its folder's); it trains as a stranger",
)
@click.option(
    "--findings",
    type=FilePath(),
    metavar="FILE",
    help="findings.json to list from (default in DATA/_cleaning)",
)
@output
@into(ReviewOptions)
def review(options: ReviewOptions) -> None:
    """List what is open, or append decisions for training to obey.

    DATA is a folder with one folder of pictures a class, FILE the decisions.jsonl that the contact
    sheet saves.
    """
    data = Dataset(options.data)
    data.check()
    checked = reviewing.CheckedDecisions(())
    if options.file:
        checked = reviewing.read_file(data, options.file)
    typed = options.decisions(data)
    new = [*checked.new, *typed]
    if new:
        data.decide(*new)
    if options.as_json:
        decided = reviewing.count_actions(data.decisions())
        print_json({"applied": len(new), "known": checked.known, "decided": decided})
    elif options.file or typed:
        again = f"; {checked.known} were there already" if checked.known else ""
        print(
            f"{len(new)} decisions appended to {data.root / 'decisions.jsonl'}{again}. Training"
            " obeys them from now on."
        )
    else:
        _list_open(data, options.findings or data.root / reviewing.FOLDER / reviewing.FINDINGS)


def _list_open(data: Dataset, report: Path) -> None:
    decided = reviewing.count_actions(data.decisions())
    print(
        "Decided: " + (", ".join(f"{n} {action}" for action, n in decided.items()) or "nothing yet")
    )
    found = reviewing.open_findings(data, report)
    for kind, (title, _) in KINDS.items():
        some = [f for f in found if f.kind == kind]
        if some:
            print(f"{title}: {len(some)} open")
            print_names([f"{f.picture}  {f.note}" for f in some])
    if not found:
        print("Nothing is open.")
