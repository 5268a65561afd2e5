"""The process that does the long work: `python -m server work`.

One at a time, one job after the other.

Training is a child of this process with a memory limit and low priority. If this process is killed
the kernel ends the child too, and the next runner, which a web process starts in a few seconds,
finds the job still marked as running and begins it once more.
"""

from __future__ import annotations

import contextlib
import ctypes
import functools
import json
import logging
import os
import resource
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

from data_cleaning.files import write
from server.errors import StoreDown
from server.recognition.redaction import Forgotten
from server.settings import Settings
from server.storage.database import lock, now
from server.training.jobs import CANCELLED, DONE, FAILED, Jobs

log = logging.getLogger("likeness.runner")

Command = Callable[[dict[str, Any], Settings], list[str]]
LOOK = 0.3  # seconds between two looks at cancel and time
PATIENCE = 20.0  # seconds between asking a child to end and ending it
AGAIN = 5.0  # seconds between two attempts to write down an end
STUBBORN = 3600.0  # seconds for which that is attempted
TAIL = 4000  # characters of its output that a failed job keeps
PROOF = ("trained", "removed_versions", "left")  # of a forgetting: nothing that names anybody
DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG
CODES = {-signal.SIGKILL: "It was killed; the memory of the machine may not suffice."}


def command(job: dict[str, Any], settings: Settings) -> list[str]:
    """What to run for a job: the same commands that people run by hand."""
    given = job["arguments"]
    start = [sys.executable, "-m", "model"]
    artifacts = ["--artifacts", str(settings.artifacts), "--json"]
    if job["kind"] == "train":
        folder = str(settings.datasets / given["dataset"])
        named = [f"--{wish}={given[wish]}" for wish in ("recipe", "fpir") if given.get(wish)]
        switched = [
            f"--{wish.replace('_', '-')}" for wish in ("private", "multi_label") if given.get(wish)
        ]
        rules = Forgotten(settings.state / "forgotten.json").rules()
        forgotten = [rule.digest for rule in rules if rule.model == given["model"]]
        careful = ["--careful", *([f"--without={','.join(forgotten)}"] if forgotten else [])]
        wishes = [*named, *switched, *careful]
        return [
            *start,
            "train",
            folder,
            "--name",
            given["model"],
            *wishes,
            *artifacts,
            "--progress-json",
        ]
    if job["kind"] == "forget":
        datasets = ["--datasets", str(settings.datasets)]
        # Behind --, for a class may have a name that begins with a dash.
        return [
            *start,
            "forget",
            *datasets,
            *artifacts,
            "--progress-json",
            "--",
            given["model"],
            given["label"],
        ]
    raise ValueError(f"no such kind of job: {job['kind']}")


class Runner:
    """jobs: the queue. command: what to run for a job; tests bring their own."""

    def __init__(self, jobs: Jobs, settings: Settings, command: Command = command) -> None:
        self.jobs, self.settings, self.command = jobs, settings, command

    def work(self) -> int:
        """Do what waits; how many jobs it was. Does nothing while another runner lives."""
        done = 0
        while True:
            with lock(self.settings.state / "jobs.lock", wait=False) as held:
                if not held:
                    return done
                self._recover()
                while job := self.jobs.take():
                    self._run(job)
                    done += 1
            # A job that was added between our last look and giving up the lock found a runner and
            # started none.
            if not self.jobs.open():
                return done

    def _recover(self) -> None:
        """Jobs that a killed runner left.

        One that had told its result was done; others begin once more, or failed.
        """
        for job in self.jobs.running():
            result = _result(self._folder(job["id"]) / "out")
            if result is not None:
                self._end(job, {"state": DONE, "result": result, "message": None})
        self.jobs.recover()

    def _run(self, job: dict[str, Any]) -> None:
        try:
            ending = self._child(job)
        except Exception as error:  # one bad job must not keep the others waiting
            log.error("job %s failed to start", job["id"], exc_info=error)
            ending = {
                "state": FAILED,
                "message": "It could not be started; the log holds the cause.",
            }
        self._end(job, ending)

    def _end(self, job: dict[str, Any], ending: dict[str, Any]) -> None:
        if ending["state"] == DONE:
            (self.settings.state / "bell").touch()  # every process looks for the new version
            if job["kind"] == "forget":
                ending |= self._forgotten(job, ending["result"])
        self._write(job["id"], ended=now(), **ending)
        if job["kind"] == "forget":
            if ending["state"] == DONE:
                shutil.rmtree(self._folder(job["id"]), ignore_errors=True)
            self.jobs.store.compact()

    def _write(self, job: str, **values: Any) -> None:
        """As soon as the database takes it: hours of work are not done again because it was away
        for a minute.
        """
        until = time.monotonic() + STUBBORN
        while True:
            try:
                return self.jobs.change(job, **values)
            except StoreDown as error:
                if time.monotonic() > until:
                    raise
                log.warning("the end of job %s is not written yet: %s", job, error)
                time.sleep(AGAIN)

    def _forgotten(self, job: dict[str, Any], result: Any) -> dict[str, Any]:
        """Nothing that knew the person is left: the wish itself is the last place that names them.

        The proof takes the place of all that the command said, so that a kill right here loses
        nothing either."""
        folder = self._folder(job["id"])
        told = {key: result.get(key) for key in PROOF} if isinstance(result, dict) else None
        write(folder / "out", json.dumps(told))
        (folder / "log").unlink(missing_ok=True)
        return {
            "arguments": {"model": job["arguments"]["model"], "label": "(forgotten)"},
            "result": told,
        }

    def _folder(self, job: str) -> Path:
        return self.settings.state / "jobs" / job

    def _child(self, job: dict[str, Any]) -> dict[str, Any]:
        folder = self._folder(job["id"])
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / "out").open("wb") as out:
            child = subprocess.Popen(
                self.command(job, self.settings),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.PIPE,
                preexec_fn=functools.partial(self._prepare, os.getpid()),
                env={"OMP_NUM_THREADS": "1", **os.environ, "PYTHONUNBUFFERED": "1"},
            )
        said = Said(self.jobs, job["id"], folder / "log")
        assert child.stderr is not None
        reader = threading.Thread(target=said.listen, args=(child.stderr,), daemon=True)
        reader.start()
        try:
            why = self._watch(child, job["id"])
        finally:  # whatever happened to us, nothing goes on behind our back
            if child.poll() is None:
                child.kill()
                child.wait()
            reader.join(5)
            child.stderr.close()
        tail = said.tail.replace(f"{self.settings.datasets}/", "").replace(
            f"{self.settings.artifacts}/", ""
        )
        return _ending(child.returncode, why, _result(folder / "out"), tail)

    def _prepare(self, runner: int) -> None:
        """In the child, before it becomes the training: limits, priority, and an end together with
        this process.
        """
        limit = self.settings.train_memory_mb * 1024 * 1024
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
        os.setsid()  # Ctrl-C is for us to pass on; and a session can step back, see below
        _step_back(self.settings.train_nice)
        ctypes.CDLL(None).prctl(
            DIE_WITH_PARENT, signal.SIGKILL
        )  # at once: the next runner may begin in a moment
        if os.getppid() != runner:  # it was killed before we could ask for that
            os._exit(1)

    def _watch(self, child: subprocess.Popen[bytes], job: str) -> str | None:
        """Wait for the end; why it was ended early, if it was."""
        begun, why, asked = time.monotonic(), None, 0.0
        while True:
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(LOOK)
                return why
            if why is None:
                why = self._wish(job, time.monotonic() - begun)
                if why is not None:
                    asked = time.monotonic()
                    child.terminate()
            elif time.monotonic() - asked > PATIENCE:
                child.kill()

    def _wish(self, job: str, seconds: float) -> str | None:
        with contextlib.suppress(StoreDown):  # nobody can have wished anything then
            if self.jobs.get(job)["cancel"]:
                return "Cancelled."
        if seconds > self.settings.train_minutes * 60:
            return (
                f"It took longer than the {self.settings.train_minutes} minutes that are allowed."
            )
        return None


