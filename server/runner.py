"""The process that does the long work: `python -m server work`. One at a time, one job after the other.

Training is a child of this process with a memory limit and low priority. If this process is killed the kernel
ends the child too, and the next runner finds the job still marked as running and begins it once more.
"""

from __future__ import annotations

import contextlib
import ctypes
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

from server.jobs import CANCELLED, DONE, FAILED, Jobs
from server.settings import Settings
from server.store import lock, now

log = logging.getLogger("likeness.runner")

Command = Callable[[dict[str, Any], Settings], list[str]]
LOOK = 0.3  # seconds between two looks at cancel and time
PATIENCE = 20.0  # seconds between asking a child to end and ending it
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
        recipe = ["--recipe", given["recipe"]] if given.get("recipe") else []
        folder = str(settings.datasets / given["dataset"])
        return [*start, "train", folder, "--name", given["model"], *recipe, *artifacts, "--progress-json"]
    if job["kind"] == "forget":
        datasets = ["--datasets", str(settings.datasets)]
        # Behind --, for a class may have a name that begins with a dash.
        return [*start, "forget", *datasets, *artifacts, "--progress-json", "--", given["model"], given["label"]]
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
                self.jobs.recover()
                while job := self.jobs.take():
                    self._run(job)
                    done += 1
            # A job that was added between our last look and giving up the lock found a runner and started none.
            if not self.jobs.open():
                return done

    def _run(self, job: dict[str, Any]) -> None:
        try:
            ending = self._child(job)
        except Exception as error:  # one bad job must not keep the others waiting
            log.error("job %s failed to start", job["id"], exc_info=error)
            ending = {"state": FAILED, "message": "It could not be started; the log holds the cause."}
        if ending["state"] == DONE:
            (self.settings.state / "bell").touch()  # every process looks for the new version
            if job["kind"] == "forget":
                ending |= self._forgotten(job, ending["result"])
        self.jobs.change(job["id"], ended=now(), **ending)
        if job["kind"] == "forget":
            self.jobs.store.compact()

    def _forgotten(self, job: dict[str, Any], result: Any) -> dict[str, Any]:
        """Nothing that knew the person is left: the wish itself is the last place that names them."""
        model = job["arguments"]["model"]
        shutil.rmtree(self.settings.state / "jobs" / job["id"], ignore_errors=True)
        told = {key: result.get(key) for key in PROOF} if isinstance(result, dict) else None
        return {"arguments": {"model": model, "label": "(forgotten)"}, "result": told}

    def _child(self, job: dict[str, Any]) -> dict[str, Any]:
        folder = self.settings.state / "jobs" / job["id"]
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / "out").open("wb") as out:
            child = subprocess.Popen(
                self.command(job, self.settings),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.PIPE,
                preexec_fn=self._prepare,
                env={**os.environ, "OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", "1")},
            )
        said = Said(self.jobs, job["id"], folder / "log")
        assert child.stderr is not None
        reader = threading.Thread(target=said.listen, args=(child.stderr,), daemon=True)
        reader.start()
        why = self._watch(child, job["id"])
        reader.join(5)
        child.stderr.close()
        tail = said.tail.replace(f"{self.settings.datasets}/", "").replace(f"{self.settings.artifacts}/", "")
        return _ending(child.returncode, why, (folder / "out").read_text("utf-8", "replace"), tail)

    def _prepare(self) -> None:
        """In the child, before it becomes the training: limits, priority, and an end together with this process."""
        limit = self.settings.train_memory_mb * 1024 * 1024
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
        os.nice(self.settings.train_nice)
        ctypes.CDLL(None).prctl(DIE_WITH_PARENT, signal.SIGTERM)

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
        if self.jobs.get(job)["cancel"]:
            return "Cancelled."
        if seconds > self.settings.train_minutes * 60:
            return f"It took longer than the {self.settings.train_minutes} minutes that are allowed."
        return None


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


def _ending(code: int, why: str | None, out: str, tail: str) -> dict[str, Any]:
    if code == 0:  # it may have finished just before it was asked to stop
        return {"state": DONE, "result": _last_object(out), "message": None}
    if why is not None:
        return {"state": CANCELLED if why == "Cancelled." else FAILED, "message": why}
    told = tail.strip().splitlines()[-1:] or [CODES.get(code, f"It ended with the code {code}.")]
    return {"state": FAILED, "message": told[0][:500]}


def _last_object(out: str) -> Any:
    for text in (out, *reversed(out.strip().splitlines())):
        try:
            return json.loads(text)
        except ValueError:
            continue
    return None
