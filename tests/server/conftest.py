"""What the server's tests share: one small application, and pictures made on the spot."""

from __future__ import annotations

import base64
import dataclasses
import io
import os
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

import PIL.Image
import pytest
from flask import Flask
from flask.testing import FlaskClient
from tiny_models import TinyRegistry

from server import create_app
from server.service import of
from server.settings import Settings

Picture = Callable[..., bytes]


def make_picture(colour: str = "red", size: tuple[int, int] = (64, 48), kind: str = "PNG", mode: str = "RGB") -> bytes:
    out = io.BytesIO()
    PIL.Image.new("RGB", size, colour).convert(mode).save(out, kind)
    return out.getvalue()


def data_url(data: bytes, kind: str = "image/png") -> str:
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"


@pytest.fixture
def registry(tmp_path: Path) -> TinyRegistry:
    made = TinyRegistry(tmp_path / "artifacts")
    made.add("colours", 1)
    return made


POSTGRES = os.environ.get("LIKENESS_TEST_POSTGRES", "")
DATABASES = ["sqlite", "postgres"] if POSTGRES else ["sqlite"]


@pytest.fixture(params=DATABASES)
def database_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """Empty for the SQLite file; else PostgreSQL, in a schema that belongs to this test alone."""
    if request.param == "sqlite":
        yield ""
        return
    import psycopg

    schema = f"test_{secrets.token_hex(6)}"
    with psycopg.connect(POSTGRES, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {schema}")
        yield f"{POSTGRES}{'&' if '?' in POSTGRES else '?'}options=-csearch_path%3D{schema}"
        connection.execute(f"DROP SCHEMA {schema} CASCADE")


@pytest.fixture
def settings(tmp_path: Path, database_url: str) -> Settings:
    return Settings(
        database_url=database_url,
        state=tmp_path / "var",
        artifacts=tmp_path / "artifacts",
        datasets=tmp_path / "datasets",
        picture_bytes=2_000_000,
        picture_pixels=4_000_000,
    )


Make = Callable[..., Flask]


@pytest.fixture
def make(settings: Settings, registry: TinyRegistry) -> Iterator[Make]:
    """Applications with other settings: make(open=True). They are closed at the end of the test."""
    made: list[Flask] = []

    def make_one(**changes: object) -> Flask:
        app = create_app(dataclasses.replace(settings, **changes), registry)  # type: ignore
        of(app).jobs.autostart = False
        made.append(app)
        return app

    yield make_one
    for app in made:
        of(app).close()


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
        return {"Authorization": f"Bearer {of(app).keys.create(f'a {role}', role)[0]}"}

    return headers
