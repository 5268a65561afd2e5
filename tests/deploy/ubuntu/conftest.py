"""The clean Debian machine that the installer is tried out on; made once for all its tests."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.deploy.ubuntu import machine

# A whole machine takes minutes and needs the network: it is made where that is asked for.
collect_ignore = [] if os.environ.get("LIKENESS_TEST_MACHINES") == "1" else ["test_install.py"]

Once = Callable[[str, Callable[[Path], object]], Path]


@pytest.fixture(scope="session")
def debian(once: Once) -> Path:
    """A folder with a Debian root and wheels; LIKENESS_TEST_DEBIAN names one that is kept."""
    if why := machine.missing():
        pytest.skip(why)
    kept = os.environ.get("LIKENESS_TEST_DEBIAN")
    if kept and Path(kept).is_dir():
        return Path(kept)
    made = once("debian", machine.debian)
    if kept:
        subprocess.run(["cp", "-a", made, kept], check=True)  # devices as devices
    return made


@pytest.fixture(scope="module")
def box(debian: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[machine.Machine]:
    """A machine that runs, with nothing of Likeness on it but the checkout in /src."""
    box = machine.Machine(tmp_path_factory.mktemp("box"), debian)
    box.start()
    yield box
    box.stop()
