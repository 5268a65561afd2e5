"""The screen Activity: figures over time, the log and corrections."""

from __future__ import annotations

import time
from typing import Any

import pytest

from server.service import service_of
from tests.server.records import sample
from tests.support.browsing import Live
from tests.ui.admin_page import ADA, Start, signed_in

pytestmark = pytest.mark.browser
HOUR = 3_600_000


def shown(page: Any, server: Live) -> None:
    """The screen, signed in as an administrator."""
    signed_in(page, server, "admin", "/")
    page.goto(f"{server.url}/activity")
    page.wait_for_selector("#answers .table-wide, #answers .state:not(.loading)")


def asked_before(server: Live, number: int) -> None:
    """So many answers in the last hours; one of four is a stranger's."""
    now = int(time.time() * 1000)
    region = {"position": 0, "best": "ada_lovelace", "similarity": 0.9, "box": [0, 0, 9, 9]}
    named = {**region, "label": "ada_lovelace", "probability": 0.93, "reason": "known"}
    stranger = {**region, "label": None, "probability": 0.4, "reason": "unknown"}
    service_of(server.app).history.insert(
        [
            {
                **sample(at),
                "id": f"{now - at * HOUR // 4:032x}",
                "time": now - at * HOUR // 4,
                "reason": "known" if at % 4 else "unknown",
                "label": "ada_lovelace" if at % 4 else None,
                "seconds": 0.02 + at / 1000,
                "regions": [named if at % 4 else stranger],
            }
            for at in range(number)
        ]
    )


def loaded(page: Any, selector: str, width: int) -> None:
    """Wait until this picture is there, so many pixels wide."""
    image = page.locator(selector)
    image.wait_for()
    for _ in range(200):
        if image.evaluate("(image) => image.naturalWidth") == width:
            return
        page.wait_for_timeout(50)
    pytest.fail(f"{selector} is not {width} pixels wide")


def test_figures_over_time(page: Any, live: Start) -> None:
    server = live()
    shown(page, server)
    assert "Nothing was asked" in page.inner_text("#over-time")
    asked_before(server, 40)
    page.reload()
    page.wait_for_selector("#over-time .tile:has-text('Pictures') strong:has-text('40')")
    assert page.inner_text("#over-time .tile:has-text('of those found') strong") == "25%"
    assert page.locator(".chart-fill.unknown").count() >= 9
    page.click("#spans button:has-text('60 minutes')")
    page.wait_for_selector("#over-time .tile:has-text('Pictures') strong:has-text('4')")
    page.click("#over-time summary")
    assert page.locator("[aria-label='Answers over time'] tbody tr").count() == 4


def test_the_log_in_pages_and_by_the_name_as_it_is_shown(page: Any, live: Start) -> None:
    server = live()
    asked_before(server, 30)
    shown(page, server)
    rows = page.locator("#answers tbody tr")
    assert rows.count() == 25
    page.click("#answers button:has-text('Older')")
    page.wait_for_selector("#answers tbody tr:nth-child(5):last-child")
    page.click("#answers button:has-text('Newest')")
    page.wait_for_selector("#answers tbody tr:nth-child(25):last-child")
    page.fill("#log-name", "Ada Lovelace")
    page.keyboard.press("Enter")
    page.wait_for_selector("#answers tbody tr:nth-child(22):last-child")
    assert "Ada Lovelace 93%" in rows.first.inner_text()
    assert "label=ada_lovelace" in page.get_attribute("#answers a[download]", "href")
    page.select_option("#log-kind", "unknown")
    page.wait_for_selector("#answers :text('No answer fits.')")
    page.fill("#log-name", "")
    page.keyboard.press("Enter")
    page.wait_for_selector("#answers tbody tr:nth-child(8):last-child")
    assert "one unknown" in rows.first.inner_text()


def test_a_kept_picture_is_seen_small_and_large(page: Any, live: Start) -> None:
    server = live(keep_pictures_days=1)
    signed_in(page, server, "admin", "/")
    key = server.app.extensions["likeness"].keys.create("asks", "predict")[0]
    answer = page.request.post(
        f"{server.url}/api/predict",
        headers={"Authorization": f"Bearer {key}"},
        multipart={"image": {"name": "a.png", "mimeType": "image/png", "buffer": ADA}},
    )
    kept = service_of(server.app).kept.path(answer.json()["prediction_id"])
    while not kept.exists():
        page.wait_for_timeout(50)
    page.goto(f"{server.url}/activity")
    loaded(page, ".asked", 96)
    page.click(".asked-button")
    loaded(page, ".asked-large", 400)
    assert "Ada Lovelace" in page.inner_text("dialog[open]")
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.matches('.asked-button')")


def test_corrections_wait_for_the_next_training(page: Any, live: Start) -> None:
    server = live()
    shown(page, server)
    assert "Nobody corrected an answer yet." in page.inner_text("#corrected")
    service = server.app.extensions["likeness"]
    key = service.keys.create("teaches", "train")[0]
    headers = {"Authorization": f"Bearer {key}"}
    file = {"image": {"name": "a.png", "mimeType": "image/png", "buffer": ADA}}
    asked = page.request.post(f"{server.url}/api/predict", headers=headers, multipart=file).json()
    said = {"prediction_id": asked["prediction_id"], "action": "is", "label": "grace_hopper"}
    assert page.request.post(f"{server.url}/api/corrections", headers=headers, data=said).ok
    page.reload()
    page.wait_for_selector("#corrected td:has-text('It is Grace Hopper')")
    assert "One correction waits for the next training of colours." in page.inner_text("#corrected")
