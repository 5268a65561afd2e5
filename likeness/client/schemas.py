"""What the API takes and gives, as types.

Made by `python -m tests.likeness.client_source`.
"""

from __future__ import annotations

from typing import Literal, NotRequired, TypedDict


class Activity(TypedDict):
    span: Literal["hour", "day", "month"]
    stretch: int
    until: int
    stretches: list[ActivityStretch]


class ActivityStretch(TypedDict):
    since: int
    predictions: int
    known: int
    unknown: int
    nothing_found: int
    unknown_rate: float | None
    p50: float | None
    p95: float | None
    corrections: int


class Answer(TypedDict):
    model: ModelVersion
    picture: Size
    label: str | None
    reason: str
    note: str
    human_detected: bool | None
    known_answer: list[str] | str | None
    way: str | None
    predictions: list[Scored]
    regions: list[Region]
    seconds: dict[str, float]
    prediction_id: str | None
    explanation: NotRequired[str | None]
    why: NotRequired[str | None]
    nearest: NotRequired[list[NearestExample] | None]


class Asking(TypedDict):
    picture_bytes: int
    pixels: int
    addresses: bool


class BatchAnswer(TypedDict):
    results: list[BatchEntry]
    failed: int


class BatchBody(TypedDict):
    images: list[PictureBody]


class BatchEntry(TypedDict):
    index: int
    ok: bool
    answer: NotRequired[Answer | None]
    problem: NotRequired[Problem | None]


class ChooseBody(TypedDict):
    region: int


class Chosen(TypedDict):
    undo: str
    decided: int
    stored: Stored


class ClaimBody(TypedDict):
    claim: str


class ClassRow(TypedDict):
    name: str
    pictures: int


class CollectBody(TypedDict):
    source: NotRequired[Literal["search", "openverse", "commons", "bing", "google", "ddgs"]]
    queries: list[str]
    count: NotRequired[int]
    licences: NotRequired[
        list[
            Literal[
                "public-domain",
                "commercial",
                "modification",
                "by",
                "by-nc",
                "by-nc-nd",
                "by-nc-sa",
                "by-nd",
                "by-sa",
                "cc0",
                "pdm",
            ]
        ]
    ]


class Collecting(TypedDict):
    allowed: bool
    sources: list[str]
    licences_of: list[str]


class Confused(TypedDict):
    truth: str | None
    answer: str | None
    label: str | None
    file: str | None


class Confusion(TypedDict):
    version: int
    labels: list[str | None]
    truths: list[str]
    matrix: list[list[int]]
    mistakes: list[Confused]
    dataset: str | None


class Correction(TypedDict):
    id: str
    time: int
    prediction: str
    position: int | None
    action: str
    before: dict[str, object]
    label: str | None
    dataset: str
    picture: str | None
    by: str
    note: str | None


class CorrectionBody(TypedDict):
    prediction_id: str
    action: Literal["is", "is_not", "not_a_face"]
    label: NotRequired[str | None]
    region: NotRequired[int]
    dataset: NotRequired[str | None]
    image: NotRequired[str | None]
    note: NotRequired[str | None]
    create: NotRequired[bool]


class CorrectionList(TypedDict):
    corrections: list[ListedCorrection]


class DatasetBody(TypedDict):
    name: str


class DatasetList(TypedDict):
    datasets: list[DatasetRow]


class DatasetRow(TypedDict):
    name: str
    classes: list[ClassRow]
    pictures: int


class Decided(TypedDict):
    undo: str
    decided: int


class DecisionsBody(TypedDict):
    decisions: list[OneDecision]


class Discarded(TypedDict):
    name: str
    versions: list[int]


class EarlierVersion(TypedDict):
    version: int
    accuracy: float | None
    change: str
    pictures: int
    added: list[str]
    removed: list[str]


class FacesTakenOut(TypedDict):
    id: str
    faces: int


class Forgotten(TypedDict):
    label: str
    removed: dict[str, object]
    models: list[ForgottenModel]
    restarted: list[str]


class ForgottenModel(TypedDict):
    name: str
    versions: list[int]
    job: str | None
    why: str | None


class Health(TypedDict):
    status: str
    model: str | None
    version: int | None
    database: bool
    journal_bytes: int
    problems: list[str]


class IgnoreStrangerBody(TypedDict):
    dataset: NotRequired[str | None]


class IgnoredRow(TypedDict):
    id: str
    time: int
    by: str
    faces: int


class Job(TypedDict):
    id: str
    kind: str
    arguments: dict[str, object]
    state: str
    created: int
    started: int | None
    ended: int | None
    attempts: int
    cancel: bool
    progress: Progress | None
    result: object
    message: str | None
    by: str
    report: NotRequired[str | None]


