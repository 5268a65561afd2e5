"""What commands have in common on the command line: types of values, and shared options."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click

from data_cleaning.errors import LikenessError

T = TypeVar("T")
R = TypeVar("R")
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
data = click.argument("data", type=FilePath(), metavar="DATA")
