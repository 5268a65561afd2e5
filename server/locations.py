"""Where the files that come with the program lie, and where it keeps its own.

In a checkout, or a copy of one, everything lies in one folder. Installed from a wheel, what is
shipped lies beside the code and what is written in the user's data folder (docs/adr/0029).
"""

from __future__ import annotations

import os
from pathlib import Path

CODE = Path(__file__).resolve().parent.parent


def is_checkout() -> bool:
    """Whether the code lies in a checkout, or in a copy of one, and not in an installed wheel."""
    return (CODE / "deploy").is_dir()


def shipped(folder: str) -> Path:
    """A folder of files that come with the program: ui, nginx or artifacts."""
    return CODE / folder if is_checkout() else CODE / "likeness" / folder


def home() -> Path:
    """The folder of `artifacts`, `datasets` and `var`, unless settings name others.

    For a checkout that is the folder in which a command is typed.
    """
    if is_checkout():
        return Path()
    data = os.environ.get("XDG_DATA_HOME") or Path("~/.local/share").expanduser()
    return Path(data) / "likeness"
