"""`make run`: `likeness serve` after `make setup`, whose advice names make."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from likeness.cli import likeness, run
from likeness.serving.addresses import MAKE

if __name__ == "__main__":
    sys.exit(run(likeness, "likeness", ["serve", *sys.argv[1:]], MAKE))
