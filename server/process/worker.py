"""gunicorn's threaded worker, made fair: a new connection goes to the process that has the least to
do.

Processes share one listening socket, and the kernel likes to wake the same one; a proxy then keeps
its connections, so that one process could do all the work while another idles. So a busy process
lets others accept first, and answers with `Connection: close`, upon which the client's next request
finds whoever is free. And a worker that ends lets in whom the kernel has already connected, then
closes the door: nobody waits at one that will not be opened. Where all end, the master sees to it
that nobody new is connected meanwhile.
"""

from __future__ import annotations

import functools
import json
import logging
import os
import socket
import time
from collections import deque
from typing import Any

from gunicorn import util
from gunicorn.workers.gthread import ThreadWorker

from server.process.listener import drain, refuse_new
from server.service import service_of

# seconds to step back for each picture inside: an idle process accepts within a tenth of that
STEP = 0.002
MOST = 0.01
SPARED = 1.0  # seconds that a connection is kept longer on which a request waits

log = logging.getLogger("likeness")
REFUSED = {  # as nginx says it
    414: ("address-too-long", "The address is too long"),
    431: ("headers-too-large", "The headers are too large"),
    500: ("internal", "Internal error"),
}


def write_problem(connection: socket.socket, status: int, reason: str, message: str) -> None:
    """What gunicorn refuses itself, in the shape of all refusals. message: may hold the address."""
    code, title = REFUSED.get(status, ("bad-request", "The request cannot be read"))
    body = json.dumps(
        {
            "type": f"urn:likeness:problem:{code}",
            "title": title,
            "status": status,
            "detail": "This is not a request that can be read: its first line or a header is"
            " malformed or too long.",
            "code": code,
            "request_id": None,
        }
    ).encode()
    head = (
        f"HTTP/1.1 {status} {reason}\r\nConnection: close\r\n"
        f"Content-Type: application/problem+json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    util.write_nonblock(connection, head.encode("latin1") + body)


util.write_error = write_problem


class FairWorker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    alive: bool

    def notify(self) -> None:
        """Called by the loop all the time: where a thread is stuck, end in order, be replaced.

        The other requests are answered first. Nothing but the end of a process ends a thread.
        """
        stuck = service_of(self.wsgi).pool.stuck
        if stuck and self.alive:
            log.warning("%d thread(s) took longer than the limit: the process is replaced", stuck)
            self.alive = False
        super().notify()

    def accept(self, listener: Any) -> None:
        inside = service_of(self.wsgi).pool.inside
        if inside:
            time.sleep(min(STEP * inside, MOST))
        super().accept(
            listener
        )  # where another one was quicker there is nothing to accept, which is fine

    def set_accept_enabled(self, enabled: bool) -> None:
        super().set_accept_enabled(enabled)
        if not enabled and (not self.alive or os.getppid() != self.ppid):
            for listener in self.sockets:
                drain(listener, functools.partial(self._let_in, listener))
                listener.close()

    def _let_in(self, listener: Any) -> bool:
        """Whether somebody was there. They get their answer, and `Connection: close` with it."""
        before: int = self.nr_conns
        super().accept(listener)
        return bool(self.nr_conns > before)

    def murder_keepalived(self, force: bool = False) -> None:
        if not force:
            self._spare_who_asked(self.keepalived_conns)
        super().murder_keepalived(force)

    def murder_pending(self) -> None:
        self._spare_who_asked(self.pending_conns)
        super().murder_pending()

    def _spare_who_asked(self, connections: deque[Any]) -> None:
        """A request may wait on a connection whose time is over. The loop gets to it next."""
        now = time.monotonic()
        if not connections or connections[0].timeout > now:
            return
        asked = {key.fileobj for key, _ in self.poller.select(0)}
        for connection in connections:
            if connection.sock in asked:
                connection.timeout = max(connection.timeout, now + SPARED)

    def handle_request(self, req: Any, conn: Any) -> bool:
        pool = service_of(self.wsgi).pool
        if pool.inside >= pool.at_once:
            req.force_close()
        return bool(super().handle_request(req, conn))


def stop_in_order(arbiter: Any) -> None:
    """Makes gunicorn's master refuse new connections before it stops the workers.

    Not where somebody goes on listening on the same sockets: systemd, or the next master.
    """
    stop = arbiter.stop

    def refuse_and_stop(graceful: bool = True) -> None:
        if graceful and not (arbiter.systemd or arbiter.reexec_pid or arbiter.master_pid):
            for listener in arbiter.LISTENERS:
                refuse_new(listener)
        stop(graceful)

    arbiter.stop = refuse_and_stop
