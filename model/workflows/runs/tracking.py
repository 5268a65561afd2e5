"""Writing a run where other tools look for it: MLflow's store, TensorBoard's event files.

Both are optional extras, loaded when they are asked for. No picture and no model goes there: only
parameters, figures, curves, and the report without pictures.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from data_cleaning.errors import InputError, LikenessError
from data_cleaning.json_types import JsonObject
from model.workflows.runs.run import METRICS, PARAMS, Run

PUBLIC = (PARAMS, METRICS, "report-public.html", "report.pdf")
LOGS = "runs"  # where TensorBoard's files go by default, as its tutorials call it


@dataclass(frozen=True)
class Tracking:
    """tool: "mlflow" or "tensorboard". place: MLflow's tracking address, or the folder of event
    files; "" for the tool's own default.
    """

    tool: str
    place: str = ""

    @classmethod
    def parse(cls, text: str) -> Tracking:
        """TOOL or TOOL=PLACE. Raises InputError for a tool that there is not, or that is not
        installed.
        """
        tool, _, place = text.partition("=")
        if tool not in _TOOLS:
            raise InputError(f"there is no {tool!r}; there are {', '.join(_TOOLS)}")
        try:
            importlib.import_module(_TOOLS[tool].module)
        except ImportError as error:
            raise InputError(
                f"{tool} is not installed; get it with: pip install 'likeness[{tool}]'"
            ) from error
        return cls(tool, place)


def track(tracking: Tracking, run: Run, curves: JsonObject | None) -> None:
    """Write a run there. curves: of a top layer, as the report holds them, or None.

    Raises LikenessError where that cannot be done; the run itself is saved all the same.
    """
    try:
        _TOOLS[tracking.tool].write(tracking.place, run, curves)
    except Exception as error:  # whatever a tool meets: a server that is away, a full disk
        raise LikenessError(
            f"Version {run.version} of {run.name} is saved; writing it to {tracking.tool} did not"
            f" succeed: {error}"
        ) from error


def _steps(curves: JsonObject | None) -> list[tuple[int, dict[str, float]]]:
    """Of each epoch its number from 1, and its figures."""
    names = {
        "loss": "top_layer_training_loss",
        "accuracy": "top_layer_training_accuracy",  # that of the folds is top_layer_accuracy
        "validation_loss": "top_layer_validation_loss",
        "validation_accuracy": "top_layer_validation_accuracy",
    }
    return [
        (number, {name: float(row[key]) for key, name in names.items()})
        for number, row in enumerate((curves or {}).get("epochs", ()), 1)
    ]


def _to_mlflow(place: str, run: Run, curves: JsonObject | None) -> None:
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")  # nothing leaves the machine unasked
    from mlflow import MlflowClient

    client = MlflowClient(tracking_uri=place or None)
    found = client.get_experiment_by_name(run.name)
    experiment = found.experiment_id if found else client.create_experiment(run.name)
    started = client.create_run(experiment, run_name=run.title, tags={"likeness.run": run.title})
    identity = started.info.run_id
    for name, value in run.params.items():
        client.log_param(identity, name, value)
    for name, value in run.metrics.items():
        client.log_metric(identity, name, value)
    for step, figures in _steps(curves):
        for name, value in figures.items():
            client.log_metric(identity, name, value, step=step)
    for name in PUBLIC:
        if (run.folder / name).is_file():
            client.log_artifact(identity, str(run.folder / name))
    client.set_terminated(identity)


def _to_tensorboard(place: str, run: Run, curves: JsonObject | None) -> None:
    from tensorboardX import SummaryWriter

    with SummaryWriter(logdir=str(Path(place or LOGS) / run.name / str(run.version))) as writer:
        for name, value in run.metrics.items():
            writer.add_scalar(name, value, 0)
        for step, figures in _steps(curves):
            for name, value in figures.items():
                writer.add_scalar(name.replace("top_layer_", "top_layer/"), value, step)
        lines = [f"| {name} | {value} |" for name, value in run.params.items()]
        writer.add_text("parameters", "\n".join(["| parameter | value |", "|---|---|", *lines]), 0)


@dataclass(frozen=True)
class _Tool:
    module: str
    write: Callable[[str, Run, JsonObject | None], None]


_TOOLS = {
    "mlflow": _Tool("mlflow", _to_mlflow),
    "tensorboard": _Tool("tensorboardX", _to_tensorboard),
}
