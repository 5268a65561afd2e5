"""Events to an address of the user's, signed as Standard Webhooks has it (standardwebhooks.com).

Each is sent until it is taken, later and later, for a day. Its id is the same at every attempt.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import logging
import threading
import time
from types import ModuleType

from data_cleaning.errors import InputError
from likeness.delivery.outbox import Letter, Outbox

log = logging.getLogger("likeness.webhook")
PATIENCE = 10.0  # seconds for an answer
FIRST, LONGEST = 2.0, 900.0  # seconds between two attempts
ATTEMPTS = 100  # about a day
WAY = "webhook"
PREFIX = "whsec_"


def key_of(secret: str) -> bytes:
    """The bytes of a secret: base64 after `whsec_`, else as it is written. Raises InputError."""
    if not secret.startswith(PREFIX):
        return secret.encode()
    try:
        return base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error:
        raise InputError("LIKENESS_WEBHOOK_SECRET is no base64 after whsec_.") from None


def signature(key: bytes, event: str, when: int, body: bytes) -> str:
    """`v1,` and the HMAC-SHA256, in base64, of what was said and when. when: seconds since 1970."""
    signed = f"{event}.{when}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()


class Webhook:
    """url: where events go. secret: known to both sides; at least 16 letters. Raises InputError."""

    def __init__(self, url: str, secret: str, outbox: Outbox) -> None:
        if not url.startswith(("http://", "https://")):
            raise InputError("LIKENESS_WEBHOOK is no http or https address.")
        if len(secret) < 16:
            raise InputError(
                "LIKENESS_WEBHOOK needs LIKENESS_WEBHOOK_SECRET of 16 letters or more."
            )
        self.url, self.outbox = url, outbox
        self._key = key_of(secret)
        self._httpx = _httpx()
        self._wake, self._ending = threading.Event(), False
        self._courier = threading.Thread(target=self._deliver, name=WAY, daemon=True)

    def start(self) -> None:
        self._courier.start()

    def stop(self) -> None:
        """End after the letter under way; the others wait for the next start."""
        self._ending = True
        self._wake.set()
        self._courier.join(PATIENCE + 2)

    def send_waiting(self) -> None:
        """There is something new in the outbox."""
        self._wake.set()

    def _deliver(self) -> None:
        with self._httpx.Client(timeout=PATIENCE, follow_redirects=False) as client:
            while not self._ending:
                due = self.outbox.next_due(WAY)
                self._wake.wait(60.0 if due is None else min(due, 60.0))
                self._wake.clear()
                for letter in self.outbox.waiting(WAY, 50):
                    if self._ending:
                        return
                    self._send(client, letter)

    def _send(self, client: object, letter: Letter) -> None:
        refusal = self._refusal(client, letter)
        if not refusal:
            self.outbox.delivered([letter.number])
        elif letter.attempts >= ATTEMPTS:
            log.error("the webhook did not take event %s within a day: %s", letter.event, refusal)
            self.outbox.delivered([letter.number])
        else:
            pause = min(LONGEST, FIRST * 2 ** min(letter.attempts, 20))
            log.warning("the webhook did not take an event (%s): again in %.0f s", refusal, pause)
            self.outbox.put_off(letter.number, pause)

    def _refusal(self, client: object, letter: Letter) -> str:
        """Why it was not taken; "" where it was."""
        when = int(time.time())
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "likeness",
            "webhook-id": letter.event,
            "webhook-timestamp": str(when),
            "webhook-signature": signature(self._key, letter.event, when, letter.body),
        }
        try:
            answer = client.post(self.url, content=letter.body, headers=headers)  # type: ignore[attr-defined]
        except self._httpx.HTTPError as error:
            return type(error).__name__
        return "" if answer.is_success else f"status {answer.status_code}"


def _httpx() -> ModuleType:
    try:
        import httpx
    except ImportError:
        raise InputError(
            "A webhook needs httpx, which is not installed: pip install 'likeness[client]'."
        ) from None
    return httpx
