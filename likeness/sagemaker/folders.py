"""Where SageMaker puts what a container gets, and looks for what it gives back."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Folders:
    """root: /opt/ml, in a container."""

    root: Path = Path("/opt/ml")

    @property
    def model(self) -> Path:
        """What model.tar.gz holds; what a training leaves here becomes one."""
        return self.root / "model"

    @property
    def hyperparameters(self) -> Path:
        return self.root / "input" / "config" / "hyperparameters.json"

    @property
    def pictures(self) -> tuple[Path, ...]:
        """The channels that may hold the training pictures."""
        return tuple(self.root / "input" / "data" / name for name in ("train", "training"))

    @property
    def failure(self) -> Path:
        """Why a training failed, for whoever started it."""
        return self.root / "output" / "failure"
