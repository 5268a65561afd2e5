"""Frigate's events by a real broker, its pictures by its own address and by no other."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from data_cleaning.errors import InputError
from likeness.delivery.broker import Address, Broker
from likeness.delivery.outbox import Outbox
from likeness.delivery.topics import Topics
from likeness.delivery.ways import Ways
from likeness.watching.answering import Look, Person
from likeness.watching.frigate import Bridge, fetcher, tracked
from tests.support.making import make_picture
from tests.support.mosquitto import Mosquitto, broker, listening
from tests.support.paths import ROOT
from tests.support.sites import page, redirect, running

ID = "1607123955.475377-mxklsc"
ADA = Person("ada", "known", 0.7, 0.9, (1, 2, 30, 40))
STRANGER = Person(None, "unknown", 0.2, 0.5, (1, 2, 30, 40))


def message(kind: str = "update", **after: object) -> bytes:
    """One of frigate/events, as Frigate's documentation shows them."""
    values = {
        "id": ID,
        "camera": "Front Door",
        "frame_time": 1607123961.837752,
        "label": "person",
        "sub_label": None,
        "top_score": 0.958984375,
        "false_positive": False,
        "start_time": 1607123955.475377,
        "end_time": None,
        "has_snapshot": True,
        "has_clip": False,
    }
    return json.dumps({"type": kind, "before": values, "after": values | after}).encode()


class Answering:
    """Whoever is to be in the next pictures."""

    def __init__(self, *people: tuple[Person, ...]) -> None:
        self.people = list(people)
        self.asked: list[bytes] = []

    def look(self, jpeg: bytes) -> Look:
        self.asked.append(jpeg)
        people = self.people.pop(0) if len(self.people) > 1 else self.people[0]
        return Look(people, 640, 480, "family", 3)

    def log_best(self, jpeg: bytes, camera: str) -> str | None:
        return "ab" * 16


@contextmanager
def bridged(folder: Path, mosquitto: Mosquitto, url: str, answers: Answering) -> Iterator[Bridge]:
    outbox, available = Outbox(folder / "frigate.db"), "likeness/frigate/availability"
    sender = Broker(Address.of(mosquitto.url), "frigate-test", outbox, available)
    ways = Ways(outbox, Topics(), available, sender)
    bridge = Bridge(url, answers, ways)
    sender.listen_until_done("frigate/events", bridge.hear)
    with ways.running():
        thread = threading.Thread(target=bridge.run)
        thread.start()
        yield bridge
        bridge.ending.set()
        thread.join(20)
        assert not thread.is_alive()


def test_who_frigate_tracks_is_named_once(tmp_path: Path) -> None:
    picture = make_picture("red")
    address = f"/api/events/{ID}/snapshot.jpg?bbox=0&timestamp=0"
    answers = Answering((STRANGER,), (ADA,), (ADA,))
    with (
        broker(tmp_path / "broker") as mosquitto,
        running({address: page(picture, kind="image/jpeg")}) as frigate,
        listening(mosquitto.port, "likeness/#") as listener,
    ):
        url = f"http://127.0.0.1:{frigate.server_port}"
        with bridged(tmp_path, mosquitto, url, answers):
            listener.wait(lambda: listener.last("likeness/frigate/availability") == b"online")
            for kind in ("new", "update", "update", "end"):
                listener.say("frigate/events", message(kind))
            listener.wait(lambda: listener.of("likeness/cameras/front_door"))
            listener.wait(lambda: listener.last("likeness/cameras/front_door/image") == picture)
        listener.wait(lambda: listener.last("likeness/frigate/availability") == b"offline")
        with bridged(tmp_path, mosquitto, url, answers):
            listener.wait(lambda: listener.last("likeness/frigate/availability") == b"online")
            listener.say("frigate/events", message("end"))
            listener.wait(lambda: len(answers.asked) == 3)
        (event,) = map(json.loads, listener.of("likeness/cameras/front_door"))
        assert listener.of("likeness/matches/unknown") == [], "a stranger is told of at the end"
    assert (event["name"], event["camera"], event["prediction_id"]) == (
        "ada",
        "front_door",
        "ab" * 16,
    )
    assert event["time"] == "2020-12-04T23:19:21.837+00:00"
    assert answers.asked == [picture] * 3


