"""Data sets in the admin corner: made, filled, emptied."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from tests.support.browsing import picture
from tests.ui.admin_page import ADA, Start, at, filled, signed_in

pytestmark = pytest.mark.browser


def test_a_data_set_is_made_filled_and_emptied(page: Any, live: Start) -> None:
    server = live()
    signed_in(page, server, "train")
    at(page, server, "datasets", "Data sets")
    page.fill("input[aria-label='Create data set']", "friends")
    page.click("button:has-text('Create')")
    page.wait_for_selector("h2:has-text('friends')")
    page.fill("input[aria-label='Add class to friends']", "ada_lovelace")
    page.click("button:has-text('Add class')")
    page.wait_for_selector(".class-row:has-text('Ada Lovelace')")
    files = [
        {
            "name": f"{n}.png",
            "mimeType": "image/png",
            "buffer": picture({"stranger": (n, 9, 40, 40)}),
        }
        for n in range(9)
    ]
    wrong = {"name": "notes.txt", "mimeType": "text/plain", "buffer": b"no picture"}
    page.locator(".class-row input[type=file]").set_input_files([*files, wrong])
    page.wait_for_selector(".done:has-text('9 pictures added to Ada Lovelace.')")
    assert "notes.txt: This is not a picture" in page.inner_text(".done")
    page.click("summary:has-text('See the pictures')")
    page.wait_for_selector(".thumbnails img >> nth=8")
    page.locator(".thumbnails li").first.get_by_role("button", name="Delete").click()
    page.wait_for_selector(".thumbnails img >> nth=8", state="detached")
    page.click("button:has-text('Delete data set')")
    page.click("#sure-dialog button:has-text('Back')")
    page.click("button:has-text('Delete data set')")
    page.click("#sure-yes")
    page.wait_for_selector("#view:has-text('No data set yet.')")


def test_the_first_timer_is_led_from_nothing_to_a_training(page: Any, live: Start) -> None:
    server = live()
    server.registry.bundles.clear()
    filled(server, "half", "a", "empty")
    signed_in(page, server, "admin")
    at(page, server, "training", "Training")
    page.click("#view a:has-text('a data set')")
    page.wait_for_selector("#view h1:has-text('Data sets')")
    assert "fill two at least" in page.inner_text("#view")
    assert page.locator("button:has-text('Start training')").count() == 0
    at(page, server, "models", "Models")
    page.click("#view a:has-text('a data set')")
    page.wait_for_selector("#view h1:has-text('Data sets')")
    page.click("a.brand")
    page.wait_for_selector("#headline:has-text('No model is trained yet.')")


def test_the_keyboard_stays_where_it_was(page: Any, live: Start) -> None:
    server = live()
    filled(server, "letters", "a")
    signed_in(page, server, "admin")
    at(page, server, "datasets", "Data sets")
    page.focus("input[aria-label='Add class to letters']")
    for label in ("b", "c"):
        page.keyboard.type(label)
        page.keyboard.press("Enter")
        page.wait_for_selector(f"#done:has-text('{label.upper()} was added.')")
        page.wait_for_selector(f".class-row strong:text-is('{label.upper()}')")
        assert (
            page.evaluate("document.activeElement.getAttribute('aria-label')")
            == "Add class to letters"
        )
    page.focus("button[aria-label='Delete class C of letters']")
    page.keyboard.press("Enter")
    page.focus("#sure-yes")
    page.keyboard.press("Enter")
    page.wait_for_selector("#done:has-text('C was deleted')")
    page.wait_for_selector(".class-row strong:text-is('C')", state="detached")
    assert page.evaluate("document.activeElement.id") == "done"


def test_pictures_dropped_on_a_class_are_added_and_counted_once(page: Any, live: Start) -> None:
    server = live()
    filled(server, "letters", "a", "b")
    signed_in(page, server, "train")
    at(page, server, "datasets", "Data sets")
    drop = """([base64, where]) => {
        const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
        const transfer = new DataTransfer();
        transfer.items.add(new File([bytes], "a.png", { type: "image/png" }));
        const event = new DragEvent("drop", { bubbles: true, cancelable: true,
            dataTransfer: transfer });
        return document.querySelector(where).dispatchEvent(event);
    }"""
    data = base64.b64encode(ADA).decode()
    assert (
        page.evaluate(drop, [data, "main"]) is False
    )  # or the browser would leave for the picture
    assert page.evaluate(drop, [data, ".class-row"]) is False
    page.wait_for_selector("#done:has-text('One picture added to A.')")
    page.evaluate(drop, [data, ".class-row"])
    page.wait_for_selector("#done:has-text('No pictures added to A. There already: 1.')")
