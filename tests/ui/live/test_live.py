"""Live with a film for a camera: frames at a pace, never two at once, and a log."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from likeness.client import Client
from tests.support.browsing import picture
from tests.support.live import Serve
from tests.support.patches import Patches
from tests.ui.admin_page import signed_in
from tests.ui.asking import DESKTOP, PHONE, Start, a_page

pytestmark = pytest.mark.browser


class Asked:
    """How often a page asked, and how many questions were under way at once at most."""

    def __init__(self, page: Any) -> None:
        self.times = self.under_way = self.most = 0
        page.on("request", lambda request: self._count(request, 1))
        page.on("requestfinished", lambda request: self._count(request, -1))
        page.on("requestfailed", lambda request: self._count(request, -1))

    def _count(self, request: Any, change: int) -> None:
        if "/api/predict" in request.url:
            self.times += change > 0
            self.under_way += change
            self.most = max(self.most, self.under_way)


@pytest.fixture(params=[PHONE, DESKTOP], ids=["phone", "desktop"])
def anywhere(request: pytest.FixtureRequest, filmed: Any) -> Iterator[Any]:
    yield from a_page(filmed, request.param)


@pytest.fixture
def page(filmed: Any) -> Iterator[Any]:
    yield from a_page(filmed, DESKTOP)


def begun(page: Any, url: str, every: str) -> None:
    page.goto(f"{url}/camera")
    page.select_option("#every", every)
    page.click("#start")


def test_whoever_comes_by_is_named_and_logged(anywhere: Any, live: Start, nginx: Serve) -> None:
    server = live()
    url = nginx(f"127.0.0.1:{server.port}")
    signed_in(anywhere, server, "predict", "/camera", url)
    begun(anywhere, url, "1")
    for name in ("Ada Lovelace", "Somebody unknown"):
        anywhere.wait_for_selector(f"#log li:has-text('{name}')", timeout=30000)
    anywhere.wait_for_selector("#headline:has-text('This is Ada Lovelace.')", timeout=30000)
    assert anywhere.locator("#live-frame .shot .tag").all_inner_texts() == ["Ada Lovelace"]
    assert anywhere.locator("#strip .print").count() >= 2
    assert anywhere.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    anywhere.locator("#strip .print").first.click()
    anywhere.wait_for_selector("dialog[open] .shot .box")
    anywhere.keyboard.press("Escape")
    anywhere.click("#stop")
    assert anywhere.eval_on_selector("#viewfinder", "video => video.srcObject") is None


def test_in_a_minute_at_ten_seconds_there_are_six_frames(page: Any, live: Start) -> None:
    page.clock.install()
    asked = Asked(page)
    page.goto(f"{live().url}/camera")
    page.locator("#every option").first.wait_for(state="attached")
    assert page.input_value("#every") == "10"
    page.click("#start")
    for number in range(1, 7):
        while page.locator("#strip li").count() < number:
            page.wait_for_timeout(50)
        if number < 6:
            page.clock.run_for(9_000)
            assert asked.times == number
            page.clock.run_for(1_000)
    page.clock.run_for(9_000)
    assert (asked.times, asked.most) == (6, 1)


@pytest.mark.parametrize("every", ["0", "1"])
def test_a_slow_server_is_never_asked_twice_at_once(page: Any, live: Start, every: str) -> None:
    asked = Asked(page)
    begun(page, live(Patches(delay=1.5)).url, every)
    page.wait_for_selector("#strip li >> nth=2", timeout=30000)
    assert asked.most == 1
    assert page.locator("#pace").is_visible() == (every == "1")


@pytest.mark.parametrize("every", ["0", "1", "10"])
def test_while_an_answer_takes_fifteen_seconds_nothing_else_is_asked(
    page: Any, live: Start, every: str
) -> None:
    held: list[Any] = []
    page.clock.install()
    asked = Asked(page)
    page.route("**/api/predict*", lambda route: held.append(route))
    begun(page, live().url, every)
    while not held:
        page.wait_for_timeout(50)
    for _ in range(15):
        page.clock.run_for(1_000)
    assert (asked.times, len(held)) == (1, 1)
    held[0].continue_()
    page.wait_for_selector("#strip li")
    page.clock.run_for(10_000)
    while len(held) < 2:
        page.wait_for_timeout(50)
    assert asked.most == 1


def test_a_pause_asks_nothing_and_goes_on(page: Any, live: Start) -> None:
    asked = Asked(page)
    begun(page, live().url, "1")
    page.wait_for_selector("#strip li")
    page.click("#pause")
    page.wait_for_timeout(300)
    before = asked.times
    page.wait_for_timeout(1800)
    assert asked.times == before
    page.click("#pause:has-text('Go on')")
    page.wait_for_selector(f"#strip li >> nth={before}")


def test_a_server_that_went_away_is_asked_less_and_found_again(page: Any, live: Start) -> None:
    server = live()
    begun(page, server.url, "1")
    page.wait_for_selector("#strip li")
    server.stop()
    page.wait_for_selector("#pace:has-text('busy or away')", timeout=15000)
    seen = page.locator("#strip li").count()
    server.start()
    page.wait_for_selector(f"#strip li >> nth={seen}", timeout=30000)
    assert page.locator("#pace").is_hidden()


def test_who_watched_cameras_saw_is_shown_to_admins_alone(filmed: Any, live: Start) -> None:
    server = live(keep_pictures_days=1)
    with Client(server.url) as client:
        client.predict(picture({"ada_lovelace": (40, 60, 80, 100)}), camera="door")
        client.predict(picture({"stranger": (40, 60, 80, 100)}), camera="yard")
        client.predict(picture({"grace_hopper": (40, 60, 80, 100)}))
    for page in a_page(filmed, DESKTOP):
        signed_in(page, server, "admin", "/camera")
        page.wait_for_selector("#camera-events li >> nth=1")
        assert page.locator("#camera-events li").count() == 2
        newest = page.locator("#camera-events li").first
        assert "Somebody unknown" in newest.inner_text() and "yard" in newest.inner_text()
        with Client(server.url) as client:
            client.predict(picture({"grace_hopper": (40, 60, 80, 100)}), camera="door")
        page.wait_for_selector("#camera-events li:has-text('Grace Hopper')", timeout=30000)
        page.locator("#camera-events li:has-text('Ada Lovelace') button").click()
        page.wait_for_selector("dialog[open] img")
    for page in a_page(filmed, PHONE):
        signed_in(page, server, "train", "/camera")
        page.wait_for_selector("#watching")
        assert page.locator("#from-cameras").is_hidden()


def test_without_a_camera_or_https_it_says_so(without_camera: Any, live: Start) -> None:
    server = live()
    for url, words in [
        (server.url, "a picture instead"),
        (f"http://plain.test:{server.port}", "only to https pages and to localhost"),
    ]:
        for page in a_page(without_camera, PHONE):
            signed_in(page, server, "predict", "/camera", url)
            page.click("#start")
            page.wait_for_selector("#live-answer[data-tone=trouble]")
            assert page.inner_text("#headline") == "There is no picture from a camera."
            assert words in page.inner_text("#note").replace("Choose", "choose")
