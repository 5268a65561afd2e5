"""What everybody must be able to see, reach and hear: contrast, names, edges and room, on every
view, light, dark.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.browsing import Live, picture
from tests.ui.admin_page import filled, signed_in
from tests.ui.teach.faces import person, put, two_people
from tests.ui.test_activity import asked_before
from tests.ui.test_strangers import with_strangers

pytestmark = pytest.mark.browser
Start = Callable[..., Live]
TWO = {"ada_lovelace": (40, 60, 80, 100), "stranger": (250, 120, 60, 60)}

# Contrast as WCAG 2.2 computes it: relative luminance of the text and of whatever lies under it. AA
# asks 4.5, or 3 for large text and for the edge of a field.
WRONG = """() => {
    const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
    const rgba = (colour) => {
        canvas.clearRect(0, 0, 1, 1);
        canvas.fillStyle = colour;
        canvas.fillRect(0, 0, 1, 1);
        const [red, green, blue, alpha] = canvas.getImageData(0, 0, 1, 1).data;
        return { rgb: [red, green, blue], alpha: alpha / 255 };
    };
    const over = (top, ground) => ground.map((value,
        at) => value * (1 - top.alpha) + top.rgb[at] * top.alpha);
    const light = (rgb) => {
        const linear = (v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
        const [red, green, blue] = rgb.map((value) => linear(value / 255));
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    };
    const contrast = (one, other) => {
        const [high, low] = [light(one), light(other)].sort((a, b) => b - a);
        return (high + 0.05) / (low + 0.05);
    };
    const ground = (element) => {
        const under = element.parentElement ? ground(element.parentElement) : [255, 255, 255];
        return over(rgba(getComputedStyle(element).backgroundColor), under);
    };
    const wrong = [];
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
        const element = texts.currentNode.parentElement;
        const text = texts.currentNode.textContent.trim();
        if (!text || !element.checkVisibility()) continue;
        if (element.closest(":disabled, option, .visually-hidden, script")) continue;
        const style = getComputedStyle(element);
        const size = parseFloat(style.fontSize);
        const asked = size >= 24 || (size >= 18.66 && style.fontWeight >= 700) ? 3 : 4.5;
        const under = ground(element);
        const found = contrast(over(rgba(style.color), under), under);
        if (found < asked) wrong.push(`contrast ${found.toFixed(2)}: ${text.slice(0, 40)}`);
    }
    for (const each of document.querySelectorAll("a[href], button, input, select, summary")) {
        if (!each.checkVisibility() || each.ariaHidden === "true") continue;
        const name = each.ariaLabel || each.textContent.trim() || each.labels?.length;
        if (!name) wrong.push(`no name: ${each.outerHTML.slice(0, 80)}`);
        const { width, height } = each.getBoundingClientRect();
        const inline = getComputedStyle(each).display === "inline" || each.type === "checkbox";
        if (!inline && width > 1 && Math.min(width,
            height) < 24) wrong.push(`${width} x ${height}: ${name}`);
        if (each.matches("select, input:not([type=file], [type=checkbox])")) {
            const edge = contrast(rgba(getComputedStyle(each).borderTopColor).rgb,
                ground(each.parentElement));
            if (edge < 3) wrong.push(`edge ${edge.toFixed(2)}: ${name}`);
        }
    }
    const wide = document.documentElement.scrollWidth;
    if (wide > innerWidth) wrong.push(`${wide} px wide`);
    return wrong;
}"""


# 320 px is a desktop at 400 %.
@pytest.fixture(params=[("light", 1280), ("dark", 1280), ("light", 320), ("dark", 320)], ids=str)
def page(request: pytest.FixtureRequest, browser: Any) -> Any:
    scheme, width = request.param
    context = browser.new_context(
        viewport={"width": width, "height": 800}, color_scheme=scheme, reduced_motion="reduce"
    )
    yield context.new_page()
    context.close()


def test_models_and_settings_can_be_seen_and_reached(page: Any, live: Start) -> None:
    server = live()
    filled(server, "letters", "a", "b")
    filled(server, "empty", "a")
    signed_in(page, server, "admin")
    for screen, there in (("models", "#models .panel"), ("settings", "#screen:not([hidden])")):
        page.goto(f"{server.url}/{screen}")
        page.wait_for_selector(there)
        assert page.evaluate(WRONG) == [], screen


@pytest.mark.parametrize("screen", ["teach", "review"])
def test_pictures_with_marks_can_be_seen_and_reached(
    page: Any, live: Start, screen: str, orl_faces: Path
) -> None:
    server = live()
    put(server, "team", "ada", two_people(orl_faces), person(orl_faces, 1, 1))
    put(server, "team", "W" * 60, person(orl_faces, 2, 1))
    signed_in(page, server, "admin")
    page.goto(f"{server.url}/{screen}?dataset=team")
    page.wait_for_selector(".issue" if screen == "teach" else ".shot >> nth=2")
    if screen == "review":
        page.locator(".shot").first.click()
        page.wait_for_selector("#act-bar:not([hidden])")
    assert page.evaluate(WRONG) == []


def test_activity_can_be_seen_and_reached(page: Any, live: Start) -> None:
    server = live()
    asked_before(server, 9)
    signed_in(page, server, "admin", "/")
    page.goto(f"{server.url}/activity")
    for place in ("#answers tbody", ".chart-fill", "#corrected .state"):
        page.wait_for_selector(place)
    page.click("#over-time summary")
    assert page.evaluate(WRONG) == []


def test_strangers_can_be_seen_and_reached(page: Any, live: Start) -> None:
    with_strangers(page, live, 3)
    for number in (0, 1):
        page.locator(".stranger [type=checkbox]").nth(number).check()
    assert page.evaluate(WRONG) == []
    page.locator(".stranger-faces").first.click()
    assert page.evaluate(WRONG) == []
    page.keyboard.press("Escape")
    page.click("#act-bar button:has-text('Clear')")
    page.locator(".stranger button:has-text('Never tell me')").last.click()
    page.wait_for_selector("#ignored:not([hidden])")
    page.click("#toasts [aria-label=Close]")
    page.click("#ignored summary")
    assert page.evaluate(WRONG) == []


def test_the_page_of_the_api_can_be_seen_and_reached(page: Any, live: Start) -> None:
    page.goto(f"{live().url}/api/docs")
    assert page.evaluate(WRONG) == []


@pytest.mark.parametrize(
    ("data", "tone"),
    [(picture(TWO), "good"), (picture({}), "unsure"), (b"text", "trouble")],
    ids=["named", "nothing", "trouble"],
)
def test_every_answer_can_be_seen_and_reached(
    page: Any, live: Start, data: bytes, tone: str
) -> None:
    page.goto(live().url)
    page.wait_for_selector("#cards .card")
    assert page.evaluate(WRONG) == []
    page.set_input_files("#file", {"name": "a.png", "mimeType": "image/png", "buffer": data})
    page.wait_for_selector(f"#answer[data-tone={tone}]")
    page.wait_for_function("() => document.getAnimations().length === 0")
    assert page.evaluate(WRONG) == []
