"""What comes in and what goes out about recognising: queries, answers, models, versions."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from server.web.schemas import In, Name, Out, Problem, Query, QueryBool, QueryInt
from server.web.validation_messages import MODEL_NAME


class ModelPath(BaseModel):
    name: Name


class LegacyQuery(Query):
    model: Name | None = Field(None, description="Model that answers; the default one if left out.")
    unknown: Literal["0", "1"] = Field(
        "0", description="1 also lists people that nobody is known in."
    )


class PredictQuery(Query):
    model: Name | None = Field(None, description="Model that answers; the default one if left out.")
    top_k: QueryInt = Field(5, ge=1, le=100, description="How many labels to list, best first.")
    explain: QueryBool = Field(
        False, description="Add a heatmap over one region, a data URL, and the reason."
    )
    region: QueryInt = Field(
        0, ge=0, le=9999, description="Which of the `regions` to explain, the first being 0."
    )

    camera: Annotated[str, Field(pattern=MODEL_NAME)] | None = Field(
        None, description="The watched camera that took the picture, for the log."
    )
    logged: QueryBool = Field(
        True, description="false: count the answer alone, as of a camera's many frames."
    )

    @property
    def explained(self) -> int | None:
        """The region to explain, if one is to be."""
        return self.region if self.explain else None


class Scored(Out):
    label: str
    score: float = Field(ge=0, le=1)


class Found(Out):
    box: list[int] = Field(
        min_length=4, max_length=4, description="[x, y, width, height], upright picture's pixels."
    )
    kind: str = Field(description="face, person or picture.")
    label: str | None = Field(description="Who or what it is; null when nobody known.")
    labels: list[str] = Field(
        description=(
            "Every name it gets, the surest first: several only where a picture may carry several"
            " classes."
        )
    )
    best: str = Field(description="The most probable class, also for strangers.")
    probability: float = Field(ge=0, le=1, description="Of `best`.")
    similarity: float | None = Field(description="To the nearest examples of `best`, -1 to 1.")
    acceptance: float | None = Field(description="What the model's `threshold` is held against.")
    detection_score: float
    reason: str = Field(
        description=(
            "known, unknown, taken (somebody else in the picture is more like them) or too_small to"
            " tell."
        )
    )
    note: str
    marks: list[str] = Field(description="Marks of quality, as small or one_eye.")


class Region(Found):
    top_k: list[Scored]


class LegacyRegion(Found):
    """The tutorial's names, and our own beside them."""

    class_: str = Field(alias="class", description="The most probable class.")
    class_probability: list[float] = Field(
        description="Percent for each class, in class_dictionary order."
    )
    class_dictionary: dict[str, int]
    prediction_id: str | None


class ModelVersion(Out):
    name: str
    version: int


class Size(Out):
    width: int
    height: int


class NearestExample(Out):
    label: str = Field(description="Its class; where it carries several, all of them.")
    similarity: float = Field(description="To the region, -1 to 1.")
    picture: str | None = Field(
        description="Where it can be seen, by those who may see the data set, while it is there."
    )


class Answer(Out):
    """One picture's answer. Nothing found is an answer too: no regions, and a reason."""

    model: ModelVersion
    picture: Size
    label: str | None
    reason: str = Field(description="known, unknown or nothing_found.")
    note: str
    human_detected: bool | None = Field(description="Of recipes for people; null for others.")
    known_answer: list[str] | str | None = Field(
        description=(
            'The same in the words of older services: ["human_detected", label or "others"], or'
            ' "no human detected".'
        )
    )
    way: str | None = Field(description="The same as one class: the label, Human or No Human.")
    predictions: list[Scored]
    regions: list[Region]
    seconds: dict[str, float]
    prediction_id: str | None = Field(
        description="For corrections; null when the answer could not be logged."
    )
    explanation: str | None = None
    why: str | None = None
    nearest: list[NearestExample] | None = Field(
        None, description="With `explain`: the enrolled pictures most like the region."
    )


class BatchEntry(Out):
    index: int
    ok: bool
    answer: Answer | None = None
    problem: Problem | None = None


class BatchAnswer(Out):
    results: list[BatchEntry]
    failed: int


