"""Manage after a failure: what is said belongs to what was done; a server that is back helps."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.patches import Patches, Registry
from tests.support.started import no_runner
from tests.ui.admin_page import Start, at, filled, signed_in

pytestmark = pytest.mark.browser


def test_manage_goes_on_when_the_server_is_back(page: Any, live: Start) -> None:
    server = live()
    signed_in(page, server, "train")
    at(page, server, "models", "Models")
    server.stop()
    page.click("#tabs a:has-text('Training')")
    page.wait_for_selector("#trouble:has-text('The server does not answer.')")
    server.start()
    page.wait_for_selector("#view h1:has-text('Training')")
    assert page.locator("#trouble").is_hidden()


class Versions(Registry):
    """Versions 1 to 3, of which the second has no report."""

    folder: Path

    def versions(self, name: str) -> list[int]:
        return [1, 2, 3]

    def path(self, name: str, version: int) -> Path:
        return self.folder / str(version)


def test_the_report_is_the_chosen_versions(page: Any, live: Start, tmp_path: Path) -> None:
    for version in (1, 3):
        (tmp_path / str(version)).mkdir()
        (tmp_path / str(version) / "report.html").write_text(f"report {version}")
    server = live(Patches(version=3))
    server.registry.__class__, server.registry.folder = Versions, tmp_path
    signed_in(page, server, "admin")
    at(page, server, "models", "Models")
    link = page.locator("a:has-text('Training report')")
    assert link.get_attribute("href").endswith("/report?version=3")
    page.select_option("select[aria-label='Version of colours']", label="version 1")
    assert link.get_attribute("href").endswith("/report?version=1")
    page.select_option("select[aria-label='Version of colours']", label="version 2")
    assert link.is_hidden()


def test_a_reports_picture_opens_for_who_is_signed_in(
    page: Any, live: Start, tmp_path: Path
) -> None:
    (tmp_path / "3").mkdir()
    server = live(Patches(version=3), local_role="predict")  # the cookie alone lets one see it
    filled(server, "letters", "a")
    file = next((tmp_path / "datasets" / "letters" / "a").iterdir()).name
    (tmp_path / "3" / "report.html").write_text(
        f'<main data-dataset="letters"><span data-picture="a/{file}">a/{file}</span></main>'
        "<script>document.title = 'ran'</script>"
    )
    server.registry.__class__, server.registry.folder = Versions, tmp_path
    signed_in(page, server, "train")
    page.goto(f"{server.url}/api/models/colours/report?version=3")
    with page.context.expect_page() as opened:
        page.click(f"a:has-text('{file}')")
    shown = opened.value.locator("#sheet .shot")
    shown.wait_for()
    assert shown.count() == 1
    assert "A" in shown.inner_text()
    assert page.title() != "ran"


def test_a_training_that_waits_for_the_processor_says_so(page: Any, live: Start) -> None:
    server = live()
    jobs = server.app.extensions["likeness"].jobs
    jobs.start_runner = no_runner
    job = jobs.add("train", {"dataset": "letters", "model": "letters", "recipe": None}, "me").id
    jobs.take()
    said = {"stage": "crops", "done": 4, "total": 52, "message": "Looking at pictures"}
    jobs.change(job, progress={**said, "seconds_left": 130, "waiting": True})
    signed_in(page, server, "train")
    at(page, server, "training", "Training")
    page.wait_for_selector("#view:has-text('4 of 52, about 2 min more, waiting for the processor')")
