"""`likeness backup` and `restore`: everything that cannot be made again, in one file, and back."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

import click

from likeness import __version__
from likeness.endings import ServiceCommand, say
from likeness.options import FilePath, into
from model.recognition.registry import Registry
from server.app import create_app
from server.backup.make_backup import Made, make_backup
from server.backup.restore_backup import Contents, restore_backup
from server.enrolment.enrolled_examples import EnrolledExamples
from server.erasure.erase_class import erase_class
from server.errors import NotFound, RequestError
from server.service import Service, service_of
from server.settings import load, make_state
from server.storage.forgotten_list import ForgottenList, among, read
from server.storage.state_lock import left_alone

STREAM = Path("-")


@click.command(cls=ServiceCommand, epilog="Example: likeness backup /mnt/backups/monday.tar")
@click.argument("file", type=FilePath(), metavar="FILE")
def backup(file: Path) -> None:
    """Write all that cannot be made again into a file, while the service answers.

    FILE gets database, journal, keys, data sets and models; - is standard output. It holds
    everything that the service knows of people: keep it as safe as the service.
    """
    os.umask(0o077)
    settings = load()
    make_state(settings)
    with _written(file) as out:
        made = make_backup(settings, out, __version__)
    say(_summary(made))


@contextmanager
def _written(file: Path) -> Iterator[IO[bytes]]:
    """Written aside and renamed: there is no half backup."""
    if file == STREAM:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    part = file.with_name(f".{file.name}.part")
    try:
        with part.open("wb") as out:
            yield out
            out.flush()
            os.fsync(out.fileno())
        part.replace(file)
    except OSError as error:
        raise RequestError(f"{file} cannot be written: {error.strerror}.") from None
    finally:
        part.unlink(missing_ok=True)


def _summary(made: Made) -> str:
    return (
        f"{made.files} files of {made.bytes / 1e6:.1f} MB and the database ({made.database}), as"
        f" they were at {_when(made.time)}."
    )


def _when(milliseconds: int) -> str:
    return f"{datetime.fromtimestamp(milliseconds / 1000, UTC):%Y-%m-%d %H:%M:%S} UTC"


@dataclass(frozen=True, kw_only=True)
class RestoreOptions:
    file: Path
    forgotten: Path | None


@click.command(cls=ServiceCommand, epilog="Example: likeness restore /mnt/backups/monday.tar")
@click.argument("file", type=FilePath(), metavar="FILE")
@click.option(
    "--forgotten",
    type=FilePath(),
    metavar="LIST",
    help="forgotten.jsonl of the machine that is no more",
)
@into(RestoreOptions)
def restore(options: RestoreOptions) -> None:
    """Put a backup back in the place of what is here. The service must not run.

    FILE is what `likeness backup` wrote; - is standard input. Who was forgotten after it was made
    is forgotten once more: this machine's own list says who, and LIST.
    """
    os.umask(0o077)
    settings = load()
    make_state(settings)
    others = read(options.forgotten) if options.forgotten else []
    with left_alone(settings.state.resolve()), _read(options.file) as source:
        contents = restore_backup(settings, source)
    ForgottenList(settings.state).merge(others)
    again = _forget_again(contents)
    say(f"the backup of {_when(contents.time)} is in force; made by version {contents.version}.")
    if again:
        say(f"{len(again)} forgotten since then, and forgotten once more.")


@contextmanager
def _read(file: Path) -> Iterator[IO[bytes]]:
    if file == STREAM:
        yield sys.stdin.buffer
        return
    try:
        with file.open("rb") as source:
            yield source
    except OSError as error:
        raise RequestError(f"{file} cannot be read: {error.strerror}.") from None


def _forget_again(contents: Contents) -> list[str]:
    """Whom the backup still knows, although they were forgotten after it was made."""
    settings = load()
    service = service_of(create_app(settings, Registry(settings.artifacts)))
    try:
        service.store.migrate()
        rows = ForgottenList(settings.state).all()
        labels = among(_labels(service), rows, contents.time)
        for label in labels:
            try:
                erase_class(service, label, "restore")
            except NotFound:  # it went with somebody before
                continue
        return labels
    finally:
        service.close()


def _labels(service: Service) -> set[str]:
    """Every name that models, enrolled examples, data sets and the database know."""
    registry = Registry(service.settings.artifacts)
    versions = [(name, v) for name in service.models.names() for v in registry.versions(name)]
    known = {label for name, v in versions for label in registry.manifest(name, v).labels}
    folders = [path for path in service.settings.datasets.glob("*/*") if path.is_dir()]
    enrolled = EnrolledExamples(service.settings.enrolled)
    known |= {one.label for name in enrolled.names() for one in enrolled.read(name).examples}
    return known | {path.name for path in folders} | service.history.labels()
