"""What the page says of models of different kinds, and of their answers."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from data_cleaning.imaging.decoding import decode
from data_cleaning.imaging.encoding import encode
from model.recognition.manifest import Facts
from model.recognition.naming.recogniser import Acceptance
from model.recognition.registry import Registry
from tests.support.browsing import picture
from tests.support.patches import Patches, Several
from tests.support.paths import ROOT
from tests.ui.asking import Start, give, opened, settled

pytestmark = pytest.mark.browser


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
    page.click("#remedies button:has-text('Teach one')")
    page.wait_for_selector("#first:not([hidden])")


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


def test_the_command_for_programs_names_this_server(page: Any, live: Start) -> None:
    server = live()
    opened(page, server)
    page.click("summary")
    assert f"{server.url}/api/classify_image" in page.inner_text("#curl")


def naming(share: float | None) -> Facts:
    """Facts of a model that names this share of strangers."""
    return Facts(acceptance=Acceptance("similarity", 0.4, fpir=share))


@pytest.mark.parametrize(
    ("share", "refuses", "text"),
    [
        (None, True, ""),
        (0.01, True, ""),
        (None, False, "This model refuses nobody: whoever it looks at gets one of its names."),
        (0.95, True, "hardly knows strangers: when it was tried, 95 % of them got a name"),
        (1.0, True, "nearly every one of them got a name"),
    ],
)
def test_a_model_that_names_strangers_says_so(
    page: Any, live: Start, share: float | None, refuses: bool, text: str
) -> None:
    opened(page, live(Patches(facts=naming(share), refuses=refuses)))
    assert text in page.inner_text("#hint-strangers")
    give(page, picture({"stranger": (10, 10, 60, 60)}))
    settled(page, "unsure")
    assert page.locator("#caution").is_hidden()
    give(page, picture({"ada_lovelace": (10, 10, 60, 60)}))
    settled(page, "good")
    assert page.locator("#caution").is_visible() == bool(text)
    assert text in page.inner_text("#caution")


@pytest.mark.parametrize(
    ("sure", "text"),
    [([0.9, 0.6], "2 × Rider."), ([0.6, 0.7], "Probably 2 × Rider."), ([0.9], "Rider.")],
)
def test_people_of_one_class_are_counted(
    page: Any, live: Start, sure: list[float], text: str
) -> None:
    opened(page, live())
    regions = [
        {"label": "rider", "labels": ["rider"], "best": "rider", "probability": probability}
        for probability in sure
    ]
    words = page.evaluate(
        "async (r) => (await import('/js/recognise/sentences.js')).headline(r, 'person')", regions
    )
    assert words == text


@pytest.mark.parametrize(
    ("sure", "text"), [(0.3, "perhaps Ada"), (0.6, "probably Ada"), (0.9, "This is Ada")]
)
def test_a_doubtful_name_is_said_with_doubt(page: Any, live: Start, sure: float, text: str) -> None:
    opened(page, live())
    region = {"label": "ada", "labels": ["ada"], "best": "ada", "probability": sure}
    words = page.evaluate(
        "async (r) => (await import('/js/recognise/sentences.js')).headline([r], 'face')", region
    )
    assert text in words


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
        label = page.text_content(".scores tr.best th")
        text = page.inner_text(".why figcaption")
        assert text.startswith(f"What counted for {label}: the warmer, the more.")
        assert f"nearest pictures are {label}" in text
        assert page.locator(".nearest li").count() == 5
        assert "role train" in page.inner_text(".nearest")


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
    buttons = [each.inner_text() for each in anywhere.locator(".corrections button:visible").all()]
    assert buttons == ["Yes, all of it", "No Ada Lovelace", "No Grace Hopper"]
    anywhere.select_option(".corrections select", label="Zoë-Faraday")
    anywhere.click(".corrections button:has-text('Save')")
    anywhere.click("#sure-yes")
    anywhere.wait_for_selector(".corrections:has-text('Thank you')")
    assert "as ada_lovelace, grace_hopper, and zoë-faraday" in anywhere.inner_text(".corrections")


def test_what_a_stranger_is_most_like_is_told_as_such(page: Any, live: Start) -> None:
    opened(page, live())
    give(page, picture({"ada_lovelace": (40, 60, 80, 100), "stranger": (250, 120, 60, 60)}))
    settled(page, "good")
    assert "If it had to be" not in page.inner_text("#details")
    page.click("#regions .chip.stranger")
    assert "but not close enough to say so" in page.inner_text("#details .remark")
    assert "If it had to be one of them:" in page.inner_text("#details")


@pytest.mark.parametrize(
    ("recipe", "text"),
    [
        ("face-classic", "train with the recipe face-modern"),
        ("face-modern", "pictures of other people, in a class _unknown"),
    ],
)
def test_a_modern_model_is_not_told_to_be_modern(
    page: Any, live: Start, recipe: str, text: str
) -> None:
    known = SimpleNamespace(name=recipe, subject="face", to_json=lambda: {})
    opened(page, live(Patches(facts=naming(0.5), recipe=known)))
    assert text in page.inner_text("#hint-strangers")
