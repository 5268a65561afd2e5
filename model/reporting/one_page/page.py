"""What stands on the page: what a model knows, how good it is, and on what that was measured.

Everything comes from the report's plain data; nothing is computed that it does not hold.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Sequence

import matplotlib

from data_cleaning.json_types import JsonObject
from data_cleaning.version import VERSION
from model.reporting.compared import ComparedRow, compared_rows
from model.reporting.html_report import share, title_of, weakest_first, words
from model.reporting.one_page.sheet import (
    ACCENT,
    ACCENT_SOFT,
    BAD,
    BAD_SOFT,
    BAR,
    HEIGHT,
    INK,
    LINE,
    MARGIN,
    OTHER,
    PANEL,
    QUIET,
    WIDTH,
    Sheet,
    Style,
)

INNER = WIDTH - 2 * MARGIN
GAP = 22.0
COLUMN = (INNER - GAP) / 2
RIGHT = MARGIN + COLUMN + GAP
MOST_CLASSES = 14
LEAD, KICKER = Style(8.5, QUIET), Style(8, ACCENT, "bold")
HEAD, BODY, SMALL = Style(10.5, weight="bold"), Style(8), Style(7, QUIET)
FIGURE, NUMBER = Style(16, weight="bold"), Style(8, align="right")


def one_page(report: JsonObject) -> bytes:
    """A report, as `report.json` holds it, as a PDF of one page of A4."""
    with matplotlib.rc_context({"pdf.fonttype": 42}), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of characters that no font has
        logging.getLogger("fontTools.subset").setLevel(logging.ERROR)
        sheet = Sheet()
        y = _head(sheet, report)
        y = _tiles(sheet, report, y)
        left = _advice(sheet, report, _classes(sheet, report, y) + 14)
        right = _chart(sheet, report, _compared(sheet, report, y) + 14)
        _facts(sheet, report, max(left + 6, right + 6, HEIGHT - 160))
        return sheet.pdf(title_of(report), f"Likeness {VERSION}")


def _head(sheet: Sheet, report: JsonObject) -> float:
    """Who it is about, and the verdict; where the next part begins."""
    sheet.text(MARGIN, 52, "Likeness report", KICKER)
    title, style = title_of(report), _title_style(title_of(report))
    y = sheet.lines(MARGIN, 76, style.wrap(title, INNER, 2), style)
    y = sheet.lines(MARGIN, y - 0.4 * style.size, LEAD.wrap(_subtitle(report), INNER, 2), LEAD) + 2
    verdict = report.get("verdict")
    if not verdict:
        return y + 6
    colour, ground = (ACCENT, ACCENT_SOFT) if verdict["fit"] else (BAD, BAD_SOFT)
    style = Style(9.5, INK if verdict["fit"] else BAD)
    lines = style.wrap(verdict["sentence"], INNER - 28, 5)
    height = 16 + style.leading * len(lines)
    sheet.panel(MARGIN, y, INNER, height, ground)
    sheet.rectangle(MARGIN, y, 3, height, colour)
    sheet.lines(MARGIN + 14, y + 8 + style.size, lines, style)
    return y + height + 14


def _title_style(title: str) -> Style:
    """The largest in which all of it fits into two lines; a model's name may have 64 letters."""
    for size in (20.0, 16.0, 13.0):
        style = Style(size, weight="bold")
        if "".join(style.wrap(title, INNER, 2)).replace(" ", "") == title.replace(" ", ""):
            break
    return style


def _subtitle(report: JsonObject) -> str:
    figures, facts = report["figures"], report["facts"]
    parts = [
        f"{figures['pictures']} pictures of {len(figures['per_class'])} classes",
        f"recipe {report['recipe']['name']}",
    ]
    if facts.get("classifier"):
        parts.append(f"classifier {words(facts['classifier'])}")
    if facts.get("trained"):
        parts.append(f"trained {facts['trained'][:10]}")
    return " · ".join(parts)


def _tiles(sheet: Sheet, report: JsonObject, y: float) -> float:
    tiles = _tile_texts(report)
    width = (INNER - 8 * (len(tiles) - 1)) / len(tiles)
    for number, (name, value, text) in enumerate(tiles):
        x = MARGIN + number * (width + 8)
        sheet.panel(x, y, width, 62, PANEL)
        sheet.text(x + 9, y + 15, SMALL.fit(name, width - 16), SMALL)
        sheet.text(x + 9, y + 35, FIGURE.fit(value, width - 16), FIGURE)
        small = Style(6.2, QUIET)
        sheet.lines(x + 9, y + 46, small.wrap(text, width - 16, 2), small)
    return y + 62 + 26


