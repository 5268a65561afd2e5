"""`likeness settings`, `keys`, `migrate`: for who sits at the machine."""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import get_args

import click
from sqlalchemy.engine import make_url

from likeness.endings import ServiceCommand, say
from likeness.options import Parsed, as_json, into
from server.access.claims import Claims, page_address
from server.access.keys import Key, Keys
from server.operations.model_store import ModelStore
from server.settings import FIELDS, KeyRole, Settings, load, make_state, origin, variable
from server.storage.database import Store
from server.training.job_runner import Runner
from server.training.jobs import Jobs
from server.training.runner_process import RunnerProcesses
from server.web.api_docs.settings_page import settings_markdown
from server.web.validation_messages import MODEL_NAME, PATTERNS

SECRET = ("mqtt", "webhook", "webhook_secret")  # settings that hold, or may hold, a password
LEAST_DAYS, MOST_DAYS = 0.001, 3650  # of a key: a minute and a half, ten years


@dataclass(frozen=True, kw_only=True)
class SettingsOptions:
    as_json: bool
    page: bool


@click.command(cls=ServiceCommand, epilog="Example: LIKENESS_QUEUE=4 likeness settings")
@as_json
@click.option("--page", is_flag=True, help="print the page of the documentation instead")
@into(SettingsOptions)
def settings(options: SettingsOptions) -> None:
    """Every setting, its value and where that came from.

    A setting is an environment variable, LIKENESS_ and its name in capitals.
    """
    values = load()
    if options.page:
        print(settings_markdown(), end="")
        return
    rows = [
        {
            "name": variable(field.name),
            "value": shown(field.name, getattr(values, field.name)),
            "origin": origin(field, os.environ),
            "help": field.metadata["help"],
        }
        for field in FIELDS
    ]
    if options.as_json:
        print(json.dumps(rows, indent=1))
        return
    for row in rows:
        print(f"{row['name']} = {row['value']!s:<24}  ({row['origin']})\n    {row['help']}")


def shown(name: str, value: object) -> object:
    """A password in an address is nobody's business."""
    if name == "database_url" and value:
        return make_url(str(value)).render_as_string(hide_password=True)
    if name in SECRET and value:
        return re.sub(r"(?<=:)[^:/@]*(?=@)", "***", str(value)) if "://" in str(value) else "***"
    return value if isinstance(value, bool | int | float) else str(value)


def _days(text: str) -> float:
    with suppress(ValueError):
        days = float(text)
        if days == 0 or LEAST_DAYS <= days <= MOST_DAYS:
            return days
    raise ValueError(
        f"{text!r}: write days from {LEAST_DAYS} to {MOST_DAYS}, or 0 for a key for ever"
    )


def _model(text: str) -> str:
    if re.fullmatch(MODEL_NAME, text):
        return text
    raise ValueError(f"{text!r}: {PATTERNS[MODEL_NAME]}")


@click.group(epilog="Example: likeness keys create me --role admin")
def keys() -> None:
    """Make, list or revoke keys of the API. Needs no key: whoever types it owns the machine."""


@dataclass(frozen=True, kw_only=True)
class NewKey:
    name: str
    role: KeyRole
    days: float
    model: str | None
    as_json: bool

    @property
    def expires(self) -> int | None:
        """Milliseconds since 1970, or None for never."""
        return int((time.time() + self.days * 24 * 3600) * 1000) if self.days else None


@keys.command(cls=ServiceCommand, epilog="Example: likeness keys create phone --days 365")
@click.argument("name")
@click.option(
    "--role",
    type=click.Choice(get_args(KeyRole)),
    default="predict",
    help="what it may do; each may do what the ones before it may",
)
@click.option(
    "--days",
    type=Parsed("days", _days),
    default=0,
    help="days until it expires; 0 means never",
)
@click.option(
    "--model",
    type=Parsed("name", _model),
    help="a UUID for CompreFace's clients, bound to this model, which need not be there yet",
)
@as_json
@into(NewKey)
def create(options: NewKey) -> None:
    """Make a key and print it, this once.

    NAME tells people later whose it is.
    """
    settings = load()
    with _database(settings) as (store, _, _):
        key = Keys(store).create(options.name, options.role, options.expires, options.model)[0]
        print(json.dumps({"key": key}) if options.as_json else key)
        say(f"this key is for the service with the database {_address(settings)}.")


