"""Models in the admin corner, and people whom they forget."""

from __future__ import annotations

from typing import Any

import pytest

from model.recognition.manifest import Facts, RecordedTrial
from tests.support.patches import Patches
from tests.ui.admin_page import Start, at, filled, signed_in

pytestmark = pytest.mark.browser


def test_forgetting_somebody_nobody_knows_says_so(page: Any, live: Start) -> None:
    server = live()
    signed_in(page, server, "admin")
    at(page, server, "rights", "Forgetting")
    page.fill("form input", "nobody_here")
    page.click("button:has-text('Forget')")
    page.click("#sure-yes")
    page.wait_for_selector("#trouble:has-text('nobody_here')")


def test_who_was_forgotten_is_told_in_words(page: Any, live: Start) -> None:
    server = live()
    filled(server, "friends", "old_friend", "b")
    signed_in(page, server, "admin")
    at(page, server, "rights", "Forgetting")
    assert "old_friend" in page.locator("datalist option").evaluate_all(
        "all => all.map((each) => each.value)"
    )
    page.fill("form input", "old_friend")
    page.click("button:has-text('Forget')")
    page.click("#sure-yes")
    page.wait_for_selector("h2:has-text('Old Friend is forgotten')")
    removed = page.inner_text("[aria-label=Removed]")
    assert "friends" in removed and "[" not in removed


def test_a_model_that_cannot_forget_by_itself_is_told_apart_from_what_was_removed(
    page: Any, live: Start
) -> None:
    server = live()
    signed_in(page, server, "admin")
    at(page, server, "rights", "Forgetting")
    page.fill("form input", "ada_lovelace")
    page.click("button:has-text('Forget')")
    page.click("#sure-yes")
    page.wait_for_selector("h2:has-text('Ada Lovelace is forgotten')")
    assert "colours" not in page.inner_text("[aria-label=Removed]")
    remark = page.inner_text("#view .remark")
    assert remark.startswith("Model colours: The pictures that it was trained on are not here")
    assert "on the page under Models" in remark


def test_models_show_what_is_known_about_them(page: Any, live: Start) -> None:
    facts = Facts(
        pictures={"ada_lovelace": 12},
        trials=(RecordedTrial("svm", 0.9333333, 0.0, {}, 0.1, 0.1),),
        holds="No pictures.",
    )
    server = live(Patches(facts=facts))
    signed_in(page, server, "admin")
    at(page, server, "models", "Models")
    page.click("summary:has-text('What is known')")
    text = page.inner_text("dl.facts >> nth=0")
    assert "12" in text and "0.9333" in text and "No pictures." in text
    page.click("button:has-text('Load again')")
    page.wait_for_selector(".done:has-text('colours answers with version 1.')")
    assert page.locator("button:has-text('Answer with this version')").is_disabled()
    assert page.locator("button:has-text('Roll back')").is_disabled()


def test_a_model_is_deleted_after_a_question(page: Any, live: Start) -> None:
    server = live(Patches(), Patches(name="other"))
    signed_in(page, server, "admin")
    at(page, server, "models", "Models")
    card = page.locator(".panel:has(h2:text-is('other'))")
    assert card.locator("button:has-text('Delete this version')").count() == 0, "there is but one"
    card.locator("button:has-text('Delete model')").click()
    assert "The data set stays" in page.inner_text("#sure-dialog")
    page.click("#sure-yes")
    page.wait_for_selector(".done:has-text('other was deleted.')")
    card.wait_for(state="detached")  # it is said before the models are drawn again
    assert page.locator(".panel h2").all_inner_texts() == ["colours"]
    assert list(server.registry.bundles) == ["colours"]
