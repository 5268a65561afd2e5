"""The topics of MQTT and what is said in them. How much of names: LIKENESS_MQTT_NAMES."""

from __future__ import annotations

from dataclasses import dataclass

from likeness.delivery.event import Event, topic_level
from likeness.delivery.outbox import Letter

NAMES = ("none", "payload", "topics")


@dataclass(frozen=True)
class Topics:
    """prefix: their first level. names: `topics`: a topic for each person; `payload`: who it is
    stands in the message alone; `none`: nowhere.
    """

    prefix: str = "likeness"
    names: str = "payload"

    def availability(self, camera: str) -> str:
        """`online` or `offline`, retained: whether pictures come and are looked at."""
        return f"{self.camera(camera)}/availability"

    def camera(self, camera: str) -> str:
        """The events of a camera."""
        return f"{self.prefix}/cameras/{camera}"

    def person(self, camera: str) -> str:
        """How many people a camera sees, retained."""
        return f"{self.camera(camera)}/person"

    def image(self, camera: str) -> str:
        """The picture of a camera's last event, a JPEG, retained."""
        return f"{self.camera(camera)}/image"

    def match(self, name: str | None) -> str:
        """The events of a person, whichever camera saw them."""
        if name is None:
            return f"{self.prefix}/matches/unknown"
        level = topic_level(name) if self.names == "topics" else "known"
        return f"{self.prefix}/matches/{level}"

    def letters(self, event: Event) -> list[Letter]:
        """An event as it goes out: to the topic of the person, and to that of the camera."""
        body = event.to_json(self.names != "none").encode()
        places = (self.match(event.name), self.camera(event.camera))
        return [
            Letter(event.id, f"mqtt{number}", body, topic) for number, topic in enumerate(places)
        ]
