"""`make run`: gunicorn, and nginx before it where it is installed, on this machine, until Ctrl-C.

Everything it writes lies under var/. Only the processes it started itself are ever stopped.
"""

from __future__ import annotations

import argparse
import contextlib
import errno
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from nginx.render import Site, Standalone, limits, write_standalone  # noqa: E402
from server.errors import SettingError  # noqa: E402
from server.settings import Settings, load  # noqa: E402

READY_WITHIN = 180.0  # seconds: a first start may have to compile and check a bundle on a slow disk
SAY_AFTER = 5.0  # seconds, after which the person wants to know what is waited for
STOP_WITHIN = 10.0  # seconds


class CannotRun(Exception):
    """The sentence for the person who typed `make run`."""


class Stopped(Exception):
    """Ctrl-C, or a polite kill."""


@dataclass
class Child:
    """A process of ours; it has its own session, so that Ctrl-C reaches it through us and in order."""

    name: str
    command: list[str]
    stop_signal: signal.Signals
    environment: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.process = subprocess.Popen(
            self.command, cwd=ROOT, env=os.environ | self.environment, start_new_session=True
        )

    def ended(self) -> int | None:
        return self.process.poll() if self.process else None

    def stop(self) -> None:
        if self.process is None or self.process.poll() is not None:
            return
        for number in (self.stop_signal, signal.SIGINT):  # in order first, then quickly
            self.process.send_signal(number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(STOP_WITHIN)
                return
        os.killpg(self.process.pid, signal.SIGKILL)  # its own session: its workers go with it
        self.process.wait()


def say(text: str) -> None:
    print(text, flush=True)


def hosts(host: str) -> list[tuple[socket.AddressFamily, str]]:
    """The addresses to listen on: localhost is both 127.0.0.1 and, where the machine has it, ::1."""
    if host != "localhost":
        return [(socket.AF_INET6 if ":" in host else socket.AF_INET, host)]
    both = [(socket.AF_INET, "127.0.0.1")]
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as probe:
        probe.bind(("::1", 0))
        both.append((socket.AF_INET6, "::1"))
    return both


def check_free(addresses: list[tuple[socket.AddressFamily, str]], port: int) -> None:
    """Raises CannotRun when somebody listens there already."""
    for family, address in addresses:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((address, port))
            except PermissionError as error:
                raise CannotRun(
                    f"Port {port} is for root alone. Choose one above 1023: make run PORT=8080"
                ) from error
            except OSError as error:
                if error.errno != errno.EADDRINUSE:
                    raise CannotRun(
                        f"{address} cannot be listened on ({error.strerror}). Choose localhost, an"
                        " address of this machine, or 0.0.0.0 for all of them: make run"
                        " HOST=0.0.0.0"
                    ) from error
                raise CannotRun(
                    f"Port {port} on {address} is taken ({error.strerror}). "
                    f"Stop the other program, or choose another port: make run PORT={port + 1}"
                ) from error


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def url(address: str, port: int) -> str:
    return f"http://[{address}]:{port}" if ":" in address else f"http://{address}:{port}"


def bracketed(address: str, port: int) -> str:
    return url(address, port).removeprefix("http://")


def gunicorn(binds: list[str]) -> Child:
    command = [
        sys.executable,
        "-m",
        "gunicorn",
        "--config",
        "server/process/gunicorn_conf.py",
        "--log-level",
        "warning",
        "--no-control-socket",
    ]
    for bind in binds:
        command += ["--bind", bind]
    # A line for each request belongs into a server's log, not into the terminal of the person who
    # tries it out.
    quiet = {"LIKENESS_LOG_LEVEL": os.environ.get("LIKENESS_LOG_LEVEL", "warning")}
    return Child("gunicorn", [*command, "server.wsgi:app"], signal.SIGTERM, quiet)


def nginx(program: str, settings: Settings, app: str, listen: list[str]) -> Child:
    site = Site(ui=settings.ui.resolve(), app=app, listen=tuple(listen), **limits(settings))
    state = settings.state.resolve() / "nginx"
    config = write_standalone(Standalone(state, site))
    early_log = ["-e", str(state / "error.log")]
    return Child(
        "nginx", [program, "-p", str(state), *early_log, "-c", str(config)], signal.SIGQUIT
    )


def wait_ready(base: str, child: Child) -> str:
    """Until /readyz answers: "" when it is ready, else the sentence why no model can answer, which
    waiting won't mend.

    Raises CannotRun with the last answer when no such answer comes.
    """
    begun, last, said = time.monotonic(), "nothing yet", ""
    while (waited := time.monotonic() - begun) < READY_WITHIN:
        if child.ended() is not None:
            raise CannotRun(
                f"{child.name} stopped by itself (exit code {child.ended()}); the lines above say"
                " why."
            )
        try:
            with urllib.request.urlopen(f"{base}/readyz", timeout=5):
                return ""
        except urllib.error.HTTPError as error:
            code, last = problem(error)
            if code == "not-ready":
                return last
        except OSError as error:
            last = f"nothing yet ({error})"
        if waited > SAY_AFTER and last != said:
            say(f"Waiting for {child.name} since {waited:.0f} s; /readyz says {last}")
            said = last
        time.sleep(0.2)
    raise CannotRun(f"{child.name} was not ready within {READY_WITHIN:.0f} s; /readyz said {last}")


def problem(error: urllib.error.HTTPError) -> tuple[str, str]:
    """Code and sentence of an answer that refuses; without a code where it is no problem answer of
    ours.
    """
    body = error.read(2000)
    try:
        told = json.loads(body)
        return str(told["code"]), str(told["detail"])
    except (ValueError, KeyError, TypeError):
        return "", f"{error.code} {body[:500].decode(errors='replace')}"


def watch(children: list[Child]) -> None:
    """Until one of them ends. Raises CannotRun naming it."""
    while True:
        for child in children:
            if child.ended() is not None:
                raise CannotRun(f"{child.name} stopped by itself (exit code {child.ended()}).")
        time.sleep(0.5)


def find_nginx() -> str | None:
    """nginx's path; Debian keeps it where an ordinary user's PATH does not look."""
    return shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")


def serve(host: str, port: int, program: str | None, children: list[Child]) -> None:
    """Start all, say when it is ready, and stay until something ends. program: nginx, or None to do
    without.
    """
    settings = load()
    addresses = hosts(host)
    check_free(addresses, port)
    outside = [bracketed(address, port) for _, address in addresses]
    inside = [f"127.0.0.1:{free_port()}"] if program else outside
    if program is None:
        say(
            "Without nginx: gunicorn serves the page and the API alone (to have it: sudo apt-get"
            " install nginx-light)."
        )
    say(f"Starting gunicorn on {', '.join(inside)} ...")
    app = gunicorn(inside)
    if program:
        app.environment["LIKENESS_TRUSTED_PROXY"] = settings.trusted_proxy or "127.0.0.1"
    children.append(app)
    app.start()
    unready = wait_ready(f"http://{inside[0]}", app)
    if program:
        say(f"Starting nginx on {', '.join(outside)} ...")
        front = nginx(program, settings, inside[0], outside)
        children.insert(0, front)
        front.start()
        wait_ready(url(addresses[0][1].replace("0.0.0.0", "127.0.0.1"), port), front)
    shown = "localhost" if host in ("localhost", "127.0.0.1", "0.0.0.0", "::") else host
    if unready:
        say(f"\nNo model answers yet: {unready}")
    state = "Running" if unready else "Ready"
    say(
        f"\n{state}: http://{shown}:{port}   (Ctrl-C stops it; what it writes is in"
        f" {settings.state}/)\n"
    )
    watch(children)


def on_signal(number: int, frame: FrameType | None) -> None:
    raise Stopped


def port_number(text: str) -> int:
    """For argparse, whose sentence names the option."""
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 65535):
        raise argparse.ArgumentTypeError(
            f"{text!r} is no port; write a number from 1 to 65535: make run PORT=8080"
        )
    return int(text)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Serve the page and the API on this machine.")
    parser.add_argument("--port", type=port_number, default=8080)
    parser.add_argument(
        "--host", default="localhost", help="0.0.0.0 = every address of this machine"
    )
    parser.add_argument(
        "--no-nginx", action="store_true", help="gunicorn alone, even where nginx is installed"
    )
    asked = parser.parse_args(arguments)
    os.umask(0o077)  # answers, keys and pictures are for this user alone
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, on_signal)
    children: list[Child] = []
    try:
        serve(asked.host, asked.port, None if asked.no_nginx else find_nginx(), children)
    except Stopped:
        say("\nStopping ...")
    except (CannotRun, SettingError) as error:
        print(f"make run: {error}", file=sys.stderr)
        return 1
    finally:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        for child in children:
            child.stop()
    say("Stopped.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
