"""What a class may be called, and the two classes that are special. Nothing else."""

from __future__ import annotations

UNKNOWN = "_unknown"  # the right kind of thing, but nobody we know
NOTHING = "_none"  # nothing to find: no face, no human
SPECIAL = (UNKNOWN, NOTHING)


def is_label(name: object) -> bool:
    """May a class be called so: is it text that can name a folder, and no hidden one?"""
    return (
        isinstance(name, str)
        and 0 < len(name) <= 200
        and name[0] != "."
        and not set(name) & {"/", "\\", "\0", "\n"}
    )
