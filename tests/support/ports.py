"""Ports for the servers that tests start."""

from __future__ import annotations

import itertools
import os
import secrets
import socket

FIRST, EACH = 20000, 1500  # below the ports that Linux gives to clients: nobody takes one meanwhile
_worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % 8
_offsets = itertools.count(secrets.randbelow(EACH))


def free_port() -> int:
    """A port that nobody listens on.

    Each process of a test run draws from ports of its own, for they know nothing of each other.
    """
    while True:
        port = FIRST + _worker * EACH + next(_offsets) % EACH
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
