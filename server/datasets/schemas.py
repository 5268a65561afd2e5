"""What comes in and what goes out about data sets."""

from __future__ import annotations

from pydantic import BaseModel, Field

from server.web.schemas import In, Label, Name, Out, Problem, Query, QueryInt


class DatasetBody(In):
    name: Name


class DatasetPath(BaseModel):
    dataset: Name


class ClassPath(DatasetPath):
    label: Label


class PicturePath(ClassPath):
    file: str = Field(
        min_length=1, max_length=255, pattern=r"^[^\x00-\x1f\x7f/\\.][^\x00-\x1f\x7f/\\]*$"
    )


class PictureQuery(Query):
    size: QueryInt = Field(256, ge=16, le=2048, description="Longest side in pixels.")


class ClassRow(Out):
    name: str
    pictures: int = Field(
        description="Files in its folder; some may have been decided to show another class."
    )


class DatasetRow(Out):
    name: str
    classes: list[ClassRow]
    pictures: int


class DatasetList(Out):
    datasets: list[DatasetRow]


class PictureList(Out):
    pictures: list[str]


class Stored(Out):
    file: str = Field(
        description=(
            "Named by the sha256 of the picture as it was sent, by which corrections find it."
        )
    )
    sha256: str = Field(description="Of the file as it is stored, which decisions name.")
    new: bool = Field(description="false when the class had this very picture already.")


class Mark(Out):
    """Something that may be wrong with a picture, and what to do about it."""

    kind: str = Field(description="As small, blurred, nothing, several, near or wrong_label.")
    title: str
    advice: str = Field(description="What to do about it.")
    note: str = Field(description="What was measured.")
    score: float = Field(description="How grave, 0 to 1, for the order alone.")
    box: list[int] | None = Field(None, description="x, y, width, height in pixels.")
    of: str | None = Field(None, description="sha256 of the picture that it is a copy of.")
    suggestion: str | None = Field(None, description="The class that it may belong to.")


class UploadEntry(Out):
    index: int
    ok: bool
    stored: Stored | None = None
    marks: list[Mark] | None = Field(
        None, description="Gravest first; left out where nobody looked at it."
    )
    regions: list[list[int]] = Field(
        default=[], description="x, y, width, height of what was found, the largest first."
    )
    width: int = 0
    height: int = 0
    problem: Problem | None = None


class UploadAnswer(Out):
    results: list[UploadEntry]
    failed: int
