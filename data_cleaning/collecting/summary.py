"""What a collection says at its end: found, taken, left out and why, and what to review."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from data_cleaning.collecting.collect import RESULTS, CollectedEntry
from data_cleaning.json_types import JsonObject

MOST_REASONS = 3  # named of one result; the list above the sentence has them all
TAKEN = ("added", "already")
BAD = ("unreadable", "too_large", "failed")  # what makes the command end with 1

NOTICE = (
    "Pictures from the web belong to somebody, and show somebody. See that you may use each of them"
    " (its licence and author, as far as they are known, stand in sources.jsonl), and that the"
    " people whose faces are learned have agreed, or that the law lets you do without."
)


def counts(entries: Sequence[CollectedEntry]) -> dict[str, int]:
    """How many there are of each result."""
    found = Counter(entry.result for entry in entries)
    return {result: found[result] for result in RESULTS}


def near_copies(entries: Sequence[CollectedEntry]) -> int:
    """How many of the pictures that were added are near copies of another one in the class."""
    return sum(bool(entry.near) for entry in entries)


def sentence(entries: Sequence[CollectedEntry], root: Path, label: str) -> str:
    """The closing sentences, for people."""
    number = counts(entries)
    said = (
        f"{len(entries):,} found: {number['added']:,} pictures added to {root / label},"
        f" {number['already']:,} were there already"
    )
    left = [_left(entries, result) for result in RESULTS if result not in TAKEN and number[result]]
    said += f"; not taken: {'; '.join(left)}." if left else "."
    if near := near_copies(entries):
        said += (
            f" {near:,} of the new ones {'is a near copy' if near == 1 else 'are near copies'} of"
            f" others in the class: likeness duplicates {root} lists them, training keeps them"
            " together."
        )
    if number["added"]:
        said += f" To review: likeness clean {root}."
    return said


def to_json(entries: Sequence[CollectedEntry]) -> JsonObject:
    """The numbers for programs, without a path and without the single entries."""
    return {
        "counts": counts(entries),
        "found": len(entries),
        "near_copies": near_copies(entries),
        "reasons": dict(
            Counter(e.note for e in entries if e.result not in TAKEN and e.note).most_common(20)
        ),
    }


def _left(entries: Sequence[CollectedEntry], result: str) -> str:
    """ "3 could not be got (2 × it answered 404, …)"."""
    notes = [entry.note for entry in entries if entry.result == result]
    reasons = Counter(note for note in notes if note).most_common(MOST_REASONS)
    said = [note if count == 1 else f"{count} × {note}" for note, count in reasons]
    why = f" ({', '.join(text.rstrip('.') for text in said)})" if said else ""
    return f"{len(notes):,} {RESULTS[result]}{why}"
