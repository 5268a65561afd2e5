"""What the server's tests share: one small application, and pictures made on the spot."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from pathlib import Path

import PIL.Image
import pytest
from flask import Flask
from flask.testing import FlaskClient
from tiny_models import TinyRegistry

from server import create_app
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


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(
        state=tmp_path / "var",
        artifacts=tmp_path / "artifacts",
        datasets=tmp_path / "datasets",
        picture_bytes=2_000_000,
        picture_pixels=4_000_000,
    )


@pytest.fixture
def app(settings: Settings, registry: TinyRegistry) -> Flask:
    return create_app(settings, registry)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()
