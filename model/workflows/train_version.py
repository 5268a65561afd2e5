"""From looked-at pictures to a saved version with its report: what `train` and `forget` do alike."""

from __future__ import annotations

import json
import platform
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from data_cleaning.datasets.dataset import Item, counts, digest
from data_cleaning.files import write
from data_cleaning.progress import StageCallback
from model.evaluation.metrics import Rounds, cross_validate, gained, presence, summary
from model.recipes.recipe import Recipe
from model.recognition.bundle import Bundle
from model.recognition.registry import Registry
from model.reporting.report import Material, build, thumbnails
from model.training.fit import FittedTraining, fit
from model.training.options import TrainingOptions
from model.training.presence_threshold import above_threshold
from model.training.samples import Sample, near_copies, usable
from model.workflows.promotion_gate import CandidateVersion, reasons_to_wait


@dataclass(frozen=True)
class TrainingRequest:
    """What to make: a next version of `name` from the data set at `root`."""

    name: str
    root: Path
    recipe: Recipe
    options: TrainingOptions
    registry: Registry
    attempts: tuple[dict[str, Any], ...] = ()  # what the recipe `auto` tried
    careful: bool = False  # answer with it at once only where nothing speaks against it
    excused: tuple[str, ...] = ()  # sha256 of classes that it need not know any more

    def save(
        self, trained: TrainedVersion, extras: Mapping[str, str | bytes], say: StageCallback
    ) -> TrainedVersion:
        """Save the version, and make it the active one unless it should wait."""
        say("save", 0, 1, "Saving")
        heir = CandidateVersion(
            trained.bundle.labels, trained.bundle.facts["crossval"], self.excused
        )
        waits = reasons_to_wait(self.registry, self.name, heir) if self.careful else ""
        bundle = self.registry.add(trained.bundle, extras, activate=not waits)
        say("save", 1, 1, "Saving")
        return TrainedVersion(bundle, trained.figures, waits)


@dataclass(frozen=True)
class TrainedVersion:
    """A bundle and its cross-validated figures. waits: why it does not answer yet, once it is
    saved, or "".
    """

    bundle: Bundle
    figures: dict[str, Any]
    waits: str = ""


def train_version(
    order: TrainingRequest, items: list[Item], looked: list[Sample], say: StageCallback
) -> TrainedVersion:
    """Train, cross-validate, report, save, activate."""
    started = time.perf_counter()
    good = usable(looked)
    copies = near_copies(good)
    say("search", 0, 1, "Comparing classifiers")
    training = fit(good, copies, order.recipe, order.options)
    say("search", 1, 1, "Comparing classifiers")
    settled = replace(
        order.options, classifiers=(training.chosen,)
    )  # its parameters are still searched in every fold
    rounds = Rounds(
        progress=lambda done, total: say("folds", done, total, "Answering unseen pictures")
    )
    outcomes, _ = cross_validate(good, copies, order.recipe, settled, rounds)
    figures = summary(outcomes, [s for s in looked if s.error]) | presence(outcomes, order.recipe)
    figures |= gained(good, copies, order.recipe, settled, figures["accuracy"])
    say("report", 0, 1, "Writing the report")
    made = facts(training, items, figures, order)
    seen = [above_threshold(one, training.recipe) for one in looked]
    material = Material(
        "training",
        order.name,
        order.root,
        training.recipe,
        figures,
        outcomes,
        seen,
        copies,
        facts=made,
    )
    material = replace(material, training=training, private=order.options.private)
    extras = report_files(build(material), thumbnails(material))
    made["seconds"] = round(time.perf_counter() - started, 1)
    say("report", 1, 1, "Writing the report")
    bundle = Bundle(order.name, 0, training.recipe, training.recogniser, made)
    return order.save(TrainedVersion(bundle, figures), extras, say)


def facts(
    training: FittedTraining, items: list[Item], figures: dict[str, Any], order: TrainingRequest
) -> dict[str, Any]:
    """What the bundle says about itself."""
    model = training.recogniser
    kept = ("pictures", "correct", "accuracy", "accuracy_interval", "failure_to_acquire", "ece")
    return {
        "trained": datetime.now(UTC).isoformat(timespec="seconds"),
        "dataset": order.root.resolve().name,
        "pictures": counts(items),
        "data_sha256": digest(items),
        "examples": len(training.rows.labels),
        "classifier": training.chosen,
        "trials": [vars(t) for t in training.searches],
        **({"auto": list(order.attempts)} if order.attempts else {}),
        "wishes": vars(order.options),
        "acceptance": asdict(model.acceptance),
        "crossval": {key: figures[key] for key in kept},
        "holds": holds(training, order.options.private),
        "enrolled": len(model.gallery.owners),
        "versions": {
            "python": platform.python_version(),
            **{
                n: version(n)
                for n in ("numpy", "opencv-python-headless", "scikit-learn", "skops", "onnxruntime")
            },
        },
    }


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


def report_files(
    report: dict[str, Any], pictures: Sequence[dict[str, Any] | None]
) -> dict[str, str]:
    """report.json and report.html; and, unless the report is private, report-public.html without
    its small pictures.
    """
    from model.reporting.html_report import (
        page,
    )  # matplotlib takes a second to load: only those wait who want a report

    pages = {"report.html": page(report, pictures)}
    if not report["private"]:
        pages["report-public.html"] = page({**report, "private": True})
    return {"report.json": json.dumps(report, indent=1, ensure_ascii=False), **pages}


def write_report(
    path: Path, report: dict[str, Any], pictures: Sequence[dict[str, Any] | None]
) -> None:
    """The HTML report to a file: written aside, then renamed."""
    from model.reporting.html_report import page

    path.parent.mkdir(parents=True, exist_ok=True)
    write(path, page(report, pictures))
