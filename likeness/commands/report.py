"""`likeness report`: the report of a version again, as a page or on one sheet of paper."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import click

from data_cleaning.errors import BundleMissing, InputError
from data_cleaning.files import write
from data_cleaning.json_types import JsonObject
from likeness.endings import TrainingCommand
from likeness.model_options import ModelOptions, model_version
from likeness.options import FilePath, into, output
from likeness.printing import print_json


@dataclass(frozen=True, kw_only=True)
class ReportOptions(ModelOptions):
    pdf: Path | None
    html: Path | None


@click.command(cls=TrainingCommand, epilog="Example: likeness report family --pdf family.pdf")
@model_version
@click.option("--pdf", type=FilePath(), metavar="FILE", help="one page of A4, to print or to send")
@click.option("--html", type=FilePath(), metavar="FILE", help="the whole report as one HTML page")
@output
@into(ReportOptions)
def report(options: ReportOptions) -> None:
    """Write the report of a version again, without any picture.

    NAME is the model. The figures are those of its training; nothing is measured.
    """
    if not options.pdf and not options.html:
        raise InputError("Say what to write: --pdf FILE, --html FILE or both.")
    data = _data(options)
    from model.reporting.html_report import page  # matplotlib takes a second to load
    from model.reporting.one_page.page import one_page

    written = []
    for path, make in ((options.pdf, one_page), (options.html, page)):
        if path:
            path.parent.mkdir(parents=True, exist_ok=True)
            write(path, make({**data, "private": True}))
            written.append(str(path))
    if options.as_json:
        print_json({"written": written})
    else:
        print(f"Wrote {' and '.join(written)}.")


def _data(options: ReportOptions) -> JsonObject:
    """report.json of the version. Raises BundleMissing where it has none."""
    registry = options.registry
    version = options.version or registry.active(options.name)
    path = registry.path(options.name, version) / "report.json"
    try:
        found: JsonObject = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise BundleMissing(
            f"Version {version} of {options.name} has no report; train it again to get one."
        ) from error
    return found
