"""What the server's tests share: one small application, and pictures made on the spot."""

from __future__ import annotations

import base64
import dataclasses
import io
import json
import os
import re
import secrets
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar

import jsonschema_rs
import PIL.Image
import pytest
from flask import Flask, Response, request
from flask.testing import FlaskClient
from tiny_models import TinyRegistry

from server import create_app
from server.service import of
from server.settings import Settings
from server.store import Store

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


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with all tables, to copy: migrating one for each test would take most of the time."""
    path = tmp_path_factory.mktemp("migrated") / "likeness.db"
    store = Store(f"sqlite:///{path}")
    store.migrate()
    with store.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    store.close()
    return path


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
    )


class Conformance:
    """Holds every JSON answer of every test against the OpenAPI document."""

    spec: ClassVar[dict[str, Any]] = {}  # the same for every application, and slow to make
    validators: ClassVar[dict[str, Any]] = {}

    def __init__(self, app: Flask) -> None:
        if not self.spec:
            self.spec.update(app.api_doc)  # type: ignore[attr-defined]
        self.broken: list[str] = []

    def __call__(self, response: Response) -> Response:
        try:
            self.check(response)
        except (AssertionError, jsonschema_rs.ValidationError) as error:
            self.broken.append(str(error))
        return response

    def check(self, response: Response) -> None:
        rule = request.url_rule.rule if request.url_rule else ""
        item = self.spec["paths"].get(re.sub(r"<([^<:]+:)?", "{", rule).replace(">", "}"))
        operation = (item or {}).get(request.method.lower())
        if operation is not None and response.status_code < 500 and not response.is_streamed:
            described = operation["responses"].get(str(response.status_code))
            assert described, f"{request.method} {rule} may not answer {response.status_code}"
            content = described["content"].get(response.mimetype)
            assert content, f"{request.method} {rule} may not answer with {response.mimetype}"
            if "json" in response.mimetype:
                self.validator(content["schema"]).validate(response.get_json())

    def validator(self, schema: dict[str, object]) -> Any:
        text = json.dumps(schema)
        if text not in self.validators:
            whole = {**schema, "components": self.spec["components"]}
            self.validators[text] = jsonschema_rs.Draft202012Validator(whole)
        return self.validators[text]


Make = Callable[..., Flask]


@pytest.fixture
def make(settings: Settings, registry: TinyRegistry) -> Iterator[Make]:
    """Applications with other settings: make(open=True). They are closed at the end of the test."""
    made: list[tuple[Flask, Conformance]] = []

    def make_one(**changes: object) -> Flask:
        app = create_app(dataclasses.replace(settings, **changes), registry)  # type: ignore
        of(app).jobs.autostart = False
        made.append((app, Conformance(app)))
        app.after_request(made[-1][1])
        return app

    yield make_one
    for app, _ in made:
        of(app).close()
    assert [each for _, conformance in made for each in conformance.broken] == []


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
