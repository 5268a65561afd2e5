"""Is anybody there? The words for what a picture of people shows.

A picture shows nobody, somebody, or somebody with a name. The words for that, which older services
answered with and clients still read, are made here and nowhere else.
"""

from __future__ import annotations

HUMAN, NO_HUMAN = "Human", "No Human"


def known_answer(human_detected: bool, label: str | None) -> tuple[str, str] | str:
    """What a picture shows in the words of older services; label: the data set's own, or None.

    ("human_detected", label), ("human_detected", "others") or "no human detected".
    """
    if not human_detected:
        return "no human detected"
    return "human_detected", label or "others"


def way(human_detected: bool, label: str | None) -> str:
    """The same as one class of three (or more, with more labels): the label, "Human" or "No Human"."""
    if not human_detected:
        return NO_HUMAN
    return label or HUMAN
