"""What comes in and what goes out, as pydantic models: they validate, and the OpenAPI document is made from them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from server.wording import MODEL_NAME, NAME


def _strict_bool(value: Any) -> Any:
    if isinstance(value, str):
        if value not in ("true", "false"):
            raise ValueError("must be true or false")
        return value == "true"
    return value


def _strict_int(value: Any) -> Any:
    if isinstance(value, str):
        if not (value.removeprefix("-").isascii() and value.removeprefix("-").isdigit() and len(value) < 19):
            raise ValueError("must be a whole number")
        return int(value)
    return value


# A query holds text; these accept exactly what the document says and no yes, on, 1.0 or 1_000.
QueryBool = Annotated[bool, BeforeValidator(_strict_bool)]
QueryInt = Annotated[int, BeforeValidator(_strict_int)]
Name = Annotated[str, Field(pattern=NAME, description="A name without slashes that does not start with a dot.")]


class In(BaseModel):
    """A JSON body: no guessing of types, no unknown fields."""

    model_config = ConfigDict(strict=True, extra="forbid")


class Out(BaseModel):
    """An answer. Fields may be added in later versions."""


class Problem(Out):
    """RFC 9457. `type` and `code` are stable; `detail` is for people."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    request_id: str | None = None
    limits: dict[str, int] | None = None
    errors: list[dict[str, str]] | None = None


class ModelPath(BaseModel):
    name: Name


class LegacyQuery(BaseModel):
    model: Name | None = Field(None, description="Model that answers; the default one if left out.")
    unknown: Literal["0", "1"] = Field("0", description="1 also lists people that nobody is known in.")


class PredictQuery(BaseModel):
    model: Name | None = Field(None, description="Model that answers; the default one if left out.")
    top_k: QueryInt = Field(5, ge=1, le=100, description="How many labels to list, best first.")
    explain: QueryBool = Field(False, description="Add a heatmap over the first region, as a data URL.")


class PictureBody(In):
    """Exactly one of the two."""

    image: str | None = Field(None, description="A data URL, or the picture as bare base64.")
    url: str | None = Field(None, max_length=2048, description="Where to get the picture, if fetching is switched on.")

    @model_validator(mode="after")
    def _one(self) -> PictureBody:
        if (self.image is None) == (self.url is None):
            raise ValueError("must hold either image or url")
        return self


class BatchBody(In):
    images: list[PictureBody] = Field(min_length=1, max_length=1000)


class Scored(Out):
    label: str
    score: float = Field(ge=0, le=1)


class Region(Out):
    box: list[int] = Field(min_length=4, max_length=4, description="[x, y, width, height], upright picture's pixels.")
    kind: str = Field(description="face, person or picture.")
    label: str | None = Field(description="Who or what it is; null when nobody known.")
    best: str = Field(description="The most probable class, also for strangers.")
    probability: float = Field(ge=0, le=1, description="Of `best`.")
    similarity: float | None = Field(description="To the nearest examples of `best`, -1 to 1.")
    detection_score: float
    reason: str = Field(description="known or unknown.")
    note: str
    marks: list[str] = Field(description="Marks of quality, as small or one_eye.")
    top_k: list[Scored]


class ModelVersion(Out):
    name: str
    version: int


class Size(Out):
    width: int
    height: int


class Answer(Out):
    """One picture's answer. Nothing found is an answer too: no regions, and a reason."""

    model: ModelVersion
    picture: Size
    label: str | None
    reason: str = Field(description="known, unknown or nothing_found.")
    note: str
    human_detected: bool | None
    predictions: list[Scored]
    regions: list[Region]
    seconds: dict[str, float]
    prediction_id: str | None = Field(description="For corrections; null when the answer could not be logged.")
    explanation: str | None = None
    why: str | None = None


class BatchEntry(Out):
    index: int
    ok: bool
    answer: Answer | None = None
    problem: Problem | None = None


class BatchAnswer(Out):
    results: list[BatchEntry]
    failed: int


class Status(Out):
    status: str


class Ready(Out):
    status: str
    model: str
    version: int


class ModelSummary(Out):
    name: str
    version: int
    active: bool = True
    default: bool
    recipe: str
    subject: str
    labels: list[str]
    strangers_named: float | None = Field(
        None, description="Part of strangers, 0 to 1, that were given a name when the model was tried at training."
    )


class ModelList(Out):
    default: str | None
    models: list[ModelSummary]
    broken: list[dict[str, str]] = Field(description="Models that could not be loaded, and why.")


class ModelDetail(ModelSummary):
    versions: list[int]
    facts: dict[str, Any]
    report: str | None = Field(description="Where the training report can be read.")


class VersionBody(In):
    version: int = Field(ge=1, le=1_000_000)


class VersionQuery(BaseModel):
    version: QueryInt | None = Field(None, ge=1, le=1_000_000, description="The active one if left out.")


class KeyBody(In):
    name: str = Field(min_length=1, max_length=64, pattern=r"^[^\x00-\x1f\x7f]+$")
    role: Literal["predict", "train", "admin"]
    days: int | None = Field(None, ge=1, le=3650, description="Days until it expires; never if left out.")


class KeyRow(Out):
    id: str
    name: str
    role: str
    created: int = Field(description="Milliseconds since 1970, UTC, as all times here.")
    expires: int | None
    revoked: int | None
    valid: bool


