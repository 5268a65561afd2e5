"""Housekeeping in the background, and what it does when the process ends."""

from __future__ import annotations

import threading
import time
from pathlib import Path

from server.history.kept_pictures import KeptPictures
from server.operations.housekeeping import Chore, Housekeeper
from server.storage.journal import Journal
from tests.support.making import make_picture


def test_what_is_old_goes_also_when_nobody_asks_anything(tmp_path: Path) -> None:
    """A service that is left alone keeps its word about days all the same."""
    done = threading.Event()
    journal = Journal(tmp_path / "journal", lambda records: None)
    chores = [
        Chore(lambda: 1 / 0, 60),
        Chore(done.set, 60),
    ]  # one that fails keeps no other from its turn
    keeper = Housekeeper(journal, KeptPictures(tmp_path / "pictures", 0), chores)
    keeper.start()
    assert done.wait(10)
    keeper.stop()


def test_a_process_that_ends_keeps_the_pictures_that_wait(tmp_path: Path) -> None:
    """The second one comes while the thread rests between two rounds, as it does most of the time
    under load.
    """
    kept = KeptPictures(tmp_path / "pictures", 1)
    keeper = Housekeeper(Journal(tmp_path / "journal", lambda records: None), kept)
    first, second = "a" * 32, "b" * 32
    keeper.notice(first, make_picture("red"))
    until = time.monotonic() + 10
    while kept.read(first) is None and time.monotonic() < until:
        time.sleep(0.005)
    keeper.notice(second, make_picture("blue"))
    keeper.stop()
    assert kept.read(first) is not None
    assert kept.read(second) is not None
