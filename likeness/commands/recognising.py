"""`likeness recognise`: a whole folder of pictures asked about, into a table."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import click

from data_cleaning.errors import BundleMissing
from data_cleaning.progress import Progress
from likeness.endings import DatasetCommand
from likeness.model_options import RegistryOptions, artifacts
from likeness.options import FilePath, dask, into, output
from likeness.printing import print_json
from model.workflows.recognise_folder import COLUMNS, Run, recognise_folder
from server.recognition.live_models import PREFERRED


@dataclass(frozen=True, kw_only=True)
class RecogniseOptions(RegistryOptions):
    source: Path
    out: Path
    model: str | None
    version: int | None

    def run(self) -> Run:
        """Raises BundleMissing."""
        names = self.registry.names()
        preferred = [name for name in (*PREFERRED, *names) if name in names]
        name = self.model or next(iter(preferred), None)
        if name is None:
            raise BundleMissing(f"There is no model in {self.artifacts}.")
        version = self.version or self.registry.active(name)
        return Run(str(self.source.resolve()), str(self.artifacts.resolve()), name, version)


@click.command(
    cls=DatasetCommand,
    epilog="Example: likeness recognise ~/Pictures --model family --out answers.parquet",
)
@click.argument("source", type=FilePath(), metavar="SOURCE")
@click.option(
    "--out",
    type=FilePath(),
    required=True,
    metavar="FILE",
    help="the table: .parquet (needs pyarrow), .csv or .jsonl",
)
@click.option("--model", metavar="NAME", help="default: the one that answers by default")
@click.option("--version", type=int, metavar="N", help="default: the active one")
@artifacts
@dask
@output
@into(RecogniseOptions)
def recognise(options: RecogniseOptions) -> None:
    """Name everybody in a folder of pictures, into a table with a row a face.

    SOURCE is a folder, with folders in it or without. Stopped or killed, it goes on where it was
    when the same is typed again; until the end its rows lie in FILE.parts. A picture without a face
    has a row too, with the position -1 and a reason.
    """
    progress = Progress(options.progress_json)
    run = options.run()
    done = recognise_folder(
        run, options.out, lambda n, total: progress("look", n, total, "Looking at pictures")
    )
    progress.close()
    if options.as_json:
        columns = list(COLUMNS)
        print_json({"pictures": done.pictures + done.before, "rows": done.rows, "columns": columns})
        return
    again = f" ({done.before} of them before)" if done.before else ""
    print(
        f"{done.pictures + done.before} pictures{again} were asked of {run.model} version"
        f" {run.version}: {done.rows} rows are in {options.out}."
    )
