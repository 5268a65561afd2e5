"""Puts the command `likeness` into the virtual environment that runs this: it runs this checkout.

A path file lets the code be found from any folder. Standard library alone, and no network.
"""

from __future__ import annotations

import sys
import sysconfig
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
COMMAND = """#!{python}
import sys

from likeness.cli import main

sys.exit(main())
"""


def link() -> None:
    """Write both files anew: a moved checkout has another path."""
    (Path(sysconfig.get_path("purelib")) / "likeness-checkout.pth").write_text(f"{ROOT}\n")
    command = Path(sysconfig.get_path("scripts")) / "likeness"
    command.write_text(COMMAND.format(python=sys.executable))
    command.chmod(0o755)


if __name__ == "__main__":
    link()
