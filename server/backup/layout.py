"""What a backup holds, and where it lies in the archive. Both sides read it here."""

from __future__ import annotations

from pathlib import Path

from server.settings import Settings

FORMAT = 1
CONTENTS = "likeness-backup.json"  # the last entry: without it the archive is cut off
FOLDERS = ("state", "datasets", "artifacts")
DATABASE = {"sqlite": "database/likeness.db", "postgresql": "database/likeness.dump"}
SQLITE = "likeness.db"  # the file of SQLite, and those beside it
# What belongs to processes that run, or can be made again.
SKIPPED = ("nginx", "metrics", "instance.lock", "bell", "__pycache__")

KEPT = (("artifacts", ".enrolled"),)  # what begins with a dot, and is no half-written thing


def folders(settings: Settings) -> dict[str, Path]:
    """The name in the archive -> the folder."""
    places = (settings.state, settings.datasets, settings.artifacts)
    return {name: place.resolve() for name, place in zip(FOLDERS, places, strict=True)}
