"""Where the pictures that a model learned from can be seen, as long as their data set has them.

Nothing here decides who may see a picture: the route of pictures does.
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from urllib.parse import quote

from data_cleaning.datasets.dataset import Dataset
from data_cleaning.files import sha256_or_empty
from model.recognition.bundle import Bundle
from server.web.validation_messages import NAME


def picture_places(datasets: Path, bundle: Bundle) -> dict[str, str]:
    """Address by sha256 of every picture of the data set that a model was trained on; {} where it
    lies elsewhere or is gone.
    """
    name = bundle.facts.dataset or ""
    if not re.match(NAME, name) or not (datasets / name).is_dir():
        return {}
    files = Dataset(datasets / name).paths()
    digests = (_digest(str(path), path.stat().st_mtime_ns) for path, _ in files)
    return {digest: f"api/datasets/{quote(name)}/pictures/{digest}" for digest in digests}


@lru_cache(maxsize=1 << 14)
def _digest(path: str, changed: int) -> str:
    """sha256 of a file, read anew where its time is another one."""
    return sha256_or_empty(Path(path))
