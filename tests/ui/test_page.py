"""The page in a real browser, against the real application: what people do with it and what they
are told.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.browsing import CHROMIUM, CHROMIUM_ARGUMENTS, picture
from tests.support.patches import Patches
from tests.ui.asking import PHONE, TWO, Start, give, opened, rows, settled, text64

pytestmark = pytest.mark.browser
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
        transfer.items.add(new File([Uint8Array.from(atob(base64),
            (letter) => letter.charCodeAt(0))], name, { type }));
    document.dispatchEvent(new DragEvent("drop", { bubbles: true, cancelable: true,
        dataTransfer: transfer }));
}"""
PASTE = """([base64, type]) => {
    const transfer = new DataTransfer();
    const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
    if (type === "text/plain") transfer.setData(type, "hello");
    else transfer.items.add(new File([bytes], "pasted.png", { type }));
    document.dispatchEvent(new ClipboardEvent("paste", { bubbles: true, clipboardData: transfer }));
}"""


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
    remarks = page.locator(".remark").all_inner_texts()
    assert any("Fewer than two eyes" in text for text in remarks), remarks
    assert any("Closest is Grace Hopper" in text for text in remarks), remarks
    page.locator("#regions .chip").first.press(" ")
    assert rows(page)[0] == ["Ada Lovelace", "88 %"]
    assert page.locator("[aria-live=polite] #headline").count() == 1


@pytest.fixture
def strict_page(page: Any, live: Start) -> Any:
    """The page of a server that takes small pictures only."""
    opened(page, live(picture_pixels=4_000_000, picture_bytes=50_000))
    return page


@pytest.mark.parametrize(
    ("data", "tone", "headline", "detail"),
    [
        (picture({}), "unsure", "I found no face in this picture.", "both eyes"),
        (picture({"stranger": (10, 10, 60, 60)}), "unsure", "Someone I don’t know.", ""),
        (b"just some text", "trouble", "That is not a picture I can read.", "JPEG, PNG"),
        (picture(TWO)[:300], "trouble", "That picture is damaged.", "whole"),
        (
            bytes(1_000_000),
            "trouble",
            "That picture is too big.",
            "At most 137 kB can be sent at once.",
        ),
        (picture({}, size=(2, 2)), "trouble", "That picture is too small.", "at least 8"),
        (b"", "trouble", "That file is empty.", "0 bytes"),
    ],
    ids=["no face", "stranger", "text", "damaged", "body", "tiny", "empty"],
)
def test_every_other_answer_is_a_clear_sentence(
    strict_page: Any, data: bytes, tone: str, headline: str, detail: str
) -> None:
    page = strict_page
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


@pytest.mark.parametrize(
    "data",
    [picture(TWO, size=(3000, 3000)), picture(TWO) + bytes(60_000)],
    ids=["pixels", "bytes"],
)
def test_a_picture_over_the_limit_is_made_smaller_and_that_is_said(
    strict_page: Any, data: bytes
) -> None:
    give(strict_page, data)
    assert settled(strict_page, "good") == "This is Ada Lovelace and someone I don’t know."
    assert "It was made smaller here" in strict_page.inner_text("#reminder")


def test_several_pictures_are_a_contact_sheet_of_answers(anywhere: Any, live: Start) -> None:
    page = anywhere
    opened(page, live())
    names = ["ada_lovelace", "grace_hopper", "stranger"]
    some = [
        [text64(picture({name: (10, 10, 60, 60)})), f"{name}.png", "image/png"] for name in names
    ]
    page.evaluate(DROP_ALL, [[text64(b"notes"), "notes.txt", "text/plain"], *some])
    headlines = ["This is Ada Lovelace.", "This is Grace Hopper.", "Someone I don’t know."]
    for number, headline in enumerate(headlines):
        page.wait_for_selector(f"#prints li:nth-child({number + 1}):has-text('{headline}')")
    assert page.inner_text("#headline") == headlines[0]
    page.locator("#prints .print").nth(2).press("Enter")
    assert page.inner_text("#headline") == headlines[2]
    assert page.locator("#boxes .box.stranger").count() == 1
    give(page, picture({"grace_hopper": (10, 10, 60, 60)}))
    page.wait_for_selector(f"#headline:has-text('{headlines[1]}')")
    assert page.locator("#sheet").is_hidden()


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
    text = page.locator("#camera-note", has_text="Choose a picture")
    text.wait_for(timeout=10000)
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


@pytest.mark.parametrize(
    ("limits", "text"),
    [
        ({"body_bytes": 22_505_062}, "At most 22.5 MB can be sent at once."),
        ({"batch_pictures": 32}, "22505062 bytes"),
        (None, "22505062 bytes"),
    ],
    ids=["bytes", "another limit", "somebody on the way"],
)
def test_a_limit_is_said_in_megabytes(
    page: Any, live: Start, limits: dict[str, int] | None, text: str
) -> None:
    opened(page, live())
    body = {"code": "body-too-large", "detail": "more than 22505062 bytes", "limits": limits}
    words = page.evaluate(
        "async (responseJSON) => (await import('/js/api.js'))"
        ".troubleOf({ status: 413, responseJSON, getResponseHeader: () => null }).detail",
        body,
    )
    assert text in words
