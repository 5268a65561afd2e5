"""Work given to a real Dask cluster of two processes: the same answers, and a worker that dies."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from data_cleaning.dask_executor import SPARING, DaskExecutor, DaskFailed, dask_executor
from data_cleaning.datasets.dataset import Dataset, Item
from data_cleaning.errors import InputError
from data_cleaning.executors import current, parallel_map, using
from model.recipes.presets import preset
from model.training import grid_search
from model.training.samples import Sample, samples

dask = pytest.importorskip("dask", reason="dask is not installed")
distributed = pytest.importorskip("distributed", reason="distributed is not installed")
HOW = {"n_workers": 2, "threads_per_worker": 1, "host": "127.0.0.1", "dashboard_address": None}


@pytest.fixture(scope="module")
def cluster() -> Iterator[DaskExecutor]:
    with distributed.LocalCluster(**HOW) as cluster, distributed.Client(cluster) as client:
        yield DaskExecutor(client)


@pytest.fixture
def items(drawn_shapes: Path) -> list[Item]:
    return Dataset(drawn_shapes).items()[:20]


def same(one: Sample, other: Sample) -> bool:
    return (
        (one.path, one.regions, one.error) == (other.path, other.regions, other.error)
        and bool((one.hash == other.hash).all())
        and all(np.array_equal(a, b) for a, b in zip(one.views, other.views, strict=True))
    )


def test_workers_see_what_this_machine_sees(cluster: DaskExecutor, items: list[Item]) -> None:
    items = [*items, Item(items[0].path.with_name("gone.png"), "a", "gone")]
    recipe = preset("object-classic")
    here = samples(items, recipe)
    with using(cluster):
        there = samples(items, recipe)
    assert [sample.error for sample in here].count(None) == 20
    assert all(same(*pair) for pair in zip(here, there, strict=True))


def test_a_grid_is_searched_alike(cluster: DaskExecutor, monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(0)
    numbers = np.repeat([0, 1, 2], 20)
    features = random.normal(size=(60, 8)).astype(np.float32) + numbers[:, None]
    splits = [(np.arange(60) % 3 != i, np.arange(60) % 3 == i) for i in range(3)]
    splits = [(np.flatnonzero(learn), np.flatnonzero(test)) for learn, test in splits]
    monkeypatch.setattr(grid_search, "FAR", 0)
    counter = grid_search.FitCounter(["svm"], len(splits), lambda *_: None)
    here = grid_search.search("svm", features, numbers, splits, counter)
    with using(cluster):
        there = grid_search.search("svm", features, numbers, splits, counter)
    assert (here.score, here.spread, here.parameters) == (
        there.score,
        there.spread,
        there.parameters,
    )


@pytest.mark.parametrize("name", SPARING)
def test_dask_knows_the_settings_of_a_local_cluster(name: str) -> None:
    """One that it does not know would be passed over without a word."""
    assert dask.config.get(name) is not None


def note_and_perhaps_die(item: int, folder: Path, victim: int, times: int) -> int:
    """Each call leaves a file; the victim kills its process, so many times."""
    calls = len(list(folder.glob(f"{item}-*")))
    (folder / f"{item}-{calls}-{os.getpid()}").touch()
    if item == victim and calls < times:
        os.kill(os.getpid(), signal.SIGKILL)
    return item * item


@pytest.mark.filterwarnings("ignore")
def test_a_worker_that_is_killed_costs_what_it_was_at(tmp_path: Path) -> None:
    work = partial(note_and_perhaps_die, folder=tmp_path, victim=7, times=1)
    with distributed.LocalCluster(**HOW) as cluster, distributed.Client(cluster) as client:
        with using(DaskExecutor(client)):
            assert list(parallel_map(work, range(40))) == [i * i for i in range(40)]
        again = len(list(tmp_path.iterdir())) - 40
        assert 1 <= again < 20  # what waited in that worker to be fetched, and no more
        work = partial(note_and_perhaps_die, folder=tmp_path, victim=99, times=9)
        with using(DaskExecutor(client)), pytest.raises(DaskFailed, match="Several workers died"):
            list(parallel_map(work, [99]))


def test_a_scheduler_that_is_not_there_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("data_cleaning.dask_executor.CONNECTING", 0.5)
    nobody = dask_executor("tcp://127.0.0.1:1")
    with pytest.raises(InputError, match="There is no Dask scheduler at"):
        nobody.__enter__()
    assert current().address == ""


def test_an_error_of_the_work_ends_it(cluster: DaskExecutor) -> None:
    with using(cluster), pytest.raises(ZeroDivisionError):
        list(parallel_map(partial(divmod, 1), [1, 0, 2]))
