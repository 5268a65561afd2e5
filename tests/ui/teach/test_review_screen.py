"""The screen Review, in a browser: filters, many at once, by mouse, keys and thumb, and undoing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from data_cleaning.datasets.dataset import Dataset
from data_cleaning.files import sha256_of_file
from data_cleaning.imaging.resizing import resize
from tests.support.browsing import Live
from tests.support.pictures import scene
from tests.ui.admin_page import Start
from tests.ui.teach.faces import person, put, signed_in, two_people

pytestmark = pytest.mark.browser


@pytest.fixture
def team(live: Start, orl_faces: Path) -> Live:
    """Ada's five pictures, of which two are near copies and one shows nobody; Grace's two."""
    server = live()
    one = person(orl_faces, 1, 1)
    put(server, "team", "ada", one, resize(one, 200, 243), person(orl_faces, 1, 5), scene(4))
    put(server, "team", "ada", two_people(orl_faces))
    put(server, "team", "grace", person(orl_faces, 2, 1), person(orl_faces, 2, 8))
    return server


def shows(tmp_path: Path) -> dict[str, str]:
    return {item.sha256: item.label for item in Dataset(tmp_path / "datasets" / "team").items()}


def test_the_doubtful_come_first_and_filters_narrow(desk: Any, team: Live) -> None:
    signed_in(desk, team, "/review?dataset=team")
    shot = desk.locator(".shot")
    shot.nth(5).wait_for()
    assert shot.count() == 6  # seven pictures, two of them in one stack
    assert shot.first.locator(".shot-mark.grave").count() == 1
    grave = [row.locator(".shot-mark.grave").count() for row in shot.all()]
    assert grave == sorted(grave, reverse=True)
    desk.click(".filter:has-text('Several people')")
    desk.wait_for_selector("#summary:has-text('One picture.')")
    assert "mark=several" in desk.url
    desk.click(".filter:has-text('All')")
    desk.select_option("#label", "grace")
    desk.wait_for_selector("#summary:has-text('2 pictures.')")
    desk.select_option("#decision", "reject")
    desk.wait_for_selector("#nothing:has-text('No picture fits')")
    desk.reload()
    desk.wait_for_selector("#nothing:has-text('No picture fits')")


def test_by_keys_alone_many_are_decided_and_undone(desk: Any, team: Live, tmp_path: Path) -> None:
    before = shows(tmp_path)
    signed_in(desk, team, "/review?dataset=team&label=grace")
    desk.wait_for_selector(".shot:focus")
    for key in ("Space", "Shift+ArrowRight", "r"):
        desk.keyboard.press(key)
    desk.wait_for_selector(".toast:has-text('Decided about 2 pictures.')")
    desk.wait_for_selector("#nothing:has-text('No picture fits')")
    assert len(shows(tmp_path)) == len(before) - 2
    desk.keyboard.press("u")
    desk.wait_for_selector(".shot >> nth=1")
    assert shows(tmp_path) == before
    desk.focus(".shot[tabindex='0']")
    desk.keyboard.press("k")
    desk.wait_for_selector(".shot:has-text('Kept')")
    desk.keyboard.press("Enter")
    desk.wait_for_selector("dialog.large:has-text('Kept, by')")
    desk.keyboard.press("Escape")
    desk.wait_for_selector("dialog.large", state="detached")
    assert desk.locator(".shot:focus").count() == 1


def test_what_is_moved_shows_the_other_class(desk: Any, team: Live, tmp_path: Path) -> None:
    signed_in(desk, team, "/review?dataset=team&label=grace")
    first = desk.locator(".shot").first
    digest = first.get_attribute("data-sha256")
    first.click()
    desk.locator("#act-bar:has-text('One chosen')").wait_for()
    desk.select_option("#act-bar select", "ada")
    desk.wait_for_selector("#summary:has-text('One picture.')")
    assert shows(tmp_path)[digest] == "ada"
    desk.click(".shot")
    desk.click("#act-bar button:has-text('Not this person')")
    desk.wait_for_selector("#nothing:has-text('No picture fits')")
    assert sorted(shows(tmp_path).values()).count("_unknown") == 1


def test_a_stack_is_decided_about_as_one_unless_it_is_opened(
    desk: Any, team: Live, tmp_path: Path
) -> None:
    signed_in(desk, team, "/review?dataset=team&mark=near")
    stack = desk.locator(".shot")
    stack.first.wait_for()
    assert (stack.count(), stack.inner_text().split()[-1]) == (1, "2")
    desk.click(".stack")
    desk.wait_for_selector(".shot >> nth=1")
    desk.locator(".shot").nth(1).click()
    desk.click("#act-bar button:has-text('Leave it out')")
    desk.wait_for_selector(".toast:has-text('Decided.')")
    desk.click(".toast button:has-text('Undo')")
    desk.wait_for_selector(".shot >> nth=1")
    desk.focus(".shot[tabindex='0']")
    desk.keyboard.press("x")
    desk.wait_for_selector(".shot >> nth=1", state="detached")
    desk.click(".shot")
    desk.click("#act-bar button:has-text('Keep it')")
    desk.wait_for_selector(".toast:has-text('Decided about 2 pictures.')")


def test_with_a_thumb_one_of_several_is_chosen(phone: Any, team: Live) -> None:
    signed_in(phone, team, "/review?dataset=team&mark=several")
    phone.tap(".shot")
    phone.tap("#act-bar button:has-text('Open')")
    box = phone.locator("dialog.large button.region").first
    box.wait_for()
    box.tap()
    phone.wait_for_selector(".toast:has-text('That face was cut out')")
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390


def test_an_address_leads_to_one_picture(desk: Any, team: Live, tmp_path: Path) -> None:
    """As the links of a report do, and whoever knows the sha256."""
    file = sorted((tmp_path / "datasets" / "team" / "grace").iterdir())[1]
    digest = sha256_of_file(file)
    signed_in(desk, team, f"/review?dataset=team&picture={digest}")
    for address in (f"file=grace/{file.name}", f"picture={digest}"):
        desk.goto(f"{team.url}/review?dataset=team&{address}")
        desk.wait_for_selector(f".shot[data-sha256='{digest}']")
        assert desk.locator(".shot").count() == 1
    desk.click("button:has-text('Show all pictures')")
    desk.wait_for_selector(".shot >> nth=5")


def test_a_deleted_picture_can_be_brought_back(desk: Any, team: Live, tmp_path: Path) -> None:
    signed_in(desk, team, "/review?dataset=team&label=grace")
    desk.dblclick(".shot")
    desk.click("dialog.large button:has-text('Delete')")
    desk.wait_for_selector("#summary:has-text('One picture.')")
    folder = tmp_path / "datasets" / "team" / "grace"
    assert len(list(folder.iterdir())) == 1
    desk.click(".toast button:has-text('Undo')")
    desk.wait_for_selector("#summary:has-text('2 pictures.')")
    assert len(list(folder.iterdir())) == 2


def test_without_pictures_it_leads_to_teach(desk: Any, live: Start) -> None:
    server = live()
    signed_in(desk, server, "/review")
    desk.click("#nothing a:has-text('Teach')")
    desk.wait_for_selector("#first:not([hidden])")
