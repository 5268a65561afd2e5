"""Where the numbers lie that processes share."""

from __future__ import annotations

from pathlib import Path

import pytest

from server import metrics


def test_numbers_lie_in_memory_where_nobody_else_can_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics, "MEMORY", tmp_path)
    one, other = metrics.folder(tmp_path / "var"), metrics.folder(tmp_path / "other")
    assert one.parent == other.parent == tmp_path
    assert one != other
    assert one.stat().st_mode & 0o777 == 0o700
    assert metrics.folder(tmp_path / "var") == one


def test_a_planted_link_and_no_memory_mean_the_state_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    state = tmp_path / "var"
    monkeypatch.setattr(metrics, "MEMORY", tmp_path / "nowhere")
    assert metrics.folder(state) == state / "metrics"
    monkeypatch.setattr(metrics, "MEMORY", tmp_path)
    planted = metrics.folder(state)
    planted.rmdir()
    planted.symlink_to(tmp_path, target_is_directory=True)
    assert metrics.folder(state) == state / "metrics"
