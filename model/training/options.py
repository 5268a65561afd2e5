"""What a person may choose about a training run."""

from __future__ import annotations

from dataclasses import dataclass

from data_cleaning.errors import DatasetError
from model.training.classifiers import CLASSIFIERS


@dataclass(frozen=True)
class TrainingOptions:
    """What a person may choose about a training run.

    classifiers: which of CLASSIFIERS to compare. folds: of the search, where the classes are large
    enough. fpir: the part of strangers, 0 to 1, that may be given a name. strict: hold to it
    whatever it costs; otherwise at most `refusable` of those who would be named rightly are refused
    for its sake. private: keep no training example in the classifier. augment: which altered crops
    trained too, as `Augmentation.parse` reads it.
    """

    classifiers: tuple[str, ...] = tuple(CLASSIFIERS)
    folds: int = 5
    fpir: float = 0.01
    strict: bool = False
    refusable: float = 0.01
    private: bool = False
    augment: str = ""


def allowed(options: TrainingOptions) -> list[str]:
    """Names of the classifiers to compare. Raises DatasetError where none is left."""
    names = [
        n for n in options.classifiers if not (options.private and CLASSIFIERS[n].keeps_examples)
    ]
    if not names:
        raise DatasetError(
            "Every chosen classifier keeps training examples; choose another one, or drop"
            " --private."
        )
    return names
