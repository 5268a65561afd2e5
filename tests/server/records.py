"""A record of the log as tests insert it. Nothing here is a test."""

from __future__ import annotations

from typing import Any

from server.storage.database import new_id, now


def sample(number: int = 0) -> dict[str, Any]:
    return {
        "id": new_id(),
        "time": now(),
        "model": "m",
        "version": 1,
        "digest": "0" * 64,
        "width": 1,
        "height": number,
        "label": None,
        "reason": "unknown",
        "seconds": 0.1,
        "stages": {},
        "client": None,
        "key": None,
        "regions": [],
    }
