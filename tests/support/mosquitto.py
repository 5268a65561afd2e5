"""A real broker of MQTT on this machine, and somebody who listens to it. Nothing here is a test."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.browsing import wait_for_port
from tests.support.ports import free_port

CONFIG = """listener {port} 127.0.0.1
allow_anonymous true
persistence true
persistence_location {folder}/
autosave_interval 0
max_queued_messages 0
set_tcp_nodelay true
user {user}
"""
LONG = 40.0  # seconds that anything here may take


class Mosquitto:
    """folder: of its own; what it has queued lies there over a restart."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self._program = _program()
        folder.mkdir(parents=True, exist_ok=True)
        user = "root" if os.getuid() == 0 else "mosquitto"
        self._config = folder / "mosquitto.conf"
        self._config.write_text(CONFIG.format(port=self.port, folder=folder, user=user))
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"mqtt://127.0.0.1:{self.port}"

    def begin(self) -> None:
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [self._program, "-c", str(self._config)], stdout=log, stderr=log
            )
        wait_for_port(self.port)

    def end(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(20)
            self._process = None

    def restart(self) -> None:
        self.end()
        self.begin()


def _program() -> str:
    found = shutil.which("mosquitto", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if found is None:
        pytest.skip("mosquitto is not installed: apt-get install mosquitto")
    return found


@contextlib.contextmanager
def broker(folder: Path) -> Iterator[Mosquitto]:
    """A broker that runs until the end of the block."""
    found = Mosquitto(folder)
    found.begin()
    try:
        yield found
    finally:
        found.end()


class Listener:
    """Everything that was said at a broker since, by topic; it comes back after a restart."""

    def __init__(self, port: int, topic: str = "#") -> None:
        from paho.mqtt.client import Client, MQTTv311
        from paho.mqtt.enums import CallbackAPIVersion

        self.said: list[tuple[str, bytes]] = []
        self._there = threading.Condition()
        self._client = Client(
            CallbackAPIVersion.VERSION2,
            f"listener-{secrets.token_hex(4)}",
            clean_session=False,
            protocol=MQTTv311,
        )
        subscribed = threading.Event()
        self._client.on_connect = lambda client, *_: client.subscribe(topic, qos=1)
        self._client.on_subscribe = lambda *_: subscribed.set()
        self._client.on_message = self._hear
        self._client.reconnect_delay_set(1, 1)
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        assert subscribed.wait(LONG)

    def _hear(self, _: Any, __: Any, message: Any) -> None:
        with self._there:
            self.said.append((message.topic, message.payload))
            self._there.notify_all()

    def wait(self, holds: Callable[[], object]) -> None:
        """Until something holds of what was said."""
        with self._there:
            assert self._there.wait_for(holds, LONG), self.said[-10:]

    def of(self, topic: str) -> list[bytes]:
        """What was said in a topic, in order."""
        return [payload for name, payload in list(self.said) if name == topic]

    def last(self, topic: str) -> bytes | None:
        said = self.of(topic)
        return said[-1] if said else None

    def say(self, topic: str, payload: bytes | str) -> None:
        self._client.publish(topic, payload, qos=1).wait_for_publish(LONG)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


@contextlib.contextmanager
def listening(port: int, topic: str = "#") -> Iterator[Listener]:
    found = Listener(port, topic)
    try:
        yield found
    finally:
        found.close()


def wait_until(holds: Callable[[], object], seconds: float = LONG) -> None:
    """Until something holds that nobody tells of."""
    until = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.05)
