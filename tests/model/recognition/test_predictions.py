"""The words that older services had for an answer about people."""

from __future__ import annotations

import pytest

from model.recognition.predictions import known_answer, way


@pytest.mark.parametrize(
    ("human", "label", "answer", "one_of_three"),
    [
        (
            True,
            "zomato_delivery_boy",
            ("human_detected", "zomato_delivery_boy"),
            "zomato_delivery_boy",
        ),
        (True, None, ("human_detected", "others"), "Human"),
        (False, None, "no human detected", "No Human"),
    ],
)
def test_the_words_of_older_services(
    human: bool, label: str | None, answer: object, one_of_three: str
) -> None:
    assert known_answer(human, label) == answer
    assert way(human, label) == one_of_three
