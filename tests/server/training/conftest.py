"""A queue of long work without a service around it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from server.settings import Settings
from server.storage.database import Store
from server.training.jobs import Jobs
from tests.support.started import no_runner


@pytest.fixture
def jobs(settings: Settings) -> Iterator[Jobs]:
    store = Store(settings.database)
    store.migrate()
    queue = Jobs(store, settings, no_runner)
    yield queue
    store.close()
