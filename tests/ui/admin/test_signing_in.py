"""What a key adds to the page, and what is there without one."""

from __future__ import annotations

from typing import Any

import pytest

from tests.ui.admin_page import ADA, VIEWS, Start, at, key_of, signed_in

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


def test_on_a_phone_no_table_is_cut_off(page: Any, live: Start) -> None:
    server = live()
    signed_in(page, server, "admin")
    key_of(server, "predict")
    at(page, server, "keys", "Keys")
    for button in page.get_by_role("button", name="Revoke the key").all():
        box = button.bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= page.viewport_size["width"]
    dates = page.locator("[aria-label=Keys] td[data-head=Made]").all()
    assert dates and all(date.bounding_box()["height"] < 60 for date in dates)


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


def test_a_key_is_shown_once_and_can_be_revoked(page: Any, live: Start) -> None:
    server = live()
    signed_in(page, server, "admin")
    at(page, server, "keys", "Keys")
    page.fill("input[placeholder='for whom or what']", "phone")
    page.click("button:has-text('Make a key')")
    page.wait_for_selector("code.key")
    shown = page.inner_text("code.key")
    assert server.app.extensions["likeness"].keys.check(shown).role == "predict"
    row = page.locator("[aria-label=Keys] tbody tr:has-text('phone')")
    row.get_by_role("button", name="Revoke").click()
    page.click("#sure-yes")
    page.wait_for_selector("tr:has-text('phone'):has-text('revoked')")
    assert server.app.extensions["likeness"].keys.check(shown) is None
    assert page.locator("code.key").count() == 0


def test_signing_out_everywhere_ends_the_sessions_of_other_browsers(
    page: Any, live: Start, browser: Any
) -> None:
    server = live(local_role="none")
    key = key_of(server, "train")

    def enter(window: Any) -> None:
        window.goto(server.url)
        window.click("#sign-in")
        window.fill("#key", key)
        window.click("#sign-in-form [type=submit]")
        window.wait_for_selector("#sign-out-everywhere:visible")

    other = browser.new_context().new_page()
    enter(other)
    enter(page)
    page.click("#sign-out-everywhere")
    page.wait_for_selector("#sign-in:visible")
    assert page.locator("#sign-out-everywhere").is_hidden()
    other.reload()
    other.wait_for_selector("#sign-in:visible")
    other.context.close()
