"""A service that answers CompreFace's routes, with real models of faces; nobody is enrolled yet."""

from __future__ import annotations

import dataclasses
import itertools
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from flask import Flask
from werkzeug.serving import make_server

from model.recipes.presets import RECIPES, missing_files
from model.recognition.pipeline import detect_regions
from model.recognition.registry import Registry
from server.service import service_of
from server.settings import Settings
from tests.support.making import Conformance
from tests.support.ports import free_port
from tests.support.started import started_idle

PEOPLE, PICTURES = 3, 6
People = dict[str, list[Path]]


@dataclasses.dataclass
class Place:
    """Where the service listens; and asking it as a client with a key of a model does."""

    app: Flask
    port: int

    def __post_init__(self) -> None:
        self.key = self.key_of("train")

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def key_of(self, role: str, model: str = "family") -> str:
        return service_of(self.app).keys.create("a client", role, model=model)[0]

    def ask(self, method: str, path: str, **request: Any) -> requests.Response:
        headers = {"x-api-key": self.key} | request.pop("headers", {})
        return requests.request(
            method, f"{self.url}/api/v1/{path}", headers=headers, timeout=30, **request
        )

    def add(self, subject: str, picture: Path) -> str:
        answer = self.ask(
            "POST",
            "recognition/faces",
            params={"subject": subject},
            files={"file": picture.read_bytes()},
        )
        assert answer.status_code == 201, answer.text
        return str(answer.json()["image_id"])

    def named(self, picture: Path) -> tuple[str, float]:
        """Whom the largest face of a picture is most like."""
        answer = self.ask(
            "POST", "recognition/recognize", files={"file": picture.read_bytes()}
        ).json()
        first = answer["result"][0]["subjects"][0]
        return first["subject"], first["similarity"]


@pytest.fixture(scope="session")
def people(shared_data: Path) -> People:
    """Pictures of each of a few people, in which they are alone, and of strangers as `_unknown`."""
    if why := missing_files(RECIPES["face-modern"]):
        pytest.skip(why)
    faces = shared_data / "faces"
    folders = sorted((faces / "lfw_dev20").iterdir())[:PEOPLE]
    found = {folder.name: alone(sorted(folder.glob("*.jpg"))) for folder in folders}
    return found | {"_unknown": alone(sorted((faces / "lfw_strangers_dev").glob("*.jpg")))}


def alone(pictures: list[Path]) -> list[Path]:
    """The first pictures that show one face and no other."""
    recipe = RECIPES["face-modern"]
    one = (p for p in pictures if len(detect_regions(p.read_bytes(), recipe).regions) == 1)
    return list(itertools.islice(one, PICTURES))


@pytest.fixture
def place(settings: Settings) -> Iterator[Place]:
    if why := missing_files(RECIPES["face-modern"]):
        pytest.skip(why)
    chosen = dataclasses.replace(settings, compreface=True, picture_bytes=15_000_000)
    app = started_idle(chosen, Registry(chosen.artifacts))
    conformance = Conformance(app)
    conformance.spec, conformance.validators = dict(app.api_doc), {}  # type: ignore
    app.after_request(conformance)
    port = free_port()
    server = make_server("127.0.0.1", port, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield Place(app, port)
    server.shutdown()
    thread.join()
    server.server_close()
    service_of(app).close()
    assert conformance.broken == []
