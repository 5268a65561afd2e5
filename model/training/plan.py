"""The parts of a recogniser, each fitted on rows, once the classifier is chosen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.calibration import CalibratedClassifierCV
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline

from model.recipes.features import Features
from model.recipes.recipe import Recipe
from model.recognition.naming.gallery import Gallery, Linear, project
from model.recognition.naming.presence_judge import PresenceJudge, evidence
from model.training.classifiers import ProbabilityClassifier, as_linear, behind
from model.training.grid_search import GridSearchResult, fit_calibrated
from model.training.options import TrainingOptions
from model.training.samples import Rows
from model.training.splits import grouped_splits


@dataclass(frozen=True)
class Plan:
    """Everything but the data that fitting a recogniser needs, once the classifier is chosen."""

    recipe: Recipe
    found: GridSearchResult
    labels: tuple[str, ...]
    options: TrainingOptions
    basis: Pipeline

    def classifier(self, rows: Rows, numbers: NDArray[np.int64]) -> CalibratedClassifierCV:
        """The chosen classifier, calibrated and fitted on what the basis gives."""
        return fit_calibrated(self.found, rows, numbers)

    def served(self, rows: Rows, numbers: NDArray[np.int64]) -> ProbabilityClassifier:
        """The same as a classifier of features."""
        return behind(self.basis, self.classifier(rows, numbers))

    def presence_judge(self, rows: Rows, numbers: NDArray[np.int64]) -> PresenceJudge | None:
        """When a region shows nobody, from scores out of fold; None where no pictures of `_none`
        were trained on.
        """
        truth = numbers > len(self.labels)
        if not truth.any():
            return None
        empty = np.zeros(len(numbers))
        for learn, test in grouped_splits(numbers, rows.groups, self.options.folds):
            model = self.classifier(rows.subset(learn), numbers[learn])
            empty[test] = model.predict_proba(rows.inside[test])[:, -1]
        plain = ~rows.altered
        return fit_presence_judge(rows.scores[plain], empty[plain], truth[plain])

    def gallery(self, rows: Rows, numbers: NDArray[np.int64]) -> Gallery:
        """The enrolled examples of the known classes, in the recipe's space."""
        space = None
        if self.recipe.gallery == "discriminant":
            space = discriminant_space(self.basis, rows.inside, numbers)
        return enrol(rows, numbers, len(self.labels), space)


def fit_presence_judge(
    scores: NDArray[np.floating], empty: NDArray[np.floating], truth: NDArray[np.bool_]
) -> PresenceJudge:
    """scores: the detector's; empty: out-of-fold probability of nobody; truth: was it nobody?

    Shape (n,) each.
    """
    model = LogisticRegression(class_weight="balanced").fit(evidence(scores, empty), ~truth)
    weights = model.coef_[0]
    return PresenceJudge(float(weights[0]), float(weights[1]), float(model.intercept_[0]))


def enrol(
    rows: Rows, numbers: NDArray[np.int64], classes: int, space: Linear | None = None
) -> Gallery:
    """The examples of the known classes, in a space of their own where one is given."""
    known = (numbers < classes) & ~rows.altered
    enrolled = rows.subset(known)
    return Gallery(project(space, enrolled.features), numbers[known], enrolled.sources, space)


def discriminant_space(
    basis_: Pipeline, inside: Features, numbers: NDArray[np.int64]
) -> Linear | None:
    """A basis and linear discriminants as one map from features, to at most classes - 1 dimensions.

    None where one class alone gives nothing to tell apart. Source: Belhumeur et al., "Eigenfaces
    vs. Fisherfaces", PAMI 1997.
    """
    if len(set(numbers.tolist())) < 2:
        return None
    lda = LinearDiscriminantAnalysis(solver="eigen", shrinkage="auto").fit(inside, numbers)
    keep = lda.scalings_[:, : len(lda.classes_) - 1].T
    first = as_linear(basis_)
    # centred: the cosine must not see where zero lay
    offset = keep @ (first.offset - inside.mean(axis=0))
    return Linear((keep @ first.matrix).astype(np.float32), offset.astype(np.float32))
