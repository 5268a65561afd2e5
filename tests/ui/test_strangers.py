"""The screen of people nobody knows. Every square of yellow is a stranger of its own here."""

from __future__ import annotations

from typing import Any

import pytest

from data_cleaning.datasets.dataset import Dataset
from tests.support.browsing import Live, picture
from tests.support.patches import Patches
from tests.ui.admin_page import Start, signed_in

pytestmark = pytest.mark.browser
HOSTILE = "<img src=x onerror=alert(1)>"


def with_strangers(page: Any, live: Start, count: int) -> Live:
    """The screen, signed in as an administrator, with so many groups of one face."""
    server = live(keep_pictures_days=7)
    client, service = server.app.test_client(), server.app.extensions["likeness"]
    for number in range(count):
        data = picture({"stranger": (30 + 40 * number, 60, 80, 80)})
        client.post("/api/predict", data=data, content_type="image/png")
        service.keeper.settle()
    signed_in(page, server, "admin", "/")
    page.goto(f"{server.url}/strangers")
    if count:
        page.wait_for_selector(f".stranger:nth-child({count})")
        page.wait_for_selector("#summary:not(:has-text('looked at'))")
    return server


def undone(page: Any, count: int) -> None:
    page.click("#toasts button:has-text('Undo')")
    page.wait_for_selector(f".stranger:nth-child({count})")


@pytest.mark.parametrize(
    ("typed", "label"),
    [
        ("ada lovelace", "ada_lovelace"),
        (HOSTILE, HOSTILE.replace(" ", "_")),
        ("مرحبا", "مرحبا"),
        ("w" * 60, "w" * 60),
    ],
    ids=["known", "markup", "right-to-left", "long"],
)
def test_a_name_is_saved_and_taken_back(page: Any, live: Start, typed: str, label: str) -> None:
    server = with_strangers(page, live, 2)
    card = page.locator(".stranger").first
    card.locator("input[type=text]").fill(typed)
    assert card.locator("text=New person").is_visible() == (label != "ada_lovelace")
    page.keyboard.press("Enter")
    page.wait_for_selector("#toasts .toast")
    assert "for the next training" in page.inner_text("#toasts")
    assert page.locator("#toasts img").count() == 0
    assert page.locator(".stranger").count() == 1
    root = server.app.extensions["likeness"].settings.datasets / "colours"
    assert len(Dataset(root).pictures(label)) == 1
    undone(page, 2)
    assert not (root / label).exists()


def test_two_groups_become_one_and_a_face_is_taken_out(page: Any, live: Start) -> None:
    with_strangers(page, live, 3)
    for number in (0, 1):
        page.locator(".stranger [type=checkbox]").nth(number).check()
    assert "2 chosen" in page.inner_text("#act-bar")
    page.click("#act-bar button:has-text('They are one person')")
    page.wait_for_selector(".stranger:has-text('seen 2 times')")
    assert page.locator(".stranger").count() == 2
    undone(page, 3)
    for number in (0, 1):
        page.locator(".stranger [type=checkbox]").nth(number).check()
    page.click("#act-bar button:has-text('They are one person')")
    page.click(".stranger:has-text('seen 2 times') .stranger-faces")
    out = page.locator("dialog button:has-text('take out')")
    faces = page.locator("dialog .all-faces button")
    assert out.is_disabled()
    faces.first.click()
    faces.last.click()
    assert out.is_disabled(), "one has to stay"
    faces.last.click()
    out.click()
    page.wait_for_selector(".stranger:nth-child(3)")
    page.click("#toasts button:has-text('Undo')")
    page.wait_for_selector(".stranger:has-text('seen 2 times')")


def test_who_is_ignored_can_be_shown_again(page: Any, live: Start) -> None:
    with_strangers(page, live, 2)
    page.locator(".stranger button:has-text('Never tell me')").first.click()
    page.wait_for_selector("#toasts .toast")
    assert page.locator(".stranger").count() == 1
    undone(page, 2)
    page.locator(".stranger button:has-text('Never tell me')").first.click()
    page.click("#ignored summary:has-text('One person is ignored')")
    page.click("#ignored button:has-text('Show again')")
    page.wait_for_selector(".stranger:nth-child(2)")
    assert page.locator("#ignored").is_hidden()


def test_the_keyboard_is_enough(page: Any, live: Start) -> None:
    with_strangers(page, live, 1)
    page.locator(".stranger-faces").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("dialog[open] .face-picture")
    page.keyboard.press("Escape")
    page.keyboard.press("Tab")
    page.keyboard.type("grace")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector("#toasts .toast:has-text('Grace')")


def test_what_has_to_be_set_is_said(page: Any, live: Start) -> None:
    server = live(Patches())
    signed_in(page, server, "admin", "/")
    page.goto(f"{server.url}/strangers")
    page.wait_for_selector("#nothing :text('LIKENESS_KEEP_PICTURES_DAYS')")


def test_an_empty_screen_says_for_how_long(page: Any, live: Start) -> None:
    with_strangers(page, live, 0)
    page.wait_for_selector("#nothing :text('for the 7 days')")
