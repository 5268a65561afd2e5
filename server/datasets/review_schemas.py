"""What comes in and what goes out when a data set is looked through."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from server.datasets.schemas import DatasetPath, Mark, Stored
from server.web.schemas import In, Label, Out, Query, QueryBool, QueryInt

SHA256 = r"^[0-9a-f]{64}$"
MOST = 200  # decisions at a time
Digest = Annotated[str, Field(pattern=SHA256, description="sha256 of the file as it is stored.")]
Subject = Literal["auto", "face", "person", "object"]
SUBJECT = "What is looked for. auto: faces, or things where hardly any picture shows a face."


class SubjectQuery(Query):
    subject: Subject = Field("auto", description=SUBJECT)


class AddQuery(SubjectQuery):
    marks: QueryBool = Field(True, description="Whether each picture is looked at as it comes.")


class ReviewQuery(SubjectQuery):
    mark: str = Field(
        "", max_length=40, description="Of this kind; `any`, or `none`. Empty for all pictures."
    )
    label: str = Field("", max_length=200, description="Of this class, after all decisions.")
    decision: str = Field(
        "", max_length=40, description="The last one about it; `any`, or `none`. Empty for all."
    )
    picture: str = Field(
        "", max_length=64, description="sha256 of the one picture that is looked for."
    )
    file: str = Field(
        "", max_length=460, description="The one file that is looked for, as `anna/1.jpg`."
    )
    order: Literal["doubtful", "name"] = Field(
        "doubtful", description="doubtful: gravest mark first, near copies side by side."
    )
    offset: QueryInt = Field(0, ge=0, le=10_000_000)
    limit: QueryInt = Field(60, ge=1, le=200)


class DigestPath(DatasetPath):
    sha256: Digest


class UndoPath(DatasetPath):
    id: str = Field(pattern=r"^[0-9a-f]{32}$")


class PictureDecision(Out):
    action: str
    label: str | None
    to: str | None
    by: str
    time: str


class PictureRow(Out):
    sha256: str
    label: str = Field(description="The class in whose folder it lies.")
    file: str
    shows: str | None = Field(description="The class after all decisions; null: left out.")
    decision: PictureDecision | None
    looked: bool
    width: int
    height: int
    regions: list[list[int]] = Field(
        description="x, y, width, height of what was found, the largest first, in pixels."
    )
    marks: list[Mark]
    stack: str | None = Field(description="sha256 of the first of its near copies.")


class ReviewCounts(Out):
    """Pictures by kind of mark, by class and by last decision; marked: with any mark."""

    marks: dict[str, int]
    labels: dict[str, int]
    decisions: dict[str, int]
    marked: int


class ReviewPage(Out):
    dataset: str
    subject: str
    pictures: list[PictureRow]
    total: int = Field(description="That fit the filters.")
    all: int = Field(description="Pictures of the data set.")
    looked: int = Field(
        description="Of those, that were looked at. Each request goes on for a second."
    )
    stopped: str = Field(description="Why no more can be looked at, or empty.")
    counts: ReviewCounts


class OneDecision(In):
    sha256: Digest
    action: Literal["keep", "reject", "move", "not"]
    to: Label | None = Field(None, description="The class, for move.")

    @model_validator(mode="after")
    def _whereto(self) -> OneDecision:
        if (self.action == "move") != (self.to is not None):
            raise ValueError("must hold `to` for move, and for nothing else")
        return self


class DecisionsBody(In):
    decisions: list[OneDecision] = Field(min_length=1, max_length=MOST)


class Decided(Out):
    undo: str = Field(description="By which all of it can be undone.")
    decided: int


class Undone(Out):
    withdrawn: int


class ChooseBody(In):
    region: int = Field(ge=0, le=1000, description="Of the picture's `regions`, from 0.")


class Chosen(Decided):
    stored: Stored
