"""How commands end: an error of ours is a line and an exit status, Ctrl-C a sentence and 130."""

from __future__ import annotations

import json
import os
import signal
import sys

import click

from data_cleaning.errors import InputError, LikenessError
from likeness.options import MIRRORS


class TrainingCommand(click.Command):
    """Trains, asks or looks after models. What a person can mend by typing ends with 2."""

    stopped = "stopped; nothing was saved"

    def invoke(self, ctx: click.Context) -> int:
        signal.signal(signal.SIGTERM, _terminated)
        try:
            status = int(super().invoke(ctx) or 0)
            for mirror in ctx.meta.get(MIRRORS, ()):
                mirror.sync()
            sys.stdout.flush()
        except LikenessError as error:
            if ctx.params.get("progress_json"):
                _tell_code(error)
            click.echo(f"error: {error}", err=True)
            return 2 if isinstance(error, InputError) else 1
        except BrokenPipeError:  # the reader, say `head`, has seen enough
            no_more_output()
            return 0
        except KeyboardInterrupt:
            click.echo(self.stopped, err=True)
            return 130
        return status


class DatasetCommand(TrainingCommand):
    """Works on a folder of pictures, and goes on where it was stopped."""

    stopped = "stopped; what was written is whole, and running it again goes on from there"


class PretrainedCommand(TrainingCommand):
    """Brings pretrained files."""

    stopped = "stopped; files already installed stay, nothing half-written is left"


class ServiceCommand(click.Command):
    """Looks after the service at its machine. Whatever is wrong is a sentence and 2."""

    def invoke(self, ctx: click.Context) -> int:
        try:
            status = int(super().invoke(ctx) or 0)
            sys.stdout.flush()
        except LikenessError as error:
            say(str(error))
            return 2
        except BrokenPipeError:  # nobody reads on, as after `| head -1`
            no_more_output()
            return 1
        return status


def say(text: str) -> None:
    """To the person at the machine, beside what a program may read."""
    click.echo(f"likeness: {text}", err=True)


def no_more_output() -> None:
    """Let Python not complain of unread output at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _tell_code(error: LikenessError) -> None:
    """A JSON line for programs: the code that the API gives such an error, where it has one."""
    from server.web.problems import lookup  # brings Flask, which a command does not need otherwise

    if known := lookup(error):
        click.echo(json.dumps({"error": known[1]}), err=True)


def _terminated(*_: object) -> None:
    raise SystemExit(143)
