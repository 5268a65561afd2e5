"""Trainings in the admin corner: asked for, followed, waiting."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.started import no_runner
from tests.ui.admin_page import Start, at, filled, signed_in

pytestmark = pytest.mark.browser


def test_a_training_that_cannot_start_says_why(page: Any, live: Start) -> None:
    server = live()
    filled(server, "letters", "a", "b", "empty")
    signed_in(page, server, "train")
    at(page, server, "datasets", "Data sets")
    page.click("button:has-text('Start training')")
    page.wait_for_selector("#trouble:not([hidden])")
    assert "no pictures: empty" in page.inner_text("#trouble")


def test_what_is_wished_of_a_training_is_asked_for_and_shown(page: Any, live: Start) -> None:
    server = live()
    server.app.extensions["likeness"].jobs.start_runner = no_runner
    filled(server, "letters", "a", "b")
    signed_in(page, server, "train")
    at(page, server, "datasets", "Data sets")
    page.click("summary:has-text('More choices')")
    page.select_option(
        "label:has-text('Strangers who may get a name') select",
        label="1 in 1000, whatever it costs",
    )
    page.check("label:has-text('A picture may show several classes') input")
    page.select_option("label:has-text('Recipe') select", "auto")
    page.click("button:has-text('Start training')")
    page.wait_for_selector("#trouble:not([hidden])")
    assert "a recipe other than auto" in page.inner_text("#trouble")
    page.select_option("label:has-text('Recipe') select", "object-classic")
    page.click("button:has-text('Start training')")
    page.wait_for_selector("#view h1:has-text('Training')")
    page.wait_for_selector(
        "h2:has-text('object-classic, several classes a picture, at most 0.001 of strangers named')"
    )
    [job] = server.app.extensions["likeness"].jobs.all()
    assert job.arguments == {
        "dataset": "letters", "model": "letters", "recipe": "object-classic", "fpir": 0.001,
            "multi_label": True,
    }  # fmt: skip


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
    signed_in(page, server, "train")
    with page.expect_response(
        lambda answer: answer.url.endswith("/events") and answer.status == 429
    ):
        at(page, server, "training", "Training")
    service.streams.release(taken)
    for done in (1, 2, 3):
        progress = {"stage": "crops", "done": done, "total": 3, "message": "Looking"}
        with page.expect_request(f"**/{job}/events"):
            service.jobs.change(job, state="running", progress=progress)
        page.wait_for_selector(f"#view:has-text('Looking: {done} of 3')")


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
    signed_in(page, server, "train")
    at(page, server, "training", "Training")
    card = page.locator(f"[data-job='{job}']")
    assert (
        "does not answer yet. Version 1, which answers, also knows Ada Lovelace. Somebody with the"
        " role admin can" in (card.inner_text())
    )
    assert card.locator("a:has-text('Ask it')").count() == 0


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
    signed_in(page, server, "train")
    at(page, server, "training", "Training")
    card = page.locator(f"[data-job='{job}']")
    shown = card.locator(".verdict.unfit")
    assert shown.inner_text() == sentence
    plain = card.locator("h2").evaluate("e => getComputedStyle(e).color")
    assert shown.evaluate("e => getComputedStyle(e).color") != plain
    assert choice in card.inner_text()
