"""What a key adds to the page, and what is there without one."""

from __future__ import annotations

from typing import Any

import pytest

from tests.ui.admin_page import ADA, SCREENS, Start, key_of, signed_in

pytestmark = pytest.mark.browser


def test_without_a_key_there_is_only_a_way_in(page: Any, live: Start) -> None:
    page.goto(f"{live().url}/models")
    page.wait_for_selector("#gate")
    assert page.locator("#screen").is_hidden()
    page.click("#gate-sign-in")
    page.fill("#key", "lk_wrong_key")
    page.click("#sign-in-form [type=submit]")
    page.wait_for_selector("#sign-in-note:has-text('The key is not valid')")


@pytest.mark.parametrize("role", ["train", "admin"])
def test_a_role_sees_what_it_may_use(page: Any, live: Start, role: str) -> None:
    server = live()
    signed_in(page, server, role, "/models")
    page.wait_for_selector("#models .panel")
    for screen in SCREENS[role]:
        page.goto(f"{server.url}/{screen}")
        page.wait_for_selector("#screen:not([hidden])")
        page.wait_for_load_state("networkidle")
        assert page.locator("#gate").count() == 0, screen
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), screen
    page.goto(f"{server.url}/activity")
    page.wait_for_selector("#gate" if role == "train" else "#screen:not([hidden])")
    page.click("#sign-out")
    page.wait_for_selector("#sign-out", state="hidden")
    page.wait_for_selector("#gate")
    page.wait_for_load_state("networkidle")


def test_without_the_role_nobody_is_asked_for_corrections(page: Any, live: Start) -> None:
    page.goto(live().url)
    page.wait_for_selector("#cards .card")
    page.set_input_files("#file", {"name": "a.png", "mimeType": "image/png", "buffer": ADA})
    page.wait_for_selector("#answer[data-tone=good]")
    assert page.locator(".corrections").count() == 0
    assert page.locator("#screens [data-screen=models]").count() == 0


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
