"""Forms are taken apart as Python's own parser does it, only quicker."""

from __future__ import annotations

import base64
import random
from urllib.parse import parse_qsl, urlencode

import pytest

from server.web.form_parser import form_pairs

PICTURE = base64.b64encode(random.Random(0).randbytes(4000)).decode()
FORMS = [
    "",
    "&&",
    "a",
    "a=",
    "=b",
    "a=b=c&a=d",
    "a=1;b=2",
    "a+b=c+d%20e",
    "a%2Bb=%2b%2F%2f%3D%3d%3A%3a%3B%3b%2C%2c",
    "a=%252B%25252B",
    "a=%%32B",
    "a=%2%42B",
    "a=%&b=%2&c=%zz%2B",
    "name=%C3%A9%2B%E2%82%AC&%C3%A9=1",
    "broken=%C3%2B%FF",
    "plain=é+€",
    urlencode({"image_data": "data:image/jpeg;base64," + PICTURE, "unknown": "1"}),
    f"image_data={PICTURE}",
    f"image_data={PICTURE}%",
    f"image_data={PICTURE}%2",
    f"image_data={PICTURE}%2B%252B",
    f"image_data={PICTURE}%2B%C3%A9",
    f"image_data={PICTURE}%2B%zz",
    f"image_data={PICTURE}%2Bé",
]


@pytest.mark.parametrize("text", FORMS, ids=range(len(FORMS)))
def test_pairs_are_those_of_pythons_parser(text: str) -> None:
    expected = parse_qsl(text, keep_blank_values=True, errors="werkzeug.url_quote")
    assert form_pairs(text) == expected


def test_pairs_are_those_of_pythons_parser_whatever_comes() -> None:
    chosen = random.Random(1)
    for _ in range(3000):
        text = "".join(chosen.choices("%%%%02346bBcCdDfF&=+;:é\r\n_", k=chosen.randrange(1, 24)))
        expected = parse_qsl(text, keep_blank_values=True, errors="werkzeug.url_quote")
        assert form_pairs(text) == expected, text
