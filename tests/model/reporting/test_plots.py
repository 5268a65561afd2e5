"""Plots are plain SVG in the page's colours."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

import pytest

from model.reporting import plots
from tests.model.reporting.report_page import many_classes


@pytest.mark.parametrize(
    "svg",
    [
        lambda: plots.confusion({"truths": ["a"], "labels": ["a", "(none)"], "matrix": [[0, 3]]}),
        lambda: plots.confusion(many_classes(30)),
        lambda: plots.reliability([{"pictures": 1, "probability": 0.5, "right": 1.0}]),
        lambda: plots.tradeoff([[0.0, 1.0], [1.0, 0.0]], None),
        lambda: plots.tradeoff([[0.0, 0.0]], (0.0, 0.0)),
        lambda: plots.scores(
            {"edges": [0.0, 0.5, 1.0], "known": [0, 0], "strangers": [0, 4]}, None, "similarity"
        ),
        lambda: plots.learning([{"pictures": 3.0, "score": 1.0, "spread": 0.0}] * 2),
    ],
)
def test_every_plot_is_one_svg_in_the_page_s_colours(svg: Any) -> None:
    drawn = svg()
    assert ElementTree.fromstring(drawn).tag == "svg"
    assert "#0a0b0" not in drawn
    assert "var(--" in drawn
