"""Long names and labels at the edge: nothing is cut off, and no page is wider than its window."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.browsing import picture
from tests.support.patches import NAMES, Patches
from tests.ui.asking import PHONE, Start, a_page, give, opened, settled

pytestmark = pytest.mark.browser
LONG = "the_quite_unreasonably_long_name_of_somebody_whom_nobody_calls_so"
CUT = """() => {
    const frame = document.querySelector("#frame").getBoundingClientRect();
    return [...document.querySelectorAll("#boxes .tag")].map((tag) => tag.getBoundingClientRect())
        .filter(({ width }) => width)
        .filter(({ left, right, top, bottom }) => left < frame.left - 1 || right > frame.right + 1
            || top < frame.top - 1 || bottom > frame.bottom + 1).length;
}"""


@pytest.mark.parametrize(
    "box",
    [(0, 0, 60, 60), (350, 10, 50, 50), (2, 240, 50, 58), (0, 0, 400, 300), (180, 100, 40, 40)],
    ids=["top left", "top right", "bottom left", "all of it", "middle"],
)
def test_a_label_is_never_cut_at_the_frame(
    anywhere: Any, live: Start, box: tuple[int, int, int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(NAMES, LONG, NAMES["ada_lovelace"])
    opened(anywhere, live(Patches(labels=(LONG, "grace_hopper"))))
    give(anywhere, picture({LONG: box}))
    settled(anywhere, "good")
    assert anywhere.evaluate(CUT) == 0
    anywhere.set_viewport_size({"width": 500, "height": 800})
    anywhere.wait_for_timeout(100)
    assert anywhere.evaluate(CUT) == 0


def test_long_names_do_not_push_a_phone(
    browser: Any, live: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(NAMES, LONG, NAMES["ada_lovelace"])
    server = live(Patches(labels=(LONG, "x" * 63)), local_role="train")
    for page in a_page(browser, PHONE):
        opened(page, server)
        give(page, picture({LONG: (40, 60, 80, 100)}))
        settled(page, "good")
        assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]


def test_an_address_that_is_not_there_is_a_page(anywhere: Any, live: Start) -> None:
    server = live()
    answer = anywhere.goto(f"{server.url}/deep/nope")
    assert answer.status == 404
    anywhere.wait_for_selector("h1:has-text('There is nothing at this address.')")
    assert anywhere.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    anywhere.wait_for_selector("#screens [data-screen=recognise]", state="attached")
    anywhere.click("a:has-text('Ask about a picture')")
    anywhere.wait_for_selector("#cards .card")


def test_the_snippet_names_the_model_that_is_chosen(page: Any, live: Start) -> None:
    server = live(Patches(), Patches(name="letters", labels=("ada_lovelace",)))
    opened(page, server)
    page.click("summary")
    assert "model=" not in page.inner_text("#curl")
    page.select_option("#model", label="letters")
    assert "/api/classify_image?model=letters'" in page.inner_text("#curl")
