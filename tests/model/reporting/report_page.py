"""Reading a report's page, and reports made by hand. Nothing here is a test."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from types import SimpleNamespace
from typing import Any

import numpy as np

VOID = {"meta", "img", "br", "link"}


class Reader(HTMLParser):
    """Checks that every element is closed in turn, and gathers elements, attributes and text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open[-1:] != ["style"]:
            self.text += data


def check_alone(html: str) -> Reader:
    """The page loads nothing: no script, no address but data."""
    read = Reader(html)
    assert not {"script", "link", "iframe", "object", "embed"} & set(read.tags)
    for name, value in read.attributes:
        assert not name.startswith("on")
        if name in ("src", "href", "xlink:href"):
            assert (value or "").startswith(("data:image/", "#")), value
    assert not re.search(r"@import|url\((?!#)|https?://", html)
    return read


def many_classes(count: int) -> dict[str, Any]:
    names = [f"class {i}" for i in range(count)]
    return {
        "truths": names,
        "labels": [*names, "(none)"],
        "matrix": np.eye(count, count + 1).astype(int).tolist(),
    }


def as_report(data: dict[str, Any]) -> Any:
    """Plain data with the attributes of a report, as far as it has them."""
    figures = dict(data["figures"])
    rows = {label: SimpleNamespace(**row) for label, row in figures.pop("per_class").items()}
    confusion = SimpleNamespace(**figures.pop("confusion", {}))
    named = {**data, "figures": SimpleNamespace(**figures, per_class=rows, confusion=confusion)}
    acceptance = SimpleNamespace(**data["facts"]["acceptance"]) if "facts" in data else None
    named["facts"] = SimpleNamespace(acceptance=acceptance)
    for key in ("near_copies", "recipe"):
        named[key] = SimpleNamespace(**data.get(key, {}))
    return SimpleNamespace(**named)


GOOD = {"pictures": 50, "correct": 48, "recall": 0.96, "precision": 0.96, "f1": 0.96}
