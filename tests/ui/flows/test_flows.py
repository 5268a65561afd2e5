"""What people do with the page, from the first visit on, through nginx and against the real
service: no fake but the camera's film.
"""

from __future__ import annotations

import csv
import io
import json
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from data_cleaning.imaging.encoding import encode
from tests.ui.asking import PHONE
from tests.ui.flows.conftest import EACH, PEOPLE, STRANGER, Service, visiting
from tests.ui.teach.faces import jpeg, person

pytestmark = [pytest.mark.browser, pytest.mark.nginx, pytest.mark.slow]
TRAINED_WITHIN = 300_000  # milliseconds, on a machine that others keep busy


@dataclass(frozen=True)
class Taught:
    """What the first visit came to. admin: the key that was claimed. clicks, typed: how many.
    seconds: without the training.
    """

    url: str
    admin: str
    clicks: int
    typed: int
    seconds: float


@pytest.fixture(scope="module")
def taught(browser: Any, service: Service, family: Path, orl_faces: Path) -> Taught:
    """From the link that the first start prints to a model of five people that answers."""
    with visiting(browser) as page:
        # Trying every recipe takes a minute and is tested elsewhere.
        page.route("**/api/jobs", _with_one_recipe)
        began = time.monotonic()
        page.goto(service.claim)
        page.click("#claim")
        page.wait_for_selector("#claimed-key:not(:empty)")
        admin = page.inner_text("#claimed-key")
        page.click("#close-claim")
        page.click("#screens [data-screen=teach]")
        with page.expect_file_chooser() as folder:
            page.click("#first-folder")
        folder.value.set_files(family)
        for label in PEOPLE:
            page.wait_for_selector(f"[data-label={label}] .sending:has-text('{EACH} pictures')")
        page.click("#train-pane .primary:not(:disabled)", timeout=60_000)
        before = time.monotonic()
        page.wait_for_selector(".result[data-version='1']", timeout=TRAINED_WITHIN)
        training = time.monotonic() - before
        with page.expect_file_chooser() as picture:
            page.click("#try-pane button:has-text('Choose a picture')")
        picture.value.set_files([jpeg(person(orl_faces, PEOPLE["ben"], 8), "ben.jpg")])
        page.wait_for_selector("#try-pane .answers:has-text('Ben')")
        seconds = time.monotonic() - began - training
        clicks, typed = (
            page.evaluate("(key) => JSON.parse(sessionStorage.getItem(key) ?? '[]').length", key)
            for key in ("clicks", "typed")
        )
    return Taught(service.url, admin, clicks, typed, seconds)


def _with_one_recipe(route: Any) -> None:
    if route.request.method != "POST":
        route.continue_()
        return
    route.continue_(post_data=json.dumps(route.request.post_data_json | {"recipe": "face-modern"}))


@pytest.fixture
def key(taught: Taught, browser: Any) -> Callable[[str], str]:
    """key(role) -> a new key, from the admin's."""

    def made(role: str) -> str:
        context = browser.new_context()
        answer = context.request.post(
            f"{taught.url}/api/keys",
            headers={"Authorization": f"Bearer {taught.admin}"},
            data={"name": f"the {role}", "role": role},
        )
        found = str(answer.json()["key"])
        context.close()
        return found

    return made


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    with visiting(browser, accept_downloads=True) as visitor:
        yield visitor


def entered(page: Any, url: str, key: str, path: str = "") -> None:
    """A screen, once the key opened it."""
    page.goto(f"{url}/{path}")
    page.click("#sign-in:visible, #gate-sign-in")
    page.fill("#key", key)
    page.keyboard.press("Enter")
    page.wait_for_selector("#sign-out:not([hidden])")


def tabbed_to(page: Any, where: str) -> None:
    """As somebody gets there who has no mouse."""
    for _ in range(120):
        page.keyboard.press("Tab")
        if page.evaluate("where => document.activeElement.matches(where)", where):
            return
    raise AssertionError(f"the keyboard does not reach {where}")