class NewKey(KeyRow):
    key: str = Field(description="Shown only now.")


class KeyList(Out):
    keys: list[KeyRow]


class IdPath(BaseModel):
    id: str = Field(pattern=r"^[0-9a-f]{1,32}$")


class LoginBody(In):
    key: str = Field(min_length=1, max_length=200)


class SessionInfo(Out):
    role: str
    via: str
    name: str
    csrf: str | None = Field(description="Send it as X-CSRF-Token with whatever changes something.")


class DatasetBody(In):
    name: Name


class DatasetPath(BaseModel):
    dataset: Name


class ClassPath(DatasetPath):
    label: Name


class PicturePath(ClassPath):
    file: str = Field(min_length=1, max_length=255, pattern=r"^[^\x00-\x1f\x7f/\\.][^\x00-\x1f\x7f/\\]*$")


class LabelPath(BaseModel):
    label: Name


class PictureQuery(BaseModel):
    size: QueryInt = Field(256, ge=16, le=2048, description="Longest side in pixels.")


class ClassRow(Out):
    name: str
    pictures: int


class DatasetRow(Out):
    name: str
    classes: list[ClassRow]
    pictures: int


class DatasetList(Out):
    datasets: list[DatasetRow]


class PictureList(Out):
    pictures: list[str]


class Stored(Out):
    file: str
    sha256: str
    new: bool = Field(description="false when the class had this very picture already.")


class UploadEntry(Out):
    index: int
    ok: bool
    stored: Stored | None = None
    problem: Problem | None = None


class UploadAnswer(Out):
    results: list[UploadEntry]
    failed: int


class JobBody(In):
    dataset: Name
    model: Annotated[str, Field(pattern=MODEL_NAME)]
    recipe: (
        Literal[
            "auto", "face-classic", "face-modern", "person-classic", "person-modern", "object-classic", "object-modern"
        ]
        | None
    ) = None


class Progress(Out):
    stage: str
    done: int
    total: int
    message: str


class Job(Out):
    id: str
    kind: str
    arguments: dict[str, Any]
    state: str = Field(description="queued, running, done, failed or cancelled.")
    created: int
    started: int | None
    ended: int | None
    attempts: int
    cancel: bool
    progress: Progress | None
    result: Any = Field(description="What the training said at its end: name, version.")
    message: str | None
    by: str
    report: str | None = Field(None, description="Where the report of the new version can be read.")


class JobList(Out):
    jobs: list[Job]


class ForgottenModel(Out):
    name: str
    versions: list[int]
    job: str = Field(description="The retraining without them; not named any more from now on.")


class Forgotten(Out):
    label: str
    removed: dict[str, Any]
    models: list[ForgottenModel]
    restarted: list[str] = Field(description="Models whose training had read their pictures and begins once more.")


class CorrectionBody(In):
    prediction_id: str = Field(pattern=r"^[0-9a-f]{32}$")
    action: Literal["is", "is_not", "not_a_face"]
    label: Name | None = Field(None, description="Who it is; with is_not, who it is not.")
    region: int = Field(0, ge=0, le=1000, description="Which region of the answer.")
    dataset: Name | None = Field(None, description="Data set that learns from it; the model's name if left out.")
    image: str | None = Field(None, description="The picture again, where the service does not keep it.")
    note: str | None = Field(None, max_length=1000)

    @model_validator(mode="after")
    def _labelled(self) -> CorrectionBody:
        if self.action == "is" and self.label is None:
            raise ValueError("needs a label where the action is `is`")
        return self


class Correction(Out):
    id: str
    time: int
    prediction: str
    position: int | None
    action: str
    before: dict[str, Any] = Field(description="What the model had said.")
    label: str | None = Field(description="What the person said.")
    dataset: str
    picture: str | None = Field(
        description="What was added to the data set: the picture, or the part that shows the region."
    )
    by: str
    note: str | None


class Taught(Correction):
    learned: bool = Field(description="Whether the next training of that data set learns something from it.")
    why: str = Field(description="What became of it, or what was missing, in a sentence.")


class CorrectionList(Out):
    corrections: list[Correction]


class PredictionQuery(BaseModel):
    label: Name | None = None
    reason: Literal["known", "unknown", "nothing_found"] | None = None
    model: Name | None = None
    since: QueryInt | None = Field(None, ge=0, le=9_999_999_999_999, description="Milliseconds since 1970.")
    until: QueryInt | None = Field(None, ge=0, le=9_999_999_999_999)
    before: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")] | None = Field(None, description="`next` of a page.")
    limit: QueryInt = Field(50, ge=1, le=500)
    format: Literal["json", "csv"] = Field("json", description="csv gives all that fit, without pages.")


class PredictionRow(Out):
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
    regions: list[dict[str, Any]]


class PredictionList(Out):
    predictions: list[PredictionRow]
    next: str | None = Field(description="Give it as `before` for the next page.")


class StatsQuery(BaseModel):
    days: QueryInt = Field(30, ge=1, le=3650)


class Stats(Out):
    days: int
    predictions: int
    by_reason: dict[str, int]
    by_label: dict[str, int]
    by_model: dict[str, int]
    mean_seconds: float | None
    slowest_seconds: float | None
    corrections: int


class Health(Out):
    status: str = Field(description="ok, or degraded when the database is away or answers wait for it.")
    model: str | None
    version: int | None
    database: bool
    journal_bytes: int
