"""How alike strangers look to an embedding, and the threshold that follows from it.

The angle between one stranger's face and one enrolled person is close to normally distributed. Its
mean and its deviation are the embedding's: they depend on how many examples the person has, and
hardly on who it is. So a threshold needs no strangers of one's own. The numbers lie beside the
catalogue of pretrained files; `python -m benchmarks.strangers population` measures them. Nothing
here sees a picture.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_ndtr

import model.weights
from model.recipes.recipe import Recipe

FILE = Path(model.weights.__file__).with_name("stranger_populations.json")
LEAST, MOST = -1.0, 1.0  # a cosine


@dataclass(frozen=True)
class StrangerPopulation:
    """Similarity of a stranger's face to an enrolled person, by the person's number of examples.

    Similarity is the mean cosine to the nearest three examples, less what a small face must be
    above the threshold; its angle is its inverse cosine.

    examples: rising. angles, deviations: mean and deviation of the angle in radians, one for each
    number of examples. faces: how many a stranger's picture shows, on average: each of them may be
    taken for somebody.
    """

    examples: tuple[int, ...]
    angles: tuple[float, ...]
    deviations: tuple[float, ...]
    faces: float

    def fpir(self, examples: Sequence[int], threshold: float) -> float:
        """Part of strangers' pictures, 0 to 1, in which somebody is named.

        examples: how many each enrolled person has. threshold: the least similarity believed.
        """
        return float(-np.expm1(self._log_refused(examples, threshold)))

    def threshold(self, examples: Sequence[int], fpir: float) -> float:
        """The least similarity to believe so that strangers are named at the rate `fpir`, above 0
        and below 1.
        """
        from scipy.optimize import brentq  # not for a service that only names: a tenth of its start

        wanted = np.log1p(-fpir)
        return float(
            brentq(lambda t: self._log_refused(examples, t) - wanted, LEAST, MOST, xtol=1e-6)
        )

    def mean(self, examples: int) -> float:
        """The similarity that half of the strangers reach to a person with so many examples."""
        return float(np.cos(self._normal([examples])[0][0]))

    def sample(self, examples: Sequence[int], count: int) -> NDArray[np.float64]:
        """`count` evenly likely scores of strangers' pictures, rising: the largest similarity in
        each.
        """
        rates = (np.arange(count) + 0.5) / count
        return np.array([self.threshold(examples, float(rate)) for rate in rates[::-1]])

    def _log_refused(self, examples: Sequence[int], threshold: float) -> float:
        """Logarithm of the part of strangers' pictures in which nobody is named."""
        different, people = np.unique(np.asarray(examples), return_counts=True)
        angles, deviations = self._normal(different)
        nobody = log_ndtr((angles - np.arccos(threshold)) / deviations)
        return float(self.faces * (people * nobody).sum())

    def _normal(
        self, examples: Sequence[int] | NDArray[np.int64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Mean and deviation of the angle for each person, between the measured numbers of examples
        by their logarithm.
        """
        counts = np.log(np.maximum(np.asarray(examples, np.float64), 1.0))
        measured = np.log(self.examples)
        return (
            np.interp(counts, measured, self.angles),
            np.interp(counts, measured, self.deviations),
        )


def population_of(recipe: Recipe) -> StrangerPopulation | None:
    """The population of a recipe's embedding; None where its features are no measured embedding."""
    if recipe.subject != "face" or recipe.gallery != "features" or len(recipe.features) != 1:
        return None
    (step,) = recipe.features
    return None if step.options else populations().get(step.name)


@cache
def populations() -> dict[str, StrangerPopulation]:
    """Every measured population, by the name of its feature."""
    return {name: _read(numbers) for name, numbers in json.loads(FILE.read_text()).items()}


def _read(numbers: dict[str, list[float]]) -> StrangerPopulation:
    examples, angles, deviations = (
        tuple(numbers[key]) for key in ("examples", "angles", "deviations")
    )
    return StrangerPopulation(
        tuple(int(n) for n in examples), angles, deviations, float(numbers["faces"][0])
    )
