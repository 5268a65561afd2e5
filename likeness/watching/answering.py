"""Who is in a frame: by a service that runs, or by a model of this machine."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from data_cleaning.errors import InputError, LikenessError
from data_cleaning.imaging.limits import DEFAULT_LIMITS

if TYPE_CHECKING:
    from likeness.client import Client
    from likeness.client.schemas import Answer
    from model.recognition.bundle import Bundle
    from model.recognition.registry import Registry

log = logging.getLogger("likeness.watch")
AGAIN = 10.0  # seconds between two looks which version of a model is the active one
PATIENCE = 10.0  # seconds for an answer: after that the frame is an old one
NO_PATIENCE = 0.0  # a frame is not asked about twice: the next one is newer


class NoAnswer(LikenessError):
    """This frame is not answered; the next one may be."""


@dataclass(frozen=True)
class Person:
    """One region of a frame. name: None where nobody is named. reason: as in the API. box: x, y,
    width, height in pixels.
    """

    name: str | None
    reason: str
    similarity: float | None
    probability: float
    box: tuple[int, int, int, int]


@dataclass(frozen=True)
class Look:
    """What is in a frame of width x height pixels, and who said so."""

    people: tuple[Person, ...]
    width: int
    height: int
    model: str
    version: int


class Answers(Protocol):
    """Who can be asked."""

    def look(self, jpeg: bytes) -> Look:
        """Raises NoAnswer; InputError where no later frame would be answered either."""
        ...

    def log_best(self, jpeg: bytes, camera: str) -> str | None:
        """Have the best frame of an event in the log; the answer's id, where there is one."""
        ...


class ServiceAnswers:
    """url: of the service. key: may be empty where it wants none. model: empty is the default one.

    Raises InputError where httpx is missing.
    """

    def __init__(self, url: str, key: str, model: str) -> None:
        self._client, self._errors = _client(url, key)
        self._model = model or None

    def look(self, jpeg: bytes) -> Look:
        """Not logged: a camera would fill the log with nobody."""
        answer = self._ask(jpeg, logged=False)
        size, said = answer["picture"], answer["model"]
        people = tuple(
            Person(
                region["label"],
                region["reason"],
                region["similarity"],
                region["probability"],
                tuple(region["box"]),  # type: ignore[arg-type]
            )
            for region in answer["regions"]
        )
        return Look(people, size["width"], size["height"], said["name"], said["version"])

    def log_best(self, jpeg: bytes, camera: str) -> str | None:
        try:
            return self._ask(jpeg, camera=camera)["prediction_id"]
        except LikenessError as error:
            log.warning("the best frame is not in the service's log: %s", error)
            return None

    def _ask(self, jpeg: bytes, camera: str | None = None, logged: bool = True) -> Answer:
        try:
            return self._client.predict(jpeg, model=self._model, camera=camera, logged=logged)
        except self._errors as error:
            if getattr(error, "status", None) in (401, 403, 404):
                raise InputError(f"The service refuses: {error}") from error
            raise NoAnswer(str(error)) from error


def _client(url: str, key: str) -> tuple[Client, type[Exception]]:
    try:
        import httpx

        from likeness.client import Client, ClientError
    except ImportError:
        raise InputError(
            "Asking a service needs httpx, which is not installed: pip install 'likeness[client]'."
        ) from None
    http = httpx.Client(timeout=httpx.Timeout(PATIENCE, connect=5.0))
    return Client(url, key or None, NO_PATIENCE, http), ClientError


class ModelAnswers:
    """A model of this machine; the version that is promoted answers soon after. Nothing is logged.

    Raises BundleError.
    """

    def __init__(self, artifacts: Path, name: str) -> None:
        from model.recognition.registry import Registry

        self._registry: Registry = Registry(artifacts)
        self._name = name
        self._version = self._registry.active(name)
        self._bundle: Bundle = self._registry.load(name, self._version)
        self._looked = time.monotonic()

    def look(self, jpeg: bytes) -> Look:
        self._catch_up()
        try:
            found = self._bundle.recognise(jpeg, DEFAULT_LIMITS)
        except InputError as error:
            raise NoAnswer(str(error)) from error
        people = tuple(
            Person(
                one.label,
                str(one.reason),
                one.similarity,
                one.probability,
                (one.detection.x, one.detection.y, one.detection.width, one.detection.height),
            )
            for one in found.predictions
        )
        return Look(people, found.width, found.height, self._name, self._version)

    def log_best(self, jpeg: bytes, camera: str) -> str | None:
        return None

    def _catch_up(self) -> None:
        if time.monotonic() - self._looked < AGAIN:
            return
        self._looked = time.monotonic()
        try:
            version = self._registry.active(self._name)
            if version != self._version:
                self._bundle = self._registry.load(self._name, version)
                self._version = version
                log.info("%s version %d answers", self._name, version)
        except LikenessError as error:
            log.warning("%s version %d goes on: %s", self._name, self._version, error)
