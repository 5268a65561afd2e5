"""A small pretrained file and its digest. Nothing here is a test."""

from __future__ import annotations

import hashlib

TINY = "tinyweights"
CONTENT = b"a pretrained file in its final form"


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def quiet(_: str) -> None:
    """Show no progress."""


WRONG = "0" * 64
