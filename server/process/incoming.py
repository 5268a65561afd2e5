"""What a connection brings, collected without a thread until a request can be answered.

The worker's loop reads heads and small bodies here; larger bodies are read by the thread that
answers. Both have an end: nobody keeps a thread by being slow. Nothing here knows a route.
"""

from __future__ import annotations

import os
import re
import select
import time
from typing import Any

from gunicorn.http.body import ChunkedReader, LengthReader
from gunicorn.http.unreader import SocketUnreader

HEAD_SECONDS = 10.0  # from its first byte
SMALL_BODY_SECONDS = 30.0  # likewise, head included
LARGE_BODY_SECONDS = 30.0  # and what the bytes that came may take at the slowest
SLOWEST = 16 * 1024  # bytes a second
LINE_BYTES = 8192  # longer first lines are refused by gunicorn without reading on
HEAD_BYTES = 64 * 1024
SMALL = 64 * 1024  # bytes of a body
PIECE = 64 * 1024
END = b"\r\n\r\n"
LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d{1,15})[ \t]*\r\n", re.IGNORECASE)
EXPECTS = re.compile(rb"\r\nexpect:", re.IGNORECASE)  # the client sends no body before it is asked


class PatientUnreader(SocketUnreader):  # type: ignore[misc]  # gunicorn has no types
    """Reads for a thread, which waits for a body only as long as that comes at a fair pace."""

    begun: float = 0.0
    got: int = 0

    def begin(self) -> None:
        """A request starts."""
        self.begun, self.got = time.monotonic(), 0

    def chunk(self, size_hint: int | None = None) -> bytes:
        """The next bytes. Raises TimeoutError where they are too long in coming."""
        until = self.begun + LARGE_BODY_SECONDS + self.got / SLOWEST
        patience = min(until - time.monotonic(), self.sock.gettimeout() or LARGE_BODY_SECONDS)
        waiting = select.poll()
        waiting.register(self.sock, select.POLLIN)
        if patience <= 0 or not waiting.poll(patience * 1000):
            raise TimeoutError("The body came too slowly.")
        data: bytes = super().chunk(size_hint)
        self.got += len(data)
        return data


def take_in(connection: Any) -> bool:
    """Reads what has come, without waiting. False where nothing more will come.

    connection: gunicorn's, with a parser and a socket that does not block.
    """
    try:
        data = connection.sock.recv(PIECE)
    except BlockingIOError:
        return True
    except OSError:
        return False
    buffer = connection.parser.unreader.buf
    buffer.seek(0, os.SEEK_END)
    buffer.write(data)
    return bool(data)


def is_answerable(data: bytes) -> bool:
    """Whether a thread has to wait for no more than a large body, if for anything.

    data: all bytes of the request that came. A first line that is too long can be answered too.
    """
    end = data.find(END)
    if end < 0:
        return len(data) > LINE_BYTES and b"\r\n" not in data[:LINE_BYTES]
    head = data[: end + 2]
    length = LENGTH.search(head)
    if length is None or EXPECTS.search(head):
        return True
    size = int(length[1])
    return size > SMALL or len(data) >= end + len(END) + size


def is_too_long(data: bytes) -> bool:
    """Whether the head has no end within the bytes that it may have."""
    return len(data) > HEAD_BYTES and END not in data


def seconds_allowed(data: bytes) -> float:
    """How long after its first byte a request has to be there as far as it is collected here."""
    return SMALL_BODY_SECONDS if END in data else HEAD_SECONDS


def has_more_to_come(request: Any) -> bool:
    """Whether bytes of the body are still on their way: gunicorn's request, head read."""
    reader = request.body.reader
    if isinstance(reader, LengthReader):
        here = len(reader.unreader.buf.getvalue())
        return bool(reader.length > here)
    return isinstance(reader, ChunkedReader) and reader.parser is not None
