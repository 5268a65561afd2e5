"""A person's right to be forgotten: pictures, decisions, log, kept pictures at once; models by
retraining.

From the call on nobody is named so any more (server/recognition/redaction.py), also while the
retraining still runs.
"""

from __future__ import annotations

import contextlib
import time
from typing import Any

from data_cleaning.errors import LikenessError
from server.context import Context
from server.datasets.managed_datasets import Datasets
from server.errors import Conflict, NotFound, RequestError
from server.history.prediction_log import History

NO_PICTURES = (
    "The pictures that it was trained on are not here, so it cannot be trained again without them."
    " Make a data set {dataset} with everybody whom it is to know and ask again, or delete the"
    " model: on the page under Models, or by DELETE /api/models/{name}. Until then it lies there"
    " with the name in it, and does not say it."
)
ENDING = 40.0  # seconds for a training to end: it is asked first, and then ended


def forget(service: Context, label: str, by: str) -> dict[str, Any]:
    """Forget a class everywhere; what was removed.

    Raises NotFound when nothing knows it, Conflict, StoreDown.
    """
    if label.startswith("_"):
        raise RequestError(f"{label!r} is a special class, not a person's.")
    service.keeper.settle()
    stopped = stop_trainings(service, label)
    knowing = models_knowing(service, label)
    # A retraining without somebody else, under way now, may still bring one more version that knows
    # them.
    busy = {job["arguments"]["model"] for job in service.jobs.all() if job["state"] == "running"}
    for name, versions in knowing.items():
        service.models.hide(name, max(versions) + (name in busy), label)
    removed: dict[str, Any] = Datasets(service.settings.datasets).forget(label)
    ids, corrections = History(service.store).forget(label)
    service.jobs.forget(label)
    service.store.compact()
    removed |= {
        "predictions": len(ids),
        "corrections": corrections,
        "kept_pictures": service.kept.remove(ids),
    }
    for each in stopped:
        _again(service, each)
    if not knowing and not any(removed.values()):
        raise NotFound(f"Nothing here knows a class {label!r}.")
    models = [
        {"name": name, "versions": versions, **_retraining(service, name, versions, label, by)}
        for name, versions in knowing.items()
    ]
    return {
        "label": label,
        "removed": removed,
        "models": models,
        "restarted": [each["model"] for each in stopped],
    }


def stop_trainings(service: Context, label: str) -> list[dict[str, Any]]:
    """End the training that has read the class's pictures already, or it would make a version that
    knows them; what it was told. Raises Conflict, before anything was removed, where it does not
    end in time."""
    datasets = Datasets(service.settings.datasets)
    running = [
        job for job in service.jobs.all() if job["kind"] == "train" and job["state"] == "running"
    ]
    theirs = [job for job in running if datasets.mentions(job["arguments"]["dataset"], label)]
    for job in theirs:
        with contextlib.suppress(Conflict):  # it ended a moment ago
            service.jobs.cancel(job["id"])
    until = time.monotonic() + ENDING
    while any(service.jobs.get(job["id"])["state"] == "running" for job in theirs):
        if time.monotonic() > until:
            raise Conflict(
                "A training that has read their pictures is still ending. Nothing was removed; ask"
                " again soon."
            )
        service.jobs.ensure_runner()  # one that was killed leaves its job behind
        time.sleep(0.2)
    return [job["arguments"] | {"by": job["by"]} for job in theirs]


def _again(service: Context, told: dict[str, Any]) -> None:
    """Queue the stopped training once more, without them; where too little is left it says so
    itself.
    """
    with contextlib.suppress(Conflict):
        service.jobs.add("train", {key: told[key] for key in told if key != "by"}, told["by"])


def models_knowing(service: Context, label: str) -> dict[str, list[int]]:
    """name -> versions whose labels hold it.

    A version that cannot be loaded is judged by the one that answers.
    """
    found: dict[str, list[int]] = {}
    for name in service.models.names():
        for version in service.models.registry.versions(name):
            try:
                knows = label in service.models.labels(name, version)
            except LikenessError:
                knows = (
                    label in service.models.get(name).labels
                    if name in service.models.loaded()
                    else False
                )
            if knows:
                found.setdefault(name, []).append(version)
    return found


def _retraining(
    service: Context, name: str, versions: list[int], label: str, by: str
) -> dict[str, str | None]:
    """The job that trains it again, or why there can be none.

    Older versions are removed without a training.
    """
    dataset = str(service.models.get(name).facts.get("dataset", name))
    here = (service.settings.datasets / dataset).is_dir()
    if service.models.registry.active(name) not in versions or here:
        return {"job": _job(service, name, label, by), "why": None}
    return {"job": None, "why": NO_PICTURES.format(dataset=dataset, name=name)}


def _job(service: Context, name: str, label: str, by: str) -> str:
    arguments = {"model": name, "label": label}
    for job in service.jobs.all():
        if (
            job["kind"] == "forget"
            and job["arguments"] == arguments
            and job["state"] in ("queued", "running")
        ):
            return str(job["id"])
    return str(service.jobs.add("forget", arguments, by)["id"])
