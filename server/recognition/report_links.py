"""The pictures that a report names, as links to where a data set shows them.

The file of a report holds no address, so that it can be read anywhere. Nothing here decides who may
see a picture: the route of pictures does, when somebody follows a link.
"""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path
from urllib.parse import quote

from server.web.validation_messages import LABEL, NAME

LARGE = 2048  # pixels of the longer side, the most that the route of pictures gives
_DATASET = re.compile(r'<main data-dataset="([^"<>]*)">')
_PICTURE = re.compile(r'<span data-picture="([^"<>]*)">([^<]*)</span>')


def linked(html: str, datasets: Path) -> str:
    """A report's page, each picture that is still in the data set a link to it.

    datasets: the folder of the managed data sets. Addresses are relative to the report's own.
    """
    said = _DATASET.search(html)
    name = unescape(said[1]) if said else ""
    if not re.match(NAME, name) or not (datasets / name).is_dir():
        return html

    def link(match: re.Match[str]) -> str:
        found = _found(datasets / name, unescape(match[1]))
        if found is None:
            return match[0]
        label, file = found
        place = f"{quote(name)}/classes/{quote(label)}/pictures/{quote(file)}"
        address = f"../../datasets/{place}?size={LARGE}"
        return f'<a href="{address}" target="_blank" rel="noopener">{match[2]}</a>'

    return _PICTURE.sub(link, html)


def _found(folder: Path, picture: str) -> tuple[str, str] | None:
    """Class and file of a picture of a data set; None where it has no such picture."""
    label, _, file = picture.partition("/")
    plain = re.match(LABEL, label) and re.match(LABEL, file)
    return (label, file) if plain and (folder / label / file).is_file() else None
