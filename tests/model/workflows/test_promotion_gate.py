"""Which freshly trained version may answer at once."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from model.__main__ import main
from model.recognition.manifest import RecordedFigures
from model.recognition.registry import Registry
from model.workflows.promotion_gate import (
    FEWER,
    WORSE,
    CandidateVersion,
    ReasonToWait,
    reason_to_wait,
)


@pytest.fixture(scope="module")
def model(shapes_artifacts: Path) -> Path:
    """Version 1 of `shapes`, which knows cross, disc and square."""
    return shapes_artifacts


def sha256(label: str) -> str:
    return hashlib.sha256(label.encode()).hexdigest()


@pytest.mark.parametrize(
    ("labels", "interval", "excused", "message"),
    [
        (("cross", "disc", "square"), [0.9, 1.0], (), ""),
        (("cross", "disc", "square", "star"), [0.9, 1.0], (), ""),
        (("cross", "disc"), [0.9, 1.0], (), "Version 1, which answers, also knows square."),
        (("cross", "disc"), [0.9, 1.0], (sha256("square"),), ""),
        (("star",), [0.9, 1.0], (), "also knows cross, disc, square."),
        (
            ("cross", "disc", "square"),
            [0.2, 0.7],
            (),
            "It was right for 20% to 70% of unseen pictures, version 1, which",
        ),
        (("cross", "disc", "square"), None, (), ""),
    ],
)
def test_who_waits(
    model: Path, labels: tuple[str, ...], interval: Any, excused: tuple[str, ...], message: str
) -> None:
    reason = reason_to_wait(
        Registry(model),
        "shapes",
        CandidateVersion(labels, RecordedFigures(accuracy_interval=interval), excused),
    )
    if not message:
        assert reason is None
        return
    assert reason is not None and message in reason.sentence
    assert (reason.code, reason.version) == (WORSE if "right" in message else FEWER, 1)


def test_why_it_waits_is_told_in_values_too(model: Path) -> None:
    figures = RecordedFigures(accuracy_interval=(0.2, 0.7))
    fewer = reason_to_wait(Registry(model), "shapes", CandidateVersion(("star",), figures))
    names = ("cross", "disc", "square")
    assert fewer is not None and (fewer.names, fewer.more) == (names, 0)
    worse = reason_to_wait(Registry(model), "shapes", CandidateVersion(names, figures))
    assert isinstance(worse, ReasonToWait) and worse.now == (0.2, 0.7)
    assert worse.before is not None and worse.before[0] > 0.75


def test_the_first_version_and_one_after_a_broken_one_answer(model: Path, tmp_path: Path) -> None:
    nobody = CandidateVersion((), RecordedFigures(accuracy_interval=(0.0, 0.1)))
    assert reason_to_wait(Registry(tmp_path), "shapes", nobody) is None
    shutil.copytree(model, tmp_path / "broken")
    (tmp_path / "broken" / "shapes" / "1" / "manifest.json").write_text("{")
    assert reason_to_wait(Registry(tmp_path / "broken"), "shapes", nobody) is None


def test_a_careful_training_leaves_the_old_version_in_place(
    model: Path, drawn_shapes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    artifacts, data = (
        shutil.copytree(source, tmp_path / name)
        for source, name in ((model, "a"), (drawn_shapes, "d"))
    )
    shutil.rmtree(data / "square")
    (artifacts / "shapes" / "active").unlink()  # as in a copy that somebody made by hand
    command = [
        "train",
        str(data),
        "--name",
        "shapes",
        "--recipe",
        "object-classic",
        "--artifacts",
        str(artifacts),
    ]
    command += ["--classifiers", "logistic_regression"]
    assert main([*command, "--careful"]) == 0
    message = capsys.readouterr().out
    assert "It does not answer yet. Version 1, which answers, also knows square." in message
    assert "python -m model promote shapes 2" in message
    assert (Registry(artifacts).versions("shapes"), Registry(artifacts).active("shapes")) == (
        [1, 2],
        1,
    )
    assert main([*command, "--careful", "--json", f"--without={sha256('square')}"]) == 0
    assert json.loads(capsys.readouterr().out)["waits"] == ""
    assert Registry(artifacts).active("shapes") == 3
