"""gunicorn's settings, from ours: `gunicorn -c server/process/gunicorn_conf.py server.wsgi:app`.

Nothing else lives here. The application is loaded before the fork, so that processes share the
memory of models and libraries; what must not be shared (connections, threads) is made anew in each.
"""

# ruff: noqa: E402
from __future__ import annotations

import contextlib
import gc
import itertools
import logging
import os
import shutil
import sys

from gunicorn.arbiter import Arbiter
from gunicorn.workers.base import Worker

# What is loaded stays: looking for garbage among it meanwhile cost a seventh of the start. From the
# first fork on it is looked for again (pre_fork), also where a signal made gunicorn read this anew.
gc.disable()
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(_name, "1")  # one picture, one thread: the processes share the cores

from server.errors import SettingError, StoreDown
from server.operations import logs, metrics
from server.process import allocator
from server.settings import load, make_state
from server.storage.state_lock import hold_state

try:
    _settings = load()
    hold_state(make_state(_settings), _settings.bind)
except SettingError as error:
    sys.exit(f"likeness: {error}")

allocator.one_store()  # before there are threads: each would have its own by then
_numbers = metrics.folder(_settings.state)
metrics.share(_numbers)

bind = [place.strip() for place in _settings.bind.split(",")]
workers = _settings.process_count
threads = _settings.thread_count
worker_class = "server.process.worker.FairWorker"
preload_app = True
max_requests = _settings.recycle
max_requests_jitter = _settings.recycle // 5  # not all at once
graceful_timeout = int(_settings.picture_seconds) + 10
timeout = int(_settings.picture_seconds) + 60
keepalive = (
    75  # longer than the proxy's, so that it is never we who close a connection it is about to use
)
backlog = 512
limit_request_line = 8190  # as long as nginx lets an address be
secure_scheme_headers: dict[
    str, str
] = {}  # whom to believe about https is decided in server/access/sessions.py alone
forwarder_headers = ""
logconfig_dict = logs.configuration(_settings.log_level)
control_socket_disable = True
accesslog = None  # the application writes its own, with the route and the request's id
errorlog = "-"
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: PTH112


def when_ready(server: Arbiter) -> None:
    """Everything loaded so far is there to stay: let the garbage collector copy none of it.

    Nor look at it now: for 7 MB of garbage, of which processes share one copy, it takes a twentieth
    of the start.
    """
    from server.process.worker import stop_in_order

    stop_in_order(server)
    gc.freeze()


def on_exit(server: Arbiter) -> None:
    """What lies in memory goes with the service, and no other server waits for this one."""
    from server.service import service_of

    with contextlib.suppress(StoreDown, AttributeError):  # there may have been no application
        service_of(server.app.wsgi()).membership.leave()
    shutil.rmtree(_numbers, ignore_errors=True)


def pre_fork(server: Arbiter, worker: Worker) -> None:
    """The first free place: while all processes are replaced there are twice as many."""
    gc.enable()
    taken = {other.place for other in server.WORKERS.values()}
    worker.place = next(place for place in itertools.count() if place not in taken)


def post_fork(server: Arbiter, worker: Worker) -> None:
    from server.service import service_of

    metrics.take(worker.place)
    service_of(worker.app.wsgi()).after_fork()


def worker_exit(server: Arbiter, worker: Worker) -> None:
    from server.service import service_of

    service_of(worker.app.wsgi()).close()
    ended = sys.exception()
    if isinstance(ended, SystemExit) and ended.code == 0:
        # Libraries that were loaded before the fork wait, at a usual end, for threads that only the
        # parent had, and abort the process. There is nothing left to do here, so it ends as forked
        # processes should.
        logging.shutdown()
        os._exit(0)


def child_exit(server: Arbiter, worker: Worker) -> None:
    metrics.leave(worker.place)
