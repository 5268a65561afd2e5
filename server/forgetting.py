"""A person's right to be forgotten: pictures, decisions, log, kept pictures at once; models by retraining.

From the call on nobody is named so any more (server/masking.py), also while the retraining still runs.
"""

from __future__ import annotations

from typing import Any

from data_cleaning.errors import LikenessError
from server.datasets import Datasets
from server.errors import NotFound, RequestError
from server.masking import Rule
from server.service import Service


def forget(service: Service, label: str, by: str) -> dict[str, Any]:
    """Forget a class everywhere; what was removed. Raises NotFound when nothing knows it, StoreDown."""
    if label.startswith("_"):
        raise RequestError(f"{label!r} is a special class, not a person's.")
    service.keeper.settle()
    knowing = models_knowing(service, label)
    for name, versions in knowing.items():
        service.models.masks.add(Rule(name, max(versions), label))
    removed: dict[str, Any] = Datasets(service.settings.datasets).forget(label)
    ids, corrections = service.history.forget(label)
    service.jobs.forget(label)
    removed |= {
        "predictions": len(ids),
        "corrections": corrections,
        "kept_pictures": service.kept.remove(ids),
    }
    if not knowing and not any(removed.values()):
        raise NotFound(f"Nothing here knows a class {label!r}.")
    models = [
        {"name": name, "versions": versions, "job": _job(service, name, label, by)}
        for name, versions in knowing.items()
    ]
    return {"label": label, "removed": removed, "models": models}


def models_knowing(service: Service, label: str) -> dict[str, list[int]]:
    """name -> versions whose labels hold it. A version that cannot be loaded is judged by the one that answers."""
    found: dict[str, list[int]] = {}
    for name in service.models.names():
        for version in service.models.registry.versions(name):
            try:
                knows = label in service.models.labels(name, version)
            except LikenessError:
                knows = label in service.models.get(name).labels if name in service.models.loaded() else False
            if knows:
                found.setdefault(name, []).append(version)
    return found


def _job(service: Service, name: str, label: str, by: str) -> str:
    arguments = {"model": name, "label": label}
    for job in service.jobs.all():
        if job["kind"] == "forget" and job["arguments"] == arguments and job["state"] in ("queued", "running"):
            return str(job["id"])
    return str(service.jobs.add("forget", arguments, by)["id"])
