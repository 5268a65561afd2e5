"""What comes in and what goes out by CompreFace's routes, in its own words."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, Field

from data_cleaning.json_types import JsonObject
from server.web.api_docs.openapi import body, fields, schema_of
from server.web.schemas import In, Out, Query
from server.web.uploads import FILE


def _given(value: object) -> object:
    """Clients write what they were not told as undefined or null."""
    return "" if value in ("undefined", "null") else value


class CompreFaceError(Out):
    message: str
    code: int = Field(
        description=(
            "20 no key, 26 no UUID, 10 unknown key, 28 no face, 31 several faces, 42 no such"
            " subject, 43 there is one, 44 no such example, 0 anything else."
        )
    )


STATUSES = (400, 401, 403, 404, 405, 409, 413, 415, 429, 500, 503, 507)
REFUSED: dict[str | int, type[BaseModel] | JsonObject | None] = dict.fromkeys(
    STATUSES, CompreFaceError
)


class FileBody(In):
    file: str = Field(description="The picture as base64, at most 5 MB.")


class PairBody(In):
    source_image: str = Field(description="The picture of one face as base64, at most 5 MB.")
    target_image: str = Field(description="The picture to compare with, as base64.")


ONE_PICTURE = body(
    {"multipart/form-data": fields(file=FILE), "application/json": schema_of(FileBody)}
)
TWO_PICTURES = body(
    {
        "multipart/form-data": fields(source_image=FILE, target_image=FILE),
        "application/json": schema_of(PairBody),
    }
)


class DetectQuery(Query):
    limit: int = Field(0, ge=0, description="Most faces, the largest first; 0 means all.")
    det_prob_threshold: float | None = Field(
        None, ge=0, le=1, description="Least score of a face, as the detector counts."
    )
    face_plugins: Annotated[str, BeforeValidator(_given)] = Field(
        "", description="landmarks and calculator are known; others are passed over."
    )
    status: bool = Field(False, description="Also execution_time and plugins_versions.")

    @property
    def plugins(self) -> set[str]:
        return {name.strip() for name in self.face_plugins.split(",")}


class RecognizeQuery(DetectQuery):
    prediction_count: int = Field(1, ge=1, description="Subjects a face, the most similar first.")
    detect_faces: bool = Field(True, description="false: the picture is a face, cut out already.")


class AddQuery(Query):
    subject: str = Field("", description="Whose face it is.")
    det_prob_threshold: float | None = Field(None, ge=0, le=1, description="Least score of a face.")


class FacesQuery(Query):
    page: int = Field(0, ge=0)
    size: int = Field(20, ge=1, le=2000)
    subject: str | None = Field(None, description="Whose; everybody's if left out.")


class SubjectQuery(Query):
    subject: str | None = Field(None, description="Whose; everybody's if left out.")


class SubjectBody(BaseModel):
    subject: str


class SubjectPath(BaseModel):
    subject: str


class FacePath(BaseModel):
    image_id: str


class StaticPath(FacePath):
    key: str


class Box(Out):
    probability: float = Field(description="The detector's score.")
    x_min: int
    y_min: int
    x_max: int
    y_max: int


class Subject(Out):
    subject: str
    similarity: float = Field(ge=0, le=1, description=".81 and more is known, below .40 is not.")


class DetectedFace(Out):
    box: Box
    landmarks: list[list[int]] | None = None
    embedding: list[float] | None = None
    execution_time: dict[str, float] | None = None


class RecognizedFace(DetectedFace):
    subjects: list[Subject]


class MatchedFace(DetectedFace):
    similarity: float


class Versions(Out):
    plugins_versions: dict[str, str] | None = None


class DetectAnswer(Versions):
    result: list[DetectedFace]


class RecognizeAnswer(Versions):
    result: list[RecognizedFace]


class MatchAnswer(Versions):
    result: list[MatchedFace]


class Verified(Versions):
    source_image_face: DetectedFace
    face_matches: list[MatchedFace]


class VerifyAnswer(Out):
    result: list[Verified]


class FaceRow(Out):
    image_id: str
    subject: str


class FacePage(Out):
    faces: list[FaceRow]
    page_number: int
    page_size: int
    total_pages: int
    total_elements: int


class Deleted(Out):
    deleted: int


class SubjectRow(Out):
    subject: str


class SubjectList(Out):
    subjects: list[str]


class Updated(Out):
    updated: bool
