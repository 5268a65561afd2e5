"""`likeness export`: a model as one ONNX file."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import click

from data_cleaning.errors import DatasetError
from likeness.endings import TrainingCommand
from likeness.model_options import ModelOptions, items_of, model_version
from likeness.options import FilePath, into, output
from model.export.write_onnx import QuantisedModel, quantise
from model.export.write_onnx import export as export_onnx


@dataclass(frozen=True, kw_only=True)
class ExportOptions(ModelOptions):
    onnx: Path
    int8: bool
    data: Path | None


@click.command(
    cls=TrainingCommand, epilog="Example: likeness export celebrities --onnx celebrities.onnx"
)
@model_version
@click.option("--onnx", type=FilePath(), required=True, metavar="FILE", help="file to write")
@click.option(
    "--int8", is_flag=True, help="also write FILE with 8-bit numbers (.int8), and compare"
)
@click.option(
    "--data",
    type=FilePath(),
    metavar="DIR",
    help="labelled pictures to check, calibrate and compare on",
)
@output
@into(ExportOptions)
def export(options: ExportOptions) -> None:
    """Write a model as one ONNX file.

    NAME is the model. What the file answers is compared with what the model answers.
    """
    bundle = options.load()
    if options.int8 and not options.data:
        raise DatasetError(
            "--int8 needs --data DIR: pictures that the ranges of the smaller numbers are taken"
            " from."
        )
    items = items_of(options.data)
    done = export_onnx(bundle, options.onnx, items)
    small = quantise(bundle, done, items) if options.int8 else None
    if options.as_json:
        plain = {"export": asdict(done), "int8": asdict(small) if small else None}
        print(json.dumps(plain, default=str))
        return
    print(
        f"Wrote {done.path}, {done.bytes / 1e6:.1f} MB, input {done.input}: differs from the served"
        f" answers by at most {done.difference:.1g} over {done.checked} crops."
    )
    if small:
        _print_quantised(small)


def _print_quantised(small: QuantisedModel) -> None:
    print(
        f"Wrote {small.path}, {small.bytes / 1e6:.1f} MB. On {small.pictures} pictures, float"
        " against 8-bit:"
    )
    print(
        f"  accuracy     {small.accuracy[0]:.3f}  {small.accuracy[1]:.3f}  same class for"
        f" {small.agreement:.1%}"
    )
    print(f"  milliseconds {small.milliseconds[0]:.1f}  {small.milliseconds[1]:.1f}")
