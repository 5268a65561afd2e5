"""`likeness weights`: the pretrained files that the modern recipes need."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

import click

from data_cleaning.pretrained import DEFAULT_DIRECTORY, weights_dir
from likeness.endings import PretrainedCommand
from likeness.fetch_pretrained import default_names, printing_to, what_still_works
from likeness.options import FilePath, Parsed, as_json, into
from likeness.printing import Row
from model.recipes.presets import recipes_needing
from model.weights.catalogue import WEIGHTS, Weight
from model.weights.fetch import fetch, weight_state

SHOWN = ("name", "role", "licence", "credit", "filename", "size", "sha256")


def _known(name: str) -> str:
    if name not in WEIGHTS:
        raise ValueError(f"{name!r} is none of {', '.join(WEIGHTS)}")
    return name


@dataclass(frozen=True, kw_only=True)
class WeightsOptions:
    names: tuple[str, ...]
    dir: Path | None
    list: bool
    as_json: bool


@click.command(cls=PretrainedCommand, epilog="Example: likeness weights --list")
@click.argument("names", nargs=-1, type=Parsed("name", _known), metavar="[NAME...]")
@click.option(
    "--dir",
    type=FilePath(),
    metavar="DIR",
    help=f"where to (LIKENESS_WEIGHTS, else {DEFAULT_DIRECTORY})",
)
@click.option("--list", is_flag=True, help="only say what there is, and what is present")
@as_json
@into(WeightsOptions)
def weights(options: WeightsOptions) -> int:
    """Get, check and list the pretrained files.

    Without a NAME all that recipes use by themselves. Each is checked by its hash, and what is
    there already is left alone. Ends with 1 where one could not be brought.
    """
    if options.list:
        _list(options)
        return 0
    listening = printing_to(sys.stderr if options.as_json else sys.stdout)
    names = options.names or default_names()
    outcomes = fetch(names, weights_dir(options.dir), listening)
    missing = [outcome.name for outcome in outcomes if outcome.state == "failed"]
    if options.as_json:
        print(json.dumps([asdict(outcome) for outcome in outcomes], indent=2))
    elif missing:
        print(what_still_works(missing, options.dir))
    return 1 if missing else 0


def _list(options: WeightsOptions) -> None:
    directory = weights_dir(options.dir)
    rows = [_row(WEIGHTS[name], directory) for name in options.names or WEIGHTS]
    print(json.dumps(rows, indent=2) if options.as_json else "\n".join(map(_in_words, rows)))


def _row(weight: Weight, directory: Path) -> Row:
    return {
        **{key: getattr(weight, key) for key in SHOWN},
        "recipes": recipes_needing(weight.name),
        "default": weight.default,
        "source": str(weight.source),
        "path": str(directory / weight.filename),
        "state": weight_state(weight, directory),
    }


def _in_words(row: Row) -> str:
    wanted = "" if row["default"] else "; fetched only when named"
    return (
        f"{row['name']}: {row['state']} ({row['path']})\n"
        f"    {row['role']}\n"
        f"    licence {row['licence']}; credit {row['credit']}\n"
        f"    from {row['source']}{wanted}"
    )
