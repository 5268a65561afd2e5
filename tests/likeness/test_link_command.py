"""`make setup` puts the command `likeness` into the environment, without an index or a build."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

from likeness import __version__

ROOT = Path(__file__).resolve().parents[2]


def test_the_command_runs_this_checkout_from_any_folder(tmp_path: Path) -> None:
    prefix = tmp_path / "venv"
    venv.create(prefix, with_pip=False, symlinks=True)
    subprocess.run(
        [prefix / "bin" / "python", ROOT / "deploy" / "checkout" / "link_command.py"], check=True
    )
    # The libraries are those of the environment that runs the tests.
    environment = {**os.environ, "PYTHONPATH": sysconfig.get_path("purelib")}
    for command in ([prefix / "bin" / "likeness"], [prefix / "bin" / "python", "-m", "likeness"]):
        done = subprocess.run(
            [*command, "--version"], cwd=tmp_path, env=environment, capture_output=True, text=True
        )
        assert done.stdout == f"likeness {__version__}\n", done.stderr
    assert sys.executable not in (prefix / "bin" / "likeness").read_text()
