"""How far long work is: what work calls as it goes on, and the one that shows it on standard error.

Nothing is computed here.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import NoReturn

from tqdm import tqdm

ProgressCallback = Callable[[int, int], None]  # steps done, of how many
StageCallback = Callable[[str, int, int, str], None]  # stage, done, total, message for people
LineCallback = Callable[[str], None]  # a line of text, for work whose steps cannot be counted


def silent(stage: str, done: int, total: int, message: str) -> None:
    """For whoever does not want to know: a StageCallback."""


class Progress:
    """Bars for people, or JSON lines {"stage", "done", "total", "message"} for programs."""

    def __init__(self, as_json: bool = False) -> None:
        self.as_json = as_json
        self._bar: tqdm[NoReturn] | None = None
        self._stage = ""

    def __call__(self, stage: str, done: int, total: int, message: str = "") -> None:
        """`done` of `total` steps of a stage are behind us; message: what the stage is called
        before people.
        """
        if self.as_json:
            line = {"stage": stage, "done": done, "total": total, "message": message}
            print(json.dumps(line), file=sys.stderr, flush=True)
            return
        if self._bar is None or stage != self._stage:
            self.close()
            often = 0.1 if sys.stderr.isatty() else 10.0  # seconds; a log file needs no moving bar
            self._bar = tqdm(
                total=total, desc=message or stage, file=sys.stderr, mininterval=often, miniters=1
            )
            self._stage = stage
        self._bar.total = total  # it may have become known meanwhile
        self._bar.update(done - self._bar.n)

    def close(self) -> None:
        """End the bar that is open."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None
