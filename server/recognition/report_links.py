"""The pictures that a report names, as links to where a data set is looked through.

The file of a report holds no address, so that it can be read anywhere. Nothing here decides who may
see a picture: the route of pictures does, when somebody follows a link.
"""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path
from urllib.parse import quote

from server.web.validation_messages import LABEL, NAME

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
        picture = unescape(match[1])
        if not _is_there(datasets / name, picture):
            return match[0]
        address = f"../../../review?dataset={quote(name)}&amp;file={quote(picture)}"
        return f'<a href="{address}" target="_blank" rel="noopener">{match[2]}</a>'

    return _PICTURE.sub(link, html)


def _is_there(folder: Path, picture: str) -> bool:
    """Whether a data set has the picture. picture: class and file, as `anna/1.jpg`."""
    label, _, file = picture.partition("/")
    plain = re.match(LABEL, label) and re.match(LABEL, file)
    return bool(plain) and (folder / label / file).is_file()
