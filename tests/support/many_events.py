"""A process that has many events delivered, and goes on where it was when it is begun again.

python -m tests.support.many_events FOLDER BROKER COUNT
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from likeness.delivery.broker import Address, Broker
from likeness.delivery.event import Event
from likeness.delivery.outbox import Outbox
from likeness.delivery.topics import Topics
from likeness.delivery.ways import Ways

CAMERA = "door"
PICTURE = b"\xff\xd8\xff\xe0 a picture"


def event(number: int) -> Event:
    """The n-th one: Ada, Ben and strangers in turn."""
    name = ("ada", "ben", None)[number % 3]
    return Event(
        id=f"{number:032x}",
        time=1_767_225_600_000 + number,
        camera=CAMERA,
        name=name,
        similarity=0.7,
        probability=0.9,
        box=(1, 2, 30, 40),
        width=640,
        height=480,
        looks=2,
        model="family",
        version=3,
    )


def main(folder: str, url: str, count: str) -> None:
    topics = Topics(names="topics")
    outbox = Outbox(Path(folder) / "door.db")
    available = topics.availability(CAMERA)
    broker = Broker(Address.of(url), "many-events", outbox, available)
    with Ways(outbox, topics, available, broker).running() as ways:
        ways.is_seeing(True)
        for number in range(int(count)):
            if not outbox.knows(event(number).id):
                ways.send(event(number), PICTURE)
        while outbox.count():
            time.sleep(0.05)


if __name__ == "__main__":
    main(*sys.argv[1:])
