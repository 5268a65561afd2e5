"""A report's pictures lead to where they can be decided about."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.patches import Patches, Registry
from tests.ui.admin_page import Start, filled, signed_in

pytestmark = pytest.mark.browser


class Versions(Registry):
    """Versions 1 to 3, of which the second has no report."""

    folder: Path

    def versions(self, name: str) -> list[int]:
        return [1, 2, 3]

    def path(self, name: str, version: int) -> Path:
        return self.folder / str(version)


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
    signed_in(page, server, "train", "/")
    page.goto(f"{server.url}/api/models/colours/report?version=3")
    with page.context.expect_page() as opened:
        page.click(f"a:has-text('{file}')")
    shown = opened.value.locator("#sheet .shot")
    shown.wait_for()
    assert shown.count() == 1
    assert "A" in shown.inner_text()
    assert page.title() != "ran"
