"""Collecting pictures into a class from the web, by words: off unless the settings allow it."""

from __future__ import annotations

from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag

from data_cleaning.collecting.sources.providers import PROVIDERS, SEARCH, is_usable
from server.context import caller, current
from server.datasets.managed_datasets import Datasets
from server.datasets.quota import quota_of
from server.datasets.schemas import ClassPath
from server.errors import Conflict
from server.training.collect_schemas import PROVIDERS_THAT_SAY, CollectBody, Collecting
from server.training.schemas import Job as JobSchema
from server.training.training_job import COLLECT
from server.training.views import row
from server.web.api_docs.openapi import needs

collecting = APIBlueprint("collecting", __name__, abp_security=needs("admin"))
TAG = Tag(name="collecting", description="Pictures from the web into a class.")
OFF = (
    "Pictures are not collected from the web here. Whoever runs the service can allow it:"
    " LIKENESS_COLLECT=1."
)


@collecting.get("/api/collecting", tags=[TAG], responses={200: Collecting})
def show_collecting() -> dict[str, object]:
    """Whether pictures can be collected here, and who can be searched."""
    return Collecting(
        allowed=current().settings.collect,
        sources=[SEARCH, *filter(is_usable, PROVIDERS)],
        licences_of=list(PROVIDERS_THAT_SAY),
    ).model_dump()


@collecting.post(
    "/api/datasets/<dataset>/classes/<label>/collect", tags=[TAG], responses={202: JobSchema}
)
def start_collecting(path: ClassPath, body: CollectBody) -> tuple[dict[str, object], int]:
    """Search for pictures and add them to a class, as a job that waits its turn in the queue."""
    if not current().settings.collect:
        raise Conflict(OFF)
    Datasets(current().settings.datasets).class_folder(path.dataset, path.label)
    quota_of(current().settings).check(path.dataset, 1, fresh=True)
    place = {"dataset": path.dataset, "label": path.label}
    return row(current().jobs.add(COLLECT, place | body.model_dump(), caller().by)), 202
