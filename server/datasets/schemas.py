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


class UploadEntry(Out):
    index: int
    ok: bool
    stored: Stored | None = None
    problem: Problem | None = None


class UploadAnswer(Out):
    results: list[UploadEntry]
    failed: int
