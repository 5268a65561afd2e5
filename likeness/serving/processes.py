"""Processes of ours: started in sessions of their own, waited for, and stopped in order."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from data_cleaning.errors import LikenessError
from server.locations import CODE, is_checkout

READY_WITHIN = 180.0  # seconds: a first start may have to compile and check a bundle on a slow disk
SAY_AFTER = 5.0  # seconds, after which the person wants to know what is waited for
STOP_WITHIN = 10.0  # seconds


class CannotRun(LikenessError):
    """The sentence for the person who wanted it served."""


@dataclass
class Child:
    """A process of ours; its own session lets Ctrl-C reach it through us and in order."""

    name: str
    command: Sequence[str]
    stop_signal: signal.Signals
    environment: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.process = subprocess.Popen(
            self.command, env={**os.environ, **_path(), **self.environment}, start_new_session=True
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


def _path() -> dict[str, str]:
    """Where a child finds the code of a checkout, whatever folder it starts in."""
    if not is_checkout():
        return {}
    paths = [str(CODE), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {"PYTHONPATH": os.pathsep.join(paths)}


def say(text: str) -> None:
    print(text, flush=True)


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
            code, last = _problem(error)
            if code == "not-ready":
                return last
        except OSError as error:
            last = f"nothing yet ({error})"
        if waited > SAY_AFTER and last != said:
            say(f"Waiting for {child.name} since {waited:.0f} s; /readyz says {last}")
            said = last
        time.sleep(0.2)
    raise CannotRun(f"{child.name} was not ready within {READY_WITHIN:.0f} s; /readyz said {last}")


def _problem(error: urllib.error.HTTPError) -> tuple[str, str]:
    """Code and sentence of an answer that refuses; without a code where it is no problem answer of
    ours.
    """
    body = error.read(2000)
    try:
        answer = json.loads(body)
        return str(answer["code"]), str(answer["detail"])
    except (ValueError, KeyError, TypeError):
        return "", f"{error.code} {body[:500].decode(errors='replace')}"


def watch(children: list[Child]) -> None:
    """Until one of them ends. Raises CannotRun naming it."""
    while True:
        for child in children:
            if child.ended() is not None:
                raise CannotRun(f"{child.name} stopped by itself (exit code {child.ended()}).")
        time.sleep(0.5)
