"""The connection to an MQTT broker: letters out of the outbox, each until it is acknowledged, and
states, which are said anew after each connection.
"""

from __future__ import annotations

import logging
import ssl
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote, urlsplit

from data_cleaning.errors import InputError
from likeness.delivery.outbox import Outbox

if TYPE_CHECKING:
    from paho.mqtt.client import Client

log = logging.getLogger("likeness.mqtt")
PORTS = {"mqtt": 1883, "mqtts": 8883}
KEEPALIVE = 20  # seconds: one and a half of it after an end without a word the will is said
IN_FLIGHT = 4  # letters that wait for the broker at once: so few may come twice after an end
FAREWELL = 5.0  # seconds in which the last letters may go out at the end
ONLINE, OFFLINE = b"online", b"offline"
NOTHING = b""  # retained: a broker keeps nothing in that topic any more
WRITE = "write mqtt://HOST, mqtt://USER:PASSWORD@HOST:1883 or mqtts://HOST?ca=FILE"


@dataclass(frozen=True)
class Address:
    """Of a broker. ca: a file of certificates that TLS trusts; empty: those of the system."""

    host: str
    port: int
    tls: bool
    user: str | None = None
    password: str | None = None
    ca: str = ""

    @classmethod
    def of(cls, text: str) -> Address:
        """From a URL. Raises InputError, which does not repeat it: it may hold a password."""
        try:
            parts = urlsplit(text)
            query = parse_qs(parts.query, strict_parsing=True) if parts.query else {}
            port = parts.port or PORTS[parts.scheme]
        except (KeyError, ValueError):
            raise InputError(f"LIKENESS_MQTT is no address of a broker; {WRITE}.") from None
        if not parts.hostname or parts.path.strip("/") or set(query) - {"ca"}:
            raise InputError(f"LIKENESS_MQTT is no address of a broker; {WRITE}.")
        tls = parts.scheme == "mqtts"
        user = unquote(parts.username) if parts.username else None
        password = unquote(parts.password) if parts.password else None
        return cls(parts.hostname, port, tls, user, password, query.get("ca", [""])[0])


Handler = Callable[[bytes], object]
Done = Callable[[], object]
PatientHandler = Callable[[bytes, Done], object]


