"""What comes in and what goes out about people nobody knows."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from server.web.schemas import In, Label, Name, Out, Query, QueryInt

ID = r"^[0-9a-f]{32}$"
SHOWN = 60  # faces of a group that are listed


class StrangerFaceRef(In):
    """One face: which region of which answer."""

    prediction: str = Field(pattern=ID)
    position: int = Field(ge=0, le=1000)


class StrangerFacePath(BaseModel):
    prediction: str = Field(pattern=ID)
    position: int = Field(ge=0, le=1000)


class StrangerFaceQuery(Query):
    size: QueryInt = Field(160, ge=32, le=640, description="Pixels of the longer side at most.")


class StrangerPath(BaseModel):
    id: str = Field(pattern=ID)


class StrangersQuery(Query):
    offset: QueryInt = Field(0, ge=0, le=10_000)
    limit: QueryInt = Field(24, ge=1, le=100)


class StrangerFace(Out):
    prediction: str
    position: int
    time: int


class NearestPerson(Out):
    label: str
    similarity: float = Field(description="Mean over the faces, as the answers gave it.")


class StrangerRow(Out):
    id: str
    count: int
    first: int = Field(description="When it was asked about first, in milliseconds since 1970.")
    last: int
    faces: list[StrangerFace] = Field(description=f"The newest {SHOWN}.")
    nearest: NearestPerson | None = Field(
        description="Whom the model takes them for, if it had to."
    )
    models: list[str] = Field(description="Models that were asked.")


class IgnoredRow(Out):
    id: str
    time: int
    by: str
    faces: int = Field(description="Faces of theirs that are kept now.")


class StrangerList(Out):
    days: int = Field(description="For how many days pictures are kept; 0: not at all.")
    grouped: bool = Field(description="Whether the network is installed that compares faces.")
    waiting: int = Field(description="Faces nobody has looked at yet: ask again.")
    stopped: str | None = Field(description="Why looking did not go on.")
    total: int = Field(description="Groups.")
    strangers: list[StrangerRow] = Field(description="The largest first, of equal ones the newest.")
    ignored: list[IgnoredRow]


class NameStrangerBody(In):
    label: Label
    dataset: Name | None = Field(
        None, description="Data set that learns; else the one the model was trained on."
    )


class IgnoreStrangerBody(In):
    dataset: Name | None = Field(
        None, description="Data set that learns; else the one the model was trained on."
    )


class StrangerDecided(Out):
    id: str
    decision: Literal["named", "ignored"]
    label: str | None
    faces: int = Field(description="Faces that are not shown any more.")
    learned: int = Field(description="Pictures that the next training learns from.")
    datasets: list[str] = Field(description="The data sets that have them.")
    why: str | None = Field(description="What became of the last one, in a sentence.")


class MergeStrangersBody(In):
    strangers: list[str] = Field(min_length=2, max_length=100)


class StrangersMerged(Out):
    id: str
    parts: list[list[StrangerFace]] = Field(
        description="What came to it, a list a group: taking one out undoes its part."
    )


class TakeOutFacesBody(In):
    faces: list[StrangerFaceRef] = Field(min_length=1, max_length=500)  # within 64 kB of JSON


class FacesTakenOut(Out):
    id: str = Field(description="The new group.")
    faces: int


class StrangerUndone(Out):
    id: str
    faces: int = Field(description="Faces that are shown again.")
