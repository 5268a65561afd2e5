"""How a listening socket is closed without losing a connection that is made, or half made.

Who closes a listening socket resets the connections that the kernel made and nobody accepted yet.
While one accepts those, the kernel makes further ones. So the socket is first kept from making new
ones, then drained, then closed. Nothing here knows HTTP.
"""

from __future__ import annotations

import array
import contextlib
import select
import socket
import struct
from collections.abc import Callable

ATTACH_FILTER = 26  # Linux's SO_ATTACH_FILTER, which Python's socket does not name
# Seconds within which a half made connection gets made, unless its client is very far away.
HANDSHAKE = 0.25
# Classic BPF over the TCP header.
DROP_SYN = (
    (0x30, 0, 0, 13),  # load the byte of flags
    (0x54, 0, 0, 0x12),  # keep SYN and ACK of it
    (0x15, 0, 1, 0x02),  # SYN alone begins a connection:
    (0x06, 0, 0, 0),  # drop it
    (0x06, 0, 0, 0xFFFFFFFF),  # let everything else pass
)


def refuse_new(listener: socket.socket) -> bool:
    """No new connection is begun, in no process that shares the socket. Whether that is so.

    Those begun are completed. Who tries is refused as soon as the socket is closed: a first packet
    that gets no answer is sent again. A system without such filters, or one where only root may set
    them, goes on as before.
    """
    if listener.family == socket.AF_UNIX:
        listener.shutdown(socket.SHUT_RD)
        return True
    code = array.array("B", b"".join(struct.pack("HBBI", *step) for step in DROP_SYN))
    program = struct.pack("HP", len(DROP_SYN), code.buffer_info()[0])
    with contextlib.suppress(OSError):
        listener.setsockopt(socket.SOL_SOCKET, ATTACH_FILTER, program)
        return True
    return False


def drain(listener: socket.socket, accept: Callable[[], bool]) -> None:
    """Calls accept, which takes one connection and says whether there was one, until none is left.

    After refuse_new, connections that are half made are waited for.
    """
    while accept() or _is_waited_at(listener):
        pass


def _is_waited_at(listener: socket.socket) -> bool:
    """Whether there may be one more connection to accept.

    Never at a Unix socket: its connections are made in one step, and a closing one always looks
    readable.
    """
    if listener.family == socket.AF_UNIX:
        return False
    patience = HANDSHAKE if _refuses_new(listener) else 0
    return bool(select.select([listener], [], [], patience)[0])


def _refuses_new(listener: socket.socket) -> bool:
    """Whether the TCP socket has the filter of refuse_new."""
    with contextlib.suppress(OSError):
        return bool(listener.getsockopt(socket.SOL_SOCKET, ATTACH_FILTER, 256))
    return False
