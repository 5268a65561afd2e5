"""A stand-in for systemd in a Debian root, as process 1: a socket unit, one service, and nginx.

It does with likeness.socket and likeness.service what systemd does: it holds the address, hands it
to the service, waits for READY=1, stops with SIGTERM. The limits of the unit are not enforced.
Python's own library alone: it runs in the root.
"""

from __future__ import annotations

import configparser
import contextlib
import json
import os
import pwd
import select
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import NoReturn

UNITS = Path("/etc/systemd/system")
CONTROL, NOTIFY = "/run/pid1.socket", "/run/pid1.notify"
LOG = Path("/var/log/likeness.log")
WITHIN = 90.0  # seconds for a start


def unit(name: str) -> list[tuple[str, str]]:
    """The settings of a unit and of its drop-ins, in order; an empty one resets those before."""
    found: list[tuple[str, str]] = []
    files = [UNITS / name, *sorted((UNITS / f"{name}.d").glob("*.conf"))]
    for line in (line for file in files for line in file.read_text().splitlines()):
        key, equals, value = line.partition("=")
        if equals and not key.startswith("#"):
            found = found if value else [row for row in found if row[0] != key]
            found += [(key, value)] if value else []
    return found


def environment(settings: list[tuple[str, str]]) -> dict[str, str]:
    """What the service finds in its environment."""
    values = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "NOTIFY_SOCKET": NOTIFY}
    for key, value in settings:
        if key == "Environment":
            values.update([value.split("=", 1)])
        if key == "EnvironmentFile":
            parser = configparser.ConfigParser(interpolation=None)
            parser.optionxform = str  # type: ignore[assignment,method-assign]
            parser.read_string("[all]\n" + Path(value.lstrip("-")).read_text())
            values.update(parser["all"])
    return values


class Manager:
    """What runs: the socket of the service, the service, and nginx."""

    def __init__(self) -> None:
        self.listener: socket.socket | None = None
        self.service: int | None = None
        self.nginx: int | None = None
        self.ended: set[int] = set()
        self.notified = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notified.bind(NOTIFY)
        Path(NOTIFY).chmod(0o666)

    def reap(self) -> None:
        with contextlib.suppress(ChildProcessError):
            while (pid := os.waitpid(-1, os.WNOHANG)[0]) != 0:
                self.ended.add(pid)

    def gone(self, pid: int | None) -> bool:
        self.reap()
        return pid is None or pid in self.ended

    def start(self, name: str) -> int:
        if name == "likeness.socket":
            return self.listen()
        if name == "nginx":
            self.nginx = subprocess.Popen(["nginx", "-g", "daemon off;"]).pid
            time.sleep(0.5)
            return int(self.gone(self.nginx))
        if not self.gone(self.service):
            return 0
        if self.listener is None:
            self.listen()
        self.service = self.fork()
        until = time.monotonic() + WITHIN
        while time.monotonic() < until and not self.gone(self.service):
            said = select.select([self.notified], [], [], 0.1)[0]
            if said and b"READY=1" in self.notified.recv(4096):
                return 0
        return 1

    def listen(self) -> int:
        if not self.gone(self.service):
            return 1  # systemd: "Socket service already active, refusing"
        if self.listener:
            self.listener.close()
        place = dict(unit("likeness.socket"))["ListenStream"].rpartition(":")
        self.listener = socket.create_server((place[0], int(place[2])), backlog=512)
        return 0

    def fork(self) -> int:
        settings = unit("likeness.service")
        chosen = dict(settings)
        values = environment(settings)
        pid = os.fork()
        if pid == 0:
            self.become(chosen, values)
        return pid

    def become(self, chosen: dict[str, str], values: dict[str, str]) -> NoReturn:
        """The service, in its own process."""
        assert self.listener is not None
        os.setsid()
        log = os.open(LOG, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        os.dup2(log, 1)
        os.dup2(log, 2)
        os.dup2(self.listener.fileno(), 3)
        user = pwd.getpwnam(chosen["User"])
        os.initgroups(user.pw_name, user.pw_gid)
        os.setgid(user.pw_gid)
        os.setuid(user.pw_uid)
        os.umask(int(chosen["UMask"], 8))
        os.chdir(chosen["WorkingDirectory"])
        values |= {"LISTEN_FDS": "1", "LISTEN_PID": str(os.getpid()), "HOME": user.pw_dir}
        command = chosen["ExecStart"].split()
        os.execve(command[0], command, values)

    def stop(self, name: str) -> int:
        if name == "likeness.socket" and self.listener:
            self.listener.close()
            self.listener = None
        pid = {"likeness": self.service, "nginx": self.nginx}.get(name)
        if pid is None or self.gone(pid):
            return 0
        os.kill(pid, signal.SIGTERM)
        until = time.monotonic() + 60
        while not self.gone(pid) and time.monotonic() < until:
            time.sleep(0.02)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)
        return 0

    def reload(self, name: str) -> int:
        if name == "nginx":
            return subprocess.run(["nginx", "-s", "reload"], check=False).returncode
        os.kill(self.service or 0, signal.SIGHUP)
        return 0

    def do(self, words: list[str]) -> int:
        now = "--now" in words
        words = [word for word in words if not word.startswith("-")]
        verb, names = words[0], [name.removesuffix(".service") for name in words[1:]]
        if verb == "disable" and now:
            verb = "stop"
        if verb in ("daemon-reload", "enable", "disable"):
            return 0
        if verb == "is-active":
            pid = self.nginx if names == ["nginx"] else self.service
            return 3 if self.gone(pid) else 0
        status = 0
        for name in names:
            running = not self.gone(self.nginx if name == "nginx" else self.service)
            if verb in ("reload", "reload-or-restart") and running:
                status |= self.reload(name)
                continue
            if verb in ("stop", "restart", "reload-or-restart"):
                self.stop(name)
            if verb != "stop":
                status |= self.start(name)
        return status


def serve() -> None:
    manager = Manager()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as control:
        control.bind(CONTROL)
        control.listen()
        control.settimeout(0.2)
        Path("/run/systemd/system").mkdir(parents=True)
        while True:
            manager.reap()
            with contextlib.suppress(TimeoutError):
                connection = control.accept()[0]
                with connection:
                    status = manager.do(json.loads(connection.makefile().readline()))
                    with Path("/var/log/asked").open("a") as asked:
                        asked.write(f"{status}\n")
                    connection.sendall(f"{status}\n".encode())


def ask(words: list[str]) -> int:
    """As `systemctl` in the root."""
    with Path("/var/log/asked").open("a") as asked:
        asked.write(" ".join(words) + " -> ")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as control:
        control.connect(CONTROL)
        control.sendall(json.dumps(words).encode() + b"\n")
        return int(control.makefile().readline())


if __name__ == "__main__":
    serve() if os.getpid() == 1 else sys.exit(ask(sys.argv[1:]))
