"""What comes in and what goes out about being forgotten."""

from __future__ import annotations

from pydantic import BaseModel, Field

from server.web.schemas import Label, Out


class LabelPath(BaseModel):
    label: Label


class ForgottenModel(Out):
    name: str
    versions: list[int]
    job: str | None = Field(
        description="The retraining without them; not named any more from now on."
    )
    why: str | None = Field(
        description="Why there is no retraining, and what to do: the name is still on the disk."
    )


class Forgotten(Out):
    label: str
    removed: dict[str, object]
    models: list[ForgottenModel]
    restarted: list[str] = Field(
        description="Models whose training had read their pictures and begins once more."
    )
