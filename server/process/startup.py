"""The start of the service, step by step, before the first request. It prints nothing itself."""

from __future__ import annotations

import logging
from collections.abc import Callable

from flask import Flask

from data_cleaning.errors import LikenessError
from server.access.claims import page_address
from server.errors import SettingError, StoreDamaged
from server.service import Service, service_of
from server.settings import check, check_model, make_state
from server.storage.database import lock

log = logging.getLogger("likeness")


def start(app: Flask, show_link: Callable[[str], object]) -> None:
    """All steps, in order. show_link: gets the link to the first admin key, where there is none
    yet.

    Raises SettingError, also for a database of a newer version. A model that cannot be loaded does
    not stop the start: /readyz says so. A database that cannot be reached does not either: answers
    go on without it.
    """
    service = service_of(app)
    make_state(service.settings)
    service.model_store.begin()
    check_settings(service)
    service.access.load_secret(app)
    try:
        with lock(service.settings.state / "start.lock"):
            prepare_storage(service, show_link)
            service.access.share_secret(app)
            service.membership.join()
            drop_spent_rules(service)
            service.jobs.revive()
    except SettingError:
        raise  # a database that a newer version has made must not be written to
    except StoreDamaged as error:
        raise SettingError(str(error)) from error
    except LikenessError as error:
        log.error("%s", error)
    load_models(service)


def check_settings(service: Service) -> None:
    """Raises SettingError for what cannot be used."""
    check(service.settings)
    check_model(service.settings, service.models.names())


def prepare_storage(service: Service, show_link: Callable[[str], object]) -> None:
    """The tables in their present form, a link to the first admin key, and in the database what a
    process that was killed left in the journal.
    """
    service.store.check_file()
    service.store.migrate()
    if link := service.access.claims.link(page_address(service.settings)):
        show_link(link)
    service.journal.drain()


def drop_spent_rules(service: Service) -> None:
    """Whom no version left knows needs no rule that they are not to be named.

    Another server may answer with a version that is gone.
    """
    if not service.membership.is_alone():
        return
    for name in service.models.registry.names():
        service.models.erased.spent(name, min(service.models.registry.versions(name)))


def load_models(service: Service) -> None:
    """Load every model once, so that the first request does not wait, and processes share what was
    loaded.
    """
    for name in service.models.names():
        try:
            service.models.get(name)
        except LikenessError as error:
            log.error("the model %s cannot answer: %s", name, error)