class ModelSummary(Out):
    name: str
    version: int
    active: bool = True
    default: bool
    recipe: str
    subject: str
    labels: list[str]
    strangers_named: float | None = Field(
        None,
        description=(
            "Part of strangers, 0 to 1, that were given a name when the model was tried at"
            " training."
        ),
    )
    threshold: float | None = Field(
        description=(
            "The least `acceptance` of a region that is believed; null where nobody is refused, or"
            " each class has its own."
        )
    )
    dataset: str | None = Field(description="The data set that it was trained on.")
    multi_label: bool = Field(
        description="Whether a picture may carry several classes, each a question of its own."
    )
    refuses: bool = Field(
        description="false where everything gets the name of a class, however unlike it is."
    )


class Asking(Out):
    """What may be asked here."""

    picture_bytes: int
    pixels: int
    addresses: bool = Field(description="Whether a picture may be named by its address.")


class ModelList(Out):
    default: str | None
    asking: Asking
    models: list[ModelSummary]
    broken: list[dict[str, str]] = Field(description="Models that could not be loaded, and why.")


class ModelDetail(ModelSummary):
    versions: list[int]
    facts: dict[str, object]
    report: str | None = Field(description="Where the training report can be read.")
    reports: list[int] = Field(
        description="Versions with a report: `?version=` of its address shows that of another one."
    )


class VersionBody(In):
    version: int = Field(ge=1, le=1_000_000)


class VersionPath(ModelPath):
    version: int = Field(ge=1, le=1_000_000)


class Discarded(Out):
    name: str
    versions: list[int] = Field(description="What was deleted.")


class VersionQuery(Query):
    version: QueryInt | None = Field(
        None, ge=1, le=1_000_000, description="The active one if left out."
    )


class WeakestRow(Out):
    label: str
    pictures: int
    correct: int
    not_found: int = Field(description="Of its pictures: in so many nothing was found.")


class MoreRow(Out):
    label: str
    count: int


class EarlierVersion(Out):
    """The version before, and what is new since. change: better or worse where chance does not
    explain the difference, else same.
    """

    version: int
    accuracy: float | None
    change: str
    pictures: int = Field(description="How many more pictures there are; less than 0 for fewer.")
    added: list[str] = Field(description="Classes that are new.")
    removed: list[str]


class ResultCard(Out):
    """What a training came to, on one card."""

    name: str
    version: int
    recipe: str
    trained: str | None
    sentence: str
    fit: bool | None = Field(description="For use; null where that was not recorded.")
    pictures: int
    correct: int
    accuracy: float | None = Field(description="Of pictures that it had not seen, 0 to 1.")
    interval: list[float] | None = Field(description="Of 95 %, of the accuracy.")
    strangers_named: float | None = Field(
        description="Share of strangers that get a name: measured, or else promised."
    )
    strangers_measured: int = Field(
        description="Pictures of strangers that it was measured with; 0 for a promise."
    )
    weakest: WeakestRow | None
    add: MoreRow | None = Field(description="The pictures that would help most.")
    before: EarlierVersion | None
    report: str | None


class VersionRow(Out):
    """One version, with what was written at its training; null is what was not."""

    version: int
    active: bool = Field(description="Whether it is the one that answers.")
    trained: str | None
    recipe: str
    classifier: str | None
    dataset: str | None
    classes: int
    pictures: int = Field(description="That it was trained on.")
    accuracy: float | None = Field(description="Of pictures that it had not seen, 0 to 1.")
    interval: list[float] | None = Field(description="Of 95 %, of the accuracy.")
    failure_to_acquire: float | None = Field(
        description="Part of the pictures in which nothing was found."
    )
    fpir: float | None = Field(description="Part of the strangers that would get a name.")
    fnir: float | None = Field(description="Part of the known that would not, at that threshold.")
    seconds: float | None = Field(description="A picture, on the machine of the training.")
    size: int = Field(description="Bytes on the disk, its report included.")
    report: bool
    sheet: bool = Field(description="Whether its report is there on one page, as a PDF.")


class VersionTable(Out):
    versions: list[VersionRow] = Field(description="Oldest first.")


class Confused(Out):
    truth: str | None
    answer: str | None = Field(description="null: nobody was named, or nothing found.")
    label: str | None = Field(
        description="With `file`, where the data set still has the picture; else null."
    )
    file: str | None


class Confusion(Out):
    """Rows are truths, columns are answers."""

    version: int
    labels: list[str | None] = Field(description="Of the columns; null: nobody named.")
    truths: list[str] = Field(description="Of the rows.")
    matrix: list[list[int]] = Field(description="Pictures.")
    mistakes: list[Confused] = Field(description="The worst ones, not always all.")
    dataset: str | None = Field(description="Where the pictures can be seen; null: not here.")
