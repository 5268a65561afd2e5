"""A camera on this machine: a small RTSP server that sends JPEG frames over its own connection
(RFC 2326, RFC 2435).
"""

from __future__ import annotations

import contextlib
import itertools
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from data_cleaning.imaging.encoding import encode
from data_cleaning.imaging.image import Image

PACKET = 1200  # bytes of a frame in one packet
RATE = 10  # frames a second
SDP = (
    "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=test\r\nt=0 0\r\nm=video 0 RTP/AVP 26\r\na=control:1\r\n"
)


@dataclass(frozen=True)
class Camera:
    """port: of 127.0.0.1. asked: the first lines of what it was asked."""

    port: int
    asked: list[str]


@contextlib.contextmanager
def camera(frame: Callable[[int], Image]) -> Iterator[Camera]:
    """A camera whose n-th frame is `frame(n)`, until the end of the block."""
    listener = socket.create_server(("127.0.0.1", 0))
    asked: list[str] = []

    def serve() -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = listener.accept()
                with client, contextlib.suppress(OSError):
                    _talk(client, frame, asked)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield Camera(listener.getsockname()[1], asked)
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(5)


def _talk(client: socket.socket, frame: Callable[[int], Image], asked: list[str]) -> None:
    client.settimeout(10)
    reader = client.makefile("rb")
    while line := reader.readline():
        first, headers = line.decode().strip(), {}
        while (more := reader.readline().decode().strip()) != "":
            name, _, value = more.partition(":")
            headers[name.lower()] = value.strip()
        asked.append(first)
        method = first.split(" ")[0]
        extra, body = {
            "OPTIONS": ("Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN\r\n", ""),
            "DESCRIBE": ("Content-Type: application/sdp\r\n", SDP),
            "SETUP": ("Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\nSession: 1\r\n", ""),
        }.get(method, ("Session: 1\r\n", ""))
        head = f"RTSP/1.0 200 OK\r\nCSeq: {headers['cseq']}\r\n{extra}"
        client.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode())
        if method == "PLAY":
            _play(client, frame)
            return


def _play(client: socket.socket, frame: Callable[[int], Image]) -> None:
    sequence = itertools.count()
    for number in itertools.count():
        tables, width, height, scan = _parts(encode(frame(number), ".jpg"))
        for start in range(0, len(scan), PACKET):
            piece = scan[start : start + PACKET]
            last = start + PACKET >= len(scan)
            rtp = struct.pack(
                ">BBHII", 0x80, 26 | (0x80 if last else 0), next(sequence) & 0xFFFF,
                number * 90_000 // RATE & 0xFFFFFFFF, 7,
            )  # fmt: skip
            offset = struct.pack(">I", start)[1:]
            jpeg = b"\0" + offset + bytes([1, 255, width // 8, height // 8])
            if start == 0:
                jpeg += struct.pack(">BBH", 0, 0, len(tables)) + tables
            whole = rtp + jpeg + piece
            client.sendall(b"$\0" + struct.pack(">H", len(whole)) + whole)
        time.sleep(1 / RATE)


def _parts(jpeg: bytes) -> tuple[bytes, int, int, bytes]:
    """Quantisation tables, width, height and scan of a baseline JPEG."""
    tables, width, height, at = b"", 0, 0, 2
    while True:
        marker, size = struct.unpack(">HH", jpeg[at : at + 4])
        body = jpeg[at + 4 : at + 2 + size]
        if marker == 0xFFDB:
            tables += b"".join(body[i + 1 : i + 65] for i in range(0, len(body), 65))
        elif marker == 0xFFC0:
            height, width = struct.unpack(">HH", body[1:5])
        elif marker == 0xFFDA:
            return tables, width, height, jpeg[at + 2 + size : -2]
        at += 2 + size
