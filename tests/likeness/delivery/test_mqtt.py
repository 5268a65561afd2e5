"""Events by a real broker: each once, whoever restarts; who is away is said to be."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from data_cleaning.errors import InputError
from likeness.delivery.broker import Address, Broker
from likeness.delivery.discovery import person_config
from likeness.delivery.outbox import Outbox
from likeness.delivery.topics import Topics
from likeness.delivery.ways import Ways
from server.storage.outboxes import forget_in_outboxes
from tests.support.many_events import CAMERA, PICTURE, event
from tests.support.mosquitto import Listener, Mosquitto, broker, listening, wait_until
from tests.support.paths import ROOT

COUNT = 1000
AVAILABLE = Topics().availability(CAMERA)


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[Mosquitto]:
    pytest.importorskip("paho.mqtt.client", reason="paho-mqtt is not installed: make setup-dev")
    with broker(tmp_path / "broker") as found:
        yield found


@pytest.fixture
def listener(mosquitto: Mosquitto) -> Iterator[Listener]:
    with listening(mosquitto.port) as found:
        yield found


def ways(folder: Path, mosquitto: Mosquitto, names: str = "payload") -> Ways:
    topics, outbox = Topics(names=names), Outbox(folder / "door.db")
    sender = Broker(Address.of(mosquitto.url), "test", outbox, AVAILABLE)
    return Ways(outbox, topics, AVAILABLE, sender)


def ids(listener: Listener, topic: str) -> list[str]:
    return [json.loads(said)["id"] for said in listener.of(topic)]


def test_a_thousand_events_each_once_whoever_restarts(
    mosquitto: Mosquitto, listener: Listener, tmp_path: Path
) -> None:
    topic = Topics().camera(CAMERA)

    def begin() -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "tests.support.many_events"]
        arguments = [str(tmp_path / "ours"), mosquitto.url, str(COUNT)]
        return subprocess.Popen([*command, *arguments], cwd=ROOT)

    def seen(number: int) -> None:
        listener.wait(lambda: len(set(ids(listener, topic))) >= number)

    ours = begin()
    try:
        seen(COUNT // 5)
        mosquitto.restart()
        seen(2 * COUNT // 5)
        assert listener.last(AVAILABLE) == b"online"
        ours.send_signal(signal.SIGKILL)
        ours.wait()
        listener.wait(lambda: listener.last(AVAILABLE) == b"offline")  # by the will alone
        ours = begin()
        listener.wait(lambda: listener.last(AVAILABLE) == b"online")
        seen(4 * COUNT // 5)
        mosquitto.restart()
        assert ours.wait(60) == 0
    finally:
        ours.kill()
        ours.wait()
    seen(COUNT)
    listener.wait(lambda: listener.last(AVAILABLE) == b"offline")  # it said so itself
    wanted = {event(number).id for number in range(COUNT)}
    again = Counter(ids(listener, topic))
    assert set(again) == wanted, "none is lost, and none is anybody else's"
    per_person = [ids(listener, f"likeness/matches/{who}") for who in ("ada", "ben", "unknown")]
    assert [len(set(found)) for found in per_person] == [334, 333, 333]
    print(f"{sum(again.values()) - COUNT} of {COUNT} came a second time, under the same id")


def test_states_are_there_for_whoever_comes_later(mosquitto: Mosquitto, tmp_path: Path) -> None:
    with ways(tmp_path, mosquitto).running() as out:
        out.is_seeing(True)
        out.people(CAMERA, 2)
        out.send(event(0), PICTURE)
        wait_until(lambda: out.outbox.count() == 0)
        with listening(mosquitto.port) as late:
            late.wait(lambda: late.last(Topics().person(CAMERA)) == b"2")
            late.wait(lambda: late.last(Topics().image(CAMERA)) == PICTURE)
            assert late.last(AVAILABLE) == b"online"
            assert late.of(Topics().camera(CAMERA)) == [], "an event is not said again"


@pytest.mark.parametrize(
    ("names", "topic", "said"),
    [
        ("topics", "likeness/matches/ada", "ada"),
        ("payload", "likeness/matches/known", "ada"),
        ("none", "likeness/matches/known", None),
    ],
)
def test_where_names_may_stand(
    names: str, topic: str, said: str | None, mosquitto: Mosquitto, tmp_path: Path
) -> None:
    with listening(mosquitto.port) as listener, ways(tmp_path, mosquitto, names).running() as out:
        out.send(event(0), PICTURE)
        out.send(event(2), PICTURE)
        listener.wait(lambda: listener.of("likeness/matches/unknown"))
        listener.wait(lambda: len(listener.of("likeness/cameras/door")) == 2)
        (match,) = listener.of(topic)
        assert json.loads(match).get("name") == said and json.loads(match)["known"] is True
        everything = " ".join(f"{name} {payload!r}" for name, payload in listener.said)
        assert ("ada" in everything) == (said is not None)
        assert ("matches/ada" in everything) == (names == "topics")


def test_an_end_that_was_wished_is_no_lost_connection(
    mosquitto: Mosquitto, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with ways(tmp_path, mosquitto).running() as out:
        wait_until(lambda: out.broker is not None and out.broker.is_connected)
    assert "no connection" not in caplog.text


def test_home_assistant_is_told_again_when_it_has_started(
    mosquitto: Mosquitto, listener: Listener, tmp_path: Path
) -> None:
    topic = "homeassistant/image/likeness_door/picture/config"
    with ways(tmp_path, mosquitto).running() as out:
        out.introduce(CAMERA)
        listener.wait(lambda: listener.of(topic))
        listener.say("homeassistant/status", "online")
        listener.wait(lambda: len(listener.of(topic)) == 2)


def test_what_is_seen_while_nobody_listens_goes_out_later(
    mosquitto: Mosquitto, tmp_path: Path
) -> None:
    mosquitto.end()
    with ways(tmp_path, mosquitto).running() as out:
        assert out.send(event(0), PICTURE) and not out.send(event(0), PICTURE)
    mosquitto.begin()
    with listening(mosquitto.port) as listener, ways(tmp_path, mosquitto).running() as out:
        listener.wait(lambda: ids(listener, "likeness/cameras/door") == [event(0).id])
        wait_until(lambda: out.outbox.count() == 0)
        assert not out.send(event(0), PICTURE), "an id that was delivered is known"


@pytest.mark.parametrize(
    "text",
    ["localhost", "http://a", "mqtt://", "mqtt://a:b", "mqtt://a/x", "mqtt://u:geheim@h?x=1"],
)
def test_what_is_no_broker(text: str) -> None:
    with pytest.raises(InputError, match="write mqtt://HOST") as refused:
        Address.of(text)
    assert "geheim" not in str(refused.value)


def test_an_address_of_a_broker() -> None:
    found = Address.of("mqtts://me:p%40ss@broker.lan?ca=/etc/ca.pem")
    assert found == Address("broker.lan", 8883, True, "me", "p@ss", "/etc/ca.pem")
    assert Address.of("mqtt://broker.lan:1884") == Address("broker.lan", 1884, False)


def test_two_processes_do_not_watch_under_one_name(tmp_path: Path) -> None:
    first = Outbox(tmp_path / "door.db")
    with pytest.raises(InputError, match="Another process watches as door"):
        Outbox(tmp_path / "door.db")
    first.close()
    Outbox(tmp_path / "door.db").close()


def test_what_a_broker_retains_of_who_was_forgotten_is_cleared(
    mosquitto: Mosquitto, tmp_path: Path
) -> None:
    """At once where the process runs, at its next start where it does not; and of nobody else."""
    ada, ben = event(0), event(1)
    state, folder = tmp_path / "state", tmp_path / "state" / "watch"
    (of_ada,) = person_config(Topics(names="topics"), "ada", "homeassistant")
    (of_ben,) = person_config(Topics(names="topics"), "ben", "homeassistant")
    image = Topics().image(CAMERA)

    def gone() -> list[str]:
        with listening(mosquitto.port) as late:
            late.say("the/end", "")  # what is retained comes before it
            late.wait(lambda: late.of("the/end"))
            return [topic for topic in (of_ada, of_ben, image) if not late.of(topic)]

    with ways(folder, mosquitto, "topics").running() as out, listening(mosquitto.port) as listener:
        for one in (ada, ben):
            out.send(one, PICTURE)
        listener.wait(lambda: listener.of(of_ben) and listener.of(of_ada))
        assert forget_in_outboxes(state, "ada") == 1
        listener.wait(lambda: listener.last(of_ada) == b"")
        assert not out.send(replace(ada, id="f" * 32), PICTURE), "a picture from before"
        wait_until(lambda: out.outbox.count() == 0)
    assert gone() == [of_ada]
    assert forget_in_outboxes(state, "ben") == 1
    with ways(folder, mosquitto, "topics").running():
        wait_until(lambda: gone() == [of_ada, of_ben, image])
