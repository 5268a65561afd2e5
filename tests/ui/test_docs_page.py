"""The documentation of the API in a real browser: it fits, it works, and it asks nobody else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("width", [390, 1280])
def test_the_docs_page_fits_a_phone_and_asks_nobody_else(
    live: Callable[..., Any], browser: Any, width: int
) -> None:
    service = live()
    page = browser.new_page(viewport={"width": width, "height": 860})
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{service.url}/api/docs")
    assert page.evaluate("document.documentElement.scrollWidth") == width
    missing = """[...document.querySelectorAll('a[href^="#"]')]
        .map(link => link.hash.slice(1)).filter(name => !document.getElementById(name))"""
    assert page.evaluate(missing) == []
    page.wait_for_selector("#page-head .brand")
    page.locator("details").first.click()
    assert '"probability"' in page.locator("details[open] pre").first.inner_text()
    page.close()
    names = {url.removeprefix(service.url).partition("?")[0] for url in asked}
    ours = ("/js/", "/languages/", "/vendor/")
    assert {name for name in names if not name.startswith(ours)} <= {
        "/api/docs",
        "/api/docs.css",
        "/api/session",
        "/design.css",
        "/logo.svg",
    }
