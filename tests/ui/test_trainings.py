"""Trainings on the screen Models: followed, waiting, and what came of them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.browsing import Live
from tests.support.started import no_runner
from tests.ui.admin_page import Start, signed_in

pytestmark = pytest.mark.browser


def shown(page: Any, server: Live) -> None:
    page.goto(f"{server.url}/models")
    page.wait_for_selector("#jobs .training")


def test_a_training_is_followed_through_refusals_and_breaks(
    page: Any, live: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At first too many others follow, then the stream ends again and again before the job does."""
    monkeypatch.setattr("server.training.views.FOLLOWED", 0.2)
    monkeypatch.setattr("server.training.views.RETRY", 50)
    server = live()
    service = server.app.extensions["likeness"]
    service.jobs.start_runner = no_runner
    job = service.jobs.add("train", {"dataset": "d", "model": "letters", "recipe": None}, "me").id
    taken = 0
    while service.streams.acquire(blocking=False):
        taken += 1
    signed_in(page, server, "train", "/")
    with page.expect_response(
        lambda answer: answer.url.endswith("/events") and answer.status == 429
    ):
        shown(page, server)
    service.streams.release(taken)
    for done in (1, 2, 3):
        progress = {"stage": "crops", "done": done, "total": 3, "message": "Looking"}
        with page.expect_request(f"**/{job}/events"):
            service.jobs.change(job, state="running", progress=progress)
        page.wait_for_selector(f"#jobs:has-text('Looking at pictures: {done} of 3.')")


def test_a_version_that_waits_says_why_and_what_to_do(page: Any, live: Start) -> None:
    server = live()
    jobs = server.app.extensions["likeness"].jobs
    jobs.start_runner = no_runner
    job = jobs.add("train", {"dataset": "letters", "model": "letters", "recipe": None}, "me").id
    jobs.take()
    jobs.change(
        job,
        state="done",
        result={"version": 2, "waits": "Version 1, which answers, also knows ada_lovelace."},
    )
    signed_in(page, server, "train", "/")
    shown(page, server)
    card = page.locator(f"[data-job='{job}']")
    words = "does not answer yet. Version 1, which answers, also knows Ada Lovelace."
    assert words in card.inner_text()


def test_a_training_ends_in_its_verdict_red_where_it_is_not_fit(page: Any, live: Start) -> None:
    server = live()
    jobs = server.app.extensions["likeness"].jobs
    jobs.start_runner = no_runner
    job = jobs.add("train", {"dataset": "letters", "model": "letters", "recipe": None}, "me").id
    jobs.take()
    sentence = "Not fit for use: it would know your 2 people in 3 of 9 pictures."
    verdict = {"sentence": sentence, "fit": False, "names": []}
    choice = "Recipe face-classic: the pretrained files of others are not installed."
    jobs.change(job, state="done", result={"version": 2, "verdict": verdict, "choice": choice})
    signed_in(page, server, "train", "/")
    shown(page, server)
    card = page.locator(f"[data-job='{job}']")
    verdict_shown = card.locator(".verdict.unfit")
    assert verdict_shown.inner_text() == sentence
    plain = card.locator("h3").evaluate("e => getComputedStyle(e).color")
    assert verdict_shown.evaluate("e => getComputedStyle(e).color") != plain
    assert choice in card.inner_text()


def test_a_training_that_waits_for_the_processor_says_so(page: Any, live: Start) -> None:
    server = live()
    jobs = server.app.extensions["likeness"].jobs
    jobs.start_runner = no_runner
    job = jobs.add("train", {"dataset": "letters", "model": "letters", "recipe": None}, "me").id
    jobs.take()
    said = {"stage": "crops", "done": 4, "total": 52, "message": "Looking at pictures"}
    jobs.change(job, progress={**said, "seconds_left": 130, "waiting": True})
    signed_in(page, server, "train", "/")
    shown(page, server)
    said = "Looking at pictures: 4 of 52. About 2 min more. It waits for the processor"
    page.wait_for_selector(f"#jobs:has-text('{said}')")


def test_the_bar_shows_the_whole_training_and_not_a_stage_of_it(page: Any, live: Start) -> None:
    server = live()
    jobs = server.app.extensions["likeness"].jobs
    jobs.start_runner = no_runner
    job = jobs.add("train", {"dataset": "letters", "model": "letters", "recipe": None}, "me").id
    jobs.take()
    stage = {"stage": "folds", "done": 4, "total": 5, "message": "x", "seconds_left": 2}
    jobs.change(job, progress={**stage, "part": 0.9, "whole_seconds_left": 40})
    signed_in(page, server, "train", "/")
    shown(page, server)
    page.wait_for_selector(f"[data-job='{job}'] [aria-valuenow='90']")
    assert "4 of 5. About 40 s more." in page.inner_text(f"[data-job='{job}']")