class JobBody(TypedDict):
    dataset: str
    model: str
    recipe: NotRequired[
        Literal[
            "auto",
            "face-classic",
            "face-modern",
            "face-light",
            "person-classic",
            "person-modern",
            "object-classic",
            "object-modern",
        ]
        | None
    ]
    fpir: NotRequired[float | None]
    private: NotRequired[bool]
    multi_label: NotRequired[bool]
    baseline: NotRequired[bool]


class JobList(TypedDict):
    jobs: list[Job]


class KeyBody(TypedDict):
    name: str
    role: Literal["predict", "train", "admin"]
    days: NotRequired[int | None]
    model: NotRequired[str | None]


class KeyList(TypedDict):
    keys: list[KeyRow]


class KeyRow(TypedDict):
    id: str
    name: str
    role: str
    created: int
    expires: int | None
    revoked: int | None
    model: str | None
    valid: bool


LegacyRegion = TypedDict(
    "LegacyRegion",
    {
        "box": "list[int]",
        "kind": "str",
        "label": "str | None",
        "labels": "list[str]",
        "best": "str",
        "probability": "float",
        "similarity": "float | None",
        "acceptance": "float | None",
        "detection_score": "float",
        "reason": "str",
        "note": "str",
        "marks": "list[str]",
        "class": "str",
        "class_probability": "list[float]",
        "class_dictionary": "dict[str, int]",
        "prediction_id": "str | None",
    },
)


class ListedCorrection(TypedDict):
    id: str
    time: int
    prediction: str
    position: int | None
    action: str
    before: dict[str, object]
    label: str | None
    dataset: str
    picture: str | None
    by: str
    note: str | None
    waits: bool


class LoginBody(TypedDict):
    key: str


class Mark(TypedDict):
    kind: str
    title: str
    advice: str
    note: str
    score: float
    box: NotRequired[list[int] | None]
    of: NotRequired[str | None]
    suggestion: NotRequired[str | None]


class MergeStrangersBody(TypedDict):
    strangers: list[str]


class ModelDetail(TypedDict):
    name: str
    version: int
    active: NotRequired[bool]
    default: bool
    recipe: str
    subject: str
    labels: list[str]
    strangers_named: NotRequired[float | None]
    threshold: float | None
    dataset: str | None
    multi_label: bool
    refuses: bool
    versions: list[int]
    facts: dict[str, object]
    report: str | None
    reports: list[int]


class ModelList(TypedDict):
    default: str | None
    asking: Asking
    models: list[ModelSummary]
    broken: list[dict[str, str]]


class ModelSummary(TypedDict):
    name: str
    version: int
    active: NotRequired[bool]
    default: bool
    recipe: str
    subject: str
    labels: list[str]
    strangers_named: NotRequired[float | None]
    threshold: float | None
    dataset: str | None
    multi_label: bool
    refuses: bool


class ModelVersion(TypedDict):
    name: str
    version: int


class MoreRow(TypedDict):
    label: str
    count: int


class NameStrangerBody(TypedDict):
    label: str
    dataset: NotRequired[str | None]


class NearestExample(TypedDict):
    label: str
    similarity: float
    picture: str | None


class NearestPerson(TypedDict):
    label: str
    similarity: float


class NewKey(TypedDict):
    id: str
    name: str
    role: str
    created: int
    expires: int | None
    revoked: int | None
    model: str | None
    valid: bool
    key: str


class OneDecision(TypedDict):
    sha256: str
    action: Literal["keep", "reject", "move", "not"]
    to: NotRequired[str | None]


class PictureBody(TypedDict):
    image: NotRequired[str | None]
    url: NotRequired[str | None]


class PictureDecision(TypedDict):
    action: str
    label: str | None
    to: str | None
    by: str
    time: str


class PictureList(TypedDict):
    pictures: list[str]


class PictureRow(TypedDict):
    sha256: str
    label: str
    file: str
    shows: str | None
    decision: PictureDecision | None
    looked: bool
    width: int
    height: int
    regions: list[list[int]]
    marks: list[Mark]
    stack: str | None


class PredictionList(TypedDict):
    predictions: list[PredictionRow]
    next: str | None


class PredictionRow(TypedDict):
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
    kept: bool
    regions: list[dict[str, object]]
    camera: str | None


class Problem(TypedDict):
    type: str
    title: str
    status: int
    detail: str
    code: str
    request_id: NotRequired[str | None]
    limits: NotRequired[dict[str, float] | None]
    errors: NotRequired[list[dict[str, str]] | None]


