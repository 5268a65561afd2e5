"""An answer as the log keeps it: no picture, only its sha256.

The journal holds it as JSON until it is in the database.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

from data_cleaning.files import sha256_of_bytes
from model.recognition.predictions import Prediction, Recognition
from model.recognition.protocols import RecognitionModel
from server.context import Caller
from server.storage.database import new_id, now
from server.storage.journal import Record


@dataclass(frozen=True)
class LoggedRegion:
    """One region of an answer.

    label: its first name, or None. labels: all of them. box: [x, y, width, height] in pixels.
    """

    position: int
    label: str | None
    best: str
    probability: float
    similarity: float | None
    reason: str
    box: list[int]
    labels: list[str]

    def to_record(self) -> Record:
        """For the journal, which has the names after the first one under `further`."""
        record = dict(vars(self))
        del record["labels"]
        return {**record, "further": self.labels[1:]}

    @classmethod
    def from_record(cls, record: Record) -> LoggedRegion:
        """Records of versions that knew one class a picture have no `further`."""
        first = [] if record["label"] is None else [record["label"]]
        labels = [*first, *record.get("further", [])]
        return cls(**_known(cls, {**record, "labels": labels}))


@dataclass(frozen=True)
class LoggedAnswer:
    """One answer.

    time: milliseconds since 1970. digest: the picture's sha256. seconds: of all stages together.
    """

    id: str
    time: int
    model: str
    version: int
    digest: str
    width: int
    height: int
    label: str | None
    reason: str
    seconds: float
    stages: dict[str, float]
    client: str | None
    key: str | None
    regions: list[LoggedRegion]
    camera: str | None = None  # the watched one that took the picture

    def to_record(self) -> Record:
        """For the journal."""
        return {**vars(self), "regions": [region.to_record() for region in self.regions]}

    @property
    def names(self) -> set[str]:
        """Every label that it holds."""
        found = {self.label, *(region.best for region in self.regions)}
        found |= {label for region in self.regions for label in region.labels}
        return {label for label in found if label is not None}

    @classmethod
    def from_record(cls, record: Record) -> LoggedAnswer:
        """From the journal. Records of versions that watched no camera have no `camera`."""
        regions = [LoggedRegion.from_record(region) for region in record["regions"]]
        return cls(**_known(cls, {"camera": None, **record, "regions": regions}))


def _known(kind: type[LoggedRegion] | type[LoggedAnswer], record: Record) -> Record:
    """What this version knows of; a newer one may have written more."""
    return {field.name: record[field.name] for field in fields(kind)}


def logged_answer(
    bundle: RecognitionModel,
    recognition: Recognition,
    data: bytes,
    asker: Caller,
    camera: str | None = None,
) -> LoggedAnswer:
    """A fresh answer as it is to be logged. data: the picture that it is about."""
    return LoggedAnswer(
        id=new_id(),
        time=now(),
        model=bundle.name,
        version=bundle.version,
        digest=sha256_of_bytes(data),
        width=recognition.width,
        height=recognition.height,
        label=recognition.label,
        reason=recognition.reason,
        seconds=sum(recognition.seconds.values()),
        stages=dict(recognition.seconds),
        client=asker.address,
        key=asker.key,
        regions=[_region(*numbered) for numbered in enumerate(recognition.predictions)],
        camera=camera,
    )


def _region(position: int, prediction: Prediction) -> LoggedRegion:
    box = prediction.detection
    similarity = prediction.similarity
    return LoggedRegion(
        position=position,
        label=prediction.label,
        best=prediction.best,
        probability=float(prediction.probability),
        similarity=None if similarity is None else float(similarity),
        reason=prediction.reason,
        box=[box.x, box.y, box.width, box.height],
        labels=list(prediction.labels),
    )
