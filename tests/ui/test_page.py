"""The page in a real browser, against the real application: what people do with it and what they
are told.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from data_cleaning.imaging.decoding import decode
from data_cleaning.imaging.encoding import encode
from model.recognition.registry import Registry
from tests.support.browsing import CHROMIUM, CHROMIUM_ARGUMENTS, Live, picture
from tests.support.patches import Patches, Several
from tests.support.paths import ROOT

pytestmark = pytest.mark.browser
PHONE, DESKTOP = {"width": 390, "height": 844}, {"width": 1280, "height": 860}
TWO = {"ada_lovelace": (40, 60, 80, 100), "stranger": (250, 120, 60, 60)}
Start = Callable[..., Live]
DROP = """([base64, name, type]) => {
    const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
    const transfer = new DataTransfer();
    if (name) transfer.items.add(new File([bytes], name, { type }));
    else transfer.setData("text/uri-list", "https://example.org/a.png");
    for (const kind of ["dragenter", "dragover", "drop"])
        document.querySelector("#drop").dispatchEvent(
            new DragEvent(kind, { bubbles: true, cancelable: true, dataTransfer: transfer }));
}"""
DROP_ALL = """(pictures) => {
    const transfer = new DataTransfer();
    for (const [base64, name, type] of pictures)
        transfer.items.add(new File([Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0))], name, { type }));
    document.dispatchEvent(new DragEvent("drop", { bubbles: true, cancelable: true, dataTransfer: transfer }));
}"""
PASTE = """([base64, type]) => {
    const transfer = new DataTransfer();
    const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
    if (type === "text/plain") transfer.setData(type, "hello");
    else transfer.items.add(new File([bytes], "pasted.png", { type }));
    document.dispatchEvent(new ClipboardEvent("paste", { bubbles: true, clipboardData: transfer }));
}"""


def text64(data: bytes) -> str:
    return base64.b64encode(data).decode()


@pytest.fixture(params=[PHONE, DESKTOP], ids=["phone", "desktop"])
def anywhere(request: pytest.FixtureRequest, browser: Any) -> Iterator[Any]:
    yield from a_page(browser, request.param)


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    yield from a_page(browser, DESKTOP)


def a_page(browser: Any, viewport: dict[str, int]) -> Iterator[Any]:
    """A fresh page; an exception in its scripts fails the test."""
    context = browser.new_context(viewport=viewport)
    made = context.new_page()
    wrong: list[str] = []
    made.on("pageerror", lambda error: wrong.append(str(error)))
    made.on(
        "console",
        lambda said: wrong.append(said.text) if "Content Security Policy" in said.text else None,
    )
    yield made
    context.close()
    assert not wrong


def give(page: Any, data: bytes, name: str = "a.png") -> None:
    page.set_input_files("#file", {"name": name, "mimeType": "image/png", "buffer": data})


def settled(page: Any, tone: str) -> str:
    """The headline, once the answer has this tone."""
    page.wait_for_selector(f"#answer[data-tone={tone}]", timeout=30000)
    return str(page.inner_text("#headline"))


def opened(page: Any, live: Live) -> None:
    page.goto(live.url)
    page.wait_for_selector("#cards .card")


def rows(page: Any) -> list[list[str]]:
    return [
        [row.locator("th").inner_text(), row.locator(".number").inner_text()]
        for row in page.locator(".scores tbody tr").all()
    ]


def test_a_dropped_picture_is_named(anywhere: Any, live: Start) -> None:
    opened(anywhere, live())
    anywhere.evaluate(DROP, [text64(picture(TWO)), "two.png", "image/png"])
    assert settled(anywhere, "good") == "This is Ada Lovelace and someone I don’t know."
    assert anywhere.locator(".card.lit .card-name").all_inner_texts() == ["Ada Lovelace"]
    assert rows(anywhere)[0] == ["Ada Lovelace", "88 %"]
    assert [name for name, _ in rows(anywhere)] == ["Ada Lovelace", "Grace Hopper", "Zoë-Faraday"]
    assert anywhere.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_a_box_lies_on_its_face_at_every_width(anywhere: Any, live: Start) -> None:
    opened(anywhere, live())
    give(anywhere, picture(TWO))
    settled(anywhere, "good")
    check_boxes(anywhere, TWO, (400, 300))


def check_boxes(
    page: Any, squares: dict[str, tuple[int, int, int, int]], size: tuple[int, int]
) -> None:
    """Each box, measured on the screen, against the square as it lies in the upright picture."""
    frame = page.locator("#picture").bounding_box()
    assert frame["width"] / frame["height"] == pytest.approx(size[0] / size[1], rel=0.02)
    scale = frame["width"] / size[0]
    for box, (x, y, width, height) in zip(
        page.locator(".box").all(), squares.values(), strict=True
    ):
        seen = box.bounding_box()
        expected = [frame["x"] + x * scale, frame["y"] + y * scale, width * scale, height * scale]
        assert [seen["x"], seen["y"], seen["width"], seen["height"]] == pytest.approx(
            expected, abs=2
        )


def test_a_picture_turned_by_exif_has_its_box_where_it_is_seen(page: Any, live: Start) -> None:
    # Stored lying, shown standing: orientation 6 turns the stored picture a quarter clockwise.
    import PIL.Image

    exif = PIL.Image.Exif()
    exif[0x0112] = 6
    stored = picture({"ada_lovelace": (40, 60, 80, 104)}, format="JPEG", quality=95, exif=exif)
    opened(page, live())
    give(page, stored, "turned.jpg")
    settled(page, "good")
    check_boxes(page, {"ada_lovelace": (300 - 60 - 104, 40, 104, 80)}, (300, 400))


def test_a_pasted_picture_is_named_and_a_pasted_text_is_explained(page: Any, live: Start) -> None:
    opened(page, live())
    page.evaluate(PASTE, ["", "text/plain"])
    assert settled(page, "trouble") == "There is no picture in the clipboard."
    page.evaluate(PASTE, [text64(picture({"grace_hopper": (10, 10, 50, 50)})), "image/png"])
    assert settled(page, "good") == "This is Grace Hopper."


def test_faces_can_be_chosen_with_the_keyboard(page: Any, live: Start) -> None:
    opened(page, live())
    give(page, picture(TWO))
    settled(page, "good")
    page.focus(".box >> nth=1")
    page.keyboard.press("Enter")
    assert page.locator(".box >> nth=1").get_attribute("aria-pressed") == "true"
    assert "Only one eye was found" in page.inner_text(".remark")
    assert "Closest is Grace Hopper" in page.inner_text(".remark")
    page.locator("#regions .chip").first.press(" ")
    assert rows(page)[0] == ["Ada Lovelace", "88 %"]
    assert page.locator("[aria-live=polite] #headline").count() == 1


@pytest.mark.parametrize(
    ("data", "tone", "headline", "detail"),
    [
        (picture({}), "unsure", "I found no face in this picture.", "both eyes"),
        (picture({"stranger": (10, 10, 60, 60)}), "unsure", "Someone I don’t know.", ""),
        (b"just some text", "trouble", "That is not a picture I can read.", "JPEG, PNG"),
        (picture(TWO)[:300], "trouble", "That picture is damaged.", "whole"),
        (
            picture(TWO, size=(3000, 3000)),
            "trouble",
            "That picture is too big.",
            "at most 4,000,000 pixels",
        ),
        (
            picture(TWO) + bytes(60_000),
            "trouble",
            "That picture is too big.",
            "at most 50,000 bytes",
        ),
        (
            bytes(20_000_000),
            "trouble",
            "That picture is too big.",
            "At most 137 kB can be sent at once.",
        ),
        (picture({}, size=(2, 2)), "trouble", "That picture is too small.", "at least 8"),
        (b"", "trouble", "That file is empty.", "0 bytes"),
    ],
    ids=["no face", "stranger", "text", "damaged", "pixels", "bytes", "body", "tiny", "empty"],
)
def test_every_other_answer_is_a_clear_sentence(
    page: Any, live: Start, data: bytes, tone: str, headline: str, detail: str
) -> None:
    opened(page, live(picture_pixels=4_000_000, picture_bytes=50_000))
    give(page, data)
    assert settled(page, tone) == headline
    assert detail in page.inner_text("#answer")
    assert page.locator(".card.lit").count() == 0
    assert page.locator("#unseen").is_hidden()
    give(page, picture({"ada_lovelace": (10, 10, 60, 60)}))
    assert settled(page, "good") == "This is Ada Lovelace."


def test_a_link_dropped_instead_of_a_file_is_explained(page: Any, live: Start) -> None:
    opened(page, live())
    page.evaluate(DROP, ["", "", ""])
    assert settled(page, "trouble") == "That was no picture file."


def test_a_server_that_went_away_is_said_and_asked_again_when_it_is_back(
    page: Any, live: Start
) -> None:
    server = live()
    opened(page, server)
    server.stop()
    give(page, picture(TWO))
    assert settled(page, "trouble") == "The server does not answer."
    assert page.locator("#remedies button").inner_text() == "Try again"
    server.start()
    assert settled(page, "good").startswith("This is Ada Lovelace")


def test_an_older_answer_never_covers_a_newer_picture(page: Any, live: Start) -> None:
    slow = Patches(delay=0.7)
    opened(page, live(slow))
    give(page, picture({"ada_lovelace": (10, 10, 60, 60)}))
    page.wait_for_selector("#answer[data-tone=working]")
    give(page, picture({"grace_hopper": (10, 10, 60, 60)}))
    assert settled(page, "good") == "This is Grace Hopper."
    page.wait_for_timeout(1000)
    assert page.inner_text("#headline") == "This is Grace Hopper."


def test_a_slow_answer_can_be_stopped_and_asked_again(anywhere: Any, live: Start) -> None:
    opened(anywhere, live(Patches(delay=3)))
    give(anywhere, picture(TWO))
    anywhere.wait_for_selector("#remedies progress")
    anywhere.click("#remedies button:has-text('Stop')")
    assert settled(anywhere, "unsure") == "Stopped."
    assert anywhere.locator("#scan").is_hidden()
    anywhere.click("#remedies button:has-text('Try again')")
    assert settled(anywhere, "good").startswith("This is Ada Lovelace")


def test_of_several_pictures_one_after_the_other_is_named(page: Any, live: Start) -> None:
    opened(page, live())
    names = ["ada_lovelace", "grace_hopper", "zoë-faraday"]
    some = [
        [text64(picture({name: (10, 10, 60, 60)})), f"{name}.png", "image/png"] for name in names
    ]
    page.evaluate(DROP_ALL, [[text64(b"notes"), "notes.txt", "text/plain"], *some])
    for headline, more in [("Ada Lovelace", "2"), ("Grace Hopper", "1"), ("Zoë-Faraday", None)]:
        page.wait_for_selector(f"#headline:has-text('This is {headline}.')")
        if more:
            page.click(f"#next:has-text('({more} more)')")
    assert page.locator("#next").is_hidden()


def test_a_connection_that_breaks_again_and_again_is_not_tried_for_ever(
    page: Any, live: Start
) -> None:
    opened(page, live())
    asked: list[str] = []
    page.route(
        "**/api/predict*",
        lambda route: (asked.append(route.request.url), route.abort("connectionreset")),
    )
    page.clock.install()
    give(page, picture(TWO))
    for _ in range(3):
        page.wait_for_selector("#note:has-text('I keep trying.')")
        with page.expect_request("**/api/predict*"):
            page.clock.run_for(4100)
    page.wait_for_selector("#note:not(:has-text('I keep trying.'))")
    assert len(asked) == 4
    assert page.locator("#remedies button").inner_text() == "Try again"


def test_the_address_names_the_model_that_is_asked(page: Any, live: Start) -> None:
    server = live(Patches(), Patches(name="letters", labels=("ada_lovelace", "zoë-faraday")))
    page.goto(f"{server.url}/#letters")
    page.wait_for_selector("#cards .card")
    assert page.locator("#cards .card").count() == 2
    page.select_option("#model", label="colours")
    page.reload()
    page.wait_for_selector("#cards .card >> nth=2")
    assert page.input_value("#model") == "0"


def test_without_a_model_the_page_leads_to_making_one(page: Any, live: Start) -> None:
    server = live(local_role="train")
    server.registry.bundles.clear()
    page.goto(server.url)
    assert settled(page, "trouble") == "No model is trained yet."
    page.click("#remedies button:has-text('Manage')")
    page.wait_for_selector("#view h1:has-text('Data sets')")


def test_with_several_models_one_is_chosen(page: Any, live: Start) -> None:
    opened(page, live(Patches(), Patches(name="letters", labels=("ada_lovelace", "zoë-faraday"))))
    give(page, picture({"grace_hopper": (10, 10, 60, 60)}))
    assert settled(page, "good") == "This is Grace Hopper."
    page.select_option("#model", label="letters")
    assert settled(page, "unsure") == "I found no face in this picture."
    assert page.locator("#cards .card-name").all_inner_texts() == ["Ada Lovelace", "Zoë-Faraday"]


def test_a_model_of_things_is_spoken_of_as_such(page: Any, live: Start) -> None:
    things = SimpleNamespace(name="patches", subject="object", to_json=lambda: {})
    opened(page, live(Patches(recipe=things)))
    assert page.inner_text("#headline") == "What is it?"
    assert page.inner_text("#people-title") == "What this model knows"
    give(page, picture({"grace_hopper": (10, 10, 60, 60)}))
    assert settled(page, "good") == "Grace Hopper."
    give(page, picture({"stranger": (10, 10, 60, 60)}))
    assert settled(page, "unsure") == "Something I don’t know."


def test_names_come_from_the_api_and_cannot_be_markup(page: Any, live: Start) -> None:
    opened(page, live(Patches(labels=("ada_lovelace", "<img src=x onerror=alert(1)>"))))
    give(page, picture({"ada_lovelace": (10, 10, 60, 60)}))
    settled(page, "good")
    names = page.locator("#cards .card-name").all_inner_texts()
    assert names == ["Ada Lovelace", "<img Src=x Onerror=alert(1)>"]
    assert page.locator("#cards img, .scores img").count() == 0


def test_a_camera_that_is_not_allowed_says_so(page: Any, live: Start) -> None:
    opened(page, live())
    page.click("#camera")
    page.wait_for_selector("#camera-dialog[open]")
    said = page.locator("#camera-note", has_text="Choose a picture")
    said.wait_for(timeout=10000)
    page.click("#close-camera")
    assert page.locator("#camera-dialog[open]").count() == 0


def test_a_picture_is_taken_with_the_camera(browser: Any, live: Start) -> None:
    # Chromium's own test pattern stands in for a camera: a real stream, through the real capture.
    pretended = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
    started = browser.browser_type.launch(
        executable_path=CHROMIUM, args=[*CHROMIUM_ARGUMENTS, *pretended]
    )
    try:
        page = started.new_page(viewport=PHONE)
        opened(page, live())
        page.click("#camera")
        page.click("#shoot:not([disabled])")
        page.wait_for_selector("#answer[data-tone=unsure], #answer[data-tone=good]", timeout=30000)
        assert page.locator("#camera-dialog[open]").count() == 0
        assert page.inner_text("#file-name") == "camera.jpg"
        assert page.eval_on_selector("#picture", "image => image.naturalWidth") > 100
        assert page.eval_on_selector("#viewfinder", "video => video.srcObject") is None
    finally:
        started.close()


def test_a_picture_that_the_browser_cannot_show_is_answered_all_the_same(
    page: Any, live: Start
) -> None:
    from data_cleaning.imaging.decoding import HEIF

    if not HEIF:
        pytest.skip("pillow_heif is not installed")
    opened(page, live())
    give(
        page, picture({"ada_lovelace": (40, 60, 80, 100)}, format="HEIF", quality=90), "phone.heic"
    )
    assert settled(page, "good") == "This is Ada Lovelace."
    assert page.locator("#unseen").is_visible()
    assert page.locator("#frame").is_hidden()


def test_the_command_for_programs_names_this_server(page: Any, live: Start) -> None:
    server = live()
    opened(page, server)
    page.click("summary")
    assert f"{server.url}/api/classify_image" in page.inner_text("#curl")


@pytest.mark.parametrize(
    ("share", "refuses", "said"),
    [
        (None, True, ""),
        (0.01, True, ""),
        (None, False, "This model refuses nobody: whoever it looks at gets one of its names."),
        (0.95, True, "hardly knows strangers: when it was tried, 95 % of them got a name"),
        (1.0, True, "nearly every one of them got a name"),
    ],
)
def test_a_model_that_names_strangers_says_so(
    page: Any, live: Start, share: float | None, refuses: bool, said: str
) -> None:
    opened(page, live(Patches(facts={"acceptance": {"fpir": share}}, refuses=refuses)))
    assert said in page.inner_text("#hint-strangers")
    give(page, picture({"stranger": (10, 10, 60, 60)}))
    settled(page, "unsure")
    assert page.locator("#caution").is_hidden()
    give(page, picture({"ada_lovelace": (10, 10, 60, 60)}))
    settled(page, "good")
    assert page.locator("#caution").is_visible() == bool(said)
    assert said in page.inner_text("#caution")


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        ({"body_bytes": 22_505_062}, "At most 22.5 MB can be sent at once."),
        ({"batch_pictures": 32}, "22505062 bytes"),
        (None, "22505062 bytes"),
    ],
    ids=["bytes", "another limit", "somebody on the way"],
)
def test_a_limit_is_said_in_megabytes(
    page: Any, live: Start, limits: dict[str, int] | None, said: str
) -> None:
    opened(page, live())
    body = {"code": "body-too-large", "detail": "more than 22505062 bytes", "limits": limits}
    words = page.evaluate(
        "async (responseJSON) => (await import('/js/api.js'))"
        ".troubleOf({ status: 413, responseJSON, getResponseHeader: () => null }).detail",
        body,
    )
    assert said in words


@pytest.mark.parametrize(
    ("sure", "said"),
    [([0.9, 0.6], "2 × Rider."), ([0.6, 0.7], "Probably 2 × Rider."), ([0.9], "Rider.")],
)
def test_people_of_one_class_are_counted(
    page: Any, live: Start, sure: list[float], said: str
) -> None:
    opened(page, live())
    regions = [
        {"label": "rider", "labels": ["rider"], "best": "rider", "probability": each}
        for each in sure
    ]
    words = page.evaluate(
        "async (r) => (await import('/js/words.js')).headline(r, 'person')", regions
    )
    assert words == said


@pytest.mark.parametrize(
    ("sure", "said"), [(0.3, "perhaps Ada"), (0.6, "probably Ada"), (0.9, "This is Ada")]
)
def test_a_doubtful_name_is_said_with_doubt(page: Any, live: Start, sure: float, said: str) -> None:
    opened(page, live())
    region = {"label": "ada", "labels": ["ada"], "best": "ada", "probability": sure}
    words = page.evaluate(
        "async (r) => (await import('/js/words.js')).headline([r], 'face')", region
    )
    assert said in words


def test_a_model_of_things_that_refuses_nothing_promises_no_refusal(page: Any, live: Start) -> None:
    """Its classes are all there is, as its owner means it: that is told before, and no caution
    stands at an answer.
    """
    recipe = SimpleNamespace(name="patches", subject="object", to_json=lambda: {})
    opened(page, live(Patches(recipe=recipe, refuses=False)))
    assert "takes its classes for all there is" in page.inner_text("#hint-strangers")
    give(page, picture({"ada_lovelace": (10, 10, 60, 60)}))
    settled(page, "good")
    assert page.locator("#caution").is_hidden()


def test_why_is_told_of_the_face_that_is_chosen(page: Any, live: Start, astronaut: bytes) -> None:
    opened(page, live(Registry(ROOT / "artifacts").load("celebrities")))
    bright = decode(astronaut)
    give(page, encode(np.hstack([bright, (bright[:, ::-1] * 0.6).astype(np.uint8)])))
    page.wait_for_selector("#answer[data-tone=good], #answer[data-tone=unsure]", timeout=30000)
    for chosen in (1, 0):
        page.click(f"#regions .chip[data-region='{chosen}']")
        with page.expect_request(f"**/api/predict?*region={chosen}"):
            page.click(".why button")
        page.wait_for_selector(".why img[src^='data:image/png']")
        label = page.inner_text(".scores tr.best th")
        said = page.inner_text(".why figcaption")
        assert said.startswith(f"What counted for {label}: the warmer, the more.")
        assert f"nearest examples are {label}" in said


def test_every_class_that_a_picture_shows_is_named_and_can_be_corrected(
    anywhere: Any, live: Start
) -> None:
    recipe = SimpleNamespace(name="patches", subject="object", to_json=lambda: {})
    server = live(Several(recipe=recipe, multi_label=True), local_role="train")
    opened(anywhere, server)
    assert "A picture may show several of these, or none" in anywhere.inner_text("#hint-strangers")
    give(anywhere, picture({"ada_lovelace": (10, 10, 60, 60), "grace_hopper": (150, 10, 60, 60)}))
    assert settled(anywhere, "good") == "Ada Lovelace and Grace Hopper."
    lit = anywhere.locator("#cards .card.lit")
    assert [card.inner_text().split("\n") for card in lit.all()] == [
        ["AL", "Ada Lovelace", "90 %"],
        ["GH", "Grace Hopper", "80 %"],
    ]
    assert anywhere.inner_text(".box .tag") == "Ada Lovelace + Grace Hopper"
    assert anywhere.locator(".scores tr.named").count() == 2
    buttons = [each.inner_text() for each in anywhere.locator(".corrections button").all()]
    assert buttons == ["Yes, all of it", "No Ada Lovelace", "No Grace Hopper"]
    anywhere.select_option(".corrections select", label="Zoë-Faraday")
    anywhere.wait_for_selector(".corrections:has-text('Thank you')")
    assert "as ada_lovelace and grace_hopper and zoë-faraday" in anywhere.inner_text(".corrections")


def test_what_a_stranger_is_most_like_is_told_as_such(page: Any, live: Start) -> None:
    opened(page, live())
    give(page, picture({"ada_lovelace": (40, 60, 80, 100), "stranger": (250, 120, 60, 60)}))
    settled(page, "good")
    assert "If it had to be" not in page.inner_text("#details")
    page.click("#regions .chip.stranger")
    assert "but not close enough to say so" in page.inner_text("#details .remark")
    assert "If it had to be one of them:" in page.inner_text("#details")
