"""What a key adds to the page, and what is there without one."""

from __future__ import annotations

from typing import Any

import pytest

from tests.ui.admin_page import ADA, VIEWS, Start, key_of, signed_in

pytestmark = pytest.mark.browser


def test_without_a_key_there_is_only_a_way_in(page: Any, live: Start) -> None:
    server = live()
    page.goto(f"{server.url}/admin.html")
    page.wait_for_selector("#gate:not([hidden])")
    assert page.locator("#tabs").is_hidden()
    page.click("#gate-sign-in")
    page.fill("#key", "lk_wrong_key")
    page.click("#sign-in-form [type=submit]")
    page.wait_for_selector("#sign-in-note:has-text('The key is not valid')")


@pytest.mark.parametrize("role", ["train", "admin"])
def test_a_role_sees_what_it_may_use(page: Any, live: Start, role: str) -> None:
    server = live()
    signed_in(page, server, role)
    page.wait_for_selector("#view h1")
    tabs = page.eval_on_selector_all(
        "#tabs a:not([hidden])", "all => all.map((tab) => tab.hash.slice(1))"
    )
    assert tabs == VIEWS[role]
    for view in tabs:
        page.goto(f"{server.url}/admin.html#{view}")
        page.wait_for_selector("#view h1")
        page.wait_for_selector("#view[aria-busy=false]")
        assert page.locator("#trouble").is_hidden(), view
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), view
    page.click("#sign-out")
    page.wait_for_selector("#gate:not([hidden])")
    assert page.locator("#view").inner_text() == ""


def test_without_the_role_nobody_is_asked_for_corrections(page: Any, live: Start) -> None:
    page.goto(live().url)
    page.wait_for_selector("#cards .card")
    page.set_input_files("#file", {"name": "a.png", "mimeType": "image/png", "buffer": ADA})
    page.wait_for_selector("#answer[data-tone=good]")
    assert page.locator(".corrections").count() == 0
    assert page.locator("#screens [data-screen=admin]").count() == 0


def test_a_server_that_asks_for_a_key_gets_one(page: Any, live: Start) -> None:
    server = live(local_role="none")
    page.goto(server.url)
    page.wait_for_selector("#answer[data-tone=trouble]")
    assert page.inner_text("#headline") == "This server asks for a key."
    page.click("#remedies button")
    page.fill("#key", key_of(server, "predict"))
    page.click("#sign-in-form [type=submit]")
    page.wait_for_selector("#cards .card")
    assert page.inner_text("#headline") == "Who is it?"
    page.set_input_files("#file", {"name": "a.png", "mimeType": "image/png", "buffer": ADA})
    page.wait_for_selector("#answer[data-tone=good]")
