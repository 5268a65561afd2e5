"""Numbers of a report to SVG text. matplotlib with the Agg and SVG backends; loaded for training
alone.

No colour is fixed: every figure is drawn in placeholder colours that become CSS variables of the
page, so one drawing serves light and dark.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import matplotlib

matplotlib.use("Agg", force=False)

import matplotlib.pyplot as plt
import numpy as np
import seaborn
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from matplotlib.typing import ColorType

from data_cleaning.json_types import JsonObject

INK, QUIET, LINE, ACCENT, SECOND, ON_ACCENT = (f"#0a0b0{number}" for number in range(6))
_VARIABLES = {
    INK: "--ink",
    QUIET: "--quiet",
    LINE: "--line-strong",
    ACCENT: "--accent",
    SECOND: "--unsure",
    ON_ACCENT: "--accent-ink",
}
_MOST_ANNOTATED = 14  # classes; beyond that numbers in cells cannot be read
_SOLID = (
    15 / 255,
    142 / 255,
    128 / 255,
)  # an accent for pictures in the figure, where no variable reaches

STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "report",  # the same numbers draw the same bytes
    "font.family": "sans-serif",
    "font.size": 9,
    "axes.edgecolor": LINE,
    "axes.labelcolor": QUIET,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.8,
    "text.color": INK,
    "xtick.color": LINE,
    "ytick.color": LINE,
    "xtick.labelcolor": QUIET,
    "ytick.labelcolor": QUIET,
    "grid.color": LINE,
    "grid.linewidth": 0.5,
    "legend.frameon": False,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "lines.linewidth": 1.8,
}


def confusion(table: JsonObject) -> str:
    """Heat map: a row per true class, a column per answer; shade is the share of the row, text the
    count.
    """
    counts = np.array(table["matrix"], float)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    few = len(table["truths"]) <= _MOST_ANNOTATED
    least = 0.08 if few else 0.3  # a single mistake among many must be seen
    shares = np.where(counts > 0, np.maximum(shares, least), 0)
    letters = max(len(name) for name in table["labels"])
    side = max(2.6, 0.42 * len(counts)) if few else max(3.4, 0.15 * len(counts))
    beside, below = (1.9, 1.1) if few else (0.06 * letters + 0.5, 0.06 * letters + 0.5)
    with _figure(side + beside, side * 0.9 + below) as (figure, axes):
        colour = ACCENT if few else _SOLID
        seaborn.heatmap(
            shares,
            ax=axes,
            cmap=LinearSegmentedColormap.from_list("shade", [_clear(colour), colour]),
            vmin=0,
            vmax=1,
            cbar=False,
            linewidths=0,
            rasterized=not few,
            xticklabels=table["labels"],
            yticklabels=table["truths"],
        )
        if few:
            _write_counts(axes, counts, shares)
        axes.set(xlabel="answered", ylabel="true class")
        axes.tick_params(length=0, labelsize=9 if few else 6.5)
        axes.set_xticklabels(
            axes.get_xticklabels(), rotation=40 if few else 90, ha="right" if few else "center"
        )
        axes.set_yticklabels(axes.get_yticklabels(), rotation=0)
        return _svg(figure, "Confusion matrix")


def _write_counts(axes: Axes, counts: np.ndarray, shares: np.ndarray) -> None:
    for row, column in np.ndindex(*counts.shape):
        if counts[row, column]:
            ink = ON_ACCENT if shares[row, column] > 0.55 else INK
            axes.text(
                column + 0.5,
                row + 0.5,
                f"{counts[row, column]:.0f}",
                ha="center",
                va="center",
                color=ink,
            )


def _clear(colour: ColorType) -> tuple[float, float, float, float]:
    return (*matplotlib.colors.to_rgb(colour), 0.0)


def reliability(bins: list[JsonObject]) -> str:
    """Stated probability against the share that was right, a dot per bin with its count."""
    most = max(row["pictures"] for row in bins)
    with _figure() as (figure, axes):
        axes.plot([0, 1], [0, 1], color=LINE, linewidth=1, linestyle=(0, (4, 3)))
        axes.plot(
            [r["probability"] for r in bins], [r["right"] for r in bins], color=ACCENT, alpha=0.5
        )
        sizes = [25 + 150 * r["pictures"] / most for r in bins]
        axes.scatter(
            [r["probability"] for r in bins],
            [r["right"] for r in bins],
            s=sizes,
            color=ACCENT,
            zorder=3,
        )
        for row in bins:
            axes.annotate(
                str(row["pictures"]),
                (row["probability"], row["right"]),
                xytext=(0, -13),
                textcoords="offset points",
                ha="center",
                color=QUIET,
                fontsize=8,
            )
        axes.set(
            xlim=(0, 1.04),
            ylim=(-0.12, 1.06),
            xlabel="probability stated",
            ylabel="share that was right",
        )
        _percent(axes, "both")
        return _svg(figure, "Reliability diagram")


def precision_recall(
    curve: list[list[float]], chosen: tuple[float, float] | None, number: int
) -> str:
    """Precision against recall of one class, the point of its threshold marked; number: of the
    figure on its page.
    """
    with _figure(2.5, 2.1) as (figure, axes):
        axes.plot([x for x, _ in curve], [y for _, y in curve], color=ACCENT, clip_on=False)
        if chosen is not None:
            axes.scatter(*chosen, s=45, color=SECOND, zorder=4, clip_on=False)
        axes.set(xlim=(0, 1), ylim=(0, 1.02), xlabel="recall", ylabel="precision")
        axes.set_xticks([0, 0.5, 1])
        _percent(axes, "both")
        return _svg(figure, f"Precision against recall {number}")


def tradeoff(curve: list[list[float]], chosen: tuple[float, float] | None) -> str:
    """FNIR against FPIR, FPIR in a scale that shows small rates, the chosen point marked."""
    with _figure() as (figure, axes):
        axes.step([x for x, _ in curve], [y for _, y in curve], where="post", color=ACCENT)
        axes.set_xscale("symlog", linthresh=0.01, linscale=0.5)
        ticks = [0, 0.01, 0.1, 1]
        axes.set_xticks(ticks, ["0%", "1%", "10%", "100%"])
        axes.minorticks_off()
        axes.axvline(0.01, color=LINE, linewidth=0.8, linestyle=(0, (4, 3)))
        if chosen is not None:
            axes.scatter(*chosen, s=60, color=SECOND, zorder=4, label="chosen point", clip_on=False)
            axes.legend(loc="upper right")
        axes.set(xlim=(0, 1), ylim=(0, max(0.1, min(1.0, 1.1 * max(y for _, y in curve)))))
        axes.set(xlabel="strangers given a name (FPIR)", ylabel="known missed (FNIR)")
        _percent(axes, "y")
        return _svg(figure, "FNIR against FPIR")


def scores(histograms: JsonObject, threshold: float | None, name: str) -> str:
    """Shares of known and strangers by acceptance score, the threshold marked."""
    edges = np.array(histograms["edges"])
    with _figure() as (figure, axes):
        for key, colour, text in (("known", ACCENT, "known"), ("strangers", SECOND, "strangers")):
            counts = np.array(histograms[key], float)
            if counts.sum():
                axes.stairs(counts / counts.sum(), edges, fill=True, color=colour, alpha=0.4)
                axes.stairs(counts / counts.sum(), edges, color=colour, linewidth=1.2, label=text)
        if threshold is not None:
            axes.axvline(
                threshold, color=INK, linewidth=1, linestyle=(0, (4, 3)), label="threshold"
            )
        # above the axes: a hill may reach everywhere below it
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=3, borderaxespad=0.2)
        axes.set(xlabel=name, ylabel="share of pictures")
        _percent(axes, "y")
        return _svg(figure, "Scores of known people and strangers")


def learning(curve: list[dict[str, float]]) -> str:
    """Score against pictures a class, with its spread over the folds."""
    x, y, spread = (
        np.array([point[key] for point in curve]) for key in ("pictures", "score", "spread")
    )
    with _figure() as (figure, axes):
        axes.fill_between(
            x, y - spread, np.minimum(y + spread, 1), color=ACCENT, alpha=0.18, linewidth=0
        )
        axes.plot(x, y, color=ACCENT, marker="o", markersize=5)
        axes.set_xlim(0, x.max() * 1.05)
        axes.set_ylim(max(0, (y - spread).min() - 0.08), 1.01)
        axes.set(xlabel="pictures of each class learnt from", ylabel="right names")
        _percent(axes, "y")
        return _svg(figure, "Learning curve")


def epochs(curves: JsonObject, what: str) -> str:
    """Accuracy or loss of training and validation by epoch, the one that was kept marked. what:
    "accuracy" or "loss".
    """
    rows = curves["epochs"]
    numbers = np.arange(1, len(rows) + 1)
    parts = (("training", what, ACCENT), ("validation", f"validation_{what}", SECOND))
    with _figure(4.0, 2.6) as (figure, axes):
        for name, key, colour in parts:
            axes.plot(numbers, [row[key] for row in rows], color=colour, label=name)
        kept = curves["best"] + 1
        axes.axvline(kept, color=LINE, linewidth=1, linestyle=(0, (4, 3)))
        for _, key, colour in parts:
            axes.scatter([kept], [rows[kept - 1][key]], s=30, color=colour, zorder=4)
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2, borderaxespad=0.2)
        axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
        axes.set_xlim(0, len(rows) + 1)
        axes.set(xlabel="epoch", ylabel="right answers" if what == "accuracy" else "cross entropy")
        if what == "accuracy":
            low = min(row[key] for row in rows for _, key, _ in parts)
            axes.set_ylim(max(0.0, low - 0.08), 1.02)
            _percent(axes, "y")
        else:
            axes.set_ylim(bottom=0)
            axes.grid(axis="y", alpha=0.6)
        return _svg(figure, f"Top layer {what} by epoch")


@contextmanager
def _figure(width: float = 4.4, height: float = 3.0) -> Iterator[tuple[Figure, Axes]]:
    with plt.rc_context(STYLE), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of fonts: the page's own are used
        figure, axes = plt.subplots(figsize=(width, height), layout="constrained")
        axes.set_axisbelow(True)
        try:
            yield figure, axes
        finally:
            plt.close(figure)


def _percent(axes: Axes, which: str) -> None:
    for name in ("x", "y") if which == "both" else (which,):
        axis = axes.xaxis if name == "x" else axes.yaxis
        axis.set_major_formatter(lambda value, _: f"{100 * value:.4g}%")
    axes.grid(axis="y", alpha=0.6)


def _svg(figure: Figure, title: str) -> str:
    """The figure as an SVG element for a page: no XML head, no fixed size, colours by variables."""
    memory = io.StringIO()
    figure.savefig(memory, format="svg", metadata={"Date": None, "Creator": None, "Title": title})
    text = re.sub(r"\s+", " ", memory.getvalue())
    body = text[text.index("<defs>") :]
    body = re.sub(r"<style.*?</style>|font-family: [^;\"]*;?", "", body).replace(
        "xlink:href", "href"
    )
    for colour, variable in _VARIABLES.items():
        body = body.replace(colour, f"var({variable})")
    size = [72 * inches for inches in figure.get_size_inches()]
    head = (
        f'<svg role="img" aria-label="{title}" viewBox="0 0 {size[0]:.1f} {size[1]:.1f}"'
        f' width="{size[0]:.0f}" style="--drawn:{size[0]:.0f}px">'
    )
    return _own_ids(head + body, title)


def _own_ids(text: str, title: str) -> str:
    """Ids made the figure's own: several figures share one page."""
    prefix = re.sub(r"\W+", "-", title.lower())
    text = re.sub(r'\bid="', f'id="{prefix}-', text)
    return re.sub(r'(href="#|url\(#)', rf"\g<1>{prefix}-", text)
