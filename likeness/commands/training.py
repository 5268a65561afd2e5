"""`likeness train`, `crossval` and `evaluate`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import click

from data_cleaning.datasets.dataset import Item
from data_cleaning.datasets.fixed_split import FixedSplit, learnt_items
from data_cleaning.progress import Progress
from likeness.endings import TrainingCommand
from likeness.model_options import ModelOptions, artifacts, model_version
from likeness.options import (
    Decorator,
    FilePath,
    Output,
    Parsed,
    dask,
    data,
    into,
    options,
    output,
    share,
)
from likeness.printing import (
    Row,
    print_attempts,
    print_figures,
    print_json,
    print_trials,
    print_verdict,
)
from model.evaluation.plain_data import to_plain
from model.recipes.augmentation import ALTERATIONS, COPIES, Augmentation
from model.recipes.presets import AUTO, RECIPES
from model.recognition.registry import Registry
from model.training.options import NAMING, TrainingOptions
from model.workflows.dataset_samples import training_samples
from model.workflows.held_out_test import set_aside
from model.workflows.runs.run import read_run
from model.workflows.runs.tracking import Tracking, track
from model.workflows.score_dataset import (
    CrossValidation,
    ScoringOptions,
    cross_validation,
    evaluation,
)
from model.workflows.tasks.choice import task_for
from model.workflows.tasks.task import RecipeChoice
from model.workflows.train_version import TrainedVersion, TrainingRequest, train_version

baseline = click.option(
    "--baseline",
    is_flag=True,
    help="compare with simpler ways on the same folds: a top layer trained by gradient, the"
    " tutorials' two eyes with a wavelet and an SVM, and always the class with most pictures",
)
tracking = click.option(
    "--tracking",
    type=Parsed("tracking", Tracking.parse),
    multiple=True,
    metavar="TOOL[=PLACE]",
    help="also write parameters, figures and curves for mlflow (PLACE: a tracking address, as"
    " sqlite:///mlflow.db) or tensorboard (PLACE: a folder, default runs); may be given twice",
)
PRIVATE = "use no classifier that keeps training examples, and show no pictures in the report"


def _classifiers(text: str) -> tuple[str, ...]:
    names = tuple(text.split(","))
    for name in names:
        if name not in NAMING:
            raise ValueError(f"there is no classifier {name!r}; there are {', '.join(NAMING)}")
    return names


how = options(
    click.option(
        "--recipe",
        type=click.Choice([*sorted(RECIPES), AUTO]),
        help="auto tries those that fit and keeps the quickest of the best, known ones missed and"
        " strangers named counted alike (default: auto where pretrained files are installed, else"
        " face-classic, which needs none)",
    ),
    click.option(
        "--classifiers",
        type=Parsed("classifiers", _classifiers),
        default=",".join(NAMING),
        metavar="A,B",
        help="which to compare",
    ),
    click.option(
        "--fpir",
        type=share(1),
        metavar="SHARE",
        help="part of strangers that may be named, 0 to 1, held to whatever it costs (default 0.003"
        " for face-modern; 0.01 for the others, given up by all but face-light where it would"
        " refuse too many known ones)",
    ),
    click.option(
        "--multi-label",
        is_flag=True,
        help="a picture may carry several classes: it lies in the folder of each",
    ),
    click.option(
        "--augment",
        type=Parsed("alterations", Augmentation.parse),
        default=Augmentation,
        show_default=False,
        metavar="HOW",
        help=f"train on altered crops too: any of {', '.join(ALTERATIONS)}, joined by commas; with"
        f" how many of each picture after a colon (default {COPIES}): flip,zoom:4",
    ),
)


def judging(private: str) -> Decorator:
    """Options of commands that score pictures."""
    return options(
        click.option(
            "--strangers",
            type=FilePath(),
            metavar="DIR",
            help="pictures of people who must not be named",
        ),
        click.option(
            "--report",
            type=FilePath(),
            metavar="FILE.html",
            help="also write the report as one HTML page",
        ),
        click.option("--private", is_flag=True, help=private),
    )


@dataclass(frozen=True, kw_only=True)
class HowOptions(Output):
    """How to train."""

    recipe: str | None
    classifiers: tuple[str, ...]
    fpir: float | None
    multi_label: bool
    augment: Augmentation
    private: bool
    baseline: bool

    @property
    def training(self) -> TrainingOptions:
        return TrainingOptions(
            classifiers=self.classifiers,
            fpir=self.fpir,
            strict=self.fpir is not None,
            private=self.private,
            augment=str(self.augment),
        )


@dataclass(frozen=True, kw_only=True)
class TrainOptions(HowOptions):
    """What to train, and when the new version may answer."""

    data: Path
    name: str
    test: Path | None
    careful: bool
    without: tuple[str, ...]
    tracking: tuple[Tracking, ...]
    artifacts: Path

    def request(
        self, registry: Registry, choice: RecipeChoice, test: Sequence[Item]
    ) -> TrainingRequest:
        return TrainingRequest(
            self.name,
            self.data,
            choice.recipe,
            self.training,
            registry,
            attempts=choice.attempts,
            choice=choice.reason,
            choice_code=choice.code,
            multi_label=self.multi_label,
            careful=self.careful,
            excused=self.without,
            test=tuple(test),
            baseline=self.baseline,
        )


@click.command(
    cls=TrainingCommand,
    epilog="Example: likeness train people --name family --recipe face-modern",
)
@data
@click.option("--name", required=True, metavar="NAME", help="name of the model: a-z, 0-9, - and _")
@click.option(
    "--test",
    type=FilePath(),
    metavar="DIR",
    help="one folder a class, to judge the finished model on: these pictures train nothing and"
    " choose nothing (default: the folder test of DATA, where it has folders train and test)",
)
@click.option("--private", is_flag=True, help=PRIVATE)
@click.option(
    "--careful",
    is_flag=True,
    help="let the version that answers go on where the new one knows fewer classes or is clearly"
    " worse",
)
@click.option(
    "--without",
    type=Parsed("digests", lambda text: tuple(text.split(","))),
    default=tuple,
    show_default=False,
    metavar="SHA256,...",
    help="sha256 of names of classes that --careful does not miss",
)
@how
@baseline
@tracking
@artifacts
@dask
@output
@into(TrainOptions)
def train(options: TrainOptions) -> None:
    """Train on <class>/<picture> folders and save the next version.

    DATA is a folder with one folder of pictures a class, or with folders train, val and test of
    such; two names are special: _unknown holds strangers, _none pictures with nothing to find. The
    version answers from then on, and its report lies beside it.
    """
    registry = Registry(options.artifacts)
    registry.versions(options.name)  # a name that cannot be used must fail before the work
    progress = Progress(options.progress_json)
    trained = _train(options, registry, progress)
    progress.close()
    _print_trained(trained, options.as_json)
    _track(trained, registry, options.tracking)


def _train(options: TrainOptions, registry: Registry, progress: Progress) -> TrainedVersion:
    task, items = task_for(options.multi_label), learnt_items(options.data)
    test = set_aside(options.test or FixedSplit.of(options.data).test, items)
    found = training_samples(task, items, options.recipe, options.augment, progress)
    return train_version(options.request(registry, found.choice, test), found.dataset, progress)


def _track(trained: TrainedVersion, registry: Registry, trackings: Sequence[Tracking]) -> None:
    """Write the run where it was asked to be written besides."""
    bundle = trained.bundle
    baselines = trained.figures.to_json().get("baselines") or {}
    for one in trackings:
        track(one, read_run(registry, bundle.name, bundle.version), baselines.get("curves"))


def _print_trained(trained: TrainedVersion, as_json: bool) -> None:
    bundle, facts = trained.bundle, trained.bundle.facts
    if as_json:
        waits = trained.waits.sentence if trained.waits else ""
        reason = {"waits": waits, "waits_because": to_plain(trained.waits)}
        where = {"version": bundle.version, "path": str(bundle.directory)}
        print_json({"name": bundle.name, **where, **reason, **facts.to_json()})
        return
    print_attempts(facts.attempts or (), facts.choice)
    print_trials(facts.trials or (), facts.classifier)
    print_figures(trained.figures.to_json())
    print(
        f"Saved {bundle.name} version {bundle.version} in {bundle.directory}; its report is"
        f" {bundle.directory}/report.html."
    )
    if trained.waits:
        promote = f"python -m model promote {bundle.name} {bundle.version}"
        why = trained.waits.sentence
        print(f"It does not answer yet. {why} To answer with it all the same: {promote}")
    print_verdict(facts.verdict)


@dataclass(frozen=True, kw_only=True)
class CrossvalOptions(HowOptions):
    """What to score by models that never saw it, and how."""

    data: Path
    folds: int
    strangers: Path | None
    report: Path | None


@click.command(
    cls=TrainingCommand,
    epilog="Example: likeness crossval people --recipe face-modern --report report.html",
)
@data
@click.option(
    "--folds", type=click.IntRange(2, 20), default=5, help="parts the pictures are cut in"
)
@how
@baseline
@judging(PRIVATE)
@dask
@output
@into(CrossvalOptions)
def crossval(options: CrossvalOptions) -> None:
    """Score every picture by a model that never saw it.

    DATA is a folder with one folder of pictures a class. Nothing is saved but the report.
    """
    progress = Progress(options.progress_json)
    request = CrossValidation(
        options.data,
        options.recipe,
        replace(options.training, folds=options.folds),
        options.augment,
        options.multi_label,
        options.baseline,
    )
    scoring = ScoringOptions(options.strangers, options.report, options.private)
    figures = cross_validation(request, scoring, progress).to_json()
    progress.close()
    _print_scored(figures, options.report, options.as_json)


@dataclass(frozen=True, kw_only=True)
class EvaluateOptions(ModelOptions):
    """Which saved model to score, and on what."""

    data: Path
    strangers: Path | None
    report: Path | None
    private: bool


@click.command(
    cls=TrainingCommand,
    epilog="Example: likeness evaluate family new-pictures --strangers passers-by",
)
@model_version
@data
@judging("show no pictures in the report")
@dask
@output
@into(EvaluateOptions)
def evaluate(options: EvaluateOptions) -> None:
    """Score a saved model on <class>/<picture> folders.

    NAME is the model, DATA a folder with one folder of pictures a class, which the model should
    not have been trained on.
    """
    bundle, progress = options.load(), Progress(options.progress_json)
    scoring = ScoringOptions(options.strangers, options.report, options.private)
    figures = evaluation(bundle, options.data, scoring, progress).to_json()
    progress.close()
    _print_scored(figures, options.report, options.as_json)


def _print_scored(figures: Row, report: Path | None, as_json: bool) -> None:
    if report:
        print(f"The report is in {report}.", file=sys.stderr)
    if as_json:
        print_json(figures)
    else:
        print_figures(figures)
