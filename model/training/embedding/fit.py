"""Fitting for an embedding whose population of strangers is known."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax

from data_cleaning.progress import StageCallback
from model.recognition.naming.gallery import Gallery, NearestExamples
from model.recognition.naming.recogniser import Acceptance, Recogniser
from model.recognition.naming.stranger_population import StrangerPopulation
from model.training.classifiers import NEAREST_EXAMPLES, ProbabilityClassifier
from model.training.embedding.comparison import CandidateAnswers, Judging, compare
from model.training.fitted import FittedTraining
from model.training.grid_search import CALIBRATING
from model.training.open_set.held_out import HeldOut
from model.training.plan import Plan, enrol
from model.training.samples import Rows

ENOUGH = 100  # different pictures of strangers from which the population is corrected
CHECKED = 0.1  # the rate at which they are compared: few wrong labels cannot move it far
SAMPLED = 1000  # scores that stand for the population where rates are drawn
SHARPEST = 200.0


def fit_embedding(
    judging: Judging, labels: tuple[str, ...], progress: StageCallback
) -> FittedTraining:
    """The best candidate, with the population's threshold."""
    answers = compare(judging, progress)
    progress(*CALIBRATING)
    best = max(answers, key=lambda a: a.found.score)
    rows, numbers = judging.rows, judging.numbers
    gallery = enrol(rows, numbers, judging.classes)
    acceptance, held_out = accept(judging, gallery, best)
    if best.found.name == NEAREST_EXAMPLES:
        sharp = sharpness(best.similarities, judging.faces.truths)
        classifier: ProbabilityClassifier = NearestExamples(
            gallery, judging.classes, sharp, acceptance.threshold
        )
    else:
        plan = Plan(judging.recipe, best.found, labels, judging.options, judging.basis)
        classifier = plan.served(rows, numbers)
    return FittedTraining(
        Recogniser(labels, classifier, gallery, acceptance),
        tuple(a.found for a in answers),
        rows,
        best.found.name,
        judging.recipe,
        held_out,
        judging.enrolment.doubtful,
    )


def accept(
    judging: Judging, gallery: Gallery, best: CandidateAnswers
) -> tuple[Acceptance, HeldOut]:
    """The population's threshold at the promised rate, and what it costs the known.

    Where there are enough pictures of `_unknown`, it moves with them.
    """
    examples = [int(n) for n in gallery.examples(judging.classes) if n]
    rate = judging.options.rate(judging.recipe)
    threshold = judging.population.threshold(examples, rate)
    basis = "how alike strangers look to this embedding"
    strangers = stranger_scores(gallery, judging.rows, judging.numbers == judging.classes)
    if len(strangers) >= ENOUGH:
        threshold += correction(judging.population, examples, strangers)
        basis += f", corrected by {len(strangers)} pictures of _unknown"
    missing = judging.faces.total - len(best.scores)  # no face in them, or not enrolled
    held_out = HeldOut(
        np.append(best.scores, np.full(missing, -np.inf)),
        np.append(best.right, np.zeros(missing, bool)),
        judging.population.sample(examples, SAMPLED),
    )
    return (
        Acceptance("similarity", threshold, basis, rate, rate, held_out.fnir(threshold)),
        held_out,
    )


def stranger_scores(
    gallery: Gallery, rows: Rows, strangers: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """The largest score in each stranger's picture, near copies counted once."""
    those = np.flatnonzero(strangers & ~rows.altered)
    if not len(those):
        return np.zeros(0)
    alike = gallery.similarity(rows.features[those], int(gallery.owners.max()) + 1).max(axis=1)
    _, pictures = np.unique(rows.groups[those], return_inverse=True)
    scores = np.full(pictures.max() + 1, -np.inf)
    np.maximum.at(scores, pictures, alike - rows.reserves[those])
    return scores


def correction(
    population: StrangerPopulation, examples: list[int], strangers: NDArray[np.float64]
) -> float:
    """How much more alike one's own strangers look than the population's, believed the more the
    more there are.

    One in ten of them is looked at rather than the few that reach the threshold: of a hundred
    pictures nobody can tell what three in a thousand do.
    """
    more = float(np.quantile(strangers, 1 - CHECKED)) - population.threshold(examples, CHECKED)
    return more * len(strangers) / (len(strangers) + ENOUGH)


def sharpness(similarities: NDArray[np.float64], truths: NDArray[np.int64]) -> float:
    """How fast probability follows similarity, so that unseen pictures are as likely as can be.

    similarities: shape (n, classes). Taken back until the mean doubt is at least 1 / (n + 2), as
    for the other classifiers. Source: temperature scaling, Guo et al., ICML 2017.
    """
    seen = similarities[similarities.max(axis=1) > -1]
    line, truths = np.arange(len(seen)), truths[similarities.max(axis=1) > -1]
    if similarities.shape[1] < 2 or not len(seen):
        return 20.0

    def unlikely(sharp: float) -> float:
        return -float(log_softmax(sharp * seen, axis=1)[line, truths].mean())

    sharp = float(minimize_scalar(unlikely, bounds=(1.0, SHARPEST), method="bounded").x)
    while np.mean(1 - softmax(sharp * seen, axis=1).max(axis=1)) < 1 / (len(seen) + 2):
        sharp *= 0.9
    return sharp
