"""A sheet of A4 to draw on, measured in points from its upper left corner."""

from __future__ import annotations

import io
from collections.abc import Sequence
from functools import lru_cache

from matplotlib.axes import Axes
from matplotlib.backends.backend_pdf import FigureCanvasPdf
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.patches import FancyBboxPatch, Rectangle
from matplotlib.textpath import TextToPath

from model.reporting.one_page.fonts import families

WIDTH, HEIGHT, MARGIN = 595.0, 842.0, 42.0
INK, QUIET, LINE, PANEL = "#1b2326", "#566167", "#e0ded6", "#f5f4f0"
ACCENT, ACCENT_SOFT, OTHER = "#0f766e", "#e3f1ee", "#96610a"
BAD, BAD_SOFT, BAR = "#a93226", "#fbeae7", "#c6c4ba"
_MEASURE = TextToPath()


class Sheet:
    """One page. What is drawn lies where its left and upper edge are said to be, in points."""

    def __init__(self) -> None:
        self.figure = Figure(figsize=(WIDTH / 72, HEIGHT / 72))
        self._axes = self.figure.add_axes((0, 0, 1, 1))
        self._axes.set(xlim=(0, WIDTH), ylim=(HEIGHT, 0))
        self._axes.axis("off")

    def text(self, x: float, y: float, text: str, style: Style) -> None:
        """One line, its baseline at y."""
        self._axes.text(
            x,
            y,
            text,
            color=style.colour,
            fontproperties=style.font(text),
            ha=style.align,
            va="baseline",
            parse_math=False,
        )

    def lines(self, x: float, y: float, lines: Sequence[str], style: Style) -> float:
        """Several lines, the first one's baseline at y; where the next one would lie."""
        for line in lines:
            self.text(x, y, line, style)
            y += style.leading
        return y

    def rectangle(self, x: float, y: float, width: float, height: float, colour: str) -> None:
        self._axes.add_patch(Rectangle((x, y), width, height, color=colour, linewidth=0))

    def panel(self, x: float, y: float, width: float, height: float, colour: str) -> None:
        """A rectangle with round corners."""
        style = f"round,pad=0,rounding_size={min(6.0, width / 2, height / 2)}"
        self._axes.add_patch(
            FancyBboxPatch((x, y), width, height, boxstyle=style, color=colour, linewidth=0)
        )

    def rule(self, x: float, y: float, width: float) -> None:
        self._axes.plot([x, x + width], [y, y], color=LINE, linewidth=0.6)

    def bar(self, x: float, y: float, width: float, share: float, colour: str) -> None:
        """A share between 0 and 1, as a bar around the line y."""
        self.panel(x, y - 2.2, width, 4.4, LINE)
        if share > 0:
            self.panel(x, y - 2.2, max(4.4, width * share), 4.4, colour)

    def axes(self, x: float, y: float, width: float, height: float) -> Axes:
        """Axes for a chart."""
        inside = (x / WIDTH, 1 - (y + height) / HEIGHT, width / WIDTH, height / HEIGHT)
        axes = self.figure.add_axes(inside)
        axes.set_facecolor("none")
        axes.spines[["top", "right"]].set_visible(False)
        axes.spines[["left", "bottom"]].set(color=BAR, linewidth=0.7)
        axes.tick_params(colors=QUIET, labelsize=6.5, length=2, width=0.6, color=BAR)
        axes.grid(axis="y", color=LINE, linewidth=0.5)
        axes.set_axisbelow(True)
        return axes

    def pdf(self, title: str, creator: str) -> bytes:
        """The page as a PDF; the same drawing gives the same bytes."""
        memory = io.BytesIO()
        about = {"Title": title, "Creator": creator, "CreationDate": None}
        FigureCanvasPdf(self.figure).print_pdf(memory, metadata=about)
        return memory.getvalue()


class Style:
    """How a text looks: size and leading in points."""

    def __init__(
        self, size: float, colour: str = INK, weight: str = "normal", align: str = "left"
    ) -> None:
        self.size, self.colour, self.weight, self.align = size, colour, weight, align
        self.leading = round(size * 1.38, 1)

    def font(self, text: str) -> FontProperties:
        return FontProperties(family=families(text), size=self.size, weight=self.weight)

    def width(self, text: str) -> float:
        """Of a text in one line, in points."""
        return _width(text, self.size, self.weight)

    def fit(self, text: str, width: float) -> str:
        """The text, or as much of it as there is room for, and an ellipsis."""
        text = " ".join(text.split())
        if self.width(text) <= width:
            return text
        fits, breaks = 0, len(text)
        while breaks - fits > 1:
            middle = (fits + breaks) // 2
            if self.width(text[:middle].rstrip() + "…") <= width:
                fits = middle
            else:
                breaks = middle
        return text[:fits].rstrip() + "…"

    def wrap(self, text: str, width: float, most: int) -> list[str]:
        """The text in at most `most` lines of that width; a word longer than a line is broken, and
        the last line ends in an ellipsis where something is left.
        """
        words = [piece for word in text.split() for piece in self._pieces(word, width)]
        lines: list[str] = []
        for number, word in enumerate(words):
            if lines and self.width(f"{lines[-1]} {word}") <= width:
                lines[-1] += f" {word}"
            elif len(lines) < most:
                lines.append(word)
            else:
                lines[-1] = self.fit(" ".join([lines[-1], *words[number:]]), width)
                break
        return lines

    def _pieces(self, word: str, width: float) -> list[str]:
        """A word, cut where it is longer than a line."""
        pieces = []
        while self.width(word) > width and len(word) > 1:
            fits = max(1, len(self.fit(word, width)) - 1)
            pieces.append(word[:fits])
            word = word[fits:]
        return [*pieces, word]


@lru_cache(8192)
def _width(text: str, size: float, weight: str) -> float:
    font = FontProperties(family=families(text), size=size, weight=weight)
    width, _, _ = _MEASURE.get_text_width_height_descent(text, font, ismath=False)
    return float(width)
