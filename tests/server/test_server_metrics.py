"""Where the numbers lie that processes share, and what may become a label."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from server import metrics
from server.service import of


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


def test_a_caller_cannot_make_up_labels(app: Flask, client: FlaskClient) -> None:
    """Each label is kept for ever: what callers choose freely must not become one."""
    for number in range(50):
        client.open(f"/nowhere/{number}", method=f"MADEUP{number}")
        client.get(f"/api/models/made-up-{number}")
    text = of(app).metrics.text().decode()
    assert 'method="other",route="none"' in text
    assert "made-up" not in text.lower()
    assert "MADEUP" not in text
