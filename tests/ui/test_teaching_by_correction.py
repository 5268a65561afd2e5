"""What a correction on Recognise teaches, and how Activity shows it."""

from __future__ import annotations

import re
from typing import Any, get_args

import pytest

from server.corrections.schemas import TeachingOutcome
from tests.support.browsing import picture
from tests.support.paths import ROOT
from tests.ui.admin_page import Start, signed_in

pytestmark = pytest.mark.browser


def test_of_several_the_part_that_shows_one_teaches(page: Any, live: Start) -> None:
    """And what a word that teaches nothing was good for is said, too."""
    server = live()
    signed_in(page, server, "admin", "/")
    both = picture({"ada_lovelace": (40, 60, 80, 100), "grace_hopper": (260, 60, 80, 100)})
    page.set_input_files("#file", {"name": "a.png", "mimeType": "image/png", "buffer": both})
    page.wait_for_selector("#answer[data-tone=good]")
    page.wait_for_selector(".keep:has-text('add this part of the picture to the data set')")
    page.click(".corrections button:has-text('Yes, Ada Lovelace')")
    page.click("#sure-yes")
    page.wait_for_selector("#details:has-text('Thank you, the next training learns from it.')")
    assert (
        "The part of the picture that shows this one is now in colours as ada_lovelace"
        in page.inner_text("#details")
    )
    page.goto(f"{server.url}/activity")
    row = page.locator("#corrected tbody tr").first
    row.wait_for()
    said = ["Ada Lovelace", "It is Ada Lovelace", "colours", "waits"]
    assert row.locator("td").all_inner_texts()[1:5] == said
    page.goto(server.url)
    page.wait_for_selector("#cards .card")
    others = picture({"ada_lovelace": (20, 60, 80, 100), "grace_hopper": (260, 60, 80, 100)})
    page.set_input_files("#file", {"name": "a.png", "mimeType": "image/png", "buffer": others})
    page.wait_for_selector("#answer[data-tone=good]")
    page.click(".corrections button:has-text('No face')")
    page.wait_for_selector(
        "#details:has-text('learns nothing from it. The picture shows others as well')"
    )


def test_every_outcome_has_a_sentence() -> None:
    script = (ROOT / "ui" / "js" / "recognise" / "outcome.js").read_text()
    known = set(re.findall(r'^  (\w+): "outcome\.', script, re.MULTILINE))
    assert known == {*get_args(TeachingOutcome.model_fields["code"].annotation)}


def test_what_became_of_it_is_told_in_the_page_s_language(browser: Any, live: Start) -> None:
    server = live()
    context = browser.new_context(locale="de-DE")
    page = context.new_page()
    signed_in(page, server, "admin", "/")
    one = picture({"ada_lovelace": (40, 60, 80, 100)})
    page.set_input_files("#file", {"name": "a.png", "mimeType": "image/png", "buffer": one})
    page.wait_for_selector("#answer[data-tone=good]")
    page.click(".corrections button:has-text('Ja, Ada Lovelace')")
    page.click("#sure-yes")
    page.wait_for_selector(
        ".corrections:has-text('Das Bild liegt jetzt in colours als ada_lovelace. Die Klasse')"
    )
    context.close()
