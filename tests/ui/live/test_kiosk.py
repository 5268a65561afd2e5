"""The kiosk: large type, no controls, and a key that may only predict."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.ui.admin_page import key_of
from tests.ui.asking import PHONE, Start, a_page

pytestmark = pytest.mark.browser
CONTROLS = "button:visible, select:visible, input:visible, a:visible"


@pytest.fixture
def page(filmed: Any) -> Iterator[Any]:
    yield from a_page(filmed, PHONE)


def sign_in(page: Any, key: str) -> None:
    page.click("#gate-sign-in")
    page.fill("#key", key)
    page.click("#sign-in-form [type=submit]")


def test_it_shows_who_comes_by_without_controls(page: Any, live: Start) -> None:
    server = live(local_role="none")
    page.goto(f"{server.url}/live?every=1")
    sign_in(page, key_of(server, "predict"))
    page.wait_for_selector("#headline:has-text('This is Ada Lovelace.')", timeout=30000)
    assert page.locator(CONTROLS).count() == 0
    size = page.eval_on_selector("#headline", "element => getComputedStyle(element).fontSize")
    assert float(size.removesuffix("px")) >= 32
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_a_key_that_may_do_more_is_not_left_in_it(page: Any, live: Start) -> None:
    server = live(local_role="none")
    page.goto(f"{server.url}/live?every=1")
    sign_in(page, key_of(server, "train"))
    page.wait_for_selector("#gate:has-text('a key that may only predict')")
    assert page.locator("#kiosk").is_hidden()
    assert page.eval_on_selector("#viewfinder", "video => video.srcObject") is None
