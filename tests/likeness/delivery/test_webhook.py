"""Events to an address: signed, tried again, and taken once by who keeps their ids."""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.server
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from data_cleaning.errors import InputError
from likeness.delivery import webhook
from likeness.delivery.outbox import Letter, Outbox
from likeness.delivery.topics import Topics
from likeness.delivery.ways import Ways
from likeness.delivery.webhook import Webhook, key_of, signature
from tests.support.many_events import PICTURE, event
from tests.support.mosquitto import wait_until

SECRET = "whsec_" + base64.b64encode(b"0123456789abcdef").decode()


class Receiver(http.server.ThreadingHTTPServer):
    """statuses: its answers in turn, the last one for ever."""

    def __init__(self, *statuses: int) -> None:
        self.statuses = list(statuses)
        self.got: list[tuple[dict[str, str], bytes]] = []
        super().__init__(("127.0.0.1", 0), Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/hook"


class Handler(http.server.BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.got.append(({k.lower(): v for k, v in self.headers.items()}, body))
        statuses = self.server.statuses
        status = statuses.pop(0) if len(statuses) > 1 else statuses[0]
        self.send_response(status)
        if status == 302:
            self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nobody reads it."""


@contextmanager
def receiver(*statuses: int) -> Iterator[Receiver]:
    server = Receiver(*statuses)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


def sending(folder: Path, url: str) -> Ways:
    outbox = Outbox(folder / "door.db")
    return Ways(outbox, Topics(), "", webhook=Webhook(url, SECRET, outbox))


def test_an_event_arrives_signed_and_once(tmp_path: Path) -> None:
    with receiver(204) as server, sending(tmp_path, server.url).running() as ways:
        assert ways.send(event(0), PICTURE)
        assert not ways.send(event(0), PICTURE), "the same id again"
        wait_until(lambda: ways.outbox.count() == 0)
        ((headers, body),) = server.got
    assert json.loads(body)["name"] == "ada" and headers["webhook-id"] == event(0).id
    signed = f"{event(0).id}.{headers['webhook-timestamp']}.".encode() + body
    mac = hmac.new(b"0123456789abcdef", signed, hashlib.sha256).digest()
    assert headers["webhook-signature"] == f"v1,{base64.b64encode(mac).decode()}"


@pytest.mark.parametrize("refusal", [500, 429, 404, 302])
def test_what_is_not_taken_comes_again_under_the_same_id(
    refusal: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhook, "FIRST", 0.05)
    with receiver(refusal, refusal, 200) as server:
        with sending(tmp_path, server.url).running() as ways:
            ways.send(event(1), PICTURE)
            wait_until(lambda: ways.outbox.count() == 0)
        ids = [headers["webhook-id"] for headers, _ in server.got]
    assert ids == [event(1).id] * 3


def test_what_waited_goes_out_after_a_start(tmp_path: Path) -> None:
    with sending(tmp_path, "http://127.0.0.1:9/hook").running() as ways:
        ways.send(event(2), PICTURE)
    with receiver(200) as server, sending(tmp_path, server.url).running() as ways:
        wait_until(lambda: ways.outbox.count() == 0)
        assert [headers["webhook-id"] for headers, _ in server.got] == [event(2).id]


def test_it_waits_longer_each_time_and_gives_up_in_the_end(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "x.db")
    outbox.add([Letter("e", "webhook", b"{}")])
    sender = Webhook("http://127.0.0.1:9/", SECRET, outbox)
    with sender._httpx.Client() as client:
        (first,) = outbox.waiting("webhook", 1)
        sender._send(client, first)
        assert not outbox.waiting("webhook", 1), "not due"
        assert 0 < (outbox.next_due("webhook") or 0) <= webhook.FIRST
        outbox.put_off(first.number, 0)
        sender._send(client, Letter("e", "webhook", b"{}", "", first.number, webhook.ATTEMPTS))
    assert outbox.count() == 0
    outbox.close()


def test_what_is_known_of_the_standard() -> None:
    """The example of the specification of Standard Webhooks."""
    key = key_of("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    body = b'{"test": 2432232314}'
    assert signature(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body) == (
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    )


@pytest.mark.parametrize(
    ("url", "secret"),
    [("ftp://x", SECRET), ("http://x", "short"), ("http://x", "whsec_no base64 at all")],
)
def test_what_cannot_be_used(url: str, secret: str, tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "x.db")
    with pytest.raises(InputError, match="LIKENESS_WEBHOOK"):
        Webhook(url, secret, outbox)
    outbox.close()