@keys.command("list", cls=ServiceCommand)
@as_json
def list_keys(as_json: bool) -> None:
    """Every key, without its secret."""
    with _database(load()) as (store, _, _):
        found = Keys(store).all()
    if as_json:
        print(json.dumps([key.shown() for key in found]))
        return
    for key in found:
        print(_line(key))


def _line(key: Key) -> str:
    state = "revoked" if key.revoked else "valid" if key.valid else "expired"
    until = "never expires"
    if key.expires is not None:
        until = f"until {datetime.fromtimestamp(key.expires / 1000, UTC):%Y-%m-%d %H:%M} UTC"
    bound = f"  (CompreFace, {key.model})" if key.model else ""
    return f"{key.id}  {key.role:<8} {state:<8} {until:<26} {key.name}{bound}"


@keys.command(cls=ServiceCommand)
@click.argument("id")
@as_json
def revoke(id: str, as_json: bool) -> None:
    """End a key now. ID is what `likeness keys list` shows first."""
    with _database(load()) as (store, _, _):
        Keys(store).revoke(id)
    print(json.dumps({"revoked": id}) if as_json else f"{id} is revoked.")


@keys.command(cls=ServiceCommand, epilog="Example: sudo likeness keys claim")
@click.option("--page", help="where people reach the page (default: LIKENESS_PUBLIC_URL)")
@as_json
def claim(page: str | None, as_json: bool) -> int:
    """Print a link to the first admin key, valid once and for an hour.

    The link before is worth nothing any more. With 1 where there was an admin key already.
    """
    settings = load()
    with _database(settings) as (store, _, _):
        link = Claims(store).link(page or page_address(settings))
    if link is None:
        say("there is an admin key already; likeness keys create NAME --role admin makes another.")
        return 1
    print(json.dumps({"link": link}) if as_json else link)
    return 0


@click.command(cls=ServiceCommand, epilog="Example: likeness migrate")
@as_json
def migrate(as_json: bool) -> None:
    """Bring the database to the present form, and say what that took.

    The service does so itself when it starts.
    """
    settings = load()
    with _database(settings) as (_, before, after):
        if as_json:
            print(json.dumps({"before": before, "after": after}))
        elif before and before == after:
            print(f"{_address(settings)} has the present form, {after}: nothing was done.")
        elif before:
            print(f"{_address(settings)} was brought from {before} to the present form, {after}.")


@click.command(cls=ServiceCommand)
def work() -> None:
    """Do the jobs that wait, then end. The service starts it itself."""
    settings = load()
    store = _store(settings)
    try:
        Runner(Jobs(store, settings, RunnerProcesses(settings).start), settings).work()
    finally:
        store.close()


@click.command(cls=ServiceCommand)
@click.option("--once", is_flag=True, help="look once, then end")
def store(once: bool) -> None:
    """Keep the models in step with the object store. The service starts it itself."""
    ModelStore(load()).keep(once)


@contextmanager
def _database(settings: Settings) -> Iterator[tuple[Store, str | None, str | None]]:
    """The store, and its form before and after; a new one is made, and said.

    Its files are for this user alone.
    """
    mask = os.umask(0o077)
    try:
        store = _store(settings)
        try:
            before, after = store.migrate()
            if before is None:
                say(f"made a new database, {_address(settings)}.")
            yield store, before, after
        finally:
            store.close()
    finally:
        os.umask(mask)


def _store(settings: Settings) -> Store:
    make_state(settings)
    return Store(settings.database)


def _address(settings: Settings) -> str:
    return str(shown("database_url", settings.database))
