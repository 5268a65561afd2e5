"""What one running service consists of, and how a view finds it. Built once by create_app."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import cast

from flask import Flask, current_app

from data_cleaning.imaging.limits import Limits
from server.access.authorisation import Access
from server.access.keys import Keys
from server.datasets.managed_datasets import Datasets
from server.history.kept_pictures import Kept
from server.history.prediction_log import History
from server.operations.housekeeping import Chore, Housekeeper
from server.operations.metrics import Metrics
from server.recognition.live_models import Models
from server.recognition.pool import Pool
from server.settings import Settings
from server.storage.database import Store
from server.storage.journal import Journal
from server.training.jobs import Jobs

KEY = "likeness"
HOUR = 3600.0
EVERY = 5.0  # seconds between two looks whether somebody does the work that waits


@dataclass(frozen=True)
class Service:
    settings: Settings
    models: Models
    pool: Pool
    store: Store
    keys: Keys
    access: Access
    history: History
    journal: Journal
    jobs: Jobs
    kept: Kept
    keeper: Housekeeper
    metrics: Metrics
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
        self.keeper.start()

    def close(self) -> None:
        """Stop the threads and close the connections; what is in the journal stays there."""
        self.keeper.stop()
        self.models.close()
        self.pool.close()
        self.store.close()


def build(settings: Settings, models: Models) -> Service:
    """All the parts, put together. Nothing is started and no connection is made yet."""
    store = Store(settings.database)
    history = History(store)
    journal = Journal(settings.state / "journal", history.insert)
    kept = Kept(settings.state / "pictures", settings.keep_pictures_days)
    keys = Keys(store)
    metrics = Metrics()
    pool = Pool(settings.pictures_at_once, settings.queue, settings.picture_seconds)
    pool.told = metrics.pictures.set
    models.told = metrics.answers_with
    jobs = Jobs(store, settings)
    hourly = (
        kept.expire,
        lambda: history.expire(settings.keep_predictions_days),
        models.registry.tidy,
        Datasets(settings.datasets).tidy,
    )
    chores = [Chore(jobs.revive, EVERY), *(Chore(each, HOUR) for each in hourly)]
    return Service(
        settings=settings,
        models=models,
        pool=pool,
        store=store,
        keys=keys,
        access=Access(settings, keys),
        history=history,
        journal=journal,
        jobs=jobs,
        kept=kept,
        keeper=Housekeeper(journal, kept, chores),
        metrics=metrics,
        streams=threading.BoundedSemaphore(max(1, settings.thread_count // 4)),
    )


def current() -> Service:
    """The service of the request under way."""
    return of(current_app)


def of(app: Flask) -> Service:
    return cast(Service, app.extensions[KEY])
