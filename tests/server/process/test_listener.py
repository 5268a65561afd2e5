"""How a listening socket is closed: who is connected is let in, who comes later is refused."""

from __future__ import annotations

import errno
import select
import selectors
import socket
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from server.process.listener import drain, refuse_new
from server.process.worker import FairWorker


@pytest.fixture(params=["tcp", "tcp6", "unix"])
def listener(request: pytest.FixtureRequest, tmp_path: Path) -> socket.socket:
    family, address = {
        "tcp": (socket.AF_INET, ("127.0.0.1", 0)),
        "tcp6": (socket.AF_INET6, ("::1", 0)),
        "unix": (socket.AF_UNIX, str(tmp_path / "socket")),
    }[request.param]
    listening = socket.socket(family)
    listening.bind(address)
    listening.listen(8)
    listening.setblocking(False)
    request.addfinalizer(listening.close)
    return listening


def call(listener: socket.socket) -> socket.socket:
    """A client that began to connect."""
    client = socket.socket(listener.family)
    client.setblocking(False)
    client.connect_ex(listener.getsockname())
    return client


def outcome(client: socket.socket, within: float) -> str:
    """How the attempt to connect ended, if it did."""
    if not select.select([], [client], [], within)[1]:
        return "nothing yet"
    try:
        client.getpeername()
    except OSError:
        refused = client.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) in (0, errno.ECONNREFUSED)
        return "refused" if refused else "failed"
    return "connected"


def accept_into(accepted: list[socket.socket], listener: socket.socket) -> Callable[[], bool]:
    def accept() -> bool:
        try:
            accepted.append(listener.accept()[0])
        except BlockingIOError:
            return False
        return True

    return accept


def test_who_is_connected_is_let_in_and_who_comes_later_is_refused(listener: socket.socket) -> None:
    early = [call(listener) for _ in range(5)]
    assert {outcome(client, 5) for client in early} == {"connected"}
    if not refuse_new(listener):
        for client in early:
            client.close()
        pytest.skip("this system has no socket filters, or lets only root set them")
    late = call(listener)
    accepted: list[socket.socket] = []
    drain(listener, accept_into(accepted, listener))
    assert outcome(late, 0) != "connected"
    listener.close()
    assert len(accepted) == len(early)
    for client in early:
        client.send(b"ask")
    assert {connection.recv(3) for connection in accepted} == {b"ask"}
    assert outcome(late, 20) == "refused"
    for socket_ in (*early, late, *accepted):
        socket_.close()


def test_without_the_last_call_others_are_let_in_afterwards(listener: socket.socket) -> None:
    """As where one process of several is replaced: the socket goes on listening."""
    accepted: list[socket.socket] = []
    drain(listener, accept_into(accepted, listener))
    client = call(listener)
    assert outcome(client, 5) == "connected"
    drain(listener, accept_into(accepted, listener))
    assert len(accepted) == 1
    for socket_ in (client, *accepted):
        socket_.close()


@pytest.mark.parametrize(
    ("sent", "force", "kept"), [(b"ask", False, 1), (b"", False, 0), (b"ask", True, 0)]
)
def test_a_kept_connection_on_which_somebody_asked_is_not_closed(
    sent: bytes, force: bool, kept: int
) -> None:
    ours, theirs = socket.socketpair()
    worker = FairWorker.__new__(FairWorker)
    worker.poller, worker.nr_conns = selectors.DefaultSelector(), 1
    worker.poller.register(ours, selectors.EVENT_READ)
    over = SimpleNamespace(sock=ours, timeout=time.monotonic() - 1, close=ours.close)
    worker.keepalived_conns = deque([over])
    theirs.send(sent)
    worker.murder_keepalived(force)
    assert len(worker.keepalived_conns) == worker.nr_conns == kept
    for socket_ in (worker.poller, ours, theirs):
        socket_.close()
