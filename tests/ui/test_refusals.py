"""What the API refuses, on the page: a sentence of the reader's language for each code."""

from __future__ import annotations

import re
from typing import Any

import pytest

from server.web.api_docs.markdown_page import NGINX_REFUSALS
from server.web.problems import refusals
from tests.support.paths import ROOT
from tests.ui.admin_page import Start, filled, signed_in

# What only a program can do wrong: the page asks nothing of the kind.
OF_PROGRAMS = {
    "address-too-long",
    "headers-too-large",
    "method-not-allowed",
    "wrong-content-type",
}


def test_every_code_has_a_sentence() -> None:
    script = (ROOT / "ui" / "js" / "refusals.js").read_text()
    known = set(re.findall(r'^  "?([a-z0-9-]+)"?: \["', script, re.MULTILINE))
    codes = {code for _, code, _ in (*refusals(), *NGINX_REFUSALS)} | {"internal"}
    assert codes - OF_PROGRAMS == known


@pytest.mark.browser
def test_a_german_page_refuses_in_german(browser: Any, live: Start) -> None:
    server = live()
    filled(server, "letters", "a", "b")
    context = browser.new_context(locale="de-DE")
    page = context.new_page()
    signed_in(page, server, "train", "/")
    page.goto(f"{server.url}/teach?dataset=letters")
    page.locator("[data-label=a] input[type=file]").set_input_files(
        {"name": "brief.jpg", "mimeType": "image/jpeg", "buffer": b"no picture"}
    )
    refused = page.locator("[data-label=a] .refused")
    refused.wait_for()
    assert refused.inner_text().startswith("brief.jpg: Das ist kein Bild, das ich lesen kann. ")
    page.fill("#class-name", "../x")
    page.keyboard.press("Enter")
    page.wait_for_selector("#trouble h2:has-text('Eine Angabe ist nicht so')")
    assert "Der Server sagt auf Englisch: " in page.inner_text("#trouble")
    context.close()
