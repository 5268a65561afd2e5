"""What comes in and what goes out about corrections."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from server.web.schemas import In, Label, Name, Out


class CorrectionBody(In):
    prediction_id: str = Field(pattern=r"^[0-9a-f]{32}$")
    action: Literal["is", "is_not", "not_a_face"]
    label: Label | None = Field(
        None,
        description=(
            "Who it is; with is_not, who it is not: the one that the answer named, if it named one."
        ),
    )
    region: int = Field(0, ge=0, le=1000, description="Which region of the answer.")
    dataset: Name | None = Field(
        None,
        description="Data set that learns; else the one the model was trained on, or of its name.",
    )
    image: str | None = Field(
        None, description="The picture again, where the service does not keep it."
    )
    note: str | None = Field(None, max_length=1000)
    create: bool = Field(
        True,
        description="false: where a data set would have to be made, say so (`no-dataset`) instead.",
    )

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
    before: dict[str, object] = Field(description="What the model had said.")
    label: str | None = Field(description="What the person said.")
    dataset: str
    picture: str | None = Field(
        description=(
            "What was added to the data set: the picture, or the part that shows the region. "
            "null where nothing was, as where the data set had it already."
        )
    )
    by: str
    note: str | None


class TeachingOutcome(Out):
    """`why` as a code and its values."""

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
    part: bool = Field(default=False, description="Whether it is a part of the picture.")
    classes: list[str] = Field(default=[], description="The classes that it speaks of.")
    new: list[str] = Field(default=[], description="Those of them that the data set did not have.")
    nothing_found: bool = Field(
        default=False, description="Whether the model had found nothing in it."
    )
    known: int | None = Field(
        default=None,
        description="Of the `of` classes of the model, how many a training from the data set alone"
        " would know; null where it would know all.",
    )
    of: int | None = None


class Taught(Correction):
    learned: bool = Field(
        description="Whether the next training of that data set learns something from it."
    )
    why: str = Field(description="What became of it, or what was missing, in a sentence.")
    outcome: TeachingOutcome


class ListedCorrection(Correction):
    waits: bool = Field(description="Whether it is newer than the last training on its data set.")


class CorrectionList(Out):
    corrections: list[ListedCorrection]
