"""The search over a classifier's grid, and the classifier that it found, fitted and calibrated."""

from __future__ import annotations

import threading
import time
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

import joblib
import numpy as np
from numpy.typing import NDArray
from sklearn.base import ClassifierMixin
from sklearn.calibration import CalibratedClassifierCV
from sklearn.metrics import get_scorer
from sklearn.model_selection import GridSearchCV, ParameterGrid
from sklearn.pipeline import Pipeline
from threadpoolctl import threadpool_limits

from data_cleaning import executors
from data_cleaning.progress import StageCallback
from model.recipes.features import Features
from model.training.classifiers import CLASSIFIERS, Splits, basis, calibrated, temper
from model.training.samples import Rows
from model.training.splits import grouped_splits

FAR = 2000  # rows; of fewer the way to other machines takes longer than the search
CALIBRATING = ("calibrate", 0, 1, "Calibrating")  # what comes after the comparison


@dataclass(frozen=True)
class GridSearchResult:
    """How one classifier did in the search: mean and spread of balanced accuracy over the folds, 0
    to 1.
    """

    name: str
    score: float
    spread: float
    parameters: dict[str, object]
    fit_seconds: float
    search_seconds: float


class FitCounter:
    """Tells how many fits are done of all that the searches may take; from any thread."""

    def __init__(self, names: Sequence[str], folds: int, progress: StageCallback) -> None:
        grids = {name: CLASSIFIERS[name].grid for name in names if name in CLASSIFIERS}
        self._fits = {name: folds * len(ParameterGrid(dict(grid))) for name, grid in grids.items()}
        self._total = max(1, sum(self._fits.values()))
        self._done = self._ended = 0
        self._progress, self._guard = progress, threading.Lock()
        self._tell(0)

    def fitted(self) -> None:
        """One more fit is done."""
        with self._guard:
            self._tell(self._done + 1)

    def ended(self, name: str) -> None:
        """A classifier needs no more fits: it was searched, or left out. Twice does no harm."""
        with self._guard:
            self._ended += self._fits.pop(name, 0)
            self._tell(self._ended)

    def _tell(self, done: int) -> None:
        self._done = done
        self._progress("search", done, self._total, "Comparing classifiers")


def with_basis(rows: Rows) -> tuple[Rows, Pipeline]:
    """The rows with what a basis fitted on them gives, and the basis."""
    found = basis(rows.features)
    return replace(rows, inside=found.transform(rows.features).astype(np.float32)), found


def search(
    name: str,
    features: Features,
    numbers: NDArray[np.int64],
    splits: Splits,
    counter: FitCounter,
) -> GridSearchResult:
    """GridSearchCV of one classifier over its grid. On other machines no single fit is counted."""
    candidate = CLASSIFIERS[name]
    executor = executors.current() if len(features) >= FAR else executors.Threads()
    here = isinstance(executor, executors.Threads)
    accuracy = get_scorer("balanced_accuracy")

    def score(model: ClassifierMixin, rows: Features, truths: NDArray[np.int64]) -> float:
        found = float(accuracy(model, rows, truths))
        counter.fitted()
        return found

    grid = GridSearchCV(
        candidate.make(),
        dict(candidate.grid),
        scoring=score if here else accuracy,
        cv=splits,
        refit=False,
        n_jobs=-1,
    )
    start = time.perf_counter()
    with joblib.parallel_config(**executor.joblib_backend()):
        grid.fit(features, numbers)
    counter.ended(name)
    found = grid.cv_results_
    i = grid.best_index_
    return GridSearchResult(
        name,
        float(found["mean_test_score"][i]),
        float(found["std_test_score"][i]),
        dict(grid.best_params_),
        float(found["mean_fit_time"][i]),
        time.perf_counter() - start,
    )


def fit_calibrated(
    found: GridSearchResult, rows: Rows, numbers: NDArray[np.int64]
) -> CalibratedClassifierCV:
    """The classifier that a search found, calibrated and fitted on what the basis gives."""
    bare = CLASSIFIERS[found.name].make().set_params(**found.parameters)
    splits, classes = grouped_splits(numbers, rows.groups, 3), len(set(numbers.tolist()))
    try:
        model = calibrated(bare, splits, classes).fit(rows.inside, numbers)
    except RuntimeError:  # no best temperature was found: a sigmoid always ends
        model = calibrated(bare, splits, 2).fit(rows.inside, numbers)
    temper(model, rows.inside)
    model.cv = 3  # the splits are row numbers of the training data: no business of the bundle
    return model


@contextmanager
def quiet() -> Iterator[None]:
    """One thread for linear algebra (the folds already use the cores), and no warnings that nobody
    can act on.
    """
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.filterwarnings("ignore", module="sklearn")
        # a search from infinity
        warnings.filterwarnings("ignore", category=RuntimeWarning, module="scipy.optimize")
        yield
