"""One job of the queue, as the table has it."""

from __future__ import annotations

from dataclasses import asdict, dataclass

TRAIN, ERASE, COLLECT = "train", "forget", "collect"  # kinds
QUEUED, RUNNING, DONE, FAILED, CANCELLED = "queued", "running", "done", "failed", "cancelled"
ERASED = "(forgotten)"  # in place of a class whose erasure has ended
OPEN = (QUEUED, RUNNING)


@dataclass(frozen=True)
class TrainingJob:
    """Times in milliseconds since 1970.

    arguments: what was asked for, as JSON. progress: stage, done, total, message,
    seconds_left, waiting. result: what the command printed at its end. by: who asked.
    """

    id: str
    kind: str
    arguments: dict[str, object]
    state: str
    created: int
    started: int | None
    ended: int | None
    attempts: int
    cancel: bool
    progress: dict[str, object] | None
    result: object
    message: str | None
    by: str

    def to_json(self) -> dict[str, object]:
        """All of it."""
        return asdict(self)

    @property
    def is_open(self) -> bool:
        """Whether it waits or runs."""
        return self.state in OPEN

    @property
    def model(self) -> str:
        """The model that is trained."""
        return str(self.arguments.get("model") or "")

    @property
    def dataset(self) -> str:
        """The data set that a training reads."""
        return str(self.arguments.get("dataset") or "")

    @property
    def label(self) -> str:
        """The class that an erasure or a collection is about."""
        return str(self.arguments.get("label") or "")
