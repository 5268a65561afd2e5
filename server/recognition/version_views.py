"""Which version of a model answers: load again, promote, go back, delete."""

from __future__ import annotations

from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag

from data_cleaning.json_types import JsonObject
from server.context import current
from server.errors import Conflict
from server.recognition.model_summary import model_detail
from server.recognition.schemas import Discarded, ModelDetail, ModelPath, VersionBody, VersionPath
from server.web.api_docs.openapi import needs, operation_ids

versions = APIBlueprint(
    "versions", __name__, operation_id_callback=operation_ids("admin"), abp_security=needs("admin")
)
VERSIONS = Tag(name="versions", description="Which version answers.")


@versions.post("/api/models/<name>/reload", tags=[VERSIONS], responses={200: ModelDetail})
def reload_model(path: ModelPath) -> JsonObject:
    """Load the active version again, in every process. A broken one is refused and the old one
    goes on.
    """
    current().models.reload(path.name)
    return model_detail(path.name)


@versions.post("/model/reload", tags=[VERSIONS], responses={200: ModelDetail})
def reload_default() -> JsonObject:
    """The same for the default model."""
    name = current().models.default()
    current().models.reload(name)
    return model_detail(name)


@versions.delete("/api/models/<name>", tags=[VERSIONS], responses={200: Discarded})
def discard_model(path: ModelPath) -> JsonObject:
    """Delete a model with all its versions and reports; its data set stays. What is trained now
    ends first.
    """
    service = current()
    if path.name not in service.models.names():
        service.models.get(path.name)
    if path.name == service.settings.model:
        raise Conflict(
            f"LIKENESS_MODEL says that {path.name} answers by default. Change that first, and"
            " restart."
        )
    if service.jobs.is_training(path.name):
        raise Conflict(f"A training of {path.name} waits or runs. Stop it first.")
    return {"name": path.name, "versions": service.models.discard(path.name)}


@versions.delete(
    "/api/models/<name>/versions/<version>", tags=[VERSIONS], responses={200: Discarded}
)
def discard_version(path: VersionPath) -> JsonObject:
    """Delete one version of a model, but not the one that answers."""
    models = current().models
    if (
        models.get(path.name).version == path.version
        or models.registry.active(path.name) == path.version
    ):
        raise Conflict(
            f"Version {path.version} of {path.name} is the one that answers; promote another one"
            " first."
        )
    models.registry.remove(path.name, path.version)
    return {"name": path.name, "versions": [path.version]}


@versions.post("/api/models/<name>/promote", tags=[VERSIONS], responses={200: ModelDetail})
def promote(path: ModelPath, body: VersionBody) -> JsonObject:
    """Answer with another version from now on. One that cannot be loaded is refused."""
    models = current().models
    models.get(path.name)
    models.labels(path.name, body.version)
    models.registry.promote(path.name, body.version)
    models.reload(path.name)
    return model_detail(path.name)


@versions.post("/api/models/<name>/rollback", tags=[VERSIONS], responses={200: ModelDetail})
def roll_back(path: ModelPath) -> JsonObject:
    """Answer with the version before."""
    models = current().models
    models.get(path.name)
    active = models.registry.active(path.name)
    earlier = [version for version in models.registry.versions(path.name) if version < active]
    if not earlier:
        raise Conflict(
            f"The model {path.name} answers with version {active}; there is none before it to go"
            " back to."
        )
    models.labels(
        path.name, earlier[-1]
    )  # one that cannot be loaded is refused before the pointer moves
    models.registry.rollback(path.name)
    models.reload(path.name)
    return model_detail(path.name)