def _tile_texts(report: JsonObject) -> list[tuple[str, str, str]]:
    """At most five: name, figure, and what it is of."""
    figures, chart = report["figures"], report.get("unknown")
    low, high = figures["accuracy_interval"] or (0.0, 1.0)
    tiles = [
        ("Right answers", share(figures["accuracy"]), f"95% sure from {low:.0%} to {high:.0%}"),
    ]
    test = figures.get("held_out_test")
    if test:
        of = test["figures"]
        tiles.append(("On the test", share(of["accuracy"]), f"of {of['pictures']} set aside"))
    if figures.get("mean_average_precision") is not None:
        precision = f"{figures['mean_average_precision']:.3f}"
        tiles.append(("Average precision", precision, "of 1, over the classes"))
    if chart and chart["chosen"][0] is not None:
        expected = "expected from " if chart["basis"].startswith("how alike") else "measured on "
        tiles.append(("Strangers named", share(chart["chosen"][0]), expected + chart["basis"]))
    tiles.append(("Nothing found", share(figures["failure_to_acquire"]), "of the pictures"))
    if figures.get("ece") is not None:
        error = "how far stated probabilities are off"
        tiles.append(("Calibration error", share(figures["ece"]), error))
    if figures.get("seconds_per_picture"):
        time = f"{1000 * figures['seconds_per_picture']:.0f} ms"
        tiles.append(("Time", time, "a picture, bytes to answer"))
    return tiles[:5]


def _classes(sheet: Sheet, report: JsonObject, y: float) -> float:
    per_class = report["figures"]["per_class"]
    several = len(per_class) > MOST_CLASSES
    shown = weakest_first(report)[: MOST_CLASSES - 1] if several else list(per_class)
    sheet.text(MARGIN, y, "What it knows", HEAD)
    said = "weakest first; right of its pictures" if several else "right of its pictures"
    sheet.text(MARGIN, y + 12, said, SMALL)
    y += 28
    for label in shown:
        row = per_class[label]
        sheet.text(MARGIN, y, BODY.fit(label, 124), BODY)
        sheet.bar(MARGIN + 130, y - 2.8, 66, row["recall"], ACCENT)
        counts = f"{row['correct']} of {row['pictures']}"
        sheet.text(MARGIN + COLUMN, y, counts, NUMBER)
        y += 15
    if several:
        sheet.text(
            MARGIN, y, f"and {len(per_class) - len(shown)} more, each at least as well", SMALL
        )
        y += 15
    return y


def _compared(sheet: Sheet, report: JsonObject, y: float) -> float:
    rows = compared_rows(report)
    sheet.text(RIGHT, y, "Compared with", HEAD)
    sheet.text(RIGHT, y + 12, "right answers of all pictures", SMALL)
    y += 28
    for row in rows:
        y = _compared_row(sheet, row, y)
    return y


def _compared_row(sheet: Sheet, row: ComparedRow, y: float) -> float:
    name = Style(8, QUIET) if row.kind == "quoted" else BODY
    lines = name.wrap(row.name + (" (quoted)" if row.kind == "quoted" else ""), 128, 2)
    sheet.lines(RIGHT, y, lines, Style(8, name.colour))
    colour = ACCENT if row.kind == "own" else BAR
    sheet.bar(RIGHT + 136, y - 2.8, 66, row.accuracy or 0.0, colour)
    sheet.text(RIGHT + COLUMN, y, share(row.accuracy), NUMBER)
    return y + 15 + 9.5 * (len(lines) - 1)


def _advice(sheet: Sheet, report: JsonObject, y: float) -> float:
    """At most four sentences of what can be done."""
    sentences: Sequence[str] = report["advice"] or [
        "Nothing stands out: no class is short of pictures, none is missed more than the others."
    ]
    sheet.text(MARGIN, y + 10, "What you can do", HEAD)
    y += 28
    for sentence in sentences[:4]:
        sheet.text(MARGIN, y, "•", Style(8, OTHER))
        y = sheet.lines(MARGIN + 10, y, BODY.wrap(sentence, COLUMN - 10, 5), BODY) + 3
    return y


