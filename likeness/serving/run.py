"""gunicorn, and nginx before it where it is installed, on this machine, until Ctrl-C.

Only the processes it started itself are ever stopped.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

from likeness.serving.addresses import (
    Wording,
    bracketed,
    check_free,
    free_port,
    hosts,
    url,
)
from likeness.serving.nginx_site import Site, Standalone, limits, write_standalone
from likeness.serving.processes import Child, say, wait_ready, watch
from server.settings import Settings, load

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
EVERY_ADDRESS = ("localhost", "127.0.0.1", "0.0.0.0", "::")  # localhost reaches it


class Stopped(Exception):
    """Ctrl-C, or a polite kill."""


@dataclass(frozen=True)
class ServeOptions:
    """host, port: where people reach it. nginx: path of the program, or None to do without."""

    host: str
    port: int
    nginx: str | None
    wording: Wording


def find_nginx() -> str | None:
    """nginx's path; Debian keeps it where an ordinary user's PATH does not look."""
    return shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")


def serve(options: ServeOptions) -> None:
    """Start all, say when it is ready, stay until Ctrl-C, and stop all.

    Raises CannotRun when something ends by itself, SettingError for a wrong setting.
    """
    os.umask(0o077)  # answers, keys and pictures are for this user alone
    with stoppable() as children:
        _serve(options, children)
    say("Stopped.")


@contextmanager
def stoppable() -> Iterator[list[Child]]:
    """Processes that are stopped in order at the end, and when a signal asks for it."""
    for number in SIGNALS:
        signal.signal(number, _on_signal)
    children: list[Child] = []
    try:
        yield children
    except Stopped:
        say("\nStopping ...")
    finally:
        for number in SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        for child in children:
            child.stop()


def _on_signal(number: int, frame: FrameType | None) -> None:
    raise Stopped


def _serve(options: ServeOptions, children: list[Child]) -> None:
    settings = load()
    addresses = hosts(options.host)
    check_free(addresses, options.port, options.wording)
    outside = [bracketed(address, options.port) for _, address in addresses]
    inside = [f"127.0.0.1:{free_port()}"] if options.nginx else outside
    environment = {"LIKENESS_PUBLIC_URL": settings.public_url or _page(options)}
    if options.nginx:
        environment["LIKENESS_TRUSTED_PROXY"] = settings.trusted_proxy or "127.0.0.1"
    else:
        say(
            "Without nginx: gunicorn serves the page and the API alone (to have it: sudo apt-get"
            " install nginx-light)."
        )
    unready = _start_app(inside, environment, children)
    if options.nginx:
        say(f"Starting nginx on {', '.join(outside)} ...")
        front = nginx(options.nginx, settings, inside[0], outside)
        children.insert(0, front)  # stopped first: nobody is let in any more
        front.start()
        wait_ready(url(addresses[0][1].replace("0.0.0.0", "127.0.0.1"), options.port), front)
    _say_ready(options, settings, unready)
    watch(children)


def _start_app(binds: list[str], environment: dict[str, str], children: list[Child]) -> str:
    """Starts gunicorn and waits; "" or why no model can answer."""
    say(f"Starting gunicorn on {', '.join(binds)} ...")
    app = gunicorn(binds, environment)
    children.append(app)
    app.start()
    return wait_ready(f"http://{binds[0]}", app)


def _page(options: ServeOptions) -> str:
    """The address of the page, as its person types it."""
    shown = "localhost" if options.host in EVERY_ADDRESS else options.host
    return url(shown, options.port)


def _say_ready(options: ServeOptions, settings: Settings, unready: str) -> None:
    if unready:
        say(f"\nNo model answers yet: {unready}")
    state = "Running" if unready else "Ready"
    say(
        f"\n{state}: {_page(options)}   (Ctrl-C stops it; what it writes is in {settings.state}/)\n"
    )


def gunicorn(binds: list[str], environment: dict[str, str]) -> Child:
    """The service, listening on each of `binds`."""
    # fmt: off
    command = [
        sys.executable, "-m", "gunicorn", "--config", "python:server.process.gunicorn_conf",
        "--log-level", "warning", "--no-control-socket",
    ]
    # fmt: on
    for bind in binds:
        command += ["--bind", bind]
    # A line for each request belongs into a server's log, not into the terminal of the person who
    # tries it out.
    quiet = {"LIKENESS_LOG_LEVEL": os.environ.get("LIKENESS_LOG_LEVEL", "warning")}
    return Child("gunicorn", [*command, "server.wsgi:app"], signal.SIGTERM, quiet | environment)


def nginx(program: str, settings: Settings, app: str, listen: list[str]) -> Child:
    """An nginx of our own before `app`, everything of it in the state folder."""
    site = Site(ui=settings.ui.resolve(), app=app, listen=tuple(listen), **limits(settings))
    state = settings.state.resolve() / "nginx"
    config = write_standalone(Standalone(state, site))
    early_log = ["-e", str(state / "error.log")]
    return Child(
        "nginx", [program, "-p", str(state), *early_log, "-c", str(config)], signal.SIGQUIT
    )
