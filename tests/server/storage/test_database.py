"""The database: its tables, its promises, and a database that cannot be reached."""

from __future__ import annotations

import gc
import json
import sqlite3
import threading
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask import Flask

from server.errors import StoreDown
from server.history.prediction_log import PredictionLog
from server.history.statistics import statistics
from server.service import service_of
from server.storage.database import Store
from server.storage.tables import metadata
from tests.server.records import sample


def test_migrations_make_the_tables(app: Flask) -> None:
    """The tables that the migrations made are those of server/storage/tables.py, to the last
    column.
    """
    with service_of(app).store.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_a_commit_waits_for_the_disk(app: Flask) -> None:
    store = service_of(app).store
    setting = (
        "PRAGMA synchronous" if store.engine.dialect.name == "sqlite" else "SHOW synchronous_commit"
    )
    with store.read() as connection:
        assert connection.exec_driver_sql(setting).scalar() in (2, "on")


def test_connections_end_with_the_store(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path}/x.db")
    with store.read() as connection:
        driver = connection.connection.driver_connection
    del store, connection
    gc.collect()
    assert driver is not None
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        driver.execute("SELECT 1")


def test_the_store_waits_for_another_writer(app: Flask) -> None:
    """Two writers at once: the second one waits, it does not fail."""
    history = service_of(app).history
    failed: list[BaseException] = []

    def write() -> None:
        try:
            for _ in range(20):
                history.insert([sample()])
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed
    assert statistics(history.store, 0).predictions == 80


def test_a_database_that_cannot_be_reached_is_told_apart(tmp_path: Path) -> None:
    store = Store("postgresql://nobody@127.0.0.1:1/none")
    with pytest.raises(StoreDown, match="Answers go on"), store.read():
        pass
    with pytest.raises(StoreDown):
        PredictionLog(store).insert([json.loads(json.dumps(sample()))])
    store.close()
