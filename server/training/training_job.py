"""One job of the queue, as the table has it."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from server.storage.database import now

TRAIN, ERASE, COLLECT = "train", "forget", "collect"  # kinds
QUEUED, RUNNING, DONE, FAILED, CANCELLED = "queued", "running", "done", "failed", "cancelled"
ERASED = "(forgotten)"  # in place of a class whose erasure has ended
OPEN = (QUEUED, RUNNING)
ATTEMPTS = 2  # of a job that is interrupted
AGAIN_AFTER = (60, 600, 3600)  # seconds from the end of a forgetting that failed to the next one
GIVEN_UP = (
    "Versions that know the person may still be on the disk, and do not name them: forget them"
    " once more, or delete the model."
)


@dataclass(frozen=True)
class TrainingJob:
    """Times in milliseconds since 1970.

    arguments: what was asked for, as JSON. ended: of a forgetting that failed and waits to be
    tried again, when it failed. progress: stage, done, total, message, seconds_left, part,
    whole_seconds_left, waiting. result: what the command printed at its end. by: who asked.
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

    def is_due(self, present: int) -> bool:
        """Whether it may begin now: a forgetting that failed waits a while, longer each time."""
        if self.ended is None or not self.attempts:
            return True
        wait = 1000 * AGAIN_AFTER[min(self.attempts, len(AGAIN_AFTER)) - 1]
        return not self.ended <= present < self.ended + wait  # the clock may have been set back


def ending(job: TrainingJob, state: str, message: str | None) -> dict[str, object]:
    """What changes of a job that comes to such an end.

    A forgetting that failed waits to be tried again. One that ends for good names nobody any more.
    """
    values: dict[str, object] = {"state": state, "ended": now(), "message": message}
    if job.kind != ERASE or state == DONE:
        return values
    said = (message or "").strip()
    if state == FAILED and job.attempts <= len(AGAIN_AFTER):
        minutes = AGAIN_AFTER[job.attempts - 1] // 60
        soon = f"{said} It is tried again in {minutes} min."
        return values | {"state": QUEUED, "message": soon.strip()}
    told = f"{said.replace(job.label, ERASED)} {GIVEN_UP}".strip()
    forgotten = {"model": job.model, "label": ERASED}
    return values | {"arguments": forgotten, "progress": None, "result": None, "message": told}
