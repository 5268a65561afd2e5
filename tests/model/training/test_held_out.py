"""The threshold at which strangers named and known ones missed weigh alike."""

from __future__ import annotations

import numpy as np

from model.training.open_set.held_out import HeldOut


def test_of_thresholds_that_do_equally_well_the_highest_is_taken() -> None:
    known = np.append(np.linspace(0.8, 1.0, 49), 0.5)
    strangers = np.linspace(0.0, 0.3, 100)
    least, threshold = HeldOut(known, np.ones(50, bool), strangers).even()
    assert least == 0
    assert 0.5 < threshold < 0.81, "one doubtful known picture is given up, and not two"
