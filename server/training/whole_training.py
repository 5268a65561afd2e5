"""How far a training is as a whole: its stages as parts of one, and what is left of its time.

Only sums here; server/training/training_output.py listens and writes.
"""

from __future__ import annotations

import time

from model.recipes.presets import RECIPES

# Where each stage begins and ends, by what trainings of 40 pictures took, with three recipes tried
# and with one that was named. Trying comes before all of them; nobody knows how many recipes, so
# each takes a part of what is left for that.
STAGES = {
    "crops": (0.6, 0.68),
    "search": (0.68, 0.71),
    "calibrate": (0.71, 0.75),
    "folds": (0.75, 0.9),
    "baseline": (0.9, 0.93),
    "test": (0.93, 0.94),
    "report": (0.94, 0.95),
    "save": (0.95, 1.0),
}
TRYING = 0.6
LEFT = 0.5  # of that, for the recipes that come after the first, and so on
SOON = 2.0  # seconds of work before an estimate is worth saying


class WholeTraining:
    """Begins when it is made. Nothing here goes back."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._tried: list[str] = []
        self._first: float | None = None  # where its first stage begins
        self._reached = 0.0

    def go_on(self, stage: str, done: int, total: int) -> None:
        """`done` of `total` steps of a stage are behind us."""
        if stage not in STAGES and stage not in RECIPES:
            return  # it says nothing of the whole
        begins, ends = STAGES.get(stage) or self._trying(stage)
        if self._first is None:
            self._first = begins
        reached = begins + (ends - begins) * min(1.0, done / max(total, 1))
        self._reached = max(self._reached, reached)

    @property
    def part(self) -> float | None:
        """How much of it is done, 0 to 1; None before its first stage."""
        if self._first is None:
            return None
        return max(0.0, self._reached - self._first) / (1 - self._first)

    def seconds_left(self) -> int | None:
        """Of the whole, if it goes on as it did; None while nothing can be said, and at the end."""
        part, gone = self.part, time.monotonic() - self._began
        if part is None or gone < SOON or not 0 < part < 1:
            return None
        return round(gone * (1 - part) / part)

    def _trying(self, recipe: str) -> tuple[float, float]:
        if recipe not in self._tried:
            self._tried.append(recipe)
        number = self._tried.index(recipe)
        return TRYING * (1 - LEFT**number), TRYING * (1 - LEFT ** (number + 1))
