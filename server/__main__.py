"""`python -m server`: settings, api, keys, migrate, work. What a person does at the machine itself."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from data_cleaning.errors import LikenessError
from server.environment_file import read
from server.settings import FIELDS, Settings, load, make_state, origin, variable
from server.settings_page import settings_markdown
from server.storage.database import Store

LEAST_DAYS, MOST_DAYS = 0.001, 3650  # of a key: a minute and a half, ten years


def main(arguments: list[str] | None = None) -> int:
    """0 when all went well, 2 for a wrong setting or wish."""
    given = _parser().parse_args(arguments)
    try:
        if given.environment:
            os.environ.update(read(given.environment))
        return int(given.run(load(), given) or 0)
    except LikenessError as error:
        say(str(error))
        return 2


def at_terminal() -> int:
    """`main`, and a quiet end when nobody reads on, as after `| head -1`."""
    try:
        try:
            return main()
        finally:
            sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(
            os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno()
        )  # or Python complains of the rest at its end
        return 1


def say(text: str) -> None:
    """To the person, beside what a program may read."""
    print(f"likeness: {text}", file=sys.stderr)


def show_settings(settings: Settings, given: argparse.Namespace) -> None:
    """Every setting: its value, and where that came from."""
    if given.page:
        print(settings_markdown(), end="")
        return
    rows = [
        {
            "name": variable(field.name),
            "value": _shown(field.name, getattr(settings, field.name)),
            "origin": origin(field, os.environ),
            "help": field.metadata["help"],
        }
        for field in FIELDS
    ]
    if given.json:
        print(json.dumps(rows, indent=1))
        return
    for row in rows:
        print(f"{row['name']} = {row['value']!s:<24}  ({row['origin']})\n    {row['help']}")


def work(settings: Settings, given: argparse.Namespace) -> None:
    """Do the jobs that wait, then end."""
    from server.training.job_runner import Runner
    from server.training.jobs import Jobs, RunnerProcesses

    store = _store(settings)
    try:
        Runner(Jobs(store, settings, RunnerProcesses(settings).start), settings).work()
    finally:
        store.close()


def show_api(settings: Settings, given: argparse.Namespace) -> None:
    """The page of the documentation about the API."""
    from server.routes import add_routes
    from server.web.api_docs.markdown_page import api_markdown
    from server.web.api_docs.openapi import Application

    app = Application()
    add_routes(app)
    print(api_markdown(app.api_doc), end="")


def migrate(settings: Settings, given: argparse.Namespace) -> None:
    """Bring the database to the present form, and say what that took."""
    with _database(settings) as (_, before, after):
        if before and before == after:
            print(f"{_shown_database(settings)} has the present form, {after}: nothing was done.")
        elif before:
            print(
                f"{_shown_database(settings)} was brought from {before} to the present form,"
                f" {after}."
            )


def keys(settings: Settings, given: argparse.Namespace) -> None:
    """Make, list or revoke keys without needing one."""
    from server.access.keys import Keys

    with _database(settings) as (store, _, _):
        table = Keys(store)
        if given.wish == "create":
            expires = int((time.time() + given.days * 24 * 3600) * 1000) if given.days else None
            print(table.create(given.name, given.role, expires)[0])
            say(f"this key is for the service with the database {_shown_database(settings)}.")
        elif given.wish == "revoke":
            table.revoke(given.id)
            print(f"{given.id} is revoked.")
        else:
            for row in table.all():
                print(_line(row))


def _line(row: dict[str, Any]) -> str:
    """A key in `keys list`."""
    state = "revoked" if row["revoked"] else "valid" if row["valid"] else "expired"
    until = "never expires"
    if row["expires"] is not None:
        until = f"until {datetime.fromtimestamp(row['expires'] / 1000, UTC):%Y-%m-%d %H:%M} UTC"
    return f"{row['id']}  {row['role']:<8} {state:<8} {until:<26} {row['name']}"


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
                say(f"made a new database, {_shown_database(settings)}.")
            yield store, before, after
        finally:
            store.close()
    finally:
        os.umask(mask)


def _store(settings: Settings) -> Store:
    make_state(settings)
    return Store(settings.database)


def _shown_database(settings: Settings) -> str:
    return str(_shown("database_url", settings.database))


def _shown(name: str, value: object) -> object:
    """A password in the database's address is nobody's business."""
    if name == "database_url" and value:
        from sqlalchemy.engine import make_url

        return make_url(str(value)).render_as_string(hide_password=True)
    return value if isinstance(value, bool | int | float) else str(value)


def _days(text: str) -> float:
    """For argparse, whose sentence names the option."""
    with suppress(ValueError):
        days = float(text)
        if days == 0 or LEAST_DAYS <= days <= MOST_DAYS:
            return days
    raise argparse.ArgumentTypeError(
        f"{text!r}: write days from {LEAST_DAYS} to {MOST_DAYS}, or 0 for a key for ever"
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "python -m server", description="Likeness' service, at the machine itself."
    )
    parser.add_argument(
        "--environment", type=Path, metavar="FILE", help="a file of settings, as /etc/likeness.env"
    )
    wishes = parser.add_subparsers(required=True)
    settings = wishes.add_parser(
        "settings", help="every setting, its value and where that came from"
    )
    settings.add_argument("--json", action="store_true", help="as JSON")
    settings.add_argument("--page", action="store_true", help="the page of the documentation")
    settings.set_defaults(run=show_settings)
    wishes.add_parser("api", help="the page of the documentation about the API").set_defaults(
        run=show_api
    )
    wishes.add_parser("migrate", help="bring the database to the present form").set_defaults(
        run=migrate
    )
    wishes.add_parser("work", help="do the jobs that wait, then end").set_defaults(run=work)
    key = wishes.add_parser("keys", help="make, list or revoke keys")
    key.set_defaults(run=keys)
    actions = key.add_subparsers(dest="wish", required=True)
    create = actions.add_parser("create", help="make a key and print it, this once")
    create.add_argument("name")
    create.add_argument("--role", choices=("predict", "train", "admin"), default="predict")
    create.add_argument(
        "--days", type=_days, default=0, help="days until it expires; 0, the default, means never"
    )
    actions.add_parser("list", help="every key, without its secret")
    actions.add_parser("revoke", help="end a key now").add_argument("id")
    return parser


if __name__ == "__main__":
    sys.exit(at_terminal())
