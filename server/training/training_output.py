"""What a job's command prints: lines of progress and words on stderr, its result on stdout."""

from __future__ import annotations

import contextlib
import json
import logging
import threading
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from server.training.jobs import Jobs
from server.training.whole_training import WholeTraining

log = logging.getLogger("likeness.runner")
TAIL = 4000  # characters of its output that a failed job keeps
PAUSE = 0.3  # seconds between two lines of progress that are written down
BEAT = 2.0  # seconds after which it is written again, where no line came


@dataclass(frozen=True)
class ReportedProgress:
    """What a line of progress says; `data_cleaning.progress` writes it."""

    stage: str
    done: int
    total: int
    message: str


STARTING = ReportedProgress("start", 0, 1, "Starting")


class TrainingOutput:
    """Reads stderr: lines of progress go to the table, the rest to the job's log.

    tail: the end of what was said. code: of the error that it ended with, or "".
    """

    def __init__(self, jobs: Jobs, job: str, path: Path) -> None:
        self.jobs, self.job, self.path = jobs, job, path
        self.tail = self.code = ""
        self._written = 0.0
        self._progress, self._stage_began, self._waiting = STARTING, time.monotonic(), False
        self._whole = WholeTraining()
        self._guard = threading.Lock()  # the lines come in one thread, the beats in another

    def begin(self) -> None:
        """From the first second on there is something to see: loading alone takes a while."""
        with self._guard:
            self._write()

    def beat(self, waiting: bool) -> None:
        """Call again and again: what is left, and whether the work waits for the processor."""
        with self._guard:
            changed, self._waiting = waiting != self._waiting, waiting
            if changed or time.monotonic() - self._written > BEAT:
                self._write()

    def listen(self, stream: IO[bytes]) -> None:
        """Until the stream ends."""
        with self.path.open("ab") as file:
            for raw in stream:
                file.write(raw)
                file.flush()
                line = raw.decode("utf-8", "replace")
                progress = progress_of(line)
                if code := error_code_of(line):
                    self.code = code
                elif progress is None:
                    self.tail = (self.tail + line)[-TAIL:]
                else:
                    with self._guard:
                        self._go_on(progress)

    def _go_on(self, progress: ReportedProgress) -> None:
        """At most a few times a second: a fast loop must not keep the database busy."""
        if progress.stage != self._progress.stage:
            self._stage_began = time.monotonic()
        self._progress = progress
        self._whole.go_on(progress.stage, progress.done, progress.total)
        last = progress.done >= progress.total
        if last or time.monotonic() - self._written > PAUSE:
            self._write()

    def _write(self) -> None:
        self._written = time.monotonic()
        part = self._whole.part
        more = {
            "seconds_left": self._seconds_left(),
            "part": None if part is None else round(part, 3),
            "whole_seconds_left": self._whole.seconds_left(),
            "waiting": self._waiting,
        }
        try:
            self.jobs.change(self.job, progress=asdict(self._progress) | more)
        except Exception as error:  # progress is a courtesy
            log.warning("progress was not written: %s", error)

    def _seconds_left(self) -> int | None:
        """Of this stage, if it goes on as it did; None while nothing can be said."""
        progress = self._progress
        if not 0 < progress.done < progress.total:
            return None
        pace = (time.monotonic() - self._stage_began) / progress.done
        return round(pace * (progress.total - progress.done))


def progress_of(line: str) -> ReportedProgress | None:
    """A line of progress; None for any other."""
    try:
        found = json.loads(line)
        return ReportedProgress(
            stage=str(found["stage"])[:40],
            done=int(found["done"]),
            total=int(found["total"]),
            message=str(found.get("message") or "")[:300],
        )
    except (ValueError, KeyError, TypeError):
        return None


def error_code_of(line: str) -> str:
    """The code in a line that tells an error to programs; "" for any other."""
    try:
        return str(json.loads(line)["error"])[:40]
    except (ValueError, KeyError, TypeError):
        return ""


def result_of(out: Path) -> dict[str, object] | None:
    """The JSON object that a command prints when all is done; None where it did not come so far."""
    text = out.read_text("utf-8", "replace") if out.exists() else ""
    for part in (text, *reversed(text.strip().splitlines())):
        with contextlib.suppress(ValueError):
            found = json.loads(part)
            return found if isinstance(found, dict) else None
    return None
