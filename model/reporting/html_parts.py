"""The pieces that a report's page is put together from: cards, tables, bars.

Values to HTML text, nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from html import escape
from typing import Any

MOST_ROWS = 14  # classes; more than that are folded away


def card(title: str, body: str, text: str = "", kind: str = "") -> str:
    explained = f"<p class=text>{text}</p>" if text else ""
    return f'<section class="card {kind}"><h2>{title}</h2>{explained}{body}</section>'


def tiles(told: Iterable[tuple[str, str, str]]) -> str:
    """A strip of figures: each a heading, a value and what it means."""
    cells = (
        f"<div class=tile><h2>{name}</h2><b>{value}</b><p>{escape(text)}</p></div>"
        for name, value, text in told
    )
    return f"<div class=tiles>{''.join(cells)}</div>"


def usual_tiles(figures: dict[str, Any]) -> list[tuple[str, str, str]]:
    """The tiles that end every strip: calibration and time, where they are known."""
    told = []
    if figures["ece"] is not None:
        told.append(
            (
                "Calibration error",
                share(figures["ece"]),
                "how far stated probabilities are off on average",
            )
        )
    if figures["seconds_per_picture"]:
        took = f"{1000 * figures['seconds_per_picture']:.0f} ms"
        told.append(("Time", took, "a picture, from its bytes to its answer"))
    return told


def grid(*cards: Callable[[dict[str, Any]], str], of: dict[str, Any]) -> str:
    """Cards side by side where there is room; those that have nothing to show are left out."""
    return f"<div class=pair>{''.join(one(of) for one in cards)}</div>"


def figure(svg: str) -> str:
    return f"<div class=figure>{svg}</div>"


def table(head: Sequence[str], rows: Iterable[Sequence[str]], kind: str = "scroll") -> str:
    top = "".join(f"<th>{name}</th>" for name in head)
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return (
        "<div"
        f' class="{kind}"><table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>'
    )


def classes(head: Sequence[str], rows: Sequence[Sequence[str]], text: str) -> str:
    """The table of all classes; where there are many, all but ten are folded away: the rows should
    say which.
    """
    if len(rows) <= MOST_ROWS:
        return card("Class by class", table(head, rows, "scroll wide"), text)
    folded = (
        f"<summary>Show the other {len(rows) - 10}</summary>{table(head, rows[10:], 'scroll wide')}"
    )
    return card(
        "Class by class",
        f"{table(head, rows[:10], 'scroll wide')}<details>{folded}</details>",
        text,
    )


def bullets(sentences: Iterable[str]) -> str:
    return f"<ul>{''.join(f'<li>{escape(text)}</li>' for text in sentences)}</ul>"


def bar(part: float | None, text: str | None = None) -> str:
    """A bar of a share between 0 and 1, and the share in figures, or another text."""
    width = f"{100 * (part or 0.0):.1f}%"
    return (
        f'<span class=bar><i style="width:{width}"></i></span><span'
        f" class=value>{text or share(part)}</span>"
    )


def share(value: float | None) -> str:
    """A share between 0 and 1 in per cent; a dash where there is none."""
    if value is None:
        return "–"
    return f"{value:.1%}" if 0 < value < 0.9995 else f"{value:.0%}"


def words(name: str) -> str:
    """A name of the program as words."""
    return name.replace("_", " ")
