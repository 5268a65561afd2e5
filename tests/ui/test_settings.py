"""Settings: the language, who is signed in, and keys."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from tests.ui.admin_page import Start, key_of, signed_in

pytestmark = pytest.mark.browser


def test_a_key_is_shown_once_replaced_and_revoked(anywhere: Any, live: Start) -> None:
    page, server = anywhere, live()
    keys = server.app.extensions["likeness"].keys
    signed_in(page, server, "admin", "/")
    page.goto(f"{server.url}/settings")
    page.fill(".maker input[type=text]", "phone <b>")
    page.click(".maker [type=submit]")
    page.wait_for_selector("code.key")
    first = page.inner_text("code.key")
    assert keys.check(first).role == "predict"
    row = page.locator(".keys li:has-text('phone <b>')")
    row.get_by_role("button", name="Replace").click()
    page.click("#sure-yes")
    page.wait_for_selector(f"code.key:not(:has-text('{first}'))")
    second = page.inner_text("code.key")
    assert keys.check(first) is None and keys.check(second) is not None
    row.get_by_role("button", name="Revoke").click()
    page.click("#sure-yes")
    page.wait_for_selector(".toast:has-text('phone <b> was revoked')")
    assert keys.check(second) is None
    page.wait_for_selector("code.key", state="detached")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_a_key_for_compreface_is_about_one_model(page: Any, live: Start) -> None:
    server = live()
    signed_in(page, server, "admin", "/")
    page.goto(f"{server.url}/settings")
    page.fill(".maker input[type=text] >> nth=0", "the old client")
    page.fill(".maker input[type=text] >> nth=1", "colours")
    page.click(".maker [type=submit]")
    page.wait_for_selector("code.key")
    text = page.inner_text("code.key")
    assert str(uuid.UUID(text)) == text
    key = server.app.extensions["likeness"].keys.check(text)
    assert (key.role, key.model) == ("predict", "colours")
    page.wait_for_selector(".keys li:has-text('the old client'):has-text('CompreFace, colours')")


def test_whoever_is_no_admin_sees_no_keys(page: Any, live: Start) -> None:
    server = live(local_role="none")
    page.goto(f"{server.url}/settings")
    page.wait_for_selector("#session-words:has-text('Nobody is signed in.')")
    page.click("#session-actions button")
    page.fill("#key", key_of(server, "train"))
    page.click("#sign-in-form [type=submit]")
    page.wait_for_selector("#session-words:has-text('the train')")
    assert page.locator("#keys").is_hidden()


def test_signing_out_everywhere_ends_the_sessions_of_other_browsers(
    page: Any, live: Start, browser: Any
) -> None:
    server = live(local_role="none")
    key = key_of(server, "train")

    def enter(window: Any) -> None:
        window.goto(f"{server.url}/settings")
        window.click("#sign-in")
        window.fill("#key", key)
        window.click("#sign-in-form [type=submit]")
        window.wait_for_selector("#sign-out-everywhere")

    other = browser.new_context().new_page()
    enter(other)
    enter(page)
    page.click("#sign-out-everywhere")
    page.wait_for_selector("#sign-in:visible")
    assert page.locator("#sign-out-everywhere").count() == 0
    other.reload()
    other.wait_for_selector("#sign-in:visible")
    other.context.close()


def test_the_language_is_chosen_and_kept(page: Any, live: Start) -> None:
    server = live()
    page.goto(f"{server.url}/settings")
    page.click("button:has-text('Deutsch')")
    page.wait_for_selector("h1:has-text('Einstellungen')")
    page.goto(server.url)
    page.wait_for_selector("#headline:has-text('Wer ist das?')")
