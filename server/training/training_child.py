"""The child process that trains: its limits, its end, and what became of it."""

from __future__ import annotations

import contextlib
import ctypes
import functools
import os
import resource
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from server.settings import Settings
from server.training.processor_share import ProcessorShare
from server.training.training_job import CANCELLED, DONE, FAILED
from server.training.training_output import TrainingOutput, result_of

LOOK = 0.3  # seconds between two looks at cancel and time
PATIENCE = 20.0  # seconds between asking a child to end and ending it
STOPPED = "Cancelled."
DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG
TOO_LONG, OUT_OF_MEMORY = "too-long", "out-of-memory"
CODES = {-signal.SIGKILL: "It was killed; the memory of the machine may not suffice."}


@dataclass(frozen=True)
class Ending:
    """state: done, failed or cancelled. result: what the command printed at its end; of a failed
    one the code of the cause, where it has one.
    """

    state: str
    message: str | None = None
    result: dict[str, object] | None = None


@dataclass(frozen=True)
class TrainingChild:
    """command: what to run. folder: for its output. reason_to_stop: asked again and again, with the
    seconds that have passed; a sentence, or None.
    """

    command: list[str]
    folder: Path
    settings: Settings
    reason_to_stop: Callable[[float], str | None]

    def run(self, output: TrainingOutput) -> Ending:
        """Start it and wait for its end. Raises OSError where it cannot be started."""
        output.begin()
        child = self._start()
        assert child.stderr is not None
        reader = threading.Thread(target=output.listen, args=(child.stderr,), daemon=True)
        reader.start()
        try:
            reason = self._watch(child, output)
        finally:  # whatever happened to us, nothing goes on behind our back
            if child.poll() is None:
                child.kill()
                child.wait()
            reader.join(5)
            child.stderr.close()
        tail = output.tail
        for folder in (self.settings.datasets, self.settings.artifacts):
            tail = tail.replace(f"{folder}/", "")
        ending = _ending(child.returncode, reason, result_of(self.folder / "out"), tail)
        if ending.state != FAILED:
            return ending
        return replace(ending, result=self._cause(child.returncode, reason, output.code))

    def _cause(self, status: int, reason: str | None, code: str) -> dict[str, object] | None:
        """Why it failed, for programs. code: that the command told."""
        if reason is not None:
            return {"code": TOO_LONG, "minutes": self.settings.train_minutes}
        if status == -signal.SIGKILL:
            return {"code": OUT_OF_MEMORY}
        return {"code": code} if code else None

    def _start(self) -> subprocess.Popen[bytes]:
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "out").open("wb") as out:
            return subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.PIPE,
                preexec_fn=functools.partial(_limit, self.settings, os.getpid()),
                env={"OMP_NUM_THREADS": "1", **os.environ, "PYTHONUNBUFFERED": "1"},
            )

    def _watch(self, child: subprocess.Popen[bytes], output: TrainingOutput) -> str | None:
        """Wait for the end; why it was ended early, if it was."""
        begun, reason, asked = time.monotonic(), None, 0.0
        share = ProcessorShare(child.pid)
        while True:
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(LOOK)
                return reason
            output.beat(share.waits())
            if reason is None:
                reason = self.reason_to_stop(time.monotonic() - begun)
                if reason is not None:
                    asked = time.monotonic()
                    child.terminate()
            elif time.monotonic() - asked > PATIENCE:
                child.kill()


def _limit(settings: Settings, runner: int) -> None:
    """In the child, before it becomes the training: limits, priority, and an end together with the
    process that started it.
    """
    limit = settings.train_memory_mb * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    os.setsid()  # Ctrl-C is for us to pass on; and a session can step back, see below
    _step_back(settings.train_nice)
    # At once: the next runner may begin in a moment.
    ctypes.CDLL(None).prctl(DIE_WITH_PARENT, signal.SIGKILL)
    if os.getppid() != runner:  # it was killed before we could ask for that
        os._exit(1)


def _step_back(nice: int) -> None:
    """Let this process, and the reading of its files, wait for everybody else's.

    Where the kernel shares the processors among sessions first (autogroup, as it does on a desktop
    and in many containers), a nice value counts within the session alone: there the session has to
    step back as well.
    """
    os.nice(nice)
    with contextlib.suppress(OSError):  # a batch process never interrupts anybody as it wakes up
        os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
    with contextlib.suppress(OSError):
        Path("/proc/self/autogroup").write_text(str(nice))


def _ending(code: int, reason: str | None, result: dict[str, object] | None, tail: str) -> Ending:
    """code: of the child, below 0 for the signal that killed it. result: what it printed at its
    end, or None.
    """
    # It may have finished just before it was stopped, or have left something out and said so.
    if code == 0 or (code < 0 and result is not None) or (code == 1 and result is not None):
        return Ending(DONE, result=result)
    if reason is not None:
        return Ending(CANCELLED if reason == STOPPED else FAILED, reason)
    return Ending(FAILED, _last_words(code, tail)[:500])


def _last_words(code: int, tail: str) -> str:
    if code < 0:  # its last words were about something else
        return CODES.get(code) or f"It was ended by the signal {signal.Signals(-code).name}."
    return (tail.strip().splitlines() or [f"It ended with the code {code}."])[-1]
