"""How many bytes of bodies are in memory together, in this process and of one client.

Nothing is read here: what a request says of its length is taken off an allowance before it is
read, and given back when the request has been answered.
"""

from __future__ import annotations

import contextlib
import ctypes
import threading
from collections import Counter

from flask import Flask, g, request

from server.errors import Busy
from server.settings import Settings

COUNTED = 64 * 1024  # bytes: a smaller body costs next to nothing


class BodiesInFlight:
    """total: bytes allowed in this process. per_client: of those, for one address."""

    def __init__(self, total: int, per_client: int) -> None:
        self.total, self.per_client = total, per_client
        self._guard = threading.Lock()
        self._by_client: Counter[str] = Counter()
        self.bytes = 0
        self._to_tidy = False

    def take(self, client: str, size: int) -> None:
        """Raises Busy where the process or the client has too much under way already."""
        with self._guard:
            if self._by_client[client] + size > self.per_client:
                raise Busy(
                    "Bodies of more than"
                    f" {self.per_client:,} bytes come from your address at once; send fewer"
                    " pictures at a time."
                )
            if self.bytes + size > self.total:
                raise Busy("Too many large bodies come in at once; try again in a second.")
            self.bytes += size
            self._by_client[client] += size

    def give_back(self, client: str, size: int) -> None:
        """The request is answered."""
        with self._guard:
            self._to_tidy = True
            self.bytes -= size
            self._by_client[client] -= size
            if not self._by_client[client]:
                del self._by_client[client]

    def tidy(self) -> None:
        """Call it now and then: gives memory back where there were bodies and now are none.

        The C library keeps what large bodies took.
        """
        with self._guard:
            due = self._to_tidy and not self.bytes
            self._to_tidy = self._to_tidy and not due
        if due:
            with contextlib.suppress(AttributeError, OSError):  # glibc has it
                ctypes.CDLL(None).malloc_trim(0)


def allowance(settings: Settings) -> BodiesInFlight:
    """As the settings have it; always enough for one body of the largest kind."""
    largest = max(settings.batch_bytes, settings.form_bytes)
    total = max(settings.bodies_bytes, largest)
    return BodiesInFlight(total, max(total // 2, largest))


def install(app: Flask, bodies: BodiesInFlight, settings: Settings) -> None:
    """Let every request with a large body through the allowance.

    To be called after the guard is in: who may not ask does not take anything.
    """

    def take() -> None:
        size = _announced(settings)
        if size > COUNTED:
            client = g.caller.address or "unknown"
            bodies.take(client, size)
            g.body_in_flight = (client, size)

    def give_back(_: BaseException | None) -> None:
        taken = g.pop("body_in_flight", None)
        if taken is not None:
            bodies.give_back(*taken)

    app.before_request(take)
    app.teardown_request(give_back)


def _announced(settings: Settings) -> int:
    """Bytes of the body as announced, or the most that it may have; one that is too long by what it
    says is refused unread.
    """
    if request.content_length is not None:
        return 0 if request.content_length > settings.batch_bytes else request.content_length
    chunked = "chunked" in request.headers.get("Transfer-Encoding", "").lower()
    return (request.max_content_length or 0) if chunked else 0
