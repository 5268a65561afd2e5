"""Licences of pictures: the codes that providers use, and what people ask for by a word."""

from __future__ import annotations

import re

PUBLIC = frozenset({"cc0", "pdm"})
COMMERCIAL = PUBLIC | {"by", "by-sa", "by-nd"}
CODES = COMMERCIAL | {"by-nc", "by-nc-sa", "by-nc-nd"}
GROUPS = {
    "public-domain": PUBLIC,
    "commercial": COMMERCIAL,
    "modification": PUBLIC | {"by", "by-sa", "by-nc", "by-nc-sa"},
}
"""What may be asked for by a word: pictures in the public domain, that may earn money, that may be
changed.
"""
WORDS = (*GROUPS, *sorted(CODES))


def wanted_codes(words: tuple[str, ...]) -> frozenset[str]:
    """The codes that all of these words allow: several narrow it down. Empty for none."""
    sets = [GROUPS.get(word, frozenset({word})) for word in words]
    return frozenset.intersection(*sets) if sets else frozenset()


def code_of(name: str) -> str:
    """The code of a licence by its name, as `CC BY-SA 4.0` or `Public domain`; "" for others."""
    plain = re.sub(r"[\s_]+", "-", name.strip().lower())
    if plain in ("public-domain", "pd", "no-restrictions") or plain.startswith("pd-"):
        return "pdm"
    if re.match(r"(cc-?0|cc-zero)", plain):
        return "cc0"
    found = re.match(r"(?:cc-)?(by(?:-nc)?(?:-(?:sa|nd))?)(?:-|$)", plain)
    return found[1] if found else ""
