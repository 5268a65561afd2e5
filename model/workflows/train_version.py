"""From measured pictures to a saved version with its report: what training and erasing do alike."""

from __future__ import annotations

import platform
import time
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TypeVar

from data_cleaning.datasets.dataset import Item, counts, digest
from data_cleaning.progress import StageCallback
from data_cleaning.version import VERSION
from model.evaluation.cross_validation import Rounds
from model.evaluation.figures import AugmentationGain, Evaluation, RecipeAttempt
from model.evaluation.plain_data import to_plain
from model.recipes.recipe import Recipe
from model.recognition.bundle import Bundle
from model.recognition.manifest import Facts, RecordedFigures, RecordedTrial
from model.recognition.registry import Extras, Registry
from model.reporting.report import ReportMaterial
from model.reporting.report_files import report_files
from model.training.fitted import FittedTraining
from model.training.options import TrainingOptions
from model.training.presence_threshold import above_threshold
from model.training.samples import MeasuredDataset, TrainingSet
from model.workflows.dataset_samples import stage
from model.workflows.held_out_test import held_out_test
from model.workflows.promotion_gate import CandidateVersion, ReasonToWait, reason_to_wait
from model.workflows.runs.run import run_files
from model.workflows.tasks.choice import AnyTask, task_for
from model.workflows.tasks.task import Compared, Scored

BASELINES = "Trying simpler ways"
MOST_LEARNT = 2000  # pictures; more tell no more of how well a model fits what it learnt
LIBRARIES = ("numpy", "opencv-python-headless", "scikit-learn", "skops", "onnxruntime")

Figures = TypeVar("Figures", bound=Evaluation)


@dataclass(frozen=True)
class TrainingRequest:
    """What to train: a next version of `name` from the data set at `root`.

    attempts: what the recipe `auto` tried; choice: which it kept and why, choice_code: the same for
    programs. multi_label: a picture
    may carry several classes. careful: answer with it at once only where nothing speaks against it.
    excused: sha256 of classes that it need not know any more. test: pictures that are set aside
    until everything is chosen. baseline: compare with simpler ways, on the same folds.
    """

    name: str
    root: Path
    recipe: Recipe
    options: TrainingOptions
    registry: Registry
    attempts: tuple[RecipeAttempt, ...] = ()
    choice: str = ""
    choice_code: str = ""
    multi_label: bool = False
    careful: bool = False
    excused: tuple[str, ...] = ()
    test: tuple[Item, ...] = ()
    baseline: bool = False


@dataclass(frozen=True)
class TrainedVersion:
    """A saved bundle and its cross-validated figures. waits: why it does not answer yet, if so."""

    bundle: Bundle
    figures: Evaluation
    waits: ReasonToWait | None = None


def train_version(
    request: TrainingRequest, dataset: MeasuredDataset, progress: StageCallback
) -> TrainedVersion:
    """Train, cross-validate, report, save, activate."""
    started = time.perf_counter()
    task, good = task_for(request.multi_label), dataset.readable
    progress("search", 0, 1, "Comparing classifiers")
    training = task.fit(good, request.recipe, request.options, progress)
    progress("calibrate", 1, 1, "Calibrating")
    options = task.fold_options(request.options, training)
    rounds = Rounds(progress=stage(progress, "folds", "Answering unseen pictures"))
    outcomes, _ = task.cross_validate(good, request.recipe, options, rounds)
    figures = task.evaluate(Scored(outcomes, dataset.unreadable, request.recipe))
    figures = with_augmentation_gain(task, figures, dataset, request.recipe, options)
    simpler = stage(progress, "baseline", BASELINES) if request.baseline else None
    compared = Compared(good, training.recipe, rounds.folds)
    figures = task.with_baselines(figures, compared, simpler)
    figures = replace(
        figures,
        train_accuracy=train_accuracy(task, good, training),
        held_out_test=held_out_test(task, request.test, dataset, training, progress),
    )
    progress("report", 0, 1, "Writing the report")
    facts = task.record(_facts(request, dataset, training, figures), figures)
    material = ReportMaterial(
        kind="training",
        name=request.name,
        root=request.root,
        recipe=training.recipe,
        figures=figures,
        outcomes=outcomes,
        samples=[above_threshold(sample, training.recipe) for sample in dataset.samples],
        copies=good.copies,
        facts=facts,
        training=training,
        private=request.options.private,
    )
    report, thumbnails = task.report(material), task.thumbnails(material)
    took = round(time.perf_counter() - started, 1)
    facts = replace(facts, seconds=took, verdict=to_plain(report.verdict))
    progress("report", 1, 1, "Writing the report")
    run = run_files(training.recipe.to_json(), facts.to_json(), figures.to_json())
    bundle = Bundle(request.name, 0, training.recipe, training.recogniser, facts)
    progress("save", 0, 1, "Saving")
    trained = _save(
        request,
        TrainedVersion(bundle, figures),
        lambda version: report_files(report.of_version(version), thumbnails) | run,
    )
    progress("save", 1, 1, "Saving")
    return trained


