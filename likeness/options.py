"""What commands have in common on the command line: types of values, and shared options."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click

from data_cleaning.errors import LikenessError
from data_cleaning.files import sha256_of_bytes
from data_cleaning.objectstore.mirror import Mirror
from data_cleaning.objectstore.store import is_store

T = TypeVar("T")
R = TypeVar("R")
MIRRORS = "likeness.mirrors"  # of a command, in its context: what is to be brought in step again
Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


class Parsed(click.ParamType[Any]):
    """A value read by a function of ours, whose ValueError or LikenessError is the complaint."""

    def __init__(self, name: str, parse: Callable[[str], object]) -> None:
        self.name, self.parse = name, parse

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> object:
        if not isinstance(value, str):
            return value
        try:
            return self.parse(value)
        except (ValueError, LikenessError) as error:
            self.fail(str(error), param, ctx)


class FilePath(click.Path):
    """A path as pathlib has it; whether it is there is said by who reads it."""

    def __init__(self) -> None:
        super().__init__(path_type=Path)


class PlacePath(FilePath):
    """A folder, or a place in an object store, as s3://bucket/people.

    Of a store the command is handed a folder of this machine that is brought in step with it first,
    and again when the command has ended (likeness/endings.py).
    """

    def convert(
        self,
        value: str | os.PathLike[str],
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> Path:
        text = os.fspath(value)
        if not is_store(text):
            return Path(str(super().convert(value, param, ctx)))
        mirror = Mirror(text, cache_of(text))
        try:
            done = mirror.sync()
        except LikenessError as error:
            self.fail(str(error), param, ctx)
        if done.brought:
            click.echo(f"{len(done.brought)} files brought from {text}", err=True)
        if ctx is not None:
            ctx.meta.setdefault(MIRRORS, []).append(mirror)
        return mirror.folder


def cache_of(url: str) -> Path:
    """The folder of this machine that is kept in step with a place in an object store.

    Its name is the place's: a report says what it was trained on.
    """
    plain = url.rstrip("/")
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    home = base / "likeness" / "stores" / sha256_of_bytes(plain.encode())[:16]
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    return home / plain.rpartition("/")[2]


def share(most: float) -> Parsed:
    """A number from 0 to `most`."""

    def parse(text: str) -> float:
        number = float(text)
        if not 0 <= number <= most:
            raise ValueError(f"{number}; a share from 0 to {most:g} is allowed")
        return number

    return Parsed("share", parse)


@dataclass(frozen=True, kw_only=True)
class Output:
    """What every command that works on pictures or models is asked: who listens?"""

    as_json: bool
    progress_json: bool


def into(kind: Callable[..., T]) -> Callable[[Callable[[T], R]], Callable[..., R]]:
    """Hands a command its options as one object: `kind` called with them by name."""

    def decorate(command: Callable[[T], R]) -> Callable[..., R]:
        @functools.wraps(command)
        def callback(**options: object) -> R:
            return command(kind(**options))

        return callback

    return decorate


def options(*decorators: Decorator) -> Decorator:
    """Several options as one decorator, listed in the help in this order."""

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        for decorator in reversed(decorators):
            command = decorator(command)
        return command

    return decorate


as_json = click.option("--json", "as_json", is_flag=True, help="print JSON on standard output")
output = options(
    as_json,
    click.option("--progress-json", is_flag=True, help="progress as JSON lines on standard error"),
)


def _enter_dask(ctx: click.Context, _: click.Parameter, address: str | None) -> None:
    """The executor, in force until the command ends."""
    if address is None or ctx.resilient_parsing:
        return
    from data_cleaning.dask_executor import LOCAL, dask_executor  # not for a page of help

    if address != LOCAL and "://" not in address:
        raise click.BadParameter(f"{address!r}: write tcp://HOST:PORT of a scheduler, or local.")
    try:
        ctx.with_resource(dask_executor(address))
    except LikenessError as error:
        raise click.UsageError(str(error)) from error


dask = click.option(
    "--dask",
    metavar="ADDRESS",
    expose_value=False,
    callback=_enter_dask,
    help="let a Dask cluster look at the pictures: tcp://HOST:8786 of its scheduler, or local for"
    " one process a core",
)
data = click.argument("data", type=PlacePath(), metavar="DATA")
