"""What a first start brings: the page's jQuery and the pretrained files.

Run again, it does only what is missing. Without a network everything classic goes on working.
"""

from __future__ import annotations

import hashlib
from contextlib import suppress

from data_cleaning.pretrained import weights_dir
from likeness.fetch_pretrained import bring, default_names
from likeness.serving import jquery
from model.weights.catalogue import WEIGHTS
from server.locations import is_checkout


def prepare() -> int:
    """Bring what is missing, saying what; 1 where the page has to do without jQuery."""
    status = jquery.bring()
    if _first_try():
        if not bring():
            later = "make weights" if is_checkout() else "likeness weights"
            print(
                "Going on without the pretrained files: the classic recipes need none. Later:"
                f" {later}",
                flush=True,
            )
        _note_try()
    return status


def _first_try() -> bool:
    """Tried once for each table of files: a later start must not wait for a network again."""
    files = [weights_dir() / WEIGHTS[name].filename for name in default_names()]
    if all(file.is_file() for file in files):
        return False
    try:
        return (weights_dir() / ".tried").read_text() != _table()
    except OSError:
        return True


def _note_try() -> None:
    with suppress(OSError):  # nowhere to write: then it will be tried again
        weights_dir().mkdir(parents=True, exist_ok=True)
        (weights_dir() / ".tried").write_text(_table())


def _table() -> str:
    return hashlib.sha256("".join(WEIGHTS[n].sha256 for n in default_names()).encode()).hexdigest()
