"""Pictures of a camera that is asked by http: a stream of JPEGs, or one picture at a time.

Only the host that was named is asked: redirects are not followed.
"""

from __future__ import annotations

import base64
import http.client
import time
from collections.abc import Generator, Iterator
from contextlib import closing
from urllib.parse import SplitResult, unquote, urlsplit

from data_cleaning.errors import DatasetError
from data_cleaning.imaging.limits import DEFAULT_LIMITS

PATIENCE = 10.0  # seconds for which a camera may say nothing
STREAM = "multipart/x-mixed-replace"
CHUNK = 65536
START = b"\xff\xd8\xff"


def http_pictures(source: str, every: float) -> Generator[bytes, None, None]:
    """The pictures at an address, one every so many seconds.

    Raises DatasetError where it gives none, OSError and HTTPException where it fails.
    """
    parts = urlsplit(source)
    with closing(_connection(parts)) as connection:
        answer = _asked(connection, parts)
        if answer.headers.get_content_type() == STREAM:
            yield from _at_a_pace(_streamed(answer), every)
            return
        due = time.monotonic()
        while True:
            yield _read(answer)
            due = max(due + every, time.monotonic())
            time.sleep(max(0.0, due - time.monotonic()))
            answer = _asked(connection, parts)


def _connection(parts: SplitResult) -> http.client.HTTPConnection:
    if not parts.hostname:
        raise DatasetError("The camera's address has no host.")
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    return kind(parts.hostname, parts.port, timeout=PATIENCE)


def _asked(connection: http.client.HTTPConnection, parts: SplitResult) -> http.client.HTTPResponse:
    headers = {"User-Agent": "likeness", "Accept": f"image/jpeg, image/*, {STREAM}"}
    if parts.username is not None:
        both = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        headers["Authorization"] = "Basic " + base64.b64encode(both.encode()).decode()
    path = parts._replace(scheme="", netloc="", fragment="").geturl() or "/"
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    if answer.status != 200:
        answer.read(CHUNK)
        raise DatasetError(f"The camera answers with status {answer.status}.")
    return answer


def _read(answer: http.client.HTTPResponse) -> bytes:
    data = answer.read(DEFAULT_LIMITS.bytes + 1)
    if len(data) > DEFAULT_LIMITS.bytes:
        raise _too_large()
    return data


def _at_a_pace(pictures: Iterator[bytes], every: float) -> Iterator[bytes]:
    """One every so many seconds; the others are read and left out, or they would be old."""
    due = 0.0
    for picture in pictures:
        now = time.monotonic()
        if now >= due:
            due = now + every
            yield picture


def _streamed(answer: http.client.HTTPResponse) -> Iterator[bytes]:
    """The parts of a stream. Boundaries stand between them, with or without a length."""
    boundary = answer.headers.get_param("boundary")
    mark = b"--" + str(boundary or "").encode().removeprefix(b"--")
    held = b""
    while chunk := answer.read1(CHUNK):
        held += chunk
        while (end := held.find(mark, len(START))) >= 0:
            start = held.find(START, 0, end)
            if start >= 0:
                yield held[start:end].rstrip(b"\r\n")
            held = held[end + len(mark) :]
        if len(held) > DEFAULT_LIMITS.bytes:
            raise _too_large()


def _too_large() -> DatasetError:
    return DatasetError(f"The camera's picture has more than {DEFAULT_LIMITS.bytes:,} bytes.")
