"""Answers and corrections as the admin corner shows them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.browsing import picture
from tests.ui.admin_page import ADA, Start, at, signed_in

pytestmark = pytest.mark.browser


def test_a_correction_is_kept_and_shown(page: Any, live: Start) -> None:
    server = live()
    signed_in(page, server, "admin", "/")
    page.set_input_files("#file", {"name": "a.png", "mimeType": "image/png", "buffer": ADA})
    page.wait_for_selector("#answer[data-tone=good]")
    page.select_option(".corrections select", label="Grace Hopper")
    page.click(".corrections button:has-text('Save')")
    page.click("#sure-yes")
    page.wait_for_selector("#details:has-text('Thank you')")
    assert "The picture is now in colours as grace_hopper" in page.inner_text("#details")
    at(page, server, "answers", "Answers")
    row = page.locator("[aria-label=Corrections] tbody tr").first
    row.wait_for()
    assert row.locator("td").all_inner_texts()[1:5] == [
        "Ada Lovelace",
        "is Grace Hopper",
        "colours",
        "yes",
    ]
    page.wait_for_selector("[aria-label=Answers] tbody tr:has-text('Ada Lovelace 88 %')")
    page.wait_for_selector(".tile:has-text('pictures') strong:has-text('1')")


def test_a_kept_picture_can_be_seen_from_the_log(page: Any, live: Start) -> None:
    server = live(keep_pictures_days=1)
    signed_in(page, server, "admin", "/")
    page.set_input_files("#file", {"name": "a.png", "mimeType": "image/png", "buffer": ADA})
    page.wait_for_selector("#answer[data-tone=good]")
    while not list(server.app.extensions["likeness"].settings.state.rglob("pictures/*/*.jpg")):
        page.wait_for_timeout(50)
    at(page, server, "answers", "Answers")
    link = page.locator("[aria-label=Answers] tbody tr").first.get_by_role(
        "link", name="See the picture"
    )
    with page.context.expect_page() as opened:
        link.click()
    shown = opened.value
    assert shown.evaluate("document.contentType") == "image/jpeg"
    assert shown.evaluate("document.images[0].naturalWidth") == 400


def test_of_several_the_part_that_shows_one_teaches(page: Any, live: Start) -> None:
    """And what a word that teaches nothing was good for is said, too."""
    server = live()
    signed_in(page, server, "admin", "/")
    both = picture({"ada_lovelace": (40, 60, 80, 100), "grace_hopper": (260, 60, 80, 100)})
    page.set_input_files("#file", {"name": "a.png", "mimeType": "image/png", "buffer": both})
    page.wait_for_selector("#answer[data-tone=good]")
    page.wait_for_selector(".keep:has-text('the part of the picture that shows this face')")
    page.click(".corrections button:has-text('Yes, Ada Lovelace')")
    page.click("#sure-yes")
    page.wait_for_selector("#details:has-text('Thank you, the next training learns from it.')")
    assert (
        "The part of the picture that shows this one is now in colours as ada_lovelace"
        in page.inner_text("#details")
    )
    at(page, server, "answers", "Answers")
    row = page.locator("[aria-label=Corrections] tbody tr").first
    row.wait_for()
    assert row.locator("td").all_inner_texts()[1:5] == [
        "Ada Lovelace",
        "is Ada Lovelace",
        "colours",
        "yes",
    ]
    page.goto(server.url)
    page.wait_for_selector("#cards .card")
    others = picture({"ada_lovelace": (20, 60, 80, 100), "grace_hopper": (260, 60, 80, 100)})
    page.set_input_files("#file", {"name": "a.png", "mimeType": "image/png", "buffer": others})
    page.wait_for_selector("#answer[data-tone=good]")
    page.click(".corrections button:has-text('Not a face')")
    page.wait_for_selector(
        "#details:has-text('learns nothing from it. The picture shows others as well')"
    )
