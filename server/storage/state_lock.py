"""One instance of the service for one state folder: two would delete each other's files.

The kernel holds the lock for as long as the master or one of its workers lives, and frees it
however they end. Commands and the process that trains use the folder beside the instance, as meant.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import socket
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from io import TextIOWrapper
from pathlib import Path

from data_cleaning.json_types import JsonObject
from server.errors import SettingError

NAME = "instance.lock"
PATIENCE = 60.0  # seconds for the workers of a master that was killed to end
LOOK = 0.1

_held: dict[Path, TextIOWrapper] = {}  # open files: a lock ends with its file


def hold_state(folder: Path, where: str) -> None:
    """Hold the folder until this process ends. where: what it listens on, for whoever comes second.

    Raises SettingError, which says who holds it.
    """
    path = (folder / NAME).resolve()
    if path in _held:
        return
    file = path.open("a+")
    if not _locked(file, time.monotonic() + PATIENCE):
        with file:
            raise SettingError(_refusal(folder, _holder(file)))
    os.set_inheritable(file.fileno(), True)
    file.truncate(0)
    holder = {
        "pid": os.getpid(),
        "host": socket.gethostname(),
        "where": where,
        "since": time.time(),
    }
    file.write(json.dumps(holder))
    file.flush()
    _held[path] = file


@contextlib.contextmanager
def left_alone(folder: Path) -> Iterator[None]:
    """No instance holds the folder while the block runs, and none can begin.

    Raises SettingError, which says who holds it.
    """
    with (folder / NAME).open("a+") as file:
        if not _locked(file, time.monotonic()):
            raise SettingError(_refusal(folder, _holder(file)))
        yield


def _locked(file: TextIOWrapper, until: float) -> bool:
    """Take the lock; wait only where whoever took it is no more, and children of it still end."""
    while True:
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        holder = _holder(file)
        if str(holder.get("pid")) == os.environ.get("GUNICORN_PID"):
            return True  # the master before us, whose lock we have inherited
        if _lives(holder) or time.monotonic() > until:
            return False
        time.sleep(LOOK)


def _holder(file: TextIOWrapper) -> JsonObject:
    """What the holder wrote down, or nothing where that cannot be read."""
    file.seek(0)
    try:
        holder = json.loads(file.read())
    except ValueError:
        return {}
    return holder if isinstance(holder, dict) else {}


def _lives(holder: JsonObject) -> bool:
    if holder.get("host") != socket.gethostname():
        return bool(holder)  # of another machine or container nothing is known but that it holds it
    try:
        os.kill(int(str(holder["pid"])), 0)
    except (KeyError, ValueError, ProcessLookupError):
        return False
    except PermissionError:
        return True
    return True


def _refusal(folder: Path, holder: JsonObject) -> str:
    who = "another instance of Likeness"
    if holder:
        since = datetime.fromtimestamp(float(str(holder["since"])), UTC)
        who += (
            f": process {holder['pid']} on {holder['host']}, listening on {holder['where']}, since"
            f" {since:%Y-%m-%d %H:%M} UTC"
        )
    return (
        f"The state folder {folder} is in use by {who}. Stop that one first, or give this one a"
        " folder of its own with LIKENESS_STATE. Nothing was changed."
    )
