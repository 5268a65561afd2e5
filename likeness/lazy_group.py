"""A group of commands that loads a command's file when it is asked for.

Loading them all would take seconds, and `likeness --help` needs none of them.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import click


@dataclass(frozen=True)
class Entry:
    """target: `package.module:command`. summary: what the group's help says of it.

    hidden: it works, and no help lists it.
    """

    target: str
    summary: str
    hidden: bool = False

    def load(self) -> click.Command:
        module, _, name = self.target.partition(":")
        command = getattr(importlib.import_module(module), name)
        assert isinstance(command, click.Command)
        return command


class LazyGroup(click.Group):
    """table: its commands by name, in the order in which its help lists them."""

    def __init__(self, *arguments: Any, table: Mapping[str, Entry], **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.table = table

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [name for name, entry in self.table.items() if not entry.hidden]

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        return self.table[name].load() if name in self.table else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list in the help, from the table alone."""
        with formatter.section("Commands"):
            formatter.write_dl(
                [(name, self.table[name].summary) for name in self.list_commands(ctx)]
            )
