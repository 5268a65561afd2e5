"""What all tests share: the folder of real pictures, and the rule that a skip can be made a failure."""

from __future__ import annotations

import os
from collections.abc import Generator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
# Taken out of the environment, which the service reads too: it refuses settings that it does not know.
REQUIRE_ALL = os.environ.pop("LIKENESS_REQUIRE_ALL", "") == "1"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of real pictures that are no part of the project; tests that need it skip where it is absent."""
    folder = Path(os.environ.get("LIKENESS_TEST_DATA", ROOT / ".." / "shared" / "data")).resolve()
    if not folder.is_dir():
        pytest.skip(f"no folder of test pictures at LIKENESS_TEST_DATA ({folder})")
    return folder


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """With LIKENESS_REQUIRE_ALL=1 nothing may be left out: a skipped test fails, with its reason."""
    report = yield
    if REQUIRE_ALL and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped although LIKENESS_REQUIRE_ALL=1: {call.excinfo and call.excinfo.value}"
    return report
