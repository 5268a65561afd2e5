"""All ways out of one process: an event goes into the outbox once, and from there each way."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from likeness.delivery.broker import OFFLINE, ONLINE, Broker
from likeness.delivery.discovery import BIRTH, camera_configs, person_config
from likeness.delivery.event import Event
from likeness.delivery.outbox import About, Letter, Outbox
from likeness.delivery.topics import Topics
from likeness.delivery.webhook import WAY, Webhook


@dataclass
class Ways:
    """broker, webhook: None where it is not wanted. discovery: Home Assistant's prefix; "" for
    none. available: the topic that says whether this process sees anything.
    """

    outbox: Outbox
    topics: Topics
    available: str
    broker: Broker | None = None
    webhook: Webhook | None = None
    discovery: str = "homeassistant"
    _introduced: set[str] = field(default_factory=set)

    @contextlib.contextmanager
    def running(self) -> Iterator[Ways]:
        """Open until the end of the block."""
        if self.broker:
            self.broker.state(self.available, OFFLINE)
            if self.discovery:
                self.broker.listen(f"{self.discovery}/{BIRTH}", self._greet)
            self.broker.start()
        if self.webhook:
            self.webhook.start()
        try:
            yield self
        finally:
            if self.webhook:
                self.webhook.stop()
            if self.broker:
                self.broker.stop()
            self.outbox.close()

    def introduce(self, camera: str) -> None:
        """Tell Home Assistant of a camera, once."""
        if self.broker and self.discovery and camera not in self._introduced:
            self._introduced.add(camera)
            configs = camera_configs(self.topics, camera, self.available, self.discovery)
            for topic, config in configs.items():
                self.broker.state(topic, config)

    def is_seeing(self, seeing: bool) -> None:
        """Whether pictures come and are looked at."""
        if self.broker:
            self.broker.state(self.available, ONLINE if seeing else OFFLINE)

    def people(self, camera: str, count: int) -> None:
        """How many people a camera sees."""
        if self.broker:
            self.broker.state(self.topics.person(camera), str(count).encode())

    def send(self, event: Event, picture: bytes) -> bool:
        """Deliver an event, and its picture, a JPEG; whether it is a new one of somebody who was
        not forgotten since.
        """
        self.introduce(event.camera)
        letters = self.topics.letters(event) if self.broker else []
        if self.webhook:
            letters.append(Letter(event.id, WAY, event.to_json().encode()))
        states = self._states(event, picture)
        if self.outbox.add(letters, About(event.name, event.time, tuple(states))) == 0:
            return False
        if self.broker:
            for topic, payload in states.items():
                self.broker.state(topic, payload)
            self.broker.send_waiting()
        if self.webhook:
            self.webhook.send_waiting()
        return True

    def _states(self, event: Event, picture: bytes) -> dict[str, bytes]:
        """What the broker will retain of who was seen, by topic."""
        if not self.broker:
            return {}
        configs = person_config(self.topics, event.name, self.discovery) if self.discovery else {}
        return {**configs, self.topics.image(event.camera): picture}

    def _greet(self, message: bytes) -> None:
        if message == ONLINE and self.broker:
            self.broker.repeat_states()
