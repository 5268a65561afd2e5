"""`serve`: the models of model.tar.gz answer on port 8080, /ping and /invocations.

SageMaker asks who may call; the container asks nobody for a key. What it writes goes with it.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from likeness.sagemaker.folders import Folders
from model.recognition.manifest import read_manifest
from server.locations import CODE, shipped

WRITTEN = Path("/tmp/likeness")
COMMAND = ("-m", "gunicorn", "--config", "server/process/gunicorn_conf.py", "--no-control-socket")


CHOICES = {"LIKENESS_OPEN": "1"}  # unless the endpoint's environment says otherwise


def settings(written: Path) -> dict[str, str]:
    """Where the service listens and writes there."""
    return {
        "LIKENESS_BIND": "0.0.0.0:8080",
        "LIKENESS_STATE": str(written / "state"),
        "LIKENESS_DATASETS": str(written / "datasets"),
        "LIKENESS_ARTIFACTS": str(written / "artifacts"),
    }


def lay_out(model: Path, models: Path) -> None:
    """model.tar.gz as `train` makes it, or a version's folder packed alone, or nothing: then the
    models that come with Likeness answer.
    """
    if (model / "manifest.json").is_file():
        manifest = read_manifest(model)
        shutil.copytree(model, models / manifest.name / str(manifest.version))
    elif any(model.glob("*/*/manifest.json")):
        shutil.copytree(model, models)
    else:
        shutil.copytree(shipped("artifacts"), models)


def serve(folders: Folders) -> None:
    """Become gunicorn."""
    shutil.rmtree(WRITTEN / "artifacts", ignore_errors=True)
    lay_out(folders.model, WRITTEN / "artifacts")
    os.environ.update({**CHOICES, **os.environ, **settings(WRITTEN)})
    os.chdir(CODE)
    os.execv(sys.executable, [sys.executable, *COMMAND, "server.wsgi:app"])


if __name__ == "__main__":
    serve(Folders())
