"""gunicorn's threaded worker, made fair: a new connection goes to the process that has the least to
do.

Processes share one listening socket, and the kernel likes to wake the same one; a proxy then keeps
its connections, so that one process could do all the work while another idles. So a busy process
lets others accept first, and answers with `Connection: close`, upon which the client's next request
finds whoever is free. And a worker that ends lets in whom the kernel has already connected, then
closes the door: nobody waits at one that will not be opened.
"""

from __future__ import annotations

import os
import time
from typing import Any

from gunicorn.workers.gthread import ThreadWorker

from server.service import service_of

# seconds to step back for each picture inside: an idle process accepts within a tenth of that
STEP = 0.002
MOST = 0.01


class FairWorker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
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
                self._let_in(listener)
                listener.close()

    def _let_in(self, listener: Any) -> None:
        """Everybody who is connected already.

        They get their answer, and `Connection: close` with it.
        """
        before = -1
        while self.nr_conns > before:
            before = self.nr_conns
            super().accept(listener)

    def handle_request(self, req: Any, conn: Any) -> bool:
        pool = service_of(self.wsgi).pool
        if pool.inside >= pool.at_once:
            req.force_close()
        return bool(super().handle_request(req, conn))
