"""The task of pictures that carry one class each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from data_cleaning.datasets.class_names import UNKNOWN
from data_cleaning.datasets.dataset import Item
from data_cleaning.progress import ProgressCallback, StageCallback
from model.evaluation.baselines.compare import ComparedPictures, majority, simpler_ways
from model.evaluation.cross_validation import Rounds
from model.evaluation.figures import SingleLabelEvaluation
from model.evaluation.metrics import (
    PictureOutcome,
    cross_validate,
    fold_splits,
    outcome,
    presence,
    summary,
)
from model.recipes.augmentation import Augmentation
from model.recipes.presets import AUTO, preset
from model.recipes.recipe import Recipe
from model.recognition.manifest import Facts
from model.recognition.naming.recogniser import Recogniser
from model.recognition.naming.stranger_population import population_of
from model.reporting.report import SingleLabelReport, Thumbnail
from model.reporting.single_label_report import Material, build, thumbnails
from model.training.fit import check_enough, fit
from model.training.fitted import FittedTraining
from model.training.options import TrainingOptions
from model.training.presence_threshold import at_lowest_threshold
from model.training.samples import MeasuredDataset, Sample, TrainingSet, samples
from model.workflows.compare_recipes import choose, choose_by_default
from model.workflows.tasks.task import Compared, RecipeChoice, Scored


@dataclass(frozen=True)
class SingleLabelTask:
    """One class a picture, or `_unknown`, or `_none`."""

    takes_strangers: bool = True

    def learnt_against(self, recipe: Recipe) -> tuple[str, ...]:
        """Strangers, but where it is known how alike they look to the embedding."""
        return () if population_of(recipe) is not None else (UNKNOWN,)

    def choose_recipe(
        self, items: Sequence[Item], name: str | None, progress: StageCallback
    ) -> RecipeChoice:
        if name is None:
            return choose_by_default(items, progress)
        return choose(items, progress) if name == AUTO else RecipeChoice(preset(name))

    def measure(
        self, items: Sequence[Item], recipe: Recipe, progress: ProgressCallback
    ) -> MeasuredDataset:
        return MeasuredDataset.of(items, samples(items, recipe, progress))

    def measure_for_training(
        self,
        items: Sequence[Item],
        recipe: Recipe,
        augmentation: Augmentation,
        progress: ProgressCallback,
    ) -> MeasuredDataset:
        measured = samples(items, at_lowest_threshold(recipe), progress, augmentation)
        return MeasuredDataset.of(items, measured)

    def fit(
        self,
        training_set: TrainingSet,
        recipe: Recipe,
        options: TrainingOptions,
        progress: StageCallback,
    ) -> FittedTraining:
        return fit(training_set.samples, training_set.copies, recipe, options, progress)

    def answer(self, sample: Sample, recogniser: Recogniser, recipe: Recipe) -> PictureOutcome:
        return outcome(sample, recogniser, recipe)

    def cross_validate(
        self, training_set: TrainingSet, recipe: Recipe, options: TrainingOptions, rounds: Rounds
    ) -> tuple[list[PictureOutcome], list[PictureOutcome]]:
        check_enough(training_set.samples, alone=population_of(recipe) is not None)
        return cross_validate(training_set.samples, training_set.copies, recipe, options, rounds)

    def fold_options(self, options: TrainingOptions, training: FittedTraining) -> TrainingOptions:
        """The chosen classifier alone: its parameters are still searched in every fold."""
        return replace(options, classifiers=(training.chosen,))

    def evaluate(self, scored: Scored[PictureOutcome]) -> SingleLabelEvaluation:
        figures = replace(
            summary(scored.outcomes, scored.unreadable, scored.strangers),
            ways=presence(scored.outcomes, scored.recipe),
        )
        if scored.choice is None:
            return figures
        attempts, choice = scored.choice.attempts or None, scored.choice.reason or None
        name = scored.choice.recipe.name
        return replace(figures, recipe=name, attempts=attempts, choice=choice)

    def with_baselines(
        self,
        figures: SingleLabelEvaluation,
        compared: Compared,
        simpler: ProgressCallback | None,
    ) -> SingleLabelEvaluation:
        pictures = compared.pictures
        splits = fold_splits(pictures.samples, pictures.copies, compared.folds)
        judged = ComparedPictures(pictures, splits, compared.recipe)
        found = majority(judged) if simpler is None else simpler_ways(judged, simpler)
        return replace(figures, baselines=found)

    def record(self, facts: Facts, figures: SingleLabelEvaluation) -> Facts:
        return facts

    def report(self, material: Material) -> SingleLabelReport:
        return build(material)

    def thumbnails(self, material: Material) -> list[Thumbnail | None]:
        return thumbnails(material)
