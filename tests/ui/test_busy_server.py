"""The page while its server is slow, away or breaks off."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.browsing import picture
from tests.support.patches import Patches
from tests.ui.asking import TWO, Start, give, opened, settled

pytestmark = pytest.mark.browser


def test_a_server_that_went_away_is_said_and_asked_again_when_it_is_back(
    page: Any, live: Start
) -> None:
    server = live()
    opened(page, server)
    server.stop()
    give(page, picture(TWO))
    assert settled(page, "trouble") == "The server does not answer."
    assert page.locator("#remedies button").inner_text() == "Try again"
    server.start()
    assert settled(page, "good").startswith("This is Ada Lovelace")


def test_an_older_answer_never_covers_a_newer_picture(page: Any, live: Start) -> None:
    slow = Patches(delay=0.7)
    opened(page, live(slow))
    give(page, picture({"ada_lovelace": (10, 10, 60, 60)}))
    page.wait_for_selector("#answer[data-tone=working]")
    give(page, picture({"grace_hopper": (10, 10, 60, 60)}))
    assert settled(page, "good") == "This is Grace Hopper."
    page.wait_for_timeout(1000)
    assert page.inner_text("#headline") == "This is Grace Hopper."


def test_a_slow_answer_can_be_stopped_and_asked_again(anywhere: Any, live: Start) -> None:
    opened(anywhere, live(Patches(delay=3)))
    give(anywhere, picture(TWO))
    anywhere.wait_for_selector("#remedies progress")
    anywhere.click("#remedies button:has-text('Stop')")
    assert settled(anywhere, "unsure") == "Stopped."
    assert anywhere.locator("#scan").is_hidden()
    anywhere.click("#remedies button:has-text('Try again')")
    assert settled(anywhere, "good").startswith("This is Ada Lovelace")


def test_a_connection_that_breaks_again_and_again_is_not_tried_for_ever(
    page: Any, live: Start
) -> None:
    opened(page, live())
    asked: list[str] = []
    page.route(
        "**/api/predict*",
        lambda route: (asked.append(route.request.url), route.abort("connectionreset")),
    )
    page.clock.install()
    give(page, picture(TWO))
    for _ in range(3):
        page.wait_for_selector("#note:has-text('I keep trying.')")
        with page.expect_request("**/api/predict*"):
            page.clock.run_for(4100)
    page.wait_for_selector("#note:not(:has-text('I keep trying.'))")
    assert len(asked) == 4
    assert page.locator("#remedies button").inner_text() == "Try again"
