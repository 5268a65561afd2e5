"""Looks at the machine: disk, memory, clock."""

from __future__ import annotations

import re
import shutil
import subprocess
import time
from pathlib import Path

from likeness.doctor.findings import Finding, bad, doubtful, good
from server.operations.disk import can_store
from server.settings import Settings

GIB = 1 << 30
LITTLE_DISK = 2 * GIB  # a training and its report want some hundred MB; the log grows
PROCESS_MB = 200  # one process of the service, with the modern model
SYSTEM_MB = 300
MADE = 1_760_000_000  # seconds since 1970: no clock that is right shows an earlier time
MEMORY = re.compile(r"^MemTotal:\s+(\d+) kB", re.MULTILINE)


def disk(settings: Settings) -> Finding:
    places = (settings.state, settings.datasets, settings.artifacts)
    there = [place for place in places if place.exists()]
    if settings.state.exists() and not can_store(settings.state):
        return bad(
            "disk",
            f"nothing can be written into {settings.state}",
            "Make room (df -h), or give the folder to the service's user.",
        )
    least = min((shutil.disk_usage(place).free for place in there), default=0)
    seen = f"{least / GIB:.1f} GiB free where models, data sets and the database lie"
    if there and least < LITTLE_DISK:
        todo = "Make room: older backups, versions of models, data sets that nobody needs."
        return doubtful("disk", seen, todo)
    return good("disk", seen if there else "no folder is there yet; the first start makes them")


def memory(settings: Settings) -> Finding:
    try:
        found = MEMORY.search(Path("/proc/meminfo").read_text())
    except OSError:
        found = None
    if found is None:
        return good("memory", "this system does not say how much there is")
    total = int(found[1]) // 1024
    answering = SYSTEM_MB + settings.process_count * PROCESS_MB
    seen = (
        f"{total} MB; {settings.process_count} processes want about {answering}, a training may"
        f" take {settings.train_memory_mb} more"
    )
    if total < answering:
        todo = f"Fewer processes: LIKENESS_WORKERS={max(1, (total - SYSTEM_MB) // PROCESS_MB)}"
        return bad("memory", seen, todo)
    if total < answering + settings.train_memory_mb:
        least = max(512, total - answering)
        return doubtful("memory", seen, f"LIKENESS_TRAIN_MEMORY_MB={least} keeps them apart.")
    return good("memory", seen)


def clock(settings: Settings) -> Finding:
    now = time.time()
    newest = max((p.stat().st_mtime for p in settings.state.glob("*")), default=0.0)
    shown = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(now))
    todo = "Set it right: timedatectl set-ntp true. Keys, sessions and certificates go by it."
    if now < MADE or newest > now + 3600:
        return bad("clock", f"{shown}, and files here are newer", todo)
    if synchronised() == "no":
        return doubtful("clock", f"{shown}, and nothing keeps it right", todo)
    return good("clock", shown)


def synchronised() -> str:
    """yes, no, or nothing where systemd does not say."""
    command = ["timedatectl", "show", "--property=NTPSynchronized", "--value"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
