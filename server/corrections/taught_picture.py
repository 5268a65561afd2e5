"""What a correction says: which answer it is about, and what a data set is to learn from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from data_cleaning.datasets.class_names import UNKNOWN
from data_cleaning.datasets.decisions import Decision
from server.history.logged_answers import LoggedAnswer, LoggedRegion

DECISIONS = {"is": "move", "is_not": "not", "not_a_face": "not_a_face"}


@dataclass(frozen=True)
class TaughtPicture:
    """What a data set learns from a picture. action: is, is_not or not_a_face.

    create: whether a data set may be made for it.
    """

    dataset: str
    action: str
    label: str | None
    by: str
    note: str | None
    create: bool = True

    @property
    def folder(self) -> str:
        """Where a picture that teaches it belongs: somebody's class, or the strangers'."""
        return str(self.label) if self.action == "is" else UNKNOWN

    def folders(self, named: Sequence[str]) -> list[str]:
        """The classes to be learned where a picture may carry several, and was given these."""
        right = {*named, str(self.label)} if self.action == "is" else {*named} - {self.label}
        return sorted(right)

    def decision(self, digest: str) -> Decision:
        """The same about one file of the data set. digest: the file's sha256."""
        action = DECISIONS[self.action]
        if self.action == "is":
            return Decision(digest, action, to=self.label, by=self.by, note=self.note)
        return Decision(digest, action, label=self.label, by=self.by, note=self.note)


@dataclass(frozen=True)
class CorrectedAnswer:
    """The answer that a correction is about.

    region: the one of its regions that is meant, or None. data: the picture, if it is there.
    multi_label: whether the model may give a picture several classes.
    """

    answer: LoggedAnswer
    region: LoggedRegion | None
    data: bytes | None
    multi_label: bool = False

    @property
    def named(self) -> list[str]:
        """What the region was called."""
        return self.region.labels if self.region else []
