"""Which fonts a text needs: names of classes may be written in any script.

DejaVu Sans comes with matplotlib and knows Latin, Greek, Cyrillic and more. What it lacks is looked
for in the machine's own fonts.
"""

from __future__ import annotations

from functools import lru_cache

from matplotlib.font_manager import fontManager
from matplotlib.ft2font import FT2Font

FIRST = "DejaVu Sans"


def families(text: str) -> list[str]:
    """Names of fonts that draw a text between them, the usual one first. Characters that no font
    has are drawn as boxes.
    """
    found = [FIRST]
    for character in sorted(set(text)):
        if not character.isspace() and not any(_has(name, character) for name in found):
            found += _family_with(character)
    return found


def _family_with(character: str) -> list[str]:
    names = sorted({entry.name for entry in fontManager.ttflist} - {FIRST})
    return [name for name in names if _has(name, character)][:1]


@lru_cache(4096)
def _has(family: str, character: str) -> bool:
    font = _font(family)
    return font is not None and font.get_char_index(ord(character)) > 0


@lru_cache(256)
def _font(family: str) -> FT2Font | None:
    paths = [e.fname for e in fontManager.ttflist if e.name == family and e.style == "normal"]
    try:
        return FT2Font(paths[0]) if paths else None
    except (OSError, RuntimeError):  # a font file that FreeType cannot read
        return None