def test_from_the_first_visit_to_an_answer(
    taught: Taught, record_property: Callable[[str, object], None]
) -> None:
    record_property("seconds without the training", round(taught.seconds, 1))
    assert taught.clicks <= 8
    assert taught.typed <= 6


def test_several_pictures_are_asked_one_is_corrected_and_taken_back(
    page: Any, taught: Taught, key: Callable[[str], str], orl_faces: Path
) -> None:
    entered(page, taught.url, key("train"))
    page.wait_for_selector("#cards .card >> nth=4")
    known = [jpeg(person(orl_faces, PEOPLE[name], 7), f"{name}.jpg") for name in ("anna", "emma")]
    page.set_input_files("#file", [*known, jpeg(person(orl_faces, STRANGER, 2), "new.jpg")])
    for number, tone in enumerate(("good", "good", "unsure"), start=1):
        page.wait_for_selector(f"#prints li:nth-child({number}) .print[data-tone={tone}]")
    page.click("#prints li:nth-child(2) .print")
    page.wait_for_selector("#headline:has-text('This is Emma.')")
    page.select_option(".corrections select", label="Carla")
    page.click(".corrections button:text-is('Save')")
    page.wait_for_selector(".corrections:has-text('Thank you, the next training learns')")
    page.click(".corrections button:text-is('Undo')")
    page.wait_for_selector(".corrections:has-text('It was taken back.')")


@pytest.mark.parametrize("locale", ["en-GB", "de-DE"])
def test_the_first_load_weighs_little(browser: Any, service: Service, locale: str) -> None:
    """All that Recognise asks for, as nginx compresses it; headers are not counted."""
    with visiting(browser, locale=locale) as page:
        page.goto(service.url)
        page.wait_for_load_state("networkidle")
        weight = page.evaluate(
            """() => ["navigation", "resource"]
                .flatMap((kind) => performance.getEntriesByType(kind))
                .reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0)"""
        )
    assert 70_000 < weight <= 90_000


def test_the_camera_names_who_comes_by(
    filmed: Any, taught: Taught, key: Callable[[str], str]
) -> None:
    with visiting(filmed) as page:
        entered(page, taught.url, key("predict"), "camera")
        page.select_option("#every", "1")
        page.click("#start")
        for name in ("Anna", "Somebody unknown"):
            page.wait_for_selector(f"#log li:has-text('{name}')")
        page.click("#stop")
        assert page.eval_on_selector("#viewfinder", "video => video.srcObject") is None


def test_the_kiosk_takes_a_key_that_may_only_predict(
    filmed: Any, taught: Taught, key: Callable[[str], str]
) -> None:
    with visiting(filmed, viewport=PHONE) as page:
        page.goto(f"{taught.url}/live?every=1")
        page.click("#gate-sign-in")
        page.fill("#key", key("predict"))
        page.click("#sign-in-form [type=submit]")
        page.wait_for_selector("#headline:has-text('This is Anna.')")
        assert page.locator("button:visible, select:visible, a:visible").count() == 0


def test_pictures_are_moved_left_out_and_brought_back(
    page: Any, taught: Taught, key: Callable[[str], str]
) -> None:
    entered(page, taught.url, key("train"), "review?dataset=family&label=david")
    summary = "#summary:has-text('{}')"
    page.wait_for_selector(summary.format(f"{EACH} pictures."))
    page.locator(".shot").first.click()
    page.select_option("#act-bar select", "emma")
    page.wait_for_selector(summary.format(f"{EACH - 1} pictures."))
    page.click(".toast button:has-text('Undo')")
    page.wait_for_selector(summary.format(f"{EACH} pictures."))
    page.locator(".shot").nth(1).click()
    page.click("#act-bar button:has-text('Leave it out')")
    page.wait_for_selector(summary.format(f"{EACH - 1} pictures."))
    page.focus(".shot[tabindex='0']")
    page.keyboard.press("u")
    page.wait_for_selector(summary.format(f"{EACH} pictures."))


