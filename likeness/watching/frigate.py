"""Frigate's events, answered: it says by MQTT that it tracks a person, and has a picture of them.

Of the network only Frigate's own address is asked, and whoever has the broker's word.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import queue
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import quote, urlsplit

from data_cleaning.errors import FetchRefused, InputError, PictureError
from data_cleaning.fetching.guarded_fetch import Fetcher, may_be_picture
from data_cleaning.imaging.limits import DEFAULT_LIMITS
from likeness.delivery.broker import Done
from likeness.delivery.discovery import SECONDS_AWAY
from likeness.delivery.event import Event
from likeness.delivery.ways import Ways
from likeness.watching.answering import Answers, Look, NoAnswer, Person

log = logging.getLogger("likeness.frigate")
TOPIC = "events"  # below Frigate's prefix
WAITING = 100  # tracked people that wait to be looked at; older ones go
PATIENCE = 10.0  # seconds for a picture
KNOWN = 2000  # tracked people that are remembered
ID = re.compile(r"[\w.-]{1,100}")


@dataclass(frozen=True)
class Tracked:
    """A person that Frigate follows. id: Frigate's. ended: it follows them no more."""

    id: str
    camera: str
    ended: bool
    time: int


def tracked(message: bytes) -> Tracked | None:
    """A message of frigate/events; None where it is not about a person with a picture.

    Raises ValueError where it is no such message.
    """
    try:
        values = json.loads(message)
        after = values["after"]
        wanted = after["label"] == "person" and not after.get("false_positive")
        if not wanted or not after["has_snapshot"]:
            return None
        if not ID.fullmatch(after["id"]):
            raise ValueError("no id")
        camera = re.sub(r"[^a-z0-9_-]", "_", str(after["camera"]).lower())[:63] or "camera"
        when = int(float(after.get("frame_time") or after["start_time"]) * 1000)
        return Tracked(after["id"], camera, values["type"] == "end", when)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{type(error).__name__}: {error}") from error


def fetcher(url: str) -> tuple[Fetcher, str]:
    """What asks Frigate and nobody else, and the address without a slash at its end.

    Raises InputError.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username is not None:
        raise InputError("--frigate is no address of Frigate; write http://HOST:5000.")
    place = f"{parts.hostname}:{parts.port or (443 if parts.scheme == 'https' else 80)}"
    found = Fetcher(
        ports=(),
        limit=DEFAULT_LIMITS.bytes,
        seconds=PATIENCE,
        judge=lambda address: False,
        wants=may_be_picture,
        trusted=frozenset({place}),
    )
    return found, url.rstrip("/")


@dataclass
class Bridge:
    """url: of Frigate. told: called with each event as it goes out."""

    url: str
    answers: Answers
    ways: Ways
    told: Callable[[Event], object] = lambda event: None
    ending: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self._fetcher, self._base = fetcher(self.url)
        self._queue: queue.Queue[tuple[Tracked, Done]] = queue.Queue(WAITING)
        self._named: dict[str, str] = {}  # whom a tracked person was recognised as
        self._until: dict[str, float] = {}  # when a camera sees nobody any more

    def hear(self, message: bytes, done: Done = lambda: None) -> None:
        """One message of Frigate's; never waits. done: called once it was looked at."""
        try:
            one = tracked(message)
        except ValueError as error:
            log.warning("a message of Frigate's is not understood: %s", error)
            one = None
        if one is None:
            done()
            return
        if self._queue.full():
            with contextlib.suppress(queue.Empty):
                _, passed = self._queue.get_nowait()  # the oldest: whoever it was has gone
                passed()
            log.warning("a person that Frigate tracks is passed over: %d wait", WAITING)
        self._queue.put_nowait((one, done))

    def run(self) -> None:
        """Until `ending`. Raises InputError where no picture would be answered."""
        self.ways.is_seeing(True)
        while not self.ending.is_set():
            with contextlib.suppress(queue.Empty):
                one, done = self._queue.get(timeout=0.5)
                if one.id not in self._named:
                    self._look(one)
                done()
            self._forget()

    def _look(self, one: Tracked) -> None:
        address = f"{self._base}/api/events/{quote(one.id)}/snapshot.jpg?bbox=0&timestamp=0"
        try:
            picture = self._fetcher.get(address)
            look = self.answers.look(picture)
        except NoAnswer as error:
            log.warning("a picture of %s had no answer: %s", one.camera, error)
            return
        except FetchRefused as error:
            log.warning("no picture of %s: %s", one.camera, error.reason)
            return
        except PictureError as error:
            log.warning("no picture of %s: %s", one.camera, error)
            return
        self._told_of(one, look, picture)

    def _told_of(self, one: Tracked, look: Look, picture: bytes) -> None:
        self.ways.introduce(one.camera)
        if look.people:
            self.ways.people(one.camera, len(look.people))
            self._until[one.camera] = time.monotonic() + SECONDS_AWAY
        for person in look.people:
            if person.name is not None:
                self._named[one.id] = person.name
                self._send(one, look, person, picture)
        strangers = [person for person in look.people if person.reason == "unknown"]
        if one.ended and strangers and one.id not in self._named:
            largest = max(strangers, key=lambda person: person.box[2] * person.box[3])
            self._send(one, look, largest, picture)

    def _send(self, one: Tracked, look: Look, person: Person, picture: bytes) -> None:
        """Its id is made of Frigate's: what was told before an end is not told again after it."""
        whole = f"{one.id}\n{person.name or ''}".encode()
        identity = hashlib.sha256(whole).hexdigest()[:32]
        outbox = self.ways.outbox
        if outbox.knows(identity) or outbox.is_forgotten(person.name, one.time):
            return
        event = Event(
            id=identity,
            time=one.time,
            camera=one.camera,
            name=person.name,
            similarity=person.similarity,
            probability=person.probability,
            box=person.box,
            width=look.width,
            height=look.height,
            looks=1,
            model=look.model,
            version=look.version,
            prediction_id=self.answers.log_best(picture, one.camera),
        )
        if self.ways.send(event, picture):
            self.told(event)

    def _forget(self) -> None:
        while len(self._named) > KNOWN:
            del self._named[next(iter(self._named))]
        now = time.monotonic()
        for camera, until in list(self._until.items()):
            if now > until:
                del self._until[camera]
                self.ways.people(camera, 0)