def _chart(sheet: Sheet, report: JsonObject, y: float) -> float:
    """Strangers against known ones, else how more pictures help; nothing where neither is known."""
    chart, learning = report.get("unknown"), report.get("learning")
    if chart and chart["curve"]:
        sheet.text(RIGHT, y + 10, "Strangers named against known missed", HEAD)
        axes = sheet.axes(RIGHT + 26, y + 24, COLUMN - 32, 108)
        axes.step(*zip(*chart["curve"], strict=True), where="post", color=ACCENT, linewidth=1.4)
        axes.set_xscale("symlog", linthresh=0.01, linscale=0.5)
        axes.set_xticks([0, 0.01, 0.1, 1], ["0%", "1%", "10%", "100%"])
        axes.minorticks_off()
        if chart["chosen"][0] is not None:
            axes.scatter(
                [chart["chosen"][0]],
                [chart["chosen"][1]],
                s=22,
                color=OTHER,
                zorder=4,
                clip_on=False,
            )
        top = max(0.1, min(1.0, 1.1 * max(missed for _, missed in chart["curve"])))
        axes.set(xlim=(0, 1), ylim=(0, top))
        said = "across: strangers given a name; up: known missed; dot: the threshold"
    elif learning and learning["curve"]:
        sheet.text(RIGHT, y + 10, "Would more pictures help?", HEAD)
        axes = sheet.axes(RIGHT + 26, y + 24, COLUMN - 32, 108)
        pairs = [(point["pictures"], point["score"]) for point in learning["curve"]]
        axes.plot(*zip(*pairs, strict=True), color=ACCENT, marker="o", markersize=3, linewidth=1.4)
        axes.set_ylim(max(0.0, min(score for _, score in pairs) - 0.1), 1.01)
        said = "across: pictures of each class learnt from; up: right names"
    else:
        return y
    axes.yaxis.set_major_formatter(lambda value, _: f"{100 * value:.4g}%")
    small = Style(6.5, QUIET)
    return sheet.lines(RIGHT, y + 154, small.wrap(said, COLUMN, 2), small)


def _facts(sheet: Sheet, report: JsonObject, y: float) -> None:
    """On what it was measured, and what of the pictures the model holds."""
    sheet.rule(MARGIN, y, INNER)
    y += 16
    style, name = Style(7, INK), Style(7, QUIET)
    for key, value in _fact_texts(report):
        sheet.text(MARGIN, y, key, name)
        y = sheet.lines(MARGIN + 84, y, style.wrap(value, INNER - 84, 3), style) + 1.5
    sheet.rectangle(MARGIN, HEIGHT - 34, INNER, 0.6, LINE)
    foot = Style(6.5, QUIET)
    sheet.text(MARGIN, HEIGHT - 23, foot.fit(_foot(report), INNER), foot)


def _fact_texts(report: JsonObject) -> list[tuple[str, str]]:
    facts, recipe, origin = report["facts"], report["recipe"], report.get("origin") or {}
    steps = [recipe["detector"], recipe["crop"], *recipe["features"]]
    measured = (
        "The saved model answered pictures that it may have learnt from."
        if report["kind"] == "evaluation"
        else "Every picture was answered by a model that had not seen it or a near copy of it."
    )
    rows = [("Measured how", measured)]
    digest = facts.get("data_sha256") or origin.get("data_sha256")
    if digest:
        data = facts.get("dataset") or origin.get("dataset", "")
        rows.append(("On what", f"data set {data}, sha256 {digest[:16]}…"))
    rows.append(("Recipe", " → ".join(step["name"] for step in steps)))
    accepted = facts.get("acceptance")
    if accepted and "thresholds" not in report:
        rows.append(
            (
                "Threshold",
                f"{accepted['score']} of {accepted['threshold']:.3f} or more, from"
                f" {accepted['basis'] or 'nothing: nobody is refused'}",
            )
        )
    if facts.get("holds"):
        rows.append(("What it holds", facts["holds"]))
    return rows


def _foot(report: JsonObject) -> str:
    origin = report.get("origin") or {}
    version = f" version {origin['version']}" if origin.get("version") else ""
    machine = f", measured on {report['machine']}" if report.get("machine") else ""
    return f"{report['name']}{version}{machine}. Made by Likeness {origin.get('program', VERSION)}."
