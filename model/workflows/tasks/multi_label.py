"""The task of pictures that may carry several classes, and lie in the folder of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from data_cleaning.datasets.class_names import SPECIAL
from data_cleaning.datasets.dataset import Item
from data_cleaning.errors import InputError
from data_cleaning.progress import ProgressCallback, StageCallback
from model.evaluation.cross_validation import Rounds
from model.evaluation.figures import MultilabelEvaluation
from model.evaluation.multilabel_metrics import (
    MultilabelOutcome,
    cross_validate_multilabel,
    multilabel_outcome,
    multilabel_summary,
)
from model.recipes.augmentation import Augmentation
from model.recipes.presets import preset
from model.recipes.recipe import Recipe
from model.recognition.manifest import Facts
from model.recognition.naming.recogniser import Recogniser
from model.reporting.multilabel_report import (
    MultilabelMaterial,
    build_multilabel,
    multilabel_thumbnails,
)
from model.reporting.report import MultilabelReport, Thumbnail
from model.training.fitted import FittedTraining
from model.training.multilabel import fit_multilabel, merge_folders
from model.training.options import TrainingOptions
from model.training.samples import MeasuredDataset, Sample, TrainingSet, samples
from model.workflows.compare_recipes import WITHOUT_FILES
from model.workflows.tasks.task import Compared, RecipeChoice, Scored


@dataclass(frozen=True)
class MultiLabelTask:
    """Every class a question of its own, yes or no; strangers are pictures that carry none."""

    takes_strangers: bool = False

    def learnt_against(self, recipe: Recipe) -> tuple[str, ...]:
        return SPECIAL

    def choose_recipe(
        self, items: Sequence[Item], name: str | None, progress: StageCallback
    ) -> RecipeChoice:
        return RecipeChoice(preset(name or WITHOUT_FILES))

    def measure(
        self, items: Sequence[Item], recipe: Recipe, progress: ProgressCallback
    ) -> MeasuredDataset:
        return self.measure_for_training(items, recipe, Augmentation(), progress)

    def measure_for_training(
        self,
        items: Sequence[Item],
        recipe: Recipe,
        augmentation: Augmentation,
        progress: ProgressCallback,
    ) -> MeasuredDataset:
        """Each picture once, however many folders it lies in."""
        once, classes = merge_folders(items)
        measured = [
            replace(sample, classes=classes[sample.sha256])
            for sample in samples(once, recipe, progress, augmentation)
        ]
        labels = tuple(sorted(set().union(*classes.values())))
        return MeasuredDataset.of(once, measured, labels)

    def fit(
        self,
        training_set: TrainingSet,
        recipe: Recipe,
        options: TrainingOptions,
        progress: StageCallback,
    ) -> FittedTraining:
        return fit_multilabel(training_set, recipe, options, progress)

    def answer(self, sample: Sample, recogniser: Recogniser, recipe: Recipe) -> MultilabelOutcome:
        return multilabel_outcome(sample, recogniser, recipe)

    def cross_validate(
        self, training_set: TrainingSet, recipe: Recipe, options: TrainingOptions, rounds: Rounds
    ) -> tuple[list[MultilabelOutcome], list[MultilabelOutcome]]:
        return cross_validate_multilabel(training_set, recipe, options, rounds), []

    def fold_options(self, options: TrainingOptions, training: FittedTraining) -> TrainingOptions:
        return options

    def evaluate(self, scored: Scored[MultilabelOutcome]) -> MultilabelEvaluation:
        return multilabel_summary(scored.outcomes, scored.unreadable)

    def with_baselines(
        self,
        figures: MultilabelEvaluation,
        compared: Compared,
        simpler: ProgressCallback | None,
    ) -> MultilabelEvaluation:
        """The same figures: the simpler ways name one class a picture."""
        if simpler is not None:
            raise InputError(
                "Simpler ways name one class a picture, so --baseline does not go with several"
                " classes a picture; leave it out."
            )
        return figures

    def record(self, facts: Facts, figures: MultilabelEvaluation) -> Facts:
        pictures = {label: row.pictures for label, row in figures.per_class.items()}
        return replace(facts, pictures=pictures, multi_label=True)

    def report(self, material: MultilabelMaterial) -> MultilabelReport:
        return build_multilabel(material)

    def thumbnails(self, material: MultilabelMaterial) -> list[Thumbnail | None]:
        return multilabel_thumbnails(material)