def _save(request: TrainingRequest, trained: TrainedVersion, files: Extras) -> TrainedVersion:
    """Save the version, and make it the active one unless it should wait. files: what lies beside
    it, by its number.
    """
    bundle = trained.bundle
    candidate = CandidateVersion(bundle.labels, bundle.facts.crossval, request.excused)
    waits = None
    if request.careful:
        waits = reason_to_wait(request.registry, request.name, candidate)
    saved = request.registry.add(bundle, files, activate=waits is None)
    return TrainedVersion(saved, trained.figures, waits)


def train_accuracy(task: AnyTask, pictures: TrainingSet, training: FittedTraining) -> float | None:
    """Of the pictures that were learnt from, or of evenly many of them where there are more than
    MOST_LEARNT.
    """
    step = -(-len(pictures.samples) // MOST_LEARNT)
    model, recipe = training.recogniser, training.recipe
    answers = [task.answer(sample, model, recipe) for sample in pictures.samples[::step]]
    return task.evaluate(Scored(answers, (), recipe)).accuracy


def with_augmentation_gain(
    task: AnyTask,
    figures: Figures,
    dataset: MeasuredDataset,
    recipe: Recipe,
    options: TrainingOptions,
) -> Figures:
    """The figures with what altered crops brought, against the same folds without them; the same
    figures where none were trained on.
    """
    if not options.augment:
        return figures
    plain, without = dataset.readable.unaltered(), replace(options, augment="")
    outcomes, _ = task.cross_validate(plain, recipe, without, Rounds())
    before = task.evaluate(Scored(outcomes, (), recipe)).accuracy
    gain = (figures.accuracy or 0.0) - (before or 0.0)
    return replace(figures, augmentation=AugmentationGain(options.augment, before or 0.0, gain))


def _facts(
    request: TrainingRequest,
    dataset: MeasuredDataset,
    training: FittedTraining,
    figures: Evaluation,
) -> Facts:
    """What the bundle says about itself."""
    model = training.recogniser
    return Facts(
        trained=datetime.now(UTC).isoformat(timespec="seconds"),
        dataset=request.root.resolve().name,
        pictures=counts(dataset.items),
        data_sha256=digest(dataset.items),
        examples=len(training.rows.labels),
        classifier=training.chosen,
        trials=tuple(RecordedTrial(**vars(result)) for result in training.searches),
        attempts=tuple(asdict(attempt) for attempt in request.attempts) or None,
        choice=request.choice or None,
        choice_code=request.choice_code or None,
        options=asdict(request.options),
        acceptance=model.acceptance,
        crossval=RecordedFigures.of(figures.to_json()),
        holds=holds(training, request.options.private),
        enrolled=len(model.gallery.owners),
        versions={
            "likeness": VERSION,
            "python": platform.python_version(),
            **{name: version(name) for name in LIBRARIES},
        },
    )


def holds(training: FittedTraining, private: bool) -> str:
    """In sentences: what of the training pictures can be found in the bundle."""
    pictures = (
        "No pictures."
        if private
        else "No pictures but small ones of the worst mistakes, in its report."
    )
    space = training.recogniser.gallery.space
    vectors = (
        f"{training.recogniser.gallery.vectors.shape[1]} numbers for each example, from which no"
        " picture can be drawn"
        if space is not None
        else "the feature vector of each example"
    )
    support = "; its support vectors are training examples" if training.chosen == "svm" else ""
    return (
        f"{pictures} A {training.chosen} classifier{support}; {vectors}; the sha256 of each"
        " training picture."
    )
