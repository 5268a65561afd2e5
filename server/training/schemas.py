"""What comes in and what goes out about long work."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, model_validator

from model.recipes.presets import AUTO, RECIPES
from server.web.schemas import In, Name, Out
from server.web.validation_messages import MODEL_NAME

if TYPE_CHECKING:
    RecipeName = str
else:
    RecipeName = Literal[(AUTO, *RECIPES)]


_BESIDES = ("fpir", "private", "multi_label", "baseline")


class JobBody(In):
    dataset: Name
    model: Annotated[str, Field(pattern=MODEL_NAME)]
    recipe: RecipeName | None = Field(
        None,
        description=(
            "Left out, it is `auto` where pretrained files are installed, else `face-classic`;"
            " `choice` of the result says which was taken and why."
        ),
    )
    fpir: float | None = Field(
        None,
        gt=0,
        lt=1,
        description=(
            "Part of strangers that may be named, held to whatever it costs. Left out it is 0.003 "
            "for face-modern and 0.01 for others, where all but face-light give it up if it would "
            "refuse too many known ones."
        ),
    )
    private: bool = Field(
        False,
        description="Keep no picture in the report and no training example in the classifier.",
    )
    multi_label: bool = Field(
        False,
        description=(
            "A picture may carry several classes: it lies in the folder of each. Not with `auto`."
        ),
    )

    baseline: bool = Field(
        False,
        description=(
            "Compare with simpler ways on the same folds, in the report. Not with `multi_label`."
        ),
    )

    @model_validator(mode="after")
    def _goes_together(self) -> JobBody:
        if self.multi_label and self.baseline:
            raise ValueError("cannot have baseline and multi_label both true")
        if self.multi_label and self.recipe == AUTO:
            raise ValueError("needs a recipe other than auto where multi_label is true")
        return self

    def arguments(self) -> dict[str, object]:
        """What the job is to do: the three that every training has,
        and what was asked for besides.
        """
        besides = {name: getattr(self, name) for name in _BESIDES}
        always = {"dataset": self.dataset, "model": self.model, "recipe": self.recipe}
        return always | {name: value for name, value in besides.items() if value}


class Progress(Out):
    stage: str
    done: int
    total: int
    message: str
    seconds_left: int | None = Field(
        None, description="Until this stage ends, if it goes on as it did; null at its beginning."
    )
    part: float | None = Field(
        None, description="How much of the whole training is done, 0 to 1; it never goes back."
    )
    whole_seconds_left: int | None = Field(
        None,
        description=(
            "Until the whole training ends: from the time that it took so far, and the part of it"
            " that each stage usually takes. Null at its beginning."
        ),
    )
    waiting: bool = Field(
        False, description="Whether it waits for the processor, which others keep busy."
    )


class Job(Out):
    id: str
    kind: str
    arguments: dict[str, object]
    state: str = Field(description="queued, running, done, failed or cancelled.")
    created: int
    started: int | None
    ended: int | None = Field(
        description="Of a forgetting that failed and waits to be tried again: when it failed."
    )
    attempts: int
    cancel: bool
    progress: Progress | None
    result: object = Field(
        description=(
            "What the training said at its end: name, version, and in `waits` why the version does"
            " not answer yet and an admin must promote it, or an empty text. Beside each sentence"
            " stand its codes and values: `waits_because`, `choice_code` with `auto`,"
            " `verdict.parts`. Of a failed one `code`, where the cause in `message` has one: that"
            " of a refusal, too-long (with `minutes`), out-of-memory, interrupted or not-started."
        )
    )
    message: str | None
    by: str
    report: str | None = Field(None, description="Where the report of the new version can be read.")


class JobList(Out):
    jobs: list[Job]
