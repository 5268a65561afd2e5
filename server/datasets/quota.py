"""How many pictures, and bytes of them, data sets may hold: each one, and all together.

Every way in asks here before it writes. What was counted holds for a few seconds; nobody is refused
by an old count.
"""

from __future__ import annotations

import os
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from data_cleaning.imaging.decoding import SUFFIXES
from server.errors import QuotaReached
from server.settings import Settings

ENDLESS = 10**12
COUNTED_FOR = 5.0  # seconds; several processes may overshoot by what comes in meanwhile

_guard = threading.Lock()
_counts: dict[Path, tuple[float, dict[str, Held]]] = {}


@dataclass
class Held:
    """Pictures, and their bytes."""

    pictures: int = 0
    bytes: int = 0

    def add(self, other: Held) -> None:
        self.pictures += other.pictures
        self.bytes += other.bytes


@dataclass(frozen=True)
class Quota:
    """root: the folder of all data sets. one, together: the most of each and of all; 0 is no
    limit."""

    root: Path
    one: Held
    together: Held

    def check(self, name: str, size: int, fresh: bool = False) -> None:
        """Raises QuotaReached where a data set cannot take one more picture. size: its bytes.

        fresh: count now, because another process may have stored a moment ago.
        """
        with _guard:
            if self._excess(name, size, self._counts(fresh)):
                excess = self._excess(name, size, self._counts(fresh=True))
                if excess:
                    raise excess

    def take(self, name: str, size: int) -> None:
        """The same, and one more is counted from now on."""
        self.check(name, size)
        with _guard:
            self._counts().setdefault(name, Held()).add(Held(1, size))

    def room(self, name: str) -> Held | None:
        """What a data set can still take; of a limit that there is not, very much.

        None where it can take nothing.
        """
        with _guard:
            counts, together = self._counts(fresh=True), Held()
        for held in counts.values():
            together.add(held)
        limits = [(self.one, counts.get(name, Held())), (self.together, together)]
        pictures = [most.pictures - held.pictures for most, held in limits if most.pictures]
        size = [most.bytes - held.bytes for most, held in limits if most.bytes]
        left = Held(min([*pictures, ENDLESS]), min([*size, ENDLESS]))
        return left if min(left.pictures, left.bytes) > 0 else None

    def _counts(self, fresh: bool = False) -> dict[str, Held]:
        when, counts = _counts.get(self.root, (0.0, {}))
        if fresh or time.monotonic() - when > COUNTED_FOR or not when:
            counts = count_all(self.root)
            _counts[self.root] = time.monotonic(), counts
        return counts

    def _excess(self, name: str, size: int, counts: dict[str, Held]) -> QuotaReached | None:
        here, everywhere = counts.get(name, Held()), Held()
        for held in counts.values():
            everywhere.add(held)
        return _over(f"The data set {name!r} holds", here, self.one, size, "dataset") or _over(
            "All data sets together hold", everywhere, self.together, size, "datasets"
        )


def quota_of(settings: Settings) -> Quota:
    """As the settings have it."""
    return Quota(
        settings.datasets,
        Held(settings.dataset_pictures, settings.dataset_bytes),
        Held(settings.datasets_pictures, settings.datasets_bytes),
    )


def count_all(root: Path) -> dict[str, Held]:
    """What each data set holds; nothing beyond a link is looked at."""
    if not root.is_dir():
        return {}
    with os.scandir(root) as entries:
        names = [
            entry.name
            for entry in entries
            if not entry.name.startswith(".") and entry.is_dir(follow_symlinks=False)
        ]
    return {name: _count(root / name) for name in names}


def _count(folder: Path) -> Held:
    found = Held()
    for place, _, files in os.walk(folder):
        for file in files:
            path = Path(place, file)
            if path.suffix.lower() in SUFFIXES and not file.startswith("."):
                found.add(Held(1, _size(path)))
    return found


def _size(path: Path) -> int:
    try:
        return path.lstat().st_size
    except OSError:  # deleted a moment ago
        return 0


def _over(what: str, held: Held, most: Held, size: int, setting: str) -> QuotaReached | None:
    advice = "Delete some that are not needed, or let whoever runs the service raise"
    if most.pictures and held.pictures + 1 > most.pictures:
        return QuotaReached(
            f"{what} {held.pictures:,} pictures; at most {most.pictures:,} are allowed."
            f" {advice} LIKENESS_{setting.upper()}_PICTURES.",
            **{f"{setting}_pictures": most.pictures},
        )
    if most.bytes and held.bytes + size > most.bytes:
        return QuotaReached(
            f"{what} {held.bytes:,} bytes of pictures and this one has {size:,}; at most"
            f" {most.bytes:,} bytes are allowed. {advice} LIKENESS_{setting.upper()}_BYTES.",
            **{f"{setting}_bytes": most.bytes},
        )
    return None
