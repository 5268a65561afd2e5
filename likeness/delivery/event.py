"""One event: somebody was seen by a camera. Names of cameras, and names as parts of a topic."""

from __future__ import annotations

import json
import re
import secrets
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

CAMERA = r"[a-z0-9][a-z0-9_-]{0,62}"
NO_TOPIC = re.compile(r"[/+#\x00-\x1f\x7f]")  # what a level of a topic may not hold
TAKEN = ("known", "unknown")  # levels that say of everybody whether they are known


@dataclass(frozen=True)
class Event:
    """Somebody was seen.

    id: 32 hexadecimal digits; whoever gets an id twice got the same event. time: milliseconds since
    1970, of the picture. name: None for a stranger. similarity: to the nearest examples, -1 to 1.
    probability: 0 to 1. box: x, y, width, height in pixels of a picture of width x height. looks:
    how many pictures it was told from. prediction_id: of the answer in the service's log.
    """

    id: str
    time: int
    camera: str
    name: str | None
    similarity: float | None
    probability: float
    box: tuple[int, int, int, int]
    width: int
    height: int
    looks: int
    model: str
    version: int
    prediction_id: str | None = None

    def to_json(self, named: bool = True) -> str:
        """As it is sent. named: False leaves out who it is."""
        values = asdict(self)
        when = datetime.fromtimestamp(self.time / 1000, UTC)
        values["time"] = when.isoformat(timespec="milliseconds")
        values["known"] = self.name is not None
        if not named:
            del values["name"]
        return json.dumps(values, ensure_ascii=False, separators=(",", ":"))


def new_event_id() -> str:
    """32 hexadecimal digits that sort by time."""
    return f"{time.time_ns() // 1000:014x}{secrets.token_hex(9)}"


def camera_name(text: str) -> str:
    """A camera's name as it stands in topics. Raises ValueError."""
    if not re.fullmatch(CAMERA, text):
        raise ValueError(
            f"{text!r}: a camera's name has up to 63 lower-case letters, digits, - and _, as"
            " front-door"
        )
    return text


def topic_level(name: str) -> str:
    """A person's name as one level of a topic."""
    level = NO_TOPIC.sub("_", name)
    return f"{level}_" if level in TAKEN else level
