"""A person's right to be forgotten: pictures, decisions, log, kept pictures at once; models by
retraining.

From the call on nobody is named so any more (server/recognition/erased_names.py), also while the
retraining still runs.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from dataclasses import asdict

from data_cleaning.errors import LikenessError
from server.cluster.leases import Lease
from server.context import Context
from server.datasets.managed_datasets import Datasets
from server.enrolment.enrolled_examples import EnrolledExamples
from server.erasure.schemas import Forgotten, ForgottenModel
from server.erasure.stopped_trainings import StoppedTrainings
from server.errors import Conflict, NotFound, RequestError
from server.history.prediction_log import PredictionLog
from server.protocols import Job
from server.storage.forgotten_list import ForgottenList
from server.storage.outboxes import forget_in_outboxes
from server.strangers.stranger_rows import erase_decisions
from server.training.training_job import COLLECT, ERASE, RUNNING, TRAIN

NO_PICTURES = (
    "The pictures that it was trained on are not here, so it cannot be trained again without them."
    " Make a data set {dataset} with everybody whom it is to know and ask again, or delete the"
    " model: on the page under Models, or by DELETE /api/models/{name}. Until then it lies there"
    " with the name in it, and does not say it."
)
ENDING = 40.0  # seconds for a training to end: it is asked first, and then ended
LOOK = 0.2  # seconds between two looks whether it has


def erase_class(service: Context, label: str, by: str) -> Forgotten:
    """Forget a class everywhere; what was removed.

    Raises NotFound when nothing knows it, Conflict, StoreDown.
    """
    if label.startswith("_"):
        raise RequestError(f"{label!r} is a special class, not a person's.")
    trainings = StoppedTrainings(service.settings.state, service.jobs)
    with trainings.forgetting(), _alone(service):
        stopped = _stop_trainings(service, label, trainings)
        knowing = models_knowing(service, label)
        service.keeper.settle()  # what was answered until now is counted among what goes
        _stop_naming(service, knowing, label)
        service.membership.wait_for_all()  # from here on no server names them
        service.keeper.settle()
        ForgottenList(service.settings.state).add(label)
        removed = _remove(service, label)
        service.membership.wait_for_all()  # and none keeps a picture of theirs
    if not knowing and not any(removed.values()):
        raise NotFound(f"Nothing here knows a class {label!r}.")
    return Forgotten(
        label=label,
        removed=removed,
        models=[
            _retrain(
                service, ForgottenModel(name=name, versions=versions, job=None, why=None), label, by
            )
            for name, versions in knowing.items()
        ],
        restarted=[job.model for job in stopped],
    )


@contextlib.contextmanager
def _alone(service: Context) -> Iterator[None]:
    """One server forgets at a time. Raises Conflict."""
    with Lease(service.store, "forgetting", service.settings.state).held(ENDING) as ours:
        if not ours:
            raise Conflict(
                "Another server is forgetting somebody just now. Nothing was removed; ask again"
                " soon."
            )
        yield


def _stop_trainings(service: Context, label: str, trainings: StoppedTrainings) -> list[Job]:
    """End the trainings that have read the class's pictures, or they would make versions that know
    them; which those were. What brings more of their pictures ends, too.

    Raises Conflict, before anything was removed, where one does not end in time.
    """
    datasets = Datasets(service.settings.datasets)
    theirs = [
        job
        for job in service.jobs.all()
        if job.kind == TRAIN and job.state == RUNNING and datasets.mentions(job.dataset, label)
    ]
    if theirs:
        trainings.remember(theirs)
    bringing = [
        job
        for job in service.jobs.all()
        if job.kind == COLLECT and job.is_open and job.arguments.get("label") == label
    ]
    for job in [*theirs, *bringing]:
        with contextlib.suppress(Conflict):  # it ended a moment ago
            service.jobs.cancel(job.id)
    until = time.monotonic() + ENDING
    while any(service.jobs.get(job.id).state == RUNNING for job in [*theirs, *bringing]):
        if time.monotonic() > until:
            raise Conflict(
                "A training that has read their pictures is still ending. Nothing was removed; ask"
                " again soon."
            )
        service.jobs.ensure_runner()  # one that was killed leaves its job behind
        time.sleep(LOOK)
    return theirs


def _stop_naming(service: Context, knowing: dict[str, list[int]], label: str) -> None:
    """From now on no version that knows the class names it.

    A retraining without somebody else, under way now, may still bring one more such version.
    """
    running = {job.model for job in service.jobs.all() if job.state == RUNNING}
    for name, versions in knowing.items():
        service.models.hide(name, max(versions) + (name in running), label)


def _remove(service: Context, label: str) -> dict[str, object]:
    """Events of cameras, pictures, decisions, answers, corrections, and what jobs said."""
    events = forget_in_outboxes(service.settings.state, label)
    pictures = Datasets(service.settings.datasets).erase_class(label)
    enrolled = EnrolledExamples(service.settings.enrolled).forget(label)
    ids, corrections = PredictionLog(service.store).erase_class(label)
    erase_decisions(service.store, label)
    service.jobs.remove_name(label)
    service.store.compact()
    return {
        **asdict(pictures),
        "enrolled": enrolled,
        "predictions": len(ids),
        "corrections": corrections,
        "kept_pictures": service.kept.remove(ids),
        "events": events,
    }


def models_knowing(service: Context, label: str) -> dict[str, list[int]]:
    """name -> versions whose labels hold it."""
    found = {
        name: [v for v in service.models.registry.versions(name) if _knows(service, name, v, label)]
        for name in service.models.names()
    }
    return {name: versions for name, versions in found.items() if versions}


def _knows(service: Context, name: str, version: int, label: str) -> bool:
    """A version that cannot be loaded is judged by the one that answers."""
    try:
        return label in service.models.labels(name, version)
    except LikenessError:
        answering = name in service.models.loaded()
        return answering and label in service.models.get(name).labels


def _retrain(service: Context, model: ForgottenModel, label: str, by: str) -> ForgottenModel:
    """With the job that trains it again, or why there can be none.

    Older versions are removed without a training.
    """
    name = model.name
    dataset = service.models.get(name).facts.dataset or name
    here = (service.settings.datasets / dataset).is_dir()
    if service.models.registry.active(name) in model.versions and not here:
        why = NO_PICTURES.format(dataset=dataset, name=name)
        return model.model_copy(update={"why": why})
    return model.model_copy(update={"job": _job(service, name, label, by)})


def _job(service: Context, name: str, label: str, by: str) -> str:
    """The id of the job that retrains it, which may wait or run already."""
    arguments: dict[str, object] = {"model": name, "label": label}
    for job in service.jobs.all():
        if job.kind == ERASE and job.arguments == arguments and job.is_open:
            service.jobs.begin_now(job.id)
            return job.id
    return service.jobs.add(ERASE, arguments, by).id
