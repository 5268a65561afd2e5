"""The head of every screen and what it says in which language."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.live import Serve
from tests.ui.admin_page import signed_in
from tests.ui.asking import PHONE, Start, a_page, opened

pytestmark = pytest.mark.browser


def test_the_head_shows_what_a_person_may_use(page: Any, live: Start) -> None:
    server = live()
    opened(page, server)
    assert page.locator("#screens [data-screen=models]").count() == 0
    signed_in(page, server, "train", "/")
    page.wait_for_selector("#screens [data-screen=models]")
    assert page.get_attribute("#screens [data-screen=recognise]", "aria-current") == "page"


def test_on_a_phone_the_menu_stays_beside_the_brand(browser: Any, live: Start) -> None:
    """Also where the model's name and a way out want to stand there."""
    for page in a_page(browser, PHONE):
        signed_in(page, live(), "admin", "/")
        page.wait_for_selector(".top-end .chip:visible")
        brand, menu = (page.locator(part).bounding_box() for part in (".brand", ".menu"))
        assert menu["y"] < brand["y"] + brand["height"]


def test_on_a_phone_the_screens_are_behind_a_button(browser: Any, live: Start) -> None:
    for page in a_page(browser, PHONE):
        opened(page, live())
        link = page.locator("#screens [data-screen=recognise]")
        assert link.is_hidden()
        page.click("button.menu")
        assert link.is_visible()
        page.keyboard.press("Escape")
        assert link.is_hidden()
        assert page.evaluate("document.activeElement.matches('.menu')")


def test_the_language_is_the_browsers(browser: Any, live: Start) -> None:
    context = browser.new_context(locale="de-AT")
    page = context.new_page()
    page.goto(live().url)
    page.wait_for_selector("#screens a:has-text('Erkennen')")
    assert page.get_attribute("html", "lang") == "de"
    page.evaluate("localStorage.setItem('likeness-language', 'en')")
    page.reload()
    page.wait_for_selector("#screens a:has-text('Recognise')")
    assert page.get_attribute("html", "lang") == "en"
    context.close()


def test_a_screen_has_no_ending(page: Any, live: Start, nginx: Serve) -> None:
    server = live()
    for url in (server.url, nginx(f"127.0.0.1:{server.port}")):
        for path in ("/models", "/models.html"):
            answer = page.goto(url + path)
            assert answer.status == 200
            assert answer.headers["content-type"] == "text/html; charset=utf-8"
            page.wait_for_selector("#gate")
