"""What programs found out about the pictures of a data set, kept beside them under `.inspections`.

It can be thrown away at any time: whoever needs it looks again. A picture's is named by its sha256.
"""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import Collection
from pathlib import Path

from data_cleaning.files import write
from data_cleaning.json_types import JsonObject

FOLDER = ".inspections"
FORMAT = 1


class InspectionCache:
    """root: of the data set. kind: by what was looked; what another one found is not read."""

    def __init__(self, root: Path, kind: str) -> None:
        self.folder = root / FOLDER
        self.kind = kind

    def get(self, sha256: str) -> JsonObject | None:
        """What was found in a picture, or None where nobody has looked yet."""
        try:
            found: JsonObject = json.loads(self._path(sha256).read_bytes())
        except (OSError, ValueError):
            return None
        return found if isinstance(found, dict) and found.get("format") == FORMAT else None

    def put(self, sha256: str, found: JsonObject) -> None:
        """Keep it; where nothing can be written it is found out again the next time."""
        with contextlib.suppress(OSError):
            self.folder.mkdir(exist_ok=True)
            write(self._path(sha256), json.dumps({"format": FORMAT, **found}))

    def _path(self, sha256: str) -> Path:
        return self.folder / f"{sha256}.{self.kind}.json"


def forget_inspections(root: Path) -> None:
    """Throw all of it away, as when somebody is erased: it says what a face looks like."""
    shutil.rmtree(root / FOLDER, ignore_errors=True)


def prune_inspections(root: Path, present: Collection[str]) -> int:
    """Throw away what is about pictures that are no longer here; how many files."""
    gone = [path for path in (root / FOLDER).glob("*") if path.name[:64] not in present]
    for path in gone:
        path.unlink(missing_ok=True)
    return len(gone)
