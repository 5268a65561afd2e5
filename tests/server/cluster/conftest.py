"""Two servers, each with a state folder of its own: one database, one folder of models."""

from __future__ import annotations

import dataclasses
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask

from server.service import service_of
from server.settings import Settings
from tests.server.conftest import POSTGRES
from tests.support.started import started_idle
from tests.support.tiny_models import TinyRegistry


@pytest.fixture
def postgres() -> Iterator[str]:
    """The address of a PostgreSQL schema that belongs to this test alone."""
    if not POSTGRES:
        pytest.skip("LIKENESS_TEST_POSTGRES names no database")
    import psycopg

    schema = f"test_{secrets.token_hex(6)}"
    with psycopg.connect(POSTGRES, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {schema}")
        yield f"{POSTGRES}{'&' if '?' in POSTGRES else '?'}options=-csearch_path%3D{schema}"
        connection.execute(f"DROP SCHEMA {schema} CASCADE")


@pytest.fixture
def servers(
    postgres: str, tmp_path: Path, registry: TinyRegistry
) -> Iterator[Callable[[str], Flask]]:
    """servers("a") -> the application of that server; nothing of it goes on by itself."""
    common = Settings(
        database_url=postgres,
        artifacts=tmp_path / "artifacts",
        datasets=tmp_path / "datasets",
        local_role="admin",
        train_nice=0,
    )
    apps: list[Flask] = []

    def start(name: str) -> Flask:
        app = started_idle(dataclasses.replace(common, state=tmp_path / name), registry)
        apps.append(app)
        return app

    yield start
    for app in apps:
        service_of(app).close()
