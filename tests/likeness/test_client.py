"""The Python client against the service, and against the document that it is made from."""

from __future__ import annotations

import asyncio
import http.server
import inspect
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from werkzeug.serving import make_server

from likeness.client import AsyncClient, Away, Client, Problem
from server.service import service_of
from server.settings import Settings
from tests.likeness.client_source import document, sources
from tests.support.making import make_picture
from tests.support.paths import ROOT
from tests.support.ports import free_port
from tests.support.started import started_idle
from tests.support.tiny_models import TinyRegistry

MADE = ROOT / "likeness" / "client"


def test_the_methods_and_types_are_those_of_the_document() -> None:
    for name, text in sources().items():
        assert (MADE / name).read_text("utf-8") == text, (
            f"{name} is not what the routes make it: python -m tests.likeness.client_source"
        )


@pytest.mark.parametrize("kind", [Client, AsyncClient])
def test_every_public_route_has_a_method(kind: type) -> None:
    _, routes = document()
    assert len(routes) > 50 and len({route.name for route in routes}) == len(routes)
    for route in routes:
        parameters = set(inspect.signature(getattr(kind, route.name)).parameters)
        asked = {part["name"] for part in route.operation.get("parameters", [])} - {"format"}
        assert asked <= parameters, route.name


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """The address of a service and an admin key of it."""
    folder = tmp_path_factory.mktemp("client")
    registry = TinyRegistry(folder / "artifacts")
    registry.add("colours", 1)
    app = started_idle(
        Settings(state=folder / "v", artifacts=folder / "artifacts", datasets=folder / "d"),
        registry,
    )
    port = free_port()
    server = make_server("127.0.0.1", port, app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{port}", service_of(app).keys.create("me", "admin")[0]
    server.shutdown()
    server.server_close()
    service_of(app).close()


def test_asking_teaching_and_following(service: tuple[str, str], tmp_path: Path) -> None:
    address, key = service
    red, blue = make_picture("red"), make_picture("blue")
    (tmp_path / "red.png").write_bytes(red)
    with Client(address, key) as likeness:
        assert likeness.predict(str(tmp_path / "red.png"), top_k=1)["label"] == "red"
        batch = likeness.predict_batch([red, b"no picture"], model="colours")
        assert [entry["ok"] for entry in batch["results"]] == [True, False]
        assert likeness.list_models()["default"] == "colours"
        likeness.create_dataset({"name": "family & co"})
        for label, pictures in (("anna", [red]), ("ben?", [blue])):
            likeness.create_class("family & co", {"name": label})
            likeness.add_pictures("family & co", label, pictures)
        (file,) = likeness.list_pictures("family & co", "ben?")["pictures"]
        assert likeness.show_picture("family & co", "ben?", file, size=32).startswith(b"\xff\xd8")
        with pytest.raises(Problem) as refused:
            likeness.start_training({"dataset": "family & co", "model": "family"})
        assert (refused.value.status, refused.value.code) == (409, "conflict")
        likeness.add_pictures("family & co", "anna", [make_picture("green")])
        likeness.add_pictures("family & co", "ben?", [make_picture("cyan")])
        job = likeness.start_training({"dataset": "family & co", "model": "family"})
        likeness.cancel_job(job["id"])
        assert [one["state"] for one in likeness.follow_job(job["id"])] == ["cancelled"]
        assert "likeness_requests" in likeness.metrics()
        assert likeness.list_predictions(limit=1)["predictions"] is not None


def test_the_same_for_asyncio(service: tuple[str, str]) -> None:
    async def ask() -> list[str | None]:
        async with AsyncClient(*service) as likeness:
            pictures = [make_picture(colour) for colour in ("red", "blue", "grey")]
            answers = await asyncio.gather(*(likeness.predict(one) for one in pictures))
            return [answer["label"] for answer in answers]

    with ThreadPoolExecutor(1) as thread:  # a browser's loop may run in this one
        assert thread.submit(asyncio.run, ask()).result() == ["red", "blue", None]


def test_who_may_not_is_told_what_is_missing(service: tuple[str, str]) -> None:
    with Client(service[0], "lk_no_key") as likeness, pytest.raises(Problem, match="key") as told:
        likeness.list_keys()
    assert told.value.status == 401 and told.value.request_id


@contextmanager
def answering(*statuses: int) -> Iterator[tuple[str, list[str]]]:
    """A server that gives these statuses in turn; and what it was asked."""
    asked: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            asked.append(f"{self.command} {self.path}")
            status = statuses[min(len(asked), len(statuses)) - 1]
            self.send_response(status)
            if status != 200:
                self.send_header("Retry-After", "0")
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        do_GET = do_POST = do_DELETE = answer

        def log_message(self, format: str, *args: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}", asked
        server.shutdown()


def test_what_only_asks_is_asked_again() -> None:
    with answering(503, 429, 200) as (address, asked), Client(address) as likeness:
        likeness.list_models()
        assert len(asked) == 3
    with answering(503, 200) as (address, asked), Client(address) as likeness:
        likeness.predict(b"picture")
        assert len(asked) == 2


def test_what_changes_something_is_sent_again_only_where_it_was_refused_unread() -> None:
    with answering(429, 200) as (address, asked), Client(address) as likeness:
        likeness.create_dataset({"name": "x"})
        assert len(asked) == 2
    with answering(503, 200) as (address, asked), Client(address) as likeness:
        with pytest.raises(Problem):
            likeness.create_dataset({"name": "x"})
        assert asked == ["POST /api/datasets"]


def test_patience_ends() -> None:
    with answering(503) as (address, _), Client(address, patience=0) as likeness:
        with pytest.raises(Problem) as refused:
            likeness.list_models()
        assert refused.value.status == 503
    with Client(f"http://127.0.0.1:{free_port()}", patience=0) as likeness, pytest.raises(Away):
        likeness.list_models()
