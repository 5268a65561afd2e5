"""Runs: plain files that tools read, compared in the terminal, and read back by MLflow and
TensorBoard themselves.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from data_cleaning.errors import InputError
from likeness.cli import likeness, run
from model.recognition.registry import Registry
from model.workflows.runs import tracking
from model.workflows.runs.run import read_run, runs
from model.workflows.runs.tracking import Tracking

HOW = ("--recipe", "object-classic", "--classifiers", "logistic_regression")


def train(data: Path, models: Path, *options: str) -> None:
    words = ["train", str(data), "--name", "shapes", *HOW, "--artifacts", str(models), *options]
    assert run(likeness, "likeness", words) == 0


def test_a_version_is_a_run_of_plain_files(shapes_artifacts: Path) -> None:
    folder = shapes_artifacts / "shapes" / "1"
    params = json.loads((folder / "params.json").read_text())
    metrics = json.loads((folder / "metrics.json").read_text())
    report = json.loads((folder / "report.json").read_text())
    assert (params["classifier"], params["pictures"], params["classes"]) == (
        "logistic_regression",
        36,
        3,
    )
    assert params["classifier_C"] == report["facts"]["trials"][0]["parameters"]["C"]
    assert metrics["accuracy"] == report["figures"]["accuracy"]
    assert metrics["train_accuracy"] == report["figures"]["train_accuracy"]
    assert "majority_class_accuracy" in metrics
    assert all(isinstance(value, float) for value in metrics.values())
    assert not any("disc" in text for text in (json.dumps(params), json.dumps(metrics)))


def test_a_version_from_before_is_a_run_too(shapes_artifacts: Path, tmp_path: Path) -> None:
    """Its manifest and report say the same."""
    import shutil

    shutil.copytree(shapes_artifacts, tmp_path / "models")
    registry = Registry(tmp_path / "models")
    now = read_run(registry, "shapes", 1)
    for file in ("params.json", "metrics.json"):
        (now.folder / file).unlink()
    before = read_run(registry, "shapes", 1)
    assert (before.params, before.metrics) == (
        now.params,
        now.metrics | {"seconds": before.metrics["seconds"]},
    )
    assert "params.json" in now.artifacts
    assert "params.json" not in before.artifacts


def test_runs_are_listed_and_compared(
    drawn_shapes: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    train(drawn_shapes, tmp_path)
    train(drawn_shapes, tmp_path, "--fpir", "0.2")
    capsys.readouterr()
    where = ("--artifacts", str(tmp_path))
    assert run(likeness, "likeness", ["runs", *where]) == 0
    listed = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in listed] == ["run", "shapes/1", "shapes/2"]
    assert run(likeness, "likeness", ["runs", "--compare", "shapes/2", "shapes/1", *where]) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert lines[0] == ["shapes/2", "shapes/1"]
    assert lines[1] == ["fpir", "0.2", "0.01"]  # all that was asked for otherwise
    figures = {line[0]: line[1:] for line in lines[2:-1]}
    assert all(cell.endswith("%") for cell in figures["accuracy"])
    assert lines[-1][:4] == ["The", "same", "in", "all:"]
    assert run(likeness, "likeness", ["runs", "shapes", "--json", "--sort", "fpir", *where]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert {row["run"] for row in rows} == {"shapes/1", "shapes/2"}
    assert {"params", "metrics", "artifacts"} <= set(rows[0])


@pytest.mark.parametrize("wanted", ["nobody", "shapes/7", "shapes/x"])
def test_a_run_that_there_is_not(
    shapes_artifacts: Path, capsys: pytest.CaptureFixture[str], wanted: str
) -> None:
    words = ["runs", wanted, "--artifacts", str(shapes_artifacts)]
    assert run(likeness, "likeness", words) in (1, 2)
    assert wanted.partition("/")[0] in capsys.readouterr().err


@pytest.mark.filterwarnings("ignore")  # MLflow uses what SQLAlchemy has deprecated
def test_mlflow_and_tensorboard_read_back_what_was_written(
    drawn_shapes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("mlflow")
    pytest.importorskip("tensorboardX")
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    monkeypatch.chdir(tmp_path)  # MLflow keeps artifacts where it is called
    store = f"sqlite:///{tmp_path}/mlflow.db"
    both = ("--tracking", f"mlflow={store}", "--tracking", f"tensorboard={tmp_path}/logs")
    train(drawn_shapes, tmp_path / "models", "--baseline", *both)
    saved = read_run(Registry(tmp_path / "models"), "shapes", 1)

    from mlflow import MlflowClient

    client = MlflowClient(tracking_uri=store)
    experiment = client.get_experiment_by_name("shapes")
    assert experiment is not None
    (tracked,) = client.search_runs([experiment.experiment_id])
    assert tracked.info.status == "FINISHED"
    assert tracked.data.params["classifier"] == saved.params["classifier"]
    assert saved.metrics.items() <= tracked.data.metrics.items()
    losses = client.get_metric_history(tracked.info.run_id, "top_layer_validation_loss")
    names = {file.path for file in client.list_artifacts(tracked.info.run_id)}
    assert names == {"params.json", "metrics.json", "report-public.html", "report.pdf"}

    events = accumulator.EventAccumulator(str(tmp_path / "logs" / "shapes" / "1")).Reload()
    (accuracy,) = events.Scalars("accuracy")
    assert accuracy.value == pytest.approx(saved.metrics["accuracy"])
    curve = events.Scalars("top_layer/validation_loss")
    assert [e.step for e in curve] == [m.step for m in losses] == list(range(1, len(curve) + 1))
    assert [e.value for e in curve] == pytest.approx([m.value for m in losses])
    assert len(curve) > 5


def test_tools_that_are_not_there_are_told_before_the_work(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(InputError, match="there are mlflow, tensorboard"):
        Tracking.parse("wandb")

    def missing(name: str) -> None:
        raise ImportError(name)

    monkeypatch.setattr(tracking.importlib, "import_module", missing)
    with pytest.raises(InputError, match=r"likeness\[mlflow\]"):
        Tracking.parse("mlflow")


def test_a_store_that_cannot_be_written_leaves_the_model(
    drawn_shapes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("tensorboardX")
    (tmp_path / "file").write_text("no folder")
    words = ["train", str(drawn_shapes), "--name", "shapes", *HOW]
    words += ["--artifacts", str(tmp_path / "models")]
    words += ["--tracking", f"tensorboard={tmp_path / 'file'}"]
    assert run(likeness, "likeness", words) == 1
    assert "Version 1 of shapes is saved; writing it to tensorboard" in capsys.readouterr().err
    assert runs(Registry(tmp_path / "models"))[0].title == "shapes/1"
