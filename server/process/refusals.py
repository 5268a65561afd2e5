"""What is refused before a route is known, in the shape of all refusals. Nothing else."""

from __future__ import annotations

import json
import socket

from gunicorn import util

UNREADABLE = (
    "This is not a request that can be read: its first line or a header is malformed or too long."
)
REFUSED = {  # status: code, title and detail; as nginx says it
    408: (
        "request-too-slow",
        "The request came too slowly",
        "The head of a request has to come within 10 seconds, a small body within 30.",
    ),
    414: ("address-too-long", "The address is too long", UNREADABLE),
    429: (
        "busy",
        "Too many requests",
        "Too many large bodies come in at once; try again in a second.",
    ),
    431: ("headers-too-large", "The headers are too large", UNREADABLE),
    500: ("internal", "Internal error", UNREADABLE),
}
REASONS = {408: "Request Timeout", 429: "Too Many Requests", 431: "Request Header Fields Too Large"}


def refuse(connection: socket.socket, status: int) -> None:
    """Raises OSError where the client is gone."""
    write_problem(connection, status, REASONS[status], "")


def write_problem(connection: socket.socket, status: int, reason: str, message: str) -> None:
    """What gunicorn refuses itself. message: may hold the address, and is not told."""
    unreadable = ("bad-request", "The request cannot be read", UNREADABLE)
    code, title, detail = REFUSED.get(status, unreadable)
    body = json.dumps(
        {
            "type": f"urn:likeness:problem:{code}",
            "title": title,
            "status": status,
            "detail": detail,
            "code": code,
            "request_id": None,
        }
    ).encode()
    head = f"HTTP/1.1 {status} {reason}\r\nConnection: close\r\n"
    if status == 429:
        head += "Retry-After: 1\r\n"
    head += f"Content-Type: application/problem+json\r\nContent-Length: {len(body)}\r\n"
    head += "X-Content-Type-Options: nosniff\r\n\r\n"
    util.write_nonblock(connection, head.encode("latin1") + body)
