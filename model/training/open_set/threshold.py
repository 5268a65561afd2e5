"""When to believe a name: the acceptance threshold, fitted on strangers that the model has never
seen.

Strangers are the pictures of `_unknown` where there are some; else each class in turn is left out
and its people are strangers to the rest.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from data_cleaning.datasets.class_names import NOTHING
from model.recognition.naming.recogniser import Acceptance
from model.training.open_set.held_out import HeldOut
from model.training.plan import Plan
from model.training.samples import Rows
from model.training.splits import grouped_splits

CLOSED = "nothing: the classes are taken to be all there is; pictures in _unknown would change that"
TOO_FEW = "nothing: two classes and no _unknown pictures; every face is named"
ROUNDS = 10  # at most so many times some classes are left out together


def choose_acceptance(
    plan: Plan, rows: Rows, numbers: NDArray[np.int64]
) -> tuple[Acceptance, HeldOut | None]:
    """The score and threshold that lose the fewest known people at the wished rate of named
    strangers.

    And the scores that it was chosen on; None where there is nothing to choose on.
    """
    options = plan.options
    if (numbers == len(plan.labels)).any():
        held, basis = _on_unknown(plan, rows, numbers), "pictures of _unknown"
        if plan.recipe.role and not options.strict:
            return _even(held, basis)
    elif plan.recipe.closed and not options.strict:
        return Acceptance("similarity", -1.0, CLOSED), None
    elif len(plan.labels) > 2:
        held, basis = _leaving_out(plan, rows, numbers), "classes left out in turn"
    else:
        return Acceptance("similarity", -1.0, TOO_FEW), None
    return _at_wished_rate(held, basis, plan)


def _at_wished_rate(held: dict[str, HeldOut], basis: str, plan: Plan) -> tuple[Acceptance, HeldOut]:
    options, rate = plan.options, plan.options.rate(plan.recipe)
    best = min(held, key=lambda score: held[score].fnir(held[score].threshold_at(rate)))
    scores = held[best]
    threshold = scores.threshold_at(rate)
    if not options.strict:
        threshold = min(threshold, scores.refusing(options.refusable))
    return (
        Acceptance(best, threshold, basis, rate, scores.fpir(threshold), scores.fnir(threshold)),
        scores,
    )


def _even(held: dict[str, HeldOut], basis: str) -> tuple[Acceptance, HeldOut]:
    """The score and threshold with the least sum of strangers named and of known ones missed."""
    best = min(held, key=lambda score: held[score].even()[0])
    scores = held[best]
    _, threshold = scores.even()
    fpir = scores.fpir(threshold)
    return (
        Acceptance(
            best, threshold, f"{basis}, both errors alike", fpir, fpir, scores.fnir(threshold)
        ),
        scores,
    )


def _on_unknown(plan: Plan, rows: Rows, numbers: NDArray[np.int64]) -> dict[str, HeldOut]:
    """Out-of-fold scores with the strangers trained on in the other folds."""
    probabilities, similarities = _out_of_fold(plan, rows, numbers)
    plain = ~rows.altered & (numbers <= len(plan.labels))
    probabilities, similarities, numbers = probabilities[plain], similarities[plain], numbers[plain]
    stranger = numbers == len(plan.labels)
    best = probabilities.argmax(axis=1)
    line = np.arange(len(numbers))
    return {
        name: HeldOut(
            values[line, best][~stranger],
            best[~stranger] == numbers[~stranger],
            values[line, best][stranger],
        )
        for name, values in (("similarity", similarities), ("probability", probabilities))
    }


def _leaving_out(plan: Plan, rows: Rows, numbers: NDArray[np.int64]) -> dict[str, HeldOut]:
    """Scores of left-out classes for all others, and out-of-fold ones of the known.

    Similarity alone where the features are an embedding made for it; else probability as well.
    """
    probabilities, similarities = _out_of_fold(plan, rows, numbers)
    best = probabilities.argmax(axis=1)
    line = np.flatnonzero(~rows.altered & (numbers < len(plan.labels)))
    best, right = best[line], (best == numbers)[line]
    alike, likely = [], []
    for absent in np.array_split(np.arange(len(plan.labels)), min(ROUNDS, len(plan.labels))):
        out = np.isin(numbers, absent)
        rest, strangers = rows.subset(~out), rows.subset(out & ~rows.altered)
        gallery = plan.gallery(rest, numbers[~out])
        alike.append(
            gallery.similarity(strangers.features, len(plan.labels)).max(axis=1)
            - strangers.reserves
        )
        if plan.recipe.gallery == "discriminant":
            model = plan.classifier(rest, np.unique(numbers[~out], return_inverse=True)[1])
            present = len(set(rest.labels) - {NOTHING})
            likely.append(model.predict_proba(strangers.inside)[:, :present].max(axis=1))
    held = {"similarity": HeldOut(similarities[line, best], right, np.concatenate(alike))}
    if likely:
        held["probability"] = HeldOut(probabilities[line, best], right, np.concatenate(likely))
    return held


def _out_of_fold(
    plan: Plan, rows: Rows, numbers: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Probabilities and similarities, shape (rows, labels), each row scored by a model that never
    saw its group.

    Of the similarities the rows' reserves are taken already.
    """
    classes = len(plan.labels)
    probabilities = np.zeros((len(numbers), classes))
    similarities = np.zeros((len(numbers), classes))
    for learn, test in grouped_splits(numbers, rows.groups, plan.options.folds):
        part, part_numbers = rows.subset(learn), numbers[learn]
        model = plan.classifier(part, part_numbers)
        probabilities[test] = model.predict_proba(rows.inside[test])[:, :classes]
        similarities[test] = plan.gallery(part, part_numbers).similarity(
            rows.features[test], classes
        )
    return probabilities, similarities - rows.reserves[:, None]