def test_a_person_that_was_not_looked_at_is_told_of_after_the_next_start(tmp_path: Path) -> None:
    """The first process takes the message and is gone before it has an answer."""
    address = f"/api/events/{ID}/snapshot.jpg?bbox=0&timestamp=0"
    available = "likeness/frigate/availability"
    with (
        broker(tmp_path / "broker") as mosquitto,
        running({address: page(make_picture("red"), kind="image/jpeg")}) as frigate,
        listening(mosquitto.port, "likeness/#") as listener,
    ):
        url = f"http://127.0.0.1:{frigate.server_port}"
        command = [sys.executable, "-c", TAKES_AND_IS_GONE, mosquitto.url, str(tmp_path / "first")]
        first = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE)
        listener.wait(lambda: listener.last(available) == b"online")
        listener.say("frigate/events", message("new"))
        assert first.stdout is not None and first.stdout.readline() == b"taken\n"
        first.kill()
        first.wait(20)
        first.stdout.close()
        with bridged(tmp_path, mosquitto, url, Answering((ADA,))):
            listener.wait(lambda: listener.of("likeness/cameras/front_door"))


TAKES_AND_IS_GONE = """
import sys, time
from pathlib import Path
from likeness.delivery.broker import Address, Broker
from likeness.delivery.outbox import Outbox
broker = Broker(Address.of(sys.argv[1]), "frigate-test", Outbox(Path(sys.argv[2]) / "frigate.db"))
broker.listen_until_done("frigate/events", lambda message, done: print("taken", flush=True))
broker.start()
while not broker.is_connected:
    time.sleep(0.05)
broker.state("likeness/frigate/availability", b"online")
time.sleep(60)
"""


def test_a_stranger_is_told_of_at_the_end(tmp_path: Path) -> None:
    address = f"/api/events/{ID}/snapshot.jpg?bbox=0&timestamp=0"
    with (
        broker(tmp_path / "broker") as mosquitto,
        running({address: page(make_picture("red"), kind="image/jpeg")}) as frigate,
        listening(mosquitto.port, "likeness/#") as listener,
    ):
        url = f"http://127.0.0.1:{frigate.server_port}"
        with bridged(tmp_path, mosquitto, url, Answering((STRANGER,))) as bridge:
            for kind in ("new", "end"):
                bridge.hear(message(kind))
            listener.wait(lambda: len(listener.of("likeness/matches/unknown")) == 1)


def test_nobody_but_frigate_is_asked() -> None:
    with running({"/secret": page(make_picture("red"), kind="image/jpeg")}) as inside:
        elsewhere = f"http://127.0.0.1:{inside.server_port}/secret"
        with running({"/api": redirect(elsewhere)}) as frigate:
            asking, base = fetcher(f"http://127.0.0.1:{frigate.server_port}/")
            for address in (f"{base}/api", elsewhere, "http://127.0.0.1:22/"):
                with pytest.raises(InputError):
                    asking.get(address)
        assert not inside.asked


@pytest.mark.parametrize(
    "after", [{"label": "cat"}, {"has_snapshot": False}, {"false_positive": True}]
)
def test_what_is_no_person_with_a_picture(after: dict[str, object]) -> None:
    assert tracked(message(**after)) is None


@pytest.mark.parametrize(
    "text",
    [b"", b"[]", b"{}", b'{"after": 7}', message(id="../../config"), message(frame_time="x")],
)
def test_what_is_no_message_of_frigate(text: bytes) -> None:
    with pytest.raises(ValueError):
        tracked(text)


@pytest.mark.parametrize("url", ["frigate", "rtsp://x", "http://me:secret@x:5000"])
def test_what_is_no_address_of_frigate(url: str) -> None:
    with pytest.raises(InputError, match="write http://HOST:5000") as refused:
        fetcher(url)
    assert "secret" not in str(refused.value)
