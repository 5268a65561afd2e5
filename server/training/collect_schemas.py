"""What comes in and what goes out about collecting."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, model_validator

from data_cleaning.collecting.sources.licences import WORDS
from data_cleaning.collecting.sources.providers import FREE, PROVIDERS, SEARCH
from server.web.schemas import In, Out

PROVIDERS_THAT_SAY = (SEARCH, *FREE)

if TYPE_CHECKING:
    Source = str
    Licence = str
else:
    Source = Literal[(SEARCH, *PROVIDERS)]
    Licence = Literal[WORDS]
Query = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]


class CollectBody(In):
    source: Source = Field(
        SEARCH, description="Who is searched; `search` is Openverse and Wikimedia Commons."
    )
    queries: list[Query] = Field(min_length=1, max_length=20, description="Words to search for.")
    count: int = Field(100, ge=1, le=2000, description="Results taken of each query.")
    licences: list[Licence] = Field(
        default=[],
        max_length=5,
        description=(
            "Only pictures under these; several narrow it down. For `search`, `openverse` and"
            " `commons`, the only ones that say under which licence a picture is."
        ),
    )

    @model_validator(mode="after")
    def _says_licences(self) -> CollectBody:
        if self.licences and self.source not in PROVIDERS_THAT_SAY:
            raise ValueError(f"needs another source than {self.source} where licences are named")
        return self


class Collecting(Out):
    allowed: bool = Field(description="Whether the settings allow it: LIKENESS_COLLECT.")
    sources: list[str] = Field(description="Who can be searched: who has a key, or needs none.")
    licences_of: list[str] = Field(
        description="Sources that say under which licence a picture is, and can be asked for it."
    )
