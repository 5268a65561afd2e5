"""Giving pictures to the page and reading its answer. Nothing here is a test."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from typing import Any

from tests.support.browsing import Live

PHONE, DESKTOP = {"width": 390, "height": 844}, {"width": 1280, "height": 860}
TWO = {"ada_lovelace": (40, 60, 80, 100), "stranger": (250, 120, 60, 60)}
Start = Callable[..., Live]


def text64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def a_page(browser: Any, viewport: dict[str, int]) -> Iterator[Any]:
    """A fresh page; an exception in its scripts fails the test."""
    context = browser.new_context(viewport=viewport)
    opened_page = context.new_page()
    wrong: list[str] = []
    opened_page.on("pageerror", lambda error: wrong.append(str(error)))
    opened_page.on(
        "console",
        lambda message: (
            wrong.append(message.text) if "Content Security Policy" in message.text else None
        ),
    )
    yield opened_page
    context.close()
    assert not wrong, wrong


def give(page: Any, data: bytes, name: str = "a.png") -> None:
    page.set_input_files("#file", {"name": name, "mimeType": "image/png", "buffer": data})


def settled(page: Any, tone: str) -> str:
    """The headline, once the answer has this tone."""
    page.wait_for_selector(f"#answer[data-tone={tone}]", timeout=30000)
    return str(page.inner_text("#headline"))


def opened(page: Any, live: Live) -> None:
    page.goto(live.url)
    page.wait_for_selector("#cards .card")


def rows(page: Any) -> list[list[str]]:
    return [
        [row.locator("th").inner_text(), row.locator(".number").inner_text()]
        for row in page.locator(".scores tbody tr").all()
    ]
