"""What a task is: how pictures are gathered, fitted, answered, judged and reported.

Every workflow is written once, against it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from data_cleaning.datasets.dataset import Item
from data_cleaning.progress import ProgressCallback, StageCallback
from model.evaluation.cross_validation import Rounds
from model.evaluation.figures import Evaluation, RecipeAttempt
from model.evaluation.metrics import PictureOutcome
from model.evaluation.multilabel_metrics import MultilabelOutcome
from model.recipes.augmentation import Augmentation
from model.recipes.recipe import Recipe
from model.recognition.manifest import Facts
from model.recognition.naming.recogniser import Recogniser
from model.reporting.report import Report, ReportMaterial, Thumbnail
from model.training.fitted import FittedTraining
from model.training.options import TrainingOptions
from model.training.samples import MeasuredDataset, Sample, TrainingSet

Answered = TypeVar("Answered", bound=PictureOutcome | MultilabelOutcome)
Answers = TypeVar("Answers", covariant=True)
Figures = TypeVar("Figures", bound=Evaluation)


@dataclass(frozen=True)
class RecipeChoice:
    """A recipe; where it was chosen by trying, what was tried, and the samples as it sees them.

    reason: which one and why, in a sentence, where nobody said; code: the same for programs.
    """

    recipe: Recipe
    attempts: tuple[RecipeAttempt, ...] = ()
    samples: Sequence[Sample] | None = None
    reason: str = ""
    code: str = ""


@dataclass(frozen=True)
class Scored(Generic[Answers]):
    """Outcomes of a data set and of strangers, and what could not be read.

    choice: where the figures stand alone, the recipe that they are of.
    """

    outcomes: Sequence[Answers]
    unreadable: Sequence[Sample]
    recipe: Recipe
    strangers: Sequence[Answers] = ()
    choice: RecipeChoice | None = None


@dataclass(frozen=True)
class Compared:
    """What simpler ways are held against: pictures, the recipe as it was trained, and how many
    folds it was judged in.
    """

    pictures: TrainingSet
    recipe: Recipe
    folds: int


class Task(Protocol[Answered, Figures]):
    """What differs between one class a picture and several. Everything raises DatasetError."""

    @property
    def takes_strangers(self) -> bool:
        """Whether pictures of people whom nobody enrolled can be judged beside the data set."""

    def learnt_against(self, recipe: Recipe) -> tuple[str, ...]:
        """The special folders that a single class can be told apart from; empty where it needs
        none.
        """

    def choose_recipe(
        self, items: Sequence[Item], name: str | None, progress: StageCallback
    ) -> RecipeChoice:
        """The preset of a name; None where nobody said. Raises RecipeError where there is none for
        this task.
        """

    def measure(
        self, items: Sequence[Item], recipe: Recipe, progress: ProgressCallback
    ) -> MeasuredDataset:
        """The pictures as a saved model sees them, to judge it."""

    def measure_for_training(
        self,
        items: Sequence[Item],
        recipe: Recipe,
        augmentation: Augmentation,
        progress: ProgressCallback,
    ) -> MeasuredDataset:
        """The pictures, and altered crops of them, to learn from."""

    def fit(
        self,
        training_set: TrainingSet,
        recipe: Recipe,
        options: TrainingOptions,
        progress: StageCallback,
    ) -> FittedTraining:
        """A recogniser of these pictures."""

    def answer(self, sample: Sample, recogniser: Recogniser, recipe: Recipe) -> Answered:
        """The outcome of one picture."""

    def cross_validate(
        self, training_set: TrainingSet, recipe: Recipe, options: TrainingOptions, rounds: Rounds
    ) -> tuple[list[Answered], list[Answered]]:
        """Outcomes of models that never saw the pictures, and of the rounds' strangers."""

    def fold_options(self, options: TrainingOptions, training: FittedTraining) -> TrainingOptions:
        """With which a training that was fitted is cross-validated."""

    def evaluate(self, scored: Scored[Answered]) -> Figures:
        """The figures of outcomes."""

    def with_baselines(
        self,
        figures: Figures,
        compared: Compared,
        simpler: ProgressCallback | None,
    ) -> Figures:
        """The figures, with what simpler ways come to in the same folds.

        simpler: follows those that take time; None leaves them out. Raises InputError where they
        cannot be tried.
        """

    def record(self, facts: Facts, figures: Figures) -> Facts:
        """The facts of a bundle, with what only this task's bundles say about themselves."""

    def report(self, material: ReportMaterial[Answered, Figures]) -> Report:
        """The whole report but its small pictures."""

    def thumbnails(self, material: ReportMaterial[Answered, Figures]) -> Sequence[Thumbnail | None]:
        """The small pictures of its worst mistakes."""
