"""`likeness runs`: trainings side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import click

from likeness.endings import TrainingCommand
from likeness.model_options import RegistryOptions, artifacts
from likeness.options import into, output
from likeness.printing import print_json
from model.workflows.runs.run import Run
from model.workflows.runs.run import runs as all_runs

COLUMNS = ("accuracy", "train_accuracy", "test_accuracy", "top_3_accuracy", "fpir")
HEADS = ("right", "learnt", "test", "top 3", "strangers")
SHARES = ("accuracy", "fpir", "fnir", "failure_to_acquire")  # what these end with is a share


@dataclass(frozen=True, kw_only=True)
class RunsOptions(RegistryOptions):
    run: tuple[str, ...]
    compare: bool
    sort: str | None


@click.command(cls=TrainingCommand, epilog="Example: likeness runs --compare family/1 family/3")
@click.argument("run", nargs=-1, metavar="[RUN]...")
@click.option(
    "--compare", is_flag=True, help="side by side: each parameter that differs, and each figure"
)
@click.option("--sort", metavar="FIGURE", help="the largest of a figure first, as accuracy")
@artifacts
@output
@into(RunsOptions)
def runs(options: RunsOptions) -> None:
    """List and compare trainings: what went in, and what came of it.

    RUN is a model's NAME or one NAME/VERSION; all of them by default. Each is the folder of a
    version, with params.json and metrics.json in it.
    """
    found = all_runs(options.registry, options.run)
    if options.sort:
        found = _sorted(found, options.sort)
    if options.as_json:
        print_json([run.to_json() for run in found])
    elif options.compare:
        _print_comparison(found)
    else:
        _print_list(found)


def _sorted(found: Sequence[Run], figure: str) -> list[Run]:
    known = sorted({name for run in found for name in run.metrics})
    if found and figure not in known:
        raise click.BadParameter(f"{figure!r}: there are {', '.join(known)}", param_hint="--sort")
    return sorted(found, key=lambda run: -run.metrics.get(figure, -1.0))


def _print_list(found: Sequence[Run]) -> None:
    width = max([len(run.title) for run in found] + [3])
    heads = "".join(f"{head:>10}" for head in HEADS)
    print(f"{'run':<{width}}  {'trained':<16}  {'recipe':<15} {'classifier':<19} pictures{heads}")
    for run in found:
        figures = "".join(f"{_cell(name, run.metrics.get(name)):>10}" for name in COLUMNS)
        trained = (run.trained or "")[:16].replace("T", " ")
        print(
            f"{run.title:<{width}}  {trained:<16}  {run.params['recipe']!s:<15}"
            f" {run.params['classifier']!s:<19} {run.params['pictures']!s:>8}{figures}"
        )


def _print_comparison(found: Sequence[Run]) -> None:
    params = {name: [run.params.get(name) for run in found] for name in _names(found, "params")}
    metrics = {name: [run.metrics.get(name) for run in found] for name in _names(found, "metrics")}
    rows = [("", [run.title for run in found])]
    rows += [
        (name, [_short(value) for value in values])
        for name, values in params.items()
        if len(set(values)) > 1
    ]
    rows += [(name, [_cell(name, value) for value in values]) for name, values in metrics.items()]
    widths = [max(len(cells[i]) for _, cells in rows) for i in range(len(found))]
    first = max(len(name) for name, _ in rows)
    for name, cells in rows:
        aligned = "".join(f"  {cell:>{width}}" for cell, width in zip(cells, widths, strict=True))
        print(f"{name:<{first}}{aligned}")
    same = [
        f"{name} {_short(values[0])}" for name, values in params.items() if len(set(values)) < 2
    ]
    print(f"The same in all: {', '.join(same)}.")


def _names(found: Sequence[Run], kind: str) -> list[str]:
    """In the order in which they come."""
    return list(dict.fromkeys(name for run in found for name in getattr(run, kind)))


def _short(value: object) -> str:
    text = "-" if value in (None, "") else str(value)
    return f"{text[:12]}…" if len(text) > 40 else text


def _cell(name: str, value: float | None) -> str:
    if value is None:
        return "-"
    if name.startswith("accuracy") or name.endswith(SHARES):
        return f"{value:.1%}"
    return f"{value:.4g}"
