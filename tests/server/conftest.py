"""What the server's tests share: one small application, and pictures made on the spot."""

from __future__ import annotations

import dataclasses
import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event

from server.service import service_of
from server.settings import Settings
from server.storage.database import Store
from tests.support.making import Conformance, Make
from tests.support.started import started_idle
from tests.support.tiny_models import TinyRegistry


@pytest.fixture
def registry(tmp_path: Path) -> TinyRegistry:
    started = TinyRegistry(tmp_path / "artifacts")
    started.add("colours", 1)
    return started


POSTGRES = os.environ.get("LIKENESS_TEST_POSTGRES", "")
DATABASES = ["sqlite", "postgres"] if POSTGRES else ["sqlite"]


def in_schema(name: str) -> str:
    """The address of PostgreSQL, for one schema of it."""
    return f"{POSTGRES}{'&' if '?' in POSTGRES else '?'}options=-csearch_path%3D{name}"


@pytest.fixture(params=DATABASES)
def new_database_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """Empty for the SQLite file; else PostgreSQL, in a schema that belongs to this test alone."""
    if request.param == "sqlite":
        yield ""
        return
    import psycopg

    schema = f"test_{secrets.token_hex(6)}"
    with psycopg.connect(POSTGRES, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {schema}")
        yield in_schema(schema)
        connection.execute(f"DROP SCHEMA {schema} CASCADE")


@pytest.fixture
def database_url(new_database_url: str, request: pytest.FixtureRequest) -> str:
    """The same; PostgreSQL has all tables already."""
    if new_database_url:
        import psycopg

        with psycopg.connect(new_database_url) as connection:
            connection.execute(request.getfixturevalue("migrated_postgres"))
    return new_database_url


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with all tables, to copy: migrating one for each test would take most of the
    time.
    """
    path = tmp_path_factory.mktemp("migrated") / "likeness.db"
    store = Store(f"sqlite:///{path}")
    store.migrate()
    with store.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    store.close()
    return path


@pytest.fixture(scope="session")
def migrated_postgres() -> str:
    """What the migrations tell PostgreSQL, in one piece: a migration for each test would take most
    of the time.
    """
    schema, said = f"test_{secrets.token_hex(6)}", []
    store = Store(in_schema(schema))
    event.listen(store.engine, "before_cursor_execute", lambda *of: said.append(of[2]))
    with store.write() as connection:
        connection.exec_driver_sql(f"CREATE SCHEMA {schema}")
    store.migrate()
    changes = [text for text in said[1:] if not text.startswith("SELECT")]
    with store.write() as connection:
        connection.exec_driver_sql(f"DROP SCHEMA {schema} CASCADE")
    store.close()
    return ";".join(changes)


@pytest.fixture
def settings(tmp_path: Path, database_url: str, migrated: Path) -> Settings:
    (tmp_path / "var").mkdir()
    shutil.copy(migrated, tmp_path / "var")
    return Settings(
        database_url=database_url,
        state=tmp_path / "var",
        artifacts=tmp_path / "artifacts",
        datasets=tmp_path / "datasets",
        picture_bytes=2_000_000,
        picture_pixels=4_000_000,
        train_nice=0,  # else it waits for every other test
    )


@pytest.fixture
def make(settings: Settings, registry: TinyRegistry) -> Iterator[Make]:
    """Applications with other settings: make(open=True). They are closed at the end of the test."""
    started: list[tuple[Flask, Conformance]] = []

    def make_one(**changes: object) -> Flask:
        app = started_idle(dataclasses.replace(settings, **changes), registry)  # type: ignore
        started.append((app, Conformance(app)))
        app.after_request(started[-1][1])
        return app

    yield make_one
    for app, _ in started:
        service_of(app).close()
    assert [message for _, conformance in started for message in conformance.broken] == []


@pytest.fixture
def app(make: Make) -> Flask:
    return make()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A client on this machine: it may ask for predictions without a key."""
    return app.test_client()


@pytest.fixture
def key_of(app: Flask) -> Callable[[str], dict[str, str]]:
    """The headers of a fresh key with a role."""

    def headers(role: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {service_of(app).keys.create(f'a {role}', role)[0]}"}

    return headers
