"""Four cameras for a while, whose server dies and comes back; LIKENESS_TEST_CAMERA_MINUTES says how
long. `python -m benchmarks.cameras` is the same for minutes, with faces and figures.
"""

from __future__ import annotations

import os
from pathlib import Path

from benchmarks.cameras import Soak, run
from tests.support.cameras import ADA, STRANGER, film
from tests.ui.asking import Start

MINUTES = float(os.environ.get("LIKENESS_TEST_CAMERA_MINUTES", "0.12"))
CAMERAS = 4


def test_all_come_back_and_none_grows(live: Start, tmp_path: Path) -> None:
    frames = [*([ADA] * 30), *([{}] * 20), *([STRANGER] * 30)]
    films = [film(tmp_path / f"film-{number}", frames) for number in range(CAMERAS)]
    soak = Soak(CAMERAS, every=0.5, seconds=60 * MINUTES, away=2, gap=1)
    found = run(tmp_path, films, live().url, soak)
    assert found["ended with"] == [0] * CAMERAS
    assert all(before < after for before, after in found["events before and after"]), found
    assert all(last < 1.25 * first for first, last in found["MB at first and last"]), found
    assert not any(found["unanswered"]) and all(found["looked at"]), found
