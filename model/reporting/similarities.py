"""How alike those are who should be told apart: strangers to their best match, and classes."""

from __future__ import annotations

import numpy as np

from model.recognition.naming.gallery import Gallery
from model.recognition.naming.recogniser import Recogniser
from model.reporting.report import LookAlikes, Similarities, StrangerMatches
from model.training.fitted import FittedTraining
from model.training.open_set.held_out import HeldOut

MOST_EXAMPLES = 3000  # that are held against each other; more take seconds and tell the same


def similarities(training: FittedTraining) -> Similarities | None:
    """None where names are not believed by similarity, or none is refused."""
    recogniser = training.recogniser
    acceptance = recogniser.acceptance
    if acceptance.score != "similarity" or acceptance.threshold <= -1:
        return None
    return Similarities(
        acceptance.threshold,
        _known(training.held_out),
        _strangers(training.held_out),
        look_alikes(recogniser),
    )


def _known(held_out: HeldOut | None) -> float | None:
    if held_out is None:
        return None
    found = held_out.known[np.isfinite(held_out.known) & held_out.right]
    return float(np.median(found)) if len(found) else None


def _strangers(held_out: HeldOut | None) -> StrangerMatches | None:
    if held_out is None:
        return None
    found = held_out.strangers[np.isfinite(held_out.strangers)]
    if not len(found):
        return None
    return StrangerMatches(float(np.median(found)), float(np.quantile(found, 0.99)))


def look_alikes(recogniser: Recogniser) -> LookAlikes | None:
    """The two classes whose examples are most alike; None where there are not two."""
    gallery, labels = recogniser.gallery, recogniser.labels
    if len(set(gallery.owners.tolist())) < 2:
        return None
    step = max(1, -(-len(gallery.owners) // MOST_EXAMPLES))
    alike = _between_classes(gallery, len(labels), step)
    first, second = np.unravel_index(int(np.nanargmax(alike)), alike.shape)
    pair = sorted((labels[int(first)], labels[int(second)]))
    return LookAlikes(pair[0], pair[1], float(alike[first, second]))


def _between_classes(gallery: Gallery, classes: int, step: int) -> np.ndarray:
    """Mean similarity of each class's examples, every `step`-th of them, to every class; NaN to
    itself and without examples.
    """
    vectors, owners = gallery.vectors[::step], gallery.owners[::step]
    inside = Gallery(gallery.vectors, gallery.owners, gallery.sources)
    each = inside.similarity(vectors, classes)
    table = np.full((classes, classes), np.nan)
    for number in np.unique(owners):
        table[number] = each[owners == number].mean(axis=0)
    np.fill_diagonal(table, np.nan)
    table[:, gallery.examples(classes) == 0] = np.nan
    return table
