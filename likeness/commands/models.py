"""`likeness models`: what looks after saved versions."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import click

from data_cleaning.datasets.dataset import Item
from data_cleaning.progress import Progress
from likeness.endings import TrainingCommand
from likeness.model_options import ModelOptions, RegistryOptions, artifacts, model_version
from likeness.options import FilePath, into, output
from likeness.printing import percent, print_json
from model.evaluation.plain_data import to_plain
from model.recognition.registry import Registry
from model.workflows import versions
from model.workflows.dataset_samples import labelled
from model.workflows.erase_class import ErasedClass, Erasure, erase_class
from model.workflows.versions import Comparison, VersionDetails
from server.settings import load
from server.storage.outboxes import forget_in_outboxes

name = click.argument("name", metavar="NAME")


@dataclass(frozen=True, kw_only=True)
class ListOptions(RegistryOptions):
    name: str | None


@click.command("list", cls=TrainingCommand, epilog="Example: likeness models list family")
@click.argument("name", required=False, metavar="[NAME]")
@artifacts
@output
@into(ListOptions)
def list_(options: ListOptions) -> None:
    """List the versions of a model, or of all."""
    names = [options.name] if options.name else ()
    rows = versions.versions(options.registry, names)
    if options.as_json:
        print_json(to_plain(rows))
        return
    for row in rows:
        mark = "active" if row.active else ""
        print(
            f"{row.name:<24} {row.version:>4} {mark:<7} {row.recipe:<16}"
            f" {row.classes:>4} classes  {percent(row.accuracy):>7} right "
            f" {row.trained or ''}"
        )


@click.command(cls=TrainingCommand, epilog="Example: likeness models inspect family --version 3")
@model_version
@output
@into(ModelOptions)
def inspect(options: ModelOptions) -> None:
    """Show all that a version says about itself.

    NAME is the model: when it was trained, on what, its classes, threshold, figures and files.
    """
    found = versions.inspect(options.registry, options.name, options.version)
    if options.as_json:
        print_json(found.to_json())
    else:
        _print_version(found)


def _print_version(found: VersionDetails) -> None:
    facts, acceptance = found.facts, found.acceptance
    print(f"{found.name} version {found.version}{', active' if found.active else ''}")
    print(f"  trained     {facts.trained} on {facts.dataset or 'a data set'}")
    print(f"  classes     {', '.join(f'{k} {v}' for k, v in (facts.pictures or {}).items())}")
    print(f"  recipe      {found.recipe['name']}; classifier {facts.classifier}")
    print(f"  threshold   {acceptance.score} >= {acceptance.threshold:.4f} ({acceptance.basis})")
    print(f"  crossval    {percent(facts.crossval.accuracy if facts.crossval else None)} right")
    print(f"  holds       {facts.holds}")
    for weight in found.weights:
        print(
            f"  needs       {weight.name}"
            f" {weight.sha256 or 'NOT INSTALLED: python -m model weights'}"
        )
    for file, size in found.files.items():
        print(f"  file        {file} ({size:,} bytes)")


@dataclass(frozen=True, kw_only=True)
class CompareOptions(RegistryOptions):
    name: str
    a: int
    b: int
    data: Path | None


@click.command(
    cls=TrainingCommand, epilog="Example: likeness models compare family 2 3 new-pictures"
)
@name
@click.argument("a", type=int, metavar="A")
@click.argument("b", type=int, metavar="B")
@click.argument("data", type=FilePath(), required=False, metavar="[DATA]")
@artifacts
@output
@into(CompareOptions)
def compare(options: CompareOptions) -> None:
    """Two versions side by side.

    NAME is the model, A and B are numbers of versions, DATA is a folder of pictures to judge both
    on; without it by what each says of itself.
    """
    pair = (options.a, options.b)
    found = versions.compare(options.registry, options.name, pair, _items(options.data))
    if options.as_json:
        print_json(found.to_json())
    else:
        _print_comparison(found)


FIGURES = (
    "pictures",
    "correct",
    "accuracy",
    "failure_to_acquire",
    "ece",
    "seconds_per_picture",
)


def _print_comparison(found: Comparison) -> None:
    first, second = found.versions
    heads = [f"version {version.version}" for version in (first, second)]
    print(f"{'':<22} {heads[0]:>14} {heads[1]:>14}")
    for key in FIGURES:
        cells = [_cell(key, getattr(version, key)) for version in (first, second)]
        print(f"{key:<22} {cells[0]:>14} {cells[1]:>14}")
    if first.unknown and second.unknown:
        for key in ("fpir", "fnir"):
            shares = [percent(getattr(rates, key)) for rates in (first.unknown, second.unknown)]
            print(f"{key:<22} {shares[0]:>14} {shares[1]:>14}")
    if first.seen or second.seen:
        print(
            f"{'learnt from already':<22} {first.seen:>14} {second.seen:>14}  <- pictures;"
            " they flatter"
        )
    print(_in_words(found))


def _cell(key: str, value: float | None) -> str:
    if value is None:
        return "-"
    if key == "seconds_per_picture":
        return f"{1000 * value:.0f} ms"
    return str(value) if isinstance(value, int) else percent(value)


def _in_words(found: Comparison) -> str:
    if not found.comparable:
        return (
            "They were trained on different pictures: these figures cannot be held against each"
            " other. Give DATA."
        )
    if found.better is None:
        return "Neither is better."
    return f"Version {found.better} has more right answers."


@dataclass(frozen=True, kw_only=True)
class PromoteOptions(RegistryOptions):
    name: str
    number: int
    data: Path | None
    force: bool


@click.command(cls=TrainingCommand, epilog="Example: likeness models promote family 3")
@name
@click.argument("number", type=int, metavar="VERSION")
@click.option("--data", type=FilePath(), metavar="DATA", help="pictures to judge both versions on")
@click.option("--force", is_flag=True, help="promote it even if it is worse")
@artifacts
@output
@into(PromoteOptions)
def promote(options: PromoteOptions) -> None:
    """Make a version the active one, unless it is worse.

    The active version of the model NAME is the one that answers.
    """
    found = versions.promote(
        options.registry, options.name, options.number, _items(options.data), options.force
    )
    if options.as_json:
        print_json(found.to_json())
        return
    print(f"Version {found.version} of {found.name} is active; before it was {found.before}.")
    if found.comparison:
        old, new = (version.accuracy for version in found.comparison.versions)
        print(f"On the same pictures: {percent(new)} right, before {percent(old)}.")
    elif found.version != found.before:
        print(
            "They were not compared: they were trained on different pictures. Give --data DATA to"
            " compare them."
        )


@dataclass(frozen=True, kw_only=True)
class RollbackOptions(RegistryOptions):
    name: str


@click.command(cls=TrainingCommand, epilog="Example: likeness models rollback family")
@name
@artifacts
@output
@into(RollbackOptions)
def rollback(options: RollbackOptions) -> None:
    """Make the version before the active one active."""
    registry = options.registry
    before = registry.active(options.name)
    version = registry.rollback(options.name)
    if options.as_json:
        print_json({"name": options.name, "version": version, "before": before})
    else:
        print(f"Version {version} of {options.name} is active; before it was {before}.")


@dataclass(frozen=True, kw_only=True)
class ForgetOptions(RegistryOptions):
    name: str
    label: str
    data: Path | None
    datasets: Path | None
    delete_pictures: bool

    def erasure(self) -> Erasure:
        registry = self.registry
        data = self.data or (self.datasets and _dataset(registry, self.name, self.datasets))
        return Erasure(registry, self.name, self.label, data, self.delete_pictures)


@click.command(
    cls=TrainingCommand,
    epilog="Example: likeness models forget family anna --data people --delete-pictures",
)
@name
@click.argument("label", metavar="CLASS")
@click.option(
    "--data", type=FilePath(), metavar="DATASET", help="the data set to train on, without them"
)
@click.option(
    "--datasets",
    type=FilePath(),
    metavar="DIR",
    help="instead: the folder in which the data set of its name lies",
)
@click.option("--delete-pictures", is_flag=True, help="delete their pictures in DATASET too")
@artifacts
@output
@into(ForgetOptions)
def forget(options: ForgetOptions) -> None:
    """Train again without a class and remove what knows it.

    No version of the model NAME that was trained on CLASS is left. Events of CLASS that a watched
    camera has not delivered yet go too. This cannot be undone.
    """
    state = load().state
    progress = Progress(options.progress_json)
    found = erase_class(options.erasure(), progress)
    forget_in_outboxes(state, options.label)
    progress.close()
    if options.as_json:
        print_json(found.to_json())
    else:
        _print_erasure(options, found)


def _print_erasure(options: ForgetOptions, found: ErasedClass) -> None:
    if found.trained:
        print(
            f"Trained {options.name} version {found.trained} without {options.label}; it is the"
            " active one."
        )
    gone = ", ".join(str(v) for v in found.removed_versions)
    print(f"Removed versions that knew them: {gone or 'none'}.")
    if found.deleted:
        print(f"Deleted {found.deleted.pictures} pictures and {found.deleted.decisions} decisions.")
    left = found.left
    pictures = "not looked at, no --data given" if left.pictures is None else left.pictures
    print(
        f"Left of them: labels {left.labels}, enrolled examples {left.examples}, pictures"
        f" {pictures}."
    )
    if found.others:
        print(f"Other models know a class of that name: {', '.join(found.others)}.")


def _dataset(registry: Registry, name: str, folder: Path) -> Path | None:
    """The data set that the active version says it was trained on, where it lies in that folder."""
    facts = registry.manifest(name, registry.active(name)).facts
    data = folder / (facts.dataset or name)
    return data if data.is_dir() else None


def _items(data: Path | None) -> list[Item] | None:
    return None if data is None else labelled(data)
