"""What a person may choose about a training run."""

from __future__ import annotations

from dataclasses import dataclass

from data_cleaning.errors import DatasetError
from data_cleaning.json_types import JsonObject
from model.recipes.recipe import Recipe
from model.training.classifiers import CLASSIFIERS, NEAREST_EXAMPLES

NAMING = (NEAREST_EXAMPLES, *CLASSIFIERS)


@dataclass(frozen=True)
class TrainingOptions:
    """What a person may choose about a training run.

    classifiers: which of NAMING to compare. folds: of the search, where the classes are large
    enough. fpir: the part of strangers, 0 to 1, that may be given a name; None leaves it to the
    recipe. strict: hold to it whatever it costs; otherwise at most `refusable` of those who would
    be named rightly are refused for its sake. Where the population of strangers is known, it always
    holds. private: keep no training example in the classifier. augment: which altered crops trained
    too, as `Augmentation.parse` reads it.
    """

    classifiers: tuple[str, ...] = NAMING
    folds: int = 5
    fpir: float | None = None
    strict: bool = False
    refusable: float = 0.01
    private: bool = False
    augment: str = ""

    def rate(self, recipe: Recipe) -> float:
        """The part of strangers that may be given a name."""
        return recipe.fpir if self.fpir is None else self.fpir

    @classmethod
    def from_json(cls, data: JsonObject) -> TrainingOptions:
        """As a bundle's facts record them. Raises KeyError, TypeError on data of another shape."""
        return cls(**{**data, "classifiers": tuple(data["classifiers"])})

    def names(self, embedding: bool = False) -> list[str]:
        """Names of the classifiers to compare; embedding: nearest examples may name too.

        Raises DatasetError where none is left.
        """
        fitting = [n for n in self.classifiers if embedding or n != NEAREST_EXAMPLES]
        if not fitting:
            raise DatasetError(
                f"{NEAREST_EXAMPLES} names by face embeddings alone; choose another classifier"
                f" for this recipe: {', '.join(CLASSIFIERS)}."
            )
        names = [n for n in fitting if not (self.private and _keeps_examples(n))]
        if not names:
            raise DatasetError(
                "Every chosen classifier keeps training examples; choose another one, or drop"
                " --private."
            )
        return names


def _keeps_examples(name: str) -> bool:
    """Nearest examples keeps none beside the gallery, which every model has."""
    return name != NEAREST_EXAMPLES and CLASSIFIERS[name].keeps_examples
