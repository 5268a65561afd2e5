"""Numbers that processes share: where they lie and what may become a label; and memory that threads
share.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from server.operations import metrics
from server.service import service_of
from tests.support.paths import ROOT


def test_numbers_lie_in_memory_where_nobody_else_can_write(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(metrics, "MEMORY", tmp_path)
    one, other = metrics.folder(tmp_path / "var"), metrics.folder(tmp_path / "other")
    assert one.parent == other.parent == tmp_path
    assert one != other
    assert one.stat().st_mode & 0o777 == 0o700
    assert metrics.folder(tmp_path / "var") == one


def test_a_planted_link_and_no_memory_mean_the_state_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = tmp_path / "var"
    monkeypatch.setattr(metrics, "MEMORY", tmp_path / "nowhere")
    assert metrics.folder(state) == state / "metrics"
    monkeypatch.setattr(metrics, "MEMORY", tmp_path)
    planted = metrics.folder(state)
    planted.rmdir()
    planted.symlink_to(tmp_path, target_is_directory=True)
    assert metrics.folder(state) == state / "metrics"


def test_a_caller_cannot_make_up_labels(app: Flask, client: FlaskClient) -> None:
    """Each label is kept for ever: what callers choose freely must not become one."""
    for number in range(50):
        client.open(f"/nowhere/{number}", method=f"MADEUP{number}")
        client.get(f"/api/models/made-up-{number}")
    text = service_of(app).metrics.text().decode()
    assert 'method="other",route="none"' in text
    assert "made-up" not in text.lower()
    assert "MADEUP" not in text


def test_threads_share_one_store_of_memory_where_the_c_library_can() -> None:
    """In a process of its own: it holds for good. glibc tells how many stores there are by a number
    in its report.
    """
    code = """
import ctypes, threading
from server.process import allocator
allowed = allocator.one_store()
buffers, here = [], threading.Barrier(5)
def work():
    buffers.append(bytearray(100_000)); here.wait()
threads = [threading.Thread(target=work) for _ in range(4)]
[each.start() for each in threads]
here.wait()
if allowed:
    libc = ctypes.CDLL(None)
    libc.fopen.restype = ctypes.c_void_p
    file = libc.fopen(b"/dev/stdout", b"w")
    libc.malloc_info(0, ctypes.c_void_p(file)); libc.fflush(ctypes.c_void_p(file))
"""
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    ).stdout
    if not found:
        pytest.skip("this C library has no such choice")
    assert found.count("<heap nr=") == 1
