"""Puts the command `likeness` into the virtual environment that runs this: it runs this checkout.

A path file lets the code be found from any folder. Standard library alone, and no network.
"""

from __future__ import annotations

import os
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
    _put(Path(sysconfig.get_path("purelib")) / "likeness-checkout.pth", f"{ROOT}\n", 0o644)
    command = COMMAND.format(python=sys.executable)
    _put(Path(sysconfig.get_path("scripts")) / "likeness", command, 0o755)


def _put(path: Path, text: str, mode: int) -> None:
    """Write aside, then rename: another process may be starting with the file."""
    aside = path.with_name(f"{path.name}.{os.getpid()}")
    aside.write_text(text)
    aside.chmod(mode)
    aside.replace(path)


if __name__ == "__main__":
    link()
