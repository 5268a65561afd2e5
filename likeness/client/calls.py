"""One call of the API: what is sent, what its answer means, and whether to try again."""

from __future__ import annotations

import email.utils
import os
import random
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as default
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

import httpx

Picture = bytes | str | os.PathLike[str]  # a file's bytes, or where it lies
Value = str | int | float | bool | None
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0  # seconds between two attempts
BUSY = 429  # refused before anything was done
LATER = (BUSY, 502, 503, 504)
NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


class ClientError(Exception):
    """The root of what a call raises."""


class Away(ClientError):
    """The service cannot be reached, or did not answer in time."""


class Problem(ClientError):
    """A refusal (RFC 9457). code is stable, the text is for people; limits: what was broken."""

    def __init__(self, status: int, said: Mapping[str, object]) -> None:
        super().__init__(str(said.get("detail") or f"The service answered {status}."))
        self.status = status
        self.code = str(said.get("code") or "")
        self.request_id = said.get("request_id")
        self.limits = said.get("limits") or {}


@dataclass(frozen=True)
class Call:
    """query: None is left out. field, pictures: files of a form. repeatable: asks, and changes
    nothing that a second time would change again.
    """

    method: str
    path: str
    query: Mapping[str, Value] = default(default_factory=dict)
    json: object = None
    field: str = ""
    pictures: Sequence[Picture] = ()
    repeatable: bool = False

    def request(self, client: httpx.Client | httpx.AsyncClient) -> httpx.Request:
        """As httpx sends it; files are read now."""
        files = [(self.field, ("picture", _bytes(one))) for one in self.pictures]
        return client.build_request(
            self.method,
            self.path,
            params={name: _text(value) for name, value in self.query.items() if value is not None},
            json=self.json,
            files=files or None,
        )


@dataclass
class Attempts:
    """How long to go on trying. patience: seconds in all."""

    call: Call
    patience: float
    begun: float = default(default_factory=time.monotonic)
    number: int = 0

    def pause_after(self, answer: httpx.Response) -> float | None:
        """Seconds until the next attempt; None where this answer stands."""
        may = answer.status_code in LATER if self.call.repeatable else answer.status_code == BUSY
        return self._pause(_retry_after(answer)) if may else None

    def pause_after_error(self, error: httpx.TransportError) -> float:
        """The same after no answer came. Raises Away where it must not be tried again."""
        pause = None
        if self.call.repeatable or isinstance(error, NOT_SENT):
            pause = self._pause(None)
        if pause is None:
            raise Away(f"The service gave no answer: {error or type(error).__name__}.") from error
        return pause

    def _pause(self, wished: float | None) -> float | None:
        grown = min(LONGEST_PAUSE, FIRST_PAUSE * 2**self.number) * random.uniform(0.8, 1.2)
        pause = grown if wished is None else wished
        self.number += 1
        over = time.monotonic() - self.begun + pause > self.patience
        return None if over else pause


def checked(answer: httpx.Response) -> httpx.Response:
    """The same answer. Raises Problem for a refusal."""
    if answer.is_success:
        return answer
    try:
        said = answer.json()
    except ValueError:
        said = {}
    raise Problem(answer.status_code, said if isinstance(said, dict) else {})


def place(pattern: str, *parts: object) -> str:
    """An address, each {} of the pattern a part with whatever is special in it escaped."""
    return pattern.format(*(quote(str(part), safe="") for part in parts))


def event_of(line: str, event: str) -> tuple[str, str | None]:
    """The event that a line of a stream belongs to, and its data where it has some."""
    if line.startswith("event: "):
        return line.removeprefix("event: "), None
    if line.startswith("data: "):
        return event, line.removeprefix("data: ")
    return event, None


def _retry_after(answer: httpx.Response) -> float | None:
    """Seconds that the service wishes to be left alone, as a number or as a date."""
    text = answer.headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        when = email.utils.parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
    return max(0.0, (when - datetime.now(UTC)).total_seconds())


def _bytes(picture: Picture) -> bytes:
    return picture if isinstance(picture, bytes) else Path(picture).read_bytes()


def _text(value: Value) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
