"""The screen Models: versions side by side, whom they take for whom, and forgetting."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from model.recognition.registry import Registry
from server.service import service_of
from tests.support.browsing import Live, picture
from tests.support.patches import Patches
from tests.support.started import no_runner
from tests.ui.admin_page import Start, filled, signed_in

pytestmark = pytest.mark.browser
CARD = "[data-model=shapes]"


@pytest.fixture
def trained(live: Start, tmp_path: Path, shapes_artifacts: Path) -> Live:
    """Two versions of `shapes`, and in a data set one picture that the second took for another."""
    folder = tmp_path / "trained"
    shutil.copytree(shapes_artifacts, folder)
    first, second = folder / "shapes" / "1", folder / "shapes" / "2"
    shutil.copytree(first, second)
    manifest = json.loads((second / "manifest.json").read_text())
    labels = manifest["labels"]
    manifest["version"] = 2
    manifest["facts"]["dataset"] = "drawings"
    (second / "manifest.json").write_text(json.dumps(manifest))
    report = json.loads((second / "report.json").read_text())
    count = len(labels)
    report["figures"]["confusion"] = {
        "labels": [*labels, "(none)"],
        "truths": labels,
        "matrix": [
            [12 if row == column else int((row, column) == (0, 1)) for column in range(count + 1)]
            for row in range(count)
        ],
    }
    mistake = {"picture": f"{labels[0]}/wrong.png", "truth": labels[0], "answer": labels[1]}
    report["mistakes"] = [{**report["mistakes"][0], **mistake}] if report["mistakes"] else [mistake]
    (second / "report.json").write_text(json.dumps(report))
    server = live(registry=Registry(folder))
    wrong = service_of(server.app).settings.datasets / "drawings" / labels[0]
    wrong.mkdir(parents=True)
    (wrong / "wrong.png").write_bytes(picture({"ada_lovelace": (9, 9, 40, 40)}))
    service_of(server.app).jobs.start_runner = no_runner
    return server


def shown(page: Any, server: Live, role: str = "admin") -> None:
    signed_in(page, server, role, "/")
    page.goto(f"{server.url}/models")
    page.wait_for_selector("#models .panel, #models .state:not(.loading)")


def test_versions_side_by_side_and_another_answers(page: Any, trained: Live) -> None:
    shown(page, trained)
    rows = page.locator(f"{CARD} .list tbody tr")
    assert rows.count() == 2
    assert "of drawings" in rows.nth(0).inner_text()
    assert "%" in rows.nth(1).inner_text()
    active = page.inner_text(f"{CARD} .list .chip.chosen")
    other = "2" if active.startswith("1") else "1"
    page.click(f"{CARD} button[aria-label='Answer with version {other}']")
    page.wait_for_selector(f".toast:has-text('shapes answers with version {other}.')")
    page.wait_for_selector(f"{CARD} .model-head .chip:has-text('version {other}')")
    page.click(".toast button:has-text('Undo')")
    page.wait_for_selector(f"{CARD} .model-head .chip:has-text('version {active[0]}')")


def test_a_cell_opens_its_pictures(page: Any, trained: Live) -> None:
    service_of(trained.app).models.registry.promote("shapes", 2)
    shown(page, trained)
    page.click(f"{CARD} button:has-text('Whom it takes for whom')")
    page.click(f"{CARD} .cell-button")
    dialog = page.locator("dialog[open]")
    dialog.locator("img").wait_for()
    link = dialog.locator("a").get_attribute("href")
    assert "review?dataset=drawings&file=" in link and link.endswith("%2Fwrong.png")
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.matches('.cell-button')")


def test_a_version_is_deleted_after_a_question(page: Any, trained: Live) -> None:
    shown(page, trained)
    page.click(f"{CARD} .list tbody button:has-text('Delete')")
    page.click("#sure-yes")
    page.wait_for_selector(".toast:has-text('was deleted.')")
    page.wait_for_selector(f"{CARD} .list tbody tr:only-child")


def test_who_trains_sees_versions_and_changes_none(page: Any, trained: Live) -> None:
    shown(page, trained, "train")
    assert page.locator(f"{CARD} .list tbody tr").count() == 2
    assert page.locator("button:has-text('Answer with it')").count() == 0
    assert page.locator("button:has-text('Delete')").count() == 0
    assert page.locator("#forget").is_hidden()


def test_a_model_is_deleted_with_all_its_versions(page: Any, live: Start) -> None:
    server = live(Patches(), Patches(name="other"))
    shown(page, server)
    page.click("[data-model=other] button:has-text('Delete model')")
    assert "The data set stays" in page.inner_text("#sure-dialog")
    page.click("#sure-yes")
    page.wait_for_selector(".toast:has-text('other was deleted.')")
    page.locator("[data-model=other]").wait_for(state="detached")
    assert list(server.registry.bundles) == ["colours"]


def test_somebody_is_forgotten_by_the_name_that_is_shown(page: Any, live: Start) -> None:
    server = live()
    filled(server, "friends", "old_friend", "b")
    shown(page, server)
    page.fill("#forget-name", "Old Friend")
    page.click("#forget-form button")
    page.click("#sure-yes")
    page.wait_for_selector("#forgotten :text('Old Friend is forgotten.')")
    assert "2 training pictures" in page.inner_text("#forgotten")
    page.fill("#forget-name", "ada lovelace")
    page.click("#forget-form button")
    page.click("#sure-yes")
    page.wait_for_selector("#forgotten :text('Ada Lovelace is forgotten.')")
    remark = page.inner_text("#forgotten .remark")
    assert remark.startswith("colours: The pictures that it was trained on are not here")
    page.fill("#forget-name", "nobody_here")
    page.click("#forget-form button")
    page.click("#sure-yes")
    page.wait_for_selector("#forgotten .state.error:has-text('nobody_here')")


def test_no_model_says_what_to_do(page: Any, live: Start, tmp_path: Path) -> None:
    shown(page, live(registry=Registry(tmp_path / "none")))
    assert page.get_attribute("#models .state a", "href").endswith("/teach")


@pytest.mark.parametrize("width", [390, 768, 1000, 1280])
def test_versions_are_read_without_scrolling_sideways(page: Any, trained: Live, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    shown(page, trained)
    wide = page.locator(".table-wide")
    assert wide.evaluate("(e) => e.scrollWidth - e.clientWidth") <= 0
    assert page.locator(".list thead").is_visible() == (width > 1000)
