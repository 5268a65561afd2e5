"""Can something be stored? Found out by storing something, for a quota, a full disk and a read-only
one all look alike then.
"""

from __future__ import annotations

import os
import secrets
import time
from pathlib import Path

SIZE = 64 * 1024  # bytes: an answer's line, a picture and a page of the database find room then
LASTS = 2.0  # seconds for which a finding counts: whoever asks more often costs nothing

_found: dict[Path, tuple[float, bool]] = {}


def can_store(folder: Path) -> bool:
    """Whether a small file can be written into the folder, and is on the disk then."""
    at, able = _found.get(folder, (0.0, False))
    if not at or time.monotonic() - at > LASTS:
        able = _attempt(folder / f".{secrets.token_hex(4)}.part")
        _found[folder] = time.monotonic(), able
    return able


def _attempt(path: Path) -> bool:
    try:
        with path.open("wb") as file:
            file.write(b"\1" * SIZE)
            file.flush()
            os.fsync(file.fileno())
        return True
    except OSError:
        return False
    finally:
        path.unlink(missing_ok=True)
