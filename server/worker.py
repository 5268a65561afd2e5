"""gunicorn's threaded worker, made fair: a new connection goes to the process that has the least to do.

Processes share one listening socket, and the kernel likes to wake the same one; a proxy then keeps its connections,
so that one process could do all the work while another idles. So a busy process lets others accept first, and
answers with `Connection: close`, upon which the client's next request finds whoever is free.
"""

from __future__ import annotations

import time
from typing import Any

from gunicorn.workers.gthread import ThreadWorker

from server.service import of

STEP = 0.002  # seconds to step back for each picture inside: an idle process accepts within a tenth of that
MOST = 0.01


class FairWorker(ThreadWorker):
    def accept(self, listener: Any) -> None:
        inside = of(self.wsgi).pool.inside
        if inside:
            time.sleep(min(STEP * inside, MOST))
        super().accept(listener)  # where another one was quicker there is nothing to accept, which is fine

    def handle_request(self, req: Any, conn: Any) -> bool:
        pool = of(self.wsgi).pool
        if pool.inside >= pool.at_once:
            req.force_close()
        return bool(super().handle_request(req, conn))
