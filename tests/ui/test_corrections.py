"""Correcting an answer: nothing is sent before Save, it can be taken back, and it is remembered."""

from __future__ import annotations

from typing import Any

import pytest

from server.datasets.managed_datasets import Datasets
from tests.support.browsing import Live, picture
from tests.ui.asking import Start, give, opened, settled

pytestmark = pytest.mark.browser
BOTH = picture({"ada_lovelace": (40, 60, 80, 100), "grace_hopper": (260, 60, 80, 100)})
ADA = picture({"ada_lovelace": (40, 60, 80, 100)})


def asked(page: Any, live: Start, data: bytes) -> Live:
    server = live(local_role="train")
    Datasets(server.app.extensions["likeness"].settings.datasets).create("colours")
    opened(page, server)
    give(page, data)
    settled(page, "good")
    return server


def corrections(live: Live) -> list[tuple[str, str | None]]:
    with live.app.extensions["likeness"].store.read() as connection:
        rows = connection.exec_driver_sql("SELECT action, label FROM corrections ORDER BY id")
        return [tuple(row) for row in rows]


def test_arrow_keys_choose_and_only_save_sends(anywhere: Any, live: Start) -> None:
    server = asked(anywhere, live, ADA)
    anywhere.focus(".corrections select")
    for _ in range(2):
        anywhere.keyboard.press("ArrowDown")
    anywhere.wait_for_timeout(300)
    assert corrections(server) == []
    assert anywhere.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    anywhere.click(".corrections button:text-is('Save')")
    anywhere.wait_for_selector(".corrections:has-text('Thank you, the next training learns')")
    assert len(corrections(server)) == 1
    anywhere.click(".corrections button:text-is('Undo')")
    anywhere.wait_for_selector(".corrections:has-text('It was taken back.')")
    assert corrections(server) == []
    assert anywhere.locator(".corrections select").is_enabled()


def test_what_was_said_of_a_face_is_there_when_one_comes_back(page: Any, live: Start) -> None:
    asked(page, live, BOTH)
    page.click(".corrections button:has-text('Yes, Ada Lovelace')")
    page.wait_for_selector(".corrections:has-text('Thank you')")
    page.click("#regions .chip[data-region='1']")
    page.select_option(".corrections select", label="Zoë-Faraday")
    page.click("#regions .chip[data-region='0']")
    assert "Thank you" in page.inner_text(".corrections")
    page.click("#regions .chip[data-region='1']")
    assert page.locator(".corrections select").input_value() == "zoë-faraday"
    page.click(".corrections button:text-is('Save')")
    page.wait_for_selector(".corrections:has-text('as zoë-faraday')")


def test_somebody_new_gets_a_class(page: Any, live: Start) -> None:
    server = asked(page, live, ADA)
    page.select_option(".corrections select", label="New person …")
    assert page.locator(".corrections button:text-is('Save')").is_disabled()
    page.fill(".corrections input[type=text]", "Mary Ann Evans")
    page.keyboard.press("Enter")
    page.wait_for_selector(
        ".corrections:has-text('as mary_ann_evans. The class mary_ann_evans is new there.')"
    )
    assert corrections(server) == [("is", "mary_ann_evans")]


def test_a_data_set_is_not_made_without_a_yes(page: Any, live: Start) -> None:
    server = live(local_role="train")
    opened(page, server)
    give(page, ADA)
    settled(page, "good")
    page.click(".corrections button:has-text('Yes, Ada')")
    page.wait_for_selector("#sure-dialog[open]:has-text('There is no data set')")
    page.click("#sure-dialog button:has-text('Back')")
    page.wait_for_selector(".corrections:has-text('Nothing was saved.')")
    assert corrections(server) == []
    page.click(".corrections button:has-text('Yes, Ada')")
    page.click("#sure-yes")
    page.wait_for_selector(".corrections:has-text('Thank you')")


def test_pasting_no_picture_keeps_the_answer(page: Any, live: Start) -> None:
    asked(page, live, ADA)
    page.evaluate(
        """() => {
        const clipboardData = new DataTransfer();
        clipboardData.setData("text/plain", "hello");
        document.dispatchEvent(new ClipboardEvent("paste", { bubbles: true, clipboardData }));
    }"""
    )
    page.wait_for_selector("#reminder:has-text('There is no picture in the clipboard.')")
    assert page.inner_text("#headline") == "This is Ada Lovelace."
    assert page.locator(".box").count() == 1


def tab_to(page: Any, selector: str) -> None:
    """Press Tab until what is wanted has the keyboard."""
    for _ in range(60):
        if page.evaluate("wanted => document.activeElement.matches(wanted)", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab does not lead to {selector}")


def chosen_by_keyboard(page: Any, files: list[dict[str, Any]]) -> None:
    """A busy machine may swallow the key that opens the chooser: it is pressed again."""
    from playwright.sync_api import TimeoutError as TooLate

    for last in (False, False, True):
        tab_to(page, "#file")
        try:
            with page.expect_file_chooser(timeout=10_000) as chooser:
                page.keyboard.press("Enter")
        except TooLate:
            if last:
                raise
            continue
        chooser.value.set_files(files)
        return


def test_an_answer_is_asked_for_corrected_and_undone_by_keyboard_alone(
    page: Any, live: Start
) -> None:
    server = live(local_role="train")
    Datasets(server.app.extensions["likeness"].settings.datasets).create("colours")
    opened(page, server)
    page.wait_for_load_state("networkidle")
    chosen_by_keyboard(page, [{"name": "a.png", "mimeType": "image/png", "buffer": BOTH}])
    settled(page, "good")
    tab_to(page, "#regions .crop[data-region='1']")
    page.keyboard.press("Enter")
    tab_to(page, ".corrections select")
    page.keyboard.type("New")
    tab_to(page, ".corrections input[type=text]")
    page.keyboard.type("Mary Shelley")
    tab_to(page, ".corrections .primary")
    page.keyboard.press("Enter")
    page.wait_for_selector(".corrections:has-text('Thank you')")
    assert corrections(server) == [("is", "mary_shelley")]
    assert page.evaluate("document.activeElement.textContent") == "Undo"
    page.keyboard.press("Enter")
    page.wait_for_selector(".corrections:has-text('It was taken back.')")
    assert corrections(server) == []