def _step_back(nice: int) -> None:
    """Let this process, and the reading of its files, wait for everybody else's.

    Where the kernel shares the processors among sessions first (autogroup, as it does on a desktop
    and in many containers), a nice value counts within the session alone: there the session has to
    step back as well.
    """
    os.nice(nice)
    with contextlib.suppress(OSError):
        os.sched_setscheduler(
            0, os.SCHED_BATCH, os.sched_param(0)
        )  # never interrupts anybody when it wakes up
    with contextlib.suppress(OSError):
        Path("/proc/self/autogroup").write_text(str(nice))


class Said:
    """What the child says on stderr: lines of progress go to the table, the rest to the job's log."""

    def __init__(self, jobs: Jobs, job: str, path: Path) -> None:
        self.jobs, self.job, self.path = jobs, job, path
        self.tail = ""
        self._told = 0.0

    def listen(self, stream: IO[bytes]) -> None:
        with self.path.open("ab") as file:
            for raw in stream:
                file.write(raw)
                file.flush()
                line = raw.decode("utf-8", "replace")
                progress = _progress(line)
                if progress is None:
                    self.tail = (self.tail + line)[-TAIL:]
                else:
                    self._tell(progress)

    def _tell(self, progress: dict[str, Any]) -> None:
        """At most a few times a second: a fast loop must not keep the database busy."""
        last = progress["done"] >= progress["total"]
        if last or time.monotonic() - self._told > 0.3:
            self._told = time.monotonic()
            try:
                self.jobs.change(self.job, progress=progress)
            except Exception as error:  # progress is a courtesy
                log.warning("progress was not written: %s", error)


def _progress(line: str) -> dict[str, Any] | None:
    try:
        found = json.loads(line)
        return {
            "stage": str(found["stage"])[:40],
            "done": int(found["done"]),
            "total": int(found["total"]),
            "message": str(found.get("message") or "")[:300],
        }
    except (ValueError, KeyError, TypeError):
        return None


def _ending(code: int, why: str | None, result: Any, tail: str) -> dict[str, Any]:
    """code: of the child, below 0 for the signal that killed it. result: what it printed at its
    end, or None.
    """
    if code == 0 or (
        code < 0 and result is not None
    ):  # it may have finished just before it was stopped
        return {"state": DONE, "result": result, "message": None}
    if why is not None:
        return {"state": CANCELLED if why == "Cancelled." else FAILED, "message": why}
    return {"state": FAILED, "message": _told(code, tail)[:500]}


def _told(code: int, tail: str) -> str:
    if code < 0:  # its last words were about something else
        return CODES.get(code) or f"It was ended by the signal {signal.Signals(-code).name}."
    return (tail.strip().splitlines() or [f"It ended with the code {code}."])[-1]


def _result(out: Path) -> dict[str, Any] | None:
    """The JSON object that a command prints when all is done; None where it did not come so far."""
    text = out.read_text("utf-8", "replace") if out.exists() else ""
    for each in (text, *reversed(text.strip().splitlines())):
        with contextlib.suppress(ValueError):
            found = json.loads(each)
            return found if isinstance(found, dict) else None
    return None
