"""gunicorn's threaded worker, made fair: a new connection goes to the process that has the least to
do, and no client keeps a thread by being slow.

Processes share one listening socket, and the kernel likes to wake the same one; a proxy then keeps
its connections, so that one process could do all the work while another idles. So a busy process
lets others accept first, and answers with `Connection: close`, upon which the client's next request
finds whoever is free. And a worker that ends lets in whom the kernel has already connected, then
closes the door: nobody waits at one that will not be opened. Where all end, the master sees to it
that nobody new is connected meanwhile.

A request gets a thread when it is there (server/process/incoming.py). Where part of a body is not
read the answer says `Connection: close`, and the rest is thrown away by the loop. Probes have
threads of their own.
"""

from __future__ import annotations

import contextlib
import functools
import logging
import os
import re
import selectors
import socket
import struct
import threading
import time
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from gunicorn import util
from gunicorn.workers.gthread import ThreadWorker

from server.process import incoming
from server.process.listener import drain, refuse_new
from server.process.refusals import refuse, write_problem
from server.service import service_of

# seconds to step back for each picture inside: an idle process accepts within a tenth of that
STEP = 0.002
MOST = 0.01
SPARED = 1.0  # seconds that a connection is kept longer on which a request waits
SILENT_AT_THE_END = 5.0  # seconds that an ending process waits for a request on a new connection
UNREAD_SECONDS = 30  # within which a client has to take in some of its answer
LINGER, LINGER_AT_MOST = 2.0, 30.0  # seconds for which the rest of a body is thrown away
THROWN_AWAY = 64 * 1024 * 1024  # bytes
PROBE = re.compile(rb"(GET|HEAD) /(healthz|readyz)[ ?]")
PROBES = 2  # threads

log = logging.getLogger("likeness")
util.write_error = write_problem


class FairWorker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    alive: bool

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.leaving: list[Any] = []
        self.probes: ThreadPoolExecutor | None = None
        # Some threads are kept for requests that are there as a whole.
        self.large_bodies = threading.BoundedSemaphore(max(1, self.cfg.threads * 3 // 4))

    def get_thread_pool(self) -> ThreadPoolExecutor:
        """Made anew in each process."""
        self.probes = ThreadPoolExecutor(PROBES, "probe")
        pool: ThreadPoolExecutor = super().get_thread_pool()
        return pool

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

    def enqueue_req(self, conn: Any) -> None:
        """Gives a thread to a request that is there; until then the loop waits for it."""
        if not conn.initialized:
            self._greet(conn)
        conn.sock.setblocking(False)
        goes_on = incoming.take_in(conn)
        data = conn.parser.unreader.buf.getvalue()
        if incoming.is_answerable(data) or not goes_on:
            self._answer(conn, data)
        elif incoming.is_too_long(data):
            self._refuse(conn, 431)
        else:
            self._wait(conn, data)

    def _greet(self, conn: Any) -> None:
        conn.begun, conn.since = None, time.monotonic()
        patience = struct.pack("ll", UNREAD_SECONDS, 0)
        conn.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, patience)
        conn.init()
        conn.parser.unreader = incoming.PatientUnreader(conn.sock)

    def _answer(self, conn: Any, data: bytes) -> None:
        conn.begun = None
        conn.parser.unreader.begin()
        pool: Any = self.probes if PROBE.match(data) else self.tpool

        def ended(future: Future[Any]) -> None:
            self.method_queue.defer(self.finish_request, conn, future)

        pool.submit(self.handle, conn).add_done_callback(ended)

    def _wait(self, conn: Any, data: bytes) -> None:
        now = time.monotonic()
        if data and conn.begun is None:
            conn.begun = now
        conn.timeout = now + self.cfg.keepalive
        if conn.begun is not None:
            conn.timeout = conn.begun + incoming.seconds_allowed(data)
        self.pending_conns.append(conn)
        readable = functools.partial(self.on_pending_socket_readable, conn)
        self.poller.register(conn.sock, selectors.EVENT_READ, readable)

    def _refuse(self, conn: Any, status: int) -> None:
        with contextlib.suppress(OSError):
            refuse(conn.sock, status)
        self._leave(conn)

    def finish_request(self, conn: Any, fs: Future[Any]) -> None:
        if not fs.cancelled() and (fs.exception() is not None or fs.result()):
            super().finish_request(conn, fs)
        else:
            self._leave(conn)

    def _leave(self, conn: Any) -> None:
        """No more is answered here. The client can read its answer while the rest of its body is
        thrown away: a socket that is closed on unread bytes takes the answer with it."""
        now = time.monotonic()
        conn.timeout, conn.latest = now + LINGER, now + LINGER_AT_MOST
        conn.thrown_away = 0
        try:
            conn.sock.shutdown(socket.SHUT_WR)
            conn.sock.setblocking(False)
            self.poller.register(
                conn.sock, selectors.EVENT_READ, functools.partial(self._throw_away, conn)
            )
        except (OSError, ValueError, KeyError):
            self._close(conn)
        else:
            self.leaving.append(conn)

    def _throw_away(self, conn: Any, _: Any) -> None:
        try:
            count = len(conn.sock.recv(incoming.PIECE))
        except BlockingIOError:
            return
        except OSError:
            count = 0
        conn.thrown_away += count
        conn.timeout = min(time.monotonic() + LINGER, conn.latest)
        if not count or conn.thrown_away > THROWN_AWAY:
            self.leaving.remove(conn)
            self._close(conn)

    def _close(self, conn: Any) -> None:
        with contextlib.suppress(OSError, KeyError, ValueError):
            self.poller.unregister(conn.sock)
        self.nr_conns -= 1
        conn.close()

    def murder_keepalived(self, force: bool = False) -> None:
        if not force:
            self._spare_who_asked(self.keepalived_conns)
        super().murder_keepalived(force)

    def murder_pending(self) -> None:
        """Ends with whoever takes too long to ask, or to go."""
        now = time.monotonic()
        for conn in [conn for conn in self.pending_conns if self._end_of(conn) <= now]:
            self.pending_conns.remove(conn)
            self.poller.unregister(conn.sock)
            if conn.begun is not None:
                self._refuse(conn, 408)
            elif incoming.take_in(conn) and conn.parser.unreader.buf.getvalue():
                self.enqueue_req(conn)  # who asks in this very moment is answered
            else:
                self._close(conn)
        for conn in [conn for conn in self.leaving if conn.timeout <= now]:
            self.leaving.remove(conn)
            self._close(conn)

    def _end_of(self, conn: Any) -> float:
        """When at the latest a request has to be there, by time.monotonic."""
        if conn.begun is None and not self.alive:
            return min(float(conn.timeout), float(conn.since) + SILENT_AT_THE_END)
        return float(conn.timeout)

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
        asked = req.should_close
        req.should_close = lambda: asked() or incoming.has_more_to_come(req)
        if not incoming.has_more_to_come(req):
            return bool(super().handle_request(req, conn))
        if not self.large_bodies.acquire(blocking=False):
            refuse(conn.sock, 429)
            return False
        try:
            return bool(super().handle_request(req, conn))
        finally:
            self.large_bodies.release()


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