def test_somebody_whom_nobody_knows_gets_a_name(page: Any, taught: Taught, orl_faces: Path) -> None:
    headers = {"Authorization": f"Bearer {taught.admin}", "Content-Type": "image/jpeg"}
    for picture in (3, 4):
        data = encode(person(orl_faces, STRANGER, picture), ".jpg")
        answer = page.request.post(f"{taught.url}/api/predict", headers=headers, data=data)
        assert answer.json()["regions"][0]["label"] is None
    entered(page, taught.url, taught.admin, "strangers")
    page.wait_for_selector("#summary:not(:has-text('looked at')):not(:empty)")
    card = page.locator(".stranger").first
    assert "times" in card.inner_text()
    card.locator("input[type=text]").fill("Frida")
    card.locator("[type=submit]").click()
    page.wait_for_selector(".toast:has-text('for the next training')")
    page.click(".toast button:has-text('Undo')")
    page.wait_for_selector(".stranger")


def test_by_keys_alone_another_version_answers_and_the_first_again(
    page: Any, taught: Taught, service: Service
) -> None:
    first, second = service.artifacts / "family" / "1", service.artifacts / "family" / "2"
    shutil.copytree(first, second)
    manifest = json.loads((second / "manifest.json").read_text())
    (second / "manifest.json").write_text(json.dumps(manifest | {"version": 2}))
    entered(page, taught.url, taught.admin, "models")
    page.wait_for_selector("[data-model=family] .list tbody tr >> nth=1")
    tabbed_to(page, "[aria-label='Answer with version 2']")
    page.keyboard.press("Enter")
    page.wait_for_selector(".toast:has-text('family answers with version 2.')")
    tabbed_to(page, ".toast button")
    page.keyboard.press("Enter")
    page.wait_for_selector(".toast:has-text('family answers with version 1.')")


def test_the_log_is_filtered_and_saved(page: Any, taught: Taught, orl_faces: Path) -> None:
    headers = {"Authorization": f"Bearer {taught.admin}", "Content-Type": "image/jpeg"}
    for name, number in (("ben", PEOPLE["ben"]), ("nobody", STRANGER)):
        data = encode(person(orl_faces, number, 6), ".jpg")
        assert page.request.post(f"{taught.url}/api/predict", headers=headers, data=data).ok, name
    entered(page, taught.url, taught.admin, "activity")
    page.wait_for_selector("#answers tbody tr:has-text('Ben')")
    page.fill("#log-name", "Ben")
    page.keyboard.press("Enter")
    page.wait_for_selector("#answers tbody:not(:has-text('unknown'))")
    assert page.locator("#answers tbody tr").count() >= 1
    with page.expect_download() as saved:
        page.click("#answers a[download]")
    rows = list(csv.DictReader(io.StringIO(saved.value.path().read_text())))
    assert rows
    assert {row["label"] for row in rows} == {"ben"}


def test_a_key_is_made_replaced_and_revoked(page: Any, taught: Taught) -> None:
    entered(page, taught.url, taught.admin, "settings")
    page.fill(".maker input[type=text] >> nth=0", "the door")
    page.click(".maker [type=submit]")
    page.wait_for_selector("code.key")
    first = page.inner_text("code.key")
    row = page.locator(".keys li:has-text('the door')").first
    row.get_by_role("button", name="Replace").click()
    page.click("#sure-yes")
    page.wait_for_selector(f"code.key:not(:has-text('{first}'))")
    headers = {"Authorization": f"Bearer {first}"}
    assert page.request.get(f"{taught.url}/api/models", headers=headers).status == 401
    row.get_by_role("button", name="Revoke").click()
    page.click("#sure-yes")
    page.wait_for_selector(".toast:has-text('the door was revoked')")
