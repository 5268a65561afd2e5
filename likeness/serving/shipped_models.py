"""The folder of models, and the ones that come with Likeness in it."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from server.locations import home, is_checkout, shipped


def models_folder() -> Path:
    """Where models lie unless somebody says otherwise.

    In a checkout the shipped ones lie there already. Installed, they are copied there once: what
    is trained must not go into the program's own folder.
    """
    folder = home() / "artifacts"
    if not is_checkout() and not folder.exists():
        _copy(shipped("artifacts"), folder)
    return folder


def _copy(source: Path, target: Path) -> None:
    """All of it or nothing: copied aside, then renamed."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as aside:
        whole = Path(aside) / target.name
        shutil.copytree(source, whole, ignore=shutil.ignore_patterns("__pycache__"))
        whole.rename(target)