class Broker:
    """name: of this client at the broker, the same at every start. will: the topic that says
    `offline` when this process ends without a word; "" where there is none.
    """

    def __init__(self, address: Address, name: str, outbox: Outbox, will: str = "") -> None:
        self.address, self.outbox, self.will = address, outbox, will
        self._states: dict[str, bytes] = {}
        self._handlers: dict[str, PatientHandler] = {}
        self._connections = 0
        self._acknowledged: deque[int] = deque()
        self._in_flight: dict[int, int] = {}  # letters by the broker's number of the message
        self._wake = threading.Event()
        self._guard = threading.Lock()
        self._ending = False
        self._connected = False
        self._client = _client(address, name)
        self._client.on_connect = self._on_connect
        self._client.on_disconnect = self._on_disconnect
        self._client.on_publish = self._on_publish
        self._client.on_message = self._on_message
        if will:
            self._client.will_set(will, OFFLINE, qos=1, retain=True)
        self._courier = threading.Thread(target=self._deliver, name="mqtt", daemon=True)

    def start(self) -> None:
        """Connect, and go on trying where nobody answers."""
        self._client.connect_async(self.address.host, self.address.port, KEEPALIVE)
        self._client.loop_start()
        self._courier.start()

    def stop(self) -> None:
        """Let the last letters go out, say `offline`, and leave."""
        self._ending = True
        self._wake.set()
        self._courier.join(FAREWELL + 1)
        if self._connected and self.will:
            said = self._client.publish(self.will, OFFLINE, qos=1, retain=True)
            said.wait_for_publish(FAREWELL)
        self._client.disconnect()
        self._client.loop_stop()

    def state(self, topic: str, payload: bytes) -> None:
        """What holds from now on, retained by the broker and said again when it comes back."""
        with self._guard:
            self._states[topic] = payload
            if self._connected:
                self._client.publish(topic, payload, qos=1, retain=True)

    def repeat_states(self) -> None:
        """Say every state once more, for somebody who has just come."""
        with self._guard:
            for topic, payload in self._states.items() if self._connected else ():
                self._client.publish(topic, payload, qos=1, retain=True)

    def listen(self, topic: str, handler: Handler) -> None:
        """handler: called in the connection's thread with each message. Before `start`."""

        def at_once(message: bytes, done: Done) -> None:
            done()
            handler(message)

        self._handlers[topic] = at_once

    def listen_until_done(self, topic: str, handler: PatientHandler) -> None:
        """As `listen`. A message is acknowledged when the handler calls what it is given, from
        whichever thread: until then the broker keeps it, over an end of this process too.
        """
        self._handlers[topic] = handler

    def send_waiting(self) -> None:
        """There is something new in the outbox."""
        self._wake.set()

    @property
    def is_connected(self) -> bool:
        return self._connected

    def _on_connect(self, client: Client, _: Any, __: Any, reason: Any, *___: Any) -> None:
        if reason.is_failure:
            log.error("the broker at %s refuses: %s", self.address.host, reason)
            return
        log.info("connected with the broker at %s", self.address.host)
        for topic in self._handlers:
            client.subscribe(topic, qos=1)
        self._connected = True
        self._connections += 1
        self.repeat_states()
        self._wake.set()

    def _on_disconnect(self, *_: Any) -> None:
        if self._connected and not self._ending:
            log.warning("no connection with the broker at %s", self.address.host)
        self._connected = False

    def _on_publish(self, _: Any, __: Any, message: int, *___: Any) -> None:
        # Called under a lock of the library's: what is to be done is the courier's.
        self._acknowledged.append(message)
        self._wake.set()

    def _on_message(self, client: Client, _: Any, message: Any) -> None:
        connection = self._connections

        def done() -> None:
            """A number of another connection may be another message's by now."""
            if connection == self._connections:
                client.ack(message.mid, message.qos)

        handler = self._handlers.get(message.topic)
        if handler is None:
            done()
            return
        try:
            handler(message.payload, done)
        except Exception:  # one message must not end the connection, nor come again and again
            log.exception("a message of %s could not be used", message.topic)
            done()

    def _deliver(self) -> None:
        """The courier: hands letters to the broker, and strikes out those that arrived."""
        until = None
        while True:
            self._wake.wait(1.0)
            self._wake.clear()
            self._strike_out()
            self._clear()
            if self._connected:
                self._send()
            if self._ending:
                until = until or time.monotonic() + FAREWELL
                done = not self._in_flight and not self.outbox.waiting("mqtt", 1)
                if done or not self._connected or time.monotonic() > until:
                    return

    def _strike_out(self) -> None:
        arrived = []
        while self._acknowledged:
            letter = self._in_flight.pop(self._acknowledged.popleft(), None)
            if letter is not None:
                arrived.append(letter)
        if arrived:
            self.outbox.delivered(arrived)
            self._wake.set()

    def _clear(self) -> None:
        """Take back what is retained of somebody who was forgotten: with every connection, until
        something else is said in that topic.
        """
        for topic in self.outbox.to_clear():
            if self._states.get(topic) != NOTHING:
                self.state(topic, NOTHING)

    def _send(self) -> None:
        """What is not under way. After a lost connection the library sends that again itself."""
        under_way = set(self._in_flight.values())
        for letter in self.outbox.waiting("mqtt", 2 * IN_FLIGHT):
            if len(self._in_flight) >= IN_FLIGHT:
                return
            if letter.number not in under_way:
                said = self._client.publish(letter.topic, letter.body, qos=1)
                self._in_flight[said.mid] = letter.number


def _client(address: Address, name: str) -> Client:
    """Raises InputError where the library or a file is missing."""
    try:
        from paho.mqtt.client import Client, MQTTv311
        from paho.mqtt.enums import CallbackAPIVersion
    except ImportError:
        raise InputError(
            "MQTT needs paho-mqtt, which is not installed: pip install 'likeness[mqtt]'."
        ) from None
    client = Client(
        CallbackAPIVersion.VERSION2,
        name,
        clean_session=False,
        protocol=MQTTv311,
        manual_ack=True,
    )
    client.reconnect_delay_set(1, 30)
    if address.user is not None:
        client.username_pw_set(address.user, address.password)
    if address.tls:
        try:
            client.tls_set_context(ssl.create_default_context(cafile=address.ca or None))
        except (OSError, ssl.SSLError) as error:
            raise InputError(f"The certificates of LIKENESS_MQTT: {error}.") from error
    return client