class Progress(TypedDict):
    stage: str
    done: int
    total: int
    message: str
    seconds_left: NotRequired[int | None]
    part: NotRequired[float | None]
    whole_seconds_left: NotRequired[int | None]
    waiting: NotRequired[bool]


class Ready(TypedDict):
    status: str
    model: str
    version: int


class Region(TypedDict):
    box: list[int]
    kind: str
    label: str | None
    labels: list[str]
    best: str
    probability: float
    similarity: float | None
    acceptance: float | None
    detection_score: float
    reason: str
    note: str
    marks: list[str]
    top_k: list[Scored]


class ResultCard(TypedDict):
    name: str
    version: int
    recipe: str
    trained: str | None
    sentence: str
    fit: bool | None
    pictures: int
    correct: int
    accuracy: float | None
    interval: list[float] | None
    strangers_named: float | None
    strangers_measured: int
    weakest: WeakestRow | None
    add: MoreRow | None
    before: EarlierVersion | None
    report: str | None


class ReviewCounts(TypedDict):
    marks: dict[str, int]
    labels: dict[str, int]
    decisions: dict[str, int]
    marked: int


class ReviewPage(TypedDict):
    dataset: str
    subject: str
    pictures: list[PictureRow]
    total: int
    all: int
    looked: int
    stopped: str
    counts: ReviewCounts


class Scored(TypedDict):
    label: str
    score: float


class SessionInfo(TypedDict):
    role: str
    via: str
    name: str
    csrf: str | None


class Size(TypedDict):
    width: int
    height: int


class Stats(TypedDict):
    days: int | None
    since: int
    until: int | None
    predictions: int
    by_reason: dict[str, int]
    by_label: dict[str, int]
    by_model: dict[str, int]
    mean_seconds: float | None
    slowest_seconds: float | None
    corrections: int


class Status(TypedDict):
    status: str


class Stored(TypedDict):
    file: str
    sha256: str
    new: bool


class StrangerDecided(TypedDict):
    id: str
    decision: Literal["named", "ignored"]
    label: str | None
    faces: int
    learned: int
    datasets: list[str]
    why: str | None


class StrangerFace(TypedDict):
    prediction: str
    position: int
    time: int


class StrangerFaceRef(TypedDict):
    prediction: str
    position: int


class StrangerList(TypedDict):
    days: int
    grouped: bool
    waiting: int
    stopped: str | None
    total: int
    strangers: list[StrangerRow]
    ignored: list[IgnoredRow]


class StrangerRow(TypedDict):
    id: str
    count: int
    first: int
    last: int
    faces: list[StrangerFace]
    nearest: NearestPerson | None
    models: list[str]


class StrangerUndone(TypedDict):
    id: str
    faces: int


class StrangersMerged(TypedDict):
    id: str
    parts: list[list[StrangerFace]]


class TakeOutFacesBody(TypedDict):
    faces: list[StrangerFaceRef]


class Taught(TypedDict):
    id: str
    time: int
    prediction: str
    position: int | None
    action: str
    before: dict[str, object]
    label: str | None
    dataset: str
    picture: str | None
    by: str
    note: str | None
    learned: bool
    why: str
    outcome: TeachingOutcome


class TeachingOutcome(TypedDict):
    code: Literal[
        "added",
        "added_without",
        "is",
        "is_a_stranger",
        "is_left_out",
        "unchanged",
        "not_sent",
        "not_there",
        "one_of_several",
        "not_cut",
        "not_looked",
    ]
    part: NotRequired[bool]
    classes: NotRequired[list[str]]
    new: NotRequired[list[str]]
    nothing_found: NotRequired[bool]
    known: NotRequired[int | None]
    of: NotRequired[int | None]


class Undone(TypedDict):
    withdrawn: int


class UploadAnswer(TypedDict):
    results: list[UploadEntry]
    failed: int


class UploadEntry(TypedDict):
    index: int
    ok: bool
    stored: NotRequired[Stored | None]
    marks: NotRequired[list[Mark] | None]
    regions: NotRequired[list[list[int]]]
    width: NotRequired[int]
    height: NotRequired[int]
    problem: NotRequired[Problem | None]


class VersionBody(TypedDict):
    version: int


class VersionRow(TypedDict):
    version: int
    active: bool
    trained: str | None
    recipe: str
    classifier: str | None
    dataset: str | None
    classes: int
    pictures: int
    accuracy: float | None
    interval: list[float] | None
    failure_to_acquire: float | None
    fpir: float | None
    fnir: float | None
    seconds: float | None
    size: int
    report: bool
    sheet: bool


class VersionTable(TypedDict):
    versions: list[VersionRow]


class WeakestRow(TypedDict):
    label: str
    pictures: int
    correct: int
    not_found: int
