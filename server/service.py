"""What one running service consists of: all parts, put together once.

Only what starts, ends or serves the application asks for this; views ask server/context.py.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import astuple, dataclass
from typing import cast

from flask import Flask

from data_cleaning.imaging.limits import Limits
from model.recognition.protocols import ModelRegistry
from server.access.authorisation import Access
from server.access.keys import Keys
from server.access.session_rows import SessionRows
from server.cluster.membership import Membership
from server.collections.upkeep import Upkeep
from server.context import EXTENSION
from server.datasets.managed_datasets import Datasets
from server.erasure.stopped_trainings import StoppedTrainings
from server.history.kept_pictures import KeptPictures
from server.history.logged_answers import LoggedAnswer
from server.history.prediction_log import PredictionLog
from server.operations.clock import Clock
from server.operations.housekeeping import Chore, Housekeeper
from server.operations.metrics import Metrics
from server.operations.model_store import ModelStore
from server.recognition.erased_names import ErasedNames
from server.recognition.live_models import LiveModels, Together
from server.recognition.pool import Pool
from server.settings import Settings
from server.storage.database import Store
from server.storage.journal import Journal, Record
from server.strangers.stranger_rows import remove_old_faces
from server.training.jobs import Jobs
from server.training.runner_process import RunnerProcesses
from server.web.bodies_in_flight import BodiesInFlight, allowance

HOUR = 3600.0
TIDYING = 2.0
REVIVAL = 5.0  # seconds between two looks whether somebody does the work that waits


@dataclass(frozen=True)
class Service:
    settings: Settings
    membership: Membership
    models: LiveModels
    pool: Pool
    store: Store
    keys: Keys
    sessions: SessionRows
    access: Access
    history: PredictionLog
    journal: Journal
    jobs: Jobs
    kept: KeptPictures
    keeper: Housekeeper
    metrics: Metrics
    model_store: ModelStore
    bodies: BodiesInFlight
    streams: threading.BoundedSemaphore  # places for those who follow a job: each holds a thread

    @property
    def limits(self) -> Limits:
        return Limits(pixels=self.settings.picture_pixels, bytes=self.settings.picture_bytes)

    def after_fork(self) -> None:
        """In a fresh process: leave the parent's connections alone, know what is active now, begin
        the housekeeping.
        """
        self.store.after_fork()
        # now, and not beside the first answers: the parent may have loaded long ago
        self.models.catch_up()
        self.models.watch()
        self.membership.watch()
        self.keeper.start()

    def close(self) -> None:
        """Stop the threads and close the connections; what is in the journal stays there."""
        self.keeper.stop()
        self.membership.close()
        self.models.close()
        self.pool.close()
        self.store.close()


def build_service(settings: Settings, registry: ModelRegistry) -> Service:
    """All the parts, put together. Nothing is started, read or written, and no connection made."""
    store, metrics = Store(settings.database), Metrics()
    history, jobs, keys = (
        PredictionLog(store),
        Jobs(store, settings, RunnerProcesses(settings).start),
        Keys(store),
    )
    sessions = SessionRows(store, settings.session_hours, settings.session_idle_minutes)
    membership = Membership(
        store,
        settings.state,
        lambda changed: obey(service, changed),
        lambda: {astuple(rule) for rule in service.models.erased.rules()},
    )
    models = LiveModels(
        registry,
        settings.model,
        settings.state / "bell",
        metrics.answers_with,
        Together(
            membership.rules if store.is_shared else None, membership.check, settings.enrolled
        ),
    )
    journal = Journal(settings.state / "journal", insertion(history, models.erased))
    kept = KeptPictures(settings.state / "pictures", settings.keep_pictures_days)
    bodies = allowance(settings)
    clock, model_store = Clock(settings.state / "clock.json"), ModelStore(settings)
    chores = [
        Chore(bodies.tidy, TIDYING),
        Chore(jobs.revive, REVIVAL),
        Chore(StoppedTrainings(settings.state, jobs).recover, REVIVAL),
        Chore(model_store.ensure, REVIVAL),
        Chore(sessions.expire, HOUR),
        Chore(lambda: expire(clock, kept, history, settings.keep_predictions_days), HOUR),
        Chore(registry.tidy, HOUR),
        Chore(Datasets(settings.datasets).tidy, HOUR),
    ]
    service = Service(
        settings=settings,
        membership=membership,
        models=models,
        pool=build_pool(settings, metrics),
        store=store,
        keys=keys,
        sessions=sessions,
        access=Access(settings, keys, sessions),
        history=history,
        journal=journal,
        jobs=jobs,
        kept=kept,
        keeper=Housekeeper(journal, kept, chores),
        metrics=metrics,
        model_store=model_store,
        bodies=bodies,
        streams=threading.BoundedSemaphore(max(1, settings.thread_count // 4)),
    )
    chores.append(Chore(Upkeep(service).run, REVIVAL))
    return service


def obey(service: Service, changed: bool) -> int:
    """Make this server obey the rules that all servers share; the epoch of the rules.

    changed: somebody was forgotten, so nothing that is kept here may name them.

    Models that are gone are let go of first: a rule for one may be gone as well. Raises StoreDown.
    """
    service.models.catch_up()
    epoch = service.models.erased.take_over()
    if changed:
        service.journal.drain()
        service.jobs.remove_logs()
        service.kept.remove_orphans(service.history.known)
    return epoch


def insertion(history: PredictionLog, erased: ErasedNames) -> Callable[[list[Record]], None]:
    """What moves answers to the database: without those that name who was forgotten meanwhile."""

    def insert(records: list[Record]) -> None:
        answers = [(record, LoggedAnswer.from_record(record)) for record in records]
        history.insert(
            [
                record
                for record, answer in answers
                if not erased.hides(answer.model, answer.version, answer.names)
            ]
        )

    return insert


def expire(clock: Clock, kept: KeptPictures, history: PredictionLog, days: int) -> None:
    """Delete what is older than the settings let it become, unless the clock has leapt."""
    if clock.is_steady():
        kept.expire()
        kept.remove_orphans(history.known)
        history.expire(days)
        remove_old_faces(history.store, kept.days)


def build_pool(settings: Settings, metrics: Metrics) -> Pool:
    """The threads that recognise, counted by the metrics."""
    return Pool(
        settings.pictures_at_once,
        settings.queue,
        settings.picture_seconds,
        on_change=metrics.pictures_inside,
        on_stuck=metrics.pictures_stuck,
    )


def service_of(app: Flask) -> Service:
    """The service of an application that server/app.py has built."""
    return cast(Service, app.extensions[EXTENSION])
