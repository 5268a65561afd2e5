"""What the commands of `python -m model` do. Prints; decides nothing about pictures or numbers."""

from __future__ import annotations

import json
import platform
import sys
import time
from argparse import Namespace
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from data_cleaning.dataset import Dataset, Item, counts, digest, sha256_of
from data_cleaning.errors import DatasetError, PictureError
from data_cleaning.images import DISK_LIMITS
from model.bundle import Bundle, Prediction, Recognition
from model.evaluate import Outcome, cross_validate, outcome, summary
from model.multilabel import summary_many, together, verdict
from model.recipe import recipe
from model.registry import Registry
from model.samples import Sample, near_copies, readable, samples
from model.train import Training, Wishes, check_enough, fit

Steps = tuple[str, str]


class Progress:
    """Says how far a long command is: bars for people, JSON lines for programs, both on stderr."""

    def __init__(self, as_json: bool) -> None:
        self.as_json = as_json
        self._bar: tqdm | None = None
        self._stage = ""

    def __call__(self, stage: str, done: int, total: int, message: str = "") -> None:
        if self.as_json:
            line = {"stage": stage, "done": done, "total": total, "message": message}
            print(json.dumps(line), file=sys.stderr, flush=True)
            return
        if stage != self._stage:
            self.close()
            often = 0.1 if sys.stderr.isatty() else 10.0  # seconds; a log file needs no moving bar
            self._bar = tqdm(total=total, desc=message or stage, file=sys.stderr, mininterval=often, miniters=1)
            self._stage = stage
        assert self._bar is not None
        self._bar.update(done - self._bar.n)

    def close(self) -> None:
        """End the bar that is open."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None


def train(args: Namespace) -> int:
    """Train on a folder and save the next version."""
    started = time.perf_counter()
    progress = Progress(args.progress_json)
    Registry(args.artifacts).versions(args.name)  # a name that cannot be used must fail before the work
    items, looked = _look(args, progress)
    good = readable(looked)
    copies = near_copies(good)
    how = _wishes(args)
    progress("search", 0, 2, "Comparing classifiers")
    training = fit(good, copies, recipe(args.recipe), how)
    progress("search", 1, 2, "Comparing classifiers")
    outcomes = cross_validate(good, copies, recipe(args.recipe), how)
    progress("search", 2, 2, "Comparing classifiers")
    figures = summary(outcomes, [s for s in looked if s.error]) | _gain(args, good, copies, outcomes)
    facts = _facts(training, items, figures, how)
    facts["seconds"] = round(time.perf_counter() - started, 1)
    progress("save", 0, 1, "Saving")
    report = {"model": args.name, "facts": facts, "figures": figures}
    bundle = Registry(args.artifacts).add(
        Bundle(args.name, 0, recipe(args.recipe), training.recogniser, facts),
        {"report.json": json.dumps(report, indent=1)},
    )
    progress("save", 1, 1, "Saving")
    progress.close()
    return _print_training(args, bundle, figures)


def crossval(args: Namespace) -> int:
    """Score every picture by a model that never saw it."""
    progress = Progress(args.progress_json)
    _, looked = _look(args, progress)
    good = readable(looked)
    check_enough(good)
    copies = near_copies(good)
    outcomes = cross_validate(
        good,
        copies,
        recipe(args.recipe),
        _wishes(args),
        args.folds,
        lambda done, total: progress("folds", done, total, "Folds"),
    )
    figures = summary(outcomes, [s for s in looked if s.error]) | _gain(args, good, copies, outcomes)
    progress.close()
    return _print_figures(args, figures)


def _gain(args: Namespace, good: list[Sample], copies: NDArray[np.int64], outcomes: list[Outcome]) -> dict[str, Any]:
    """What altered crops brought: the same folds once more without them; nothing where none were asked for."""
    if not args.augment:
        return {}
    plain = [replace(one, extra=()) for one in good]
    without = summary(cross_validate(plain, copies, recipe(args.recipe), _wishes(args), getattr(args, "folds", 5)))
    gain = summary(outcomes)["accuracy"] - without["accuracy"]
    told = {"alterations": args.augment.names, "copies": args.augment.copies}
    return {"augmentation": told | {"accuracy_without": without["accuracy"], "gain": gain}}


def evaluate(args: Namespace) -> int:
    """Score a saved model on a folder."""
    bundle = Registry(args.artifacts).load(args.name, args.version)
    progress = Progress(args.progress_json)
    items = _labelled(args.data)
    items, truths = together(items) if bundle.recogniser.thresholds else (items, {})
    looked = samples(items, bundle.recipe, lambda done, total: progress("crops", done, total, "Pictures"))
    progress.close()
    if truths:
        verdicts = [verdict(s, truths, bundle.recogniser, bundle.recipe.smallest) for s in readable(looked)]
        return _print_figures(args, summary_many(verdicts, [s for s in looked if s.error]))
    outcomes: list[Outcome] = [outcome(s, bundle.recogniser, bundle.recipe) for s in readable(looked)]
    return _print_figures(args, summary(outcomes, [s for s in looked if s.error]))


def predict(args: Namespace) -> int:
    """Name what is in pictures, a line each; exit status 1 where one could not be read."""
    bundle = Registry(args.artifacts).load(args.name, args.version)
    failed = 0
    for path in args.pictures:
        try:
            answer = bundle.recognise(path.read_bytes(), DISK_LIMITS)
        except (PictureError, OSError) as error:
            failed = 1
            reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
            line = {"picture": str(path), "error": reason}
            print(json.dumps(line, ensure_ascii=False) if args.json else f"{path}: {reason}")
            continue
        print(
            json.dumps(as_json(path, answer, args.top_k), ensure_ascii=False)
            if args.json
            else _in_words(path, answer, args.top_k)
        )
    return failed


def ranked(prediction: Prediction, top_k: int) -> list[dict[str, Any]]:
    """The most probable classes of a region, best first."""
    best = sorted(prediction.scores.items(), key=lambda pair: -pair[1])[:top_k]
    return [{"label": label, "score": score} for label, score in best]


def as_json(path: Path, answer: Recognition, top_k: int | None = None) -> dict[str, Any]:
    """One line of `predict --json`; top_k: also list that many classes of each region, best first."""
    regions = [
        {
            "box": [p.detection.x, p.detection.y, p.detection.width, p.detection.height],
            "label": p.label,
            "best": p.best,
            "probability": p.probability,
            "similarity": p.similarity,
            "scores": p.scores,
            "reason": p.reason,
            "note": p.note,
            **({"labels": p.labels} if len(p.labels) > 1 else {}),
            **({"top": ranked(p, top_k)} if top_k else {}),
        }
        for p in answer.predictions
    ]
    return {
        "picture": str(path),
        "label": answer.label,
        "reason": answer.reason,
        "note": answer.note,
        "width": answer.width,
        "height": answer.height,
        "regions": regions,
        "seconds": {stage: round(s, 5) for stage, s in answer.seconds.items()},
    }


def _in_words(path: Path, answer: Recognition, top_k: int | None = None) -> str:
    if not answer.predictions:
        return f"{path}: {answer.note}"
    parts = [
        f"{' + '.join(p.labels) or 'unknown'} ({p.best} {p.probability:.0%}){' ' + p.note if p.note else ''}"
        for p in answer.predictions
    ]
    lines = [f"{path}: {'; '.join(parts)}"]
    for p in answer.predictions if top_k else ():
        lines += [f"  {one['label']:<24} {one['score']:.3f}" for one in ranked(p, top_k or 1)]
    return "\n".join(lines)


def _look(args: Namespace, progress: Progress) -> tuple[list[Item], list[Sample]]:
    items = Dataset(args.data).items()
    looked = samples(
        items,
        recipe(args.recipe),
        lambda done, total: progress("crops", done, total, "Looking at pictures"),
        args.augment,
    )
    progress.close()
    return items, looked


def _labelled(root: Path) -> list[Item]:
    """Every picture under the label of its folder: an evaluation set is taken as it lies."""
    items = [Item(path, label, sha256_of(path)) for path, label in Dataset(root).paths()]
    if not items:
        raise DatasetError(f"{root} has no class folders with pictures in them. Expected {root}/<class>/<picture>.")
    return items


def _wishes(args: Namespace) -> Wishes:
    return Wishes(
        fpir=0.01 if args.fpir is None else args.fpir,
        strict=args.fpir is not None,
        private=getattr(args, "private", False),
    )


def _facts(training: Training, items: list[Item], figures: dict[str, Any], how: Wishes) -> dict[str, Any]:
    """What the bundle says about itself."""
    model = training.recogniser
    return {
        "trained": datetime.now(UTC).isoformat(timespec="seconds"),
        "pictures": counts(items),
        "data_sha256": digest(items),
        "examples": len(training.rows.labels),
        "classifier": training.chosen,
        "trials": [vars(t) for t in training.trials],
        "wishes": vars(how),
        "crossval": {key: figures[key] for key in ("accuracy", "accuracy_interval", "failure_to_acquire", "ece")},
        "holds": holds(training),
        "enrolled": len(model.gallery.owners),
        "versions": {
            "python": platform.python_version(),
            **{n: version(n) for n in ("numpy", "opencv-python-headless", "scikit-learn", "skops", "onnxruntime")},
        },
    }


def holds(training: Training) -> str:
    """In a sentence: what of the training pictures can be found in the bundle."""
    space = training.recogniser.gallery.space
    vectors = (
        f"{training.recogniser.gallery.vectors.shape[1]} numbers for each example, from which no picture can be drawn"
        if space is not None
        else "the feature vector of each example"
    )
    support = "; its support vectors are training examples" if training.chosen == "svm" else ""
    return f"No pictures. A {training.chosen} classifier{support}; {vectors}; the sha256 of each training picture."


def _print_training(args: Namespace, bundle: Bundle, figures: dict[str, Any]) -> int:
    directory = bundle.directory
    if args.json:
        facts = {"name": bundle.name, "version": bundle.version, "path": str(directory), **bundle.facts}
        print(json.dumps(facts, ensure_ascii=False))
        return 0
    print(f"{'classifier':<20} {'score':>6} {'spread':>7} {'fit':>8}  best parameters")
    for trial in sorted(bundle.facts["trials"], key=lambda t: -t["score"]):
        parameters = ", ".join(f"{k.split('__')[-1]}={v}" for k, v in trial["parameters"].items())
        chosen = "  <- chosen" if trial["name"] == bundle.facts["classifier"] else ""
        print(
            f"{trial['name']:<20} {trial['score']:6.3f} {trial['spread']:7.3f} {trial['fit_seconds']:7.2f}s  "
            f"{parameters}{chosen}"
        )
    _print_words(figures)
    print(f"Saved {bundle.name} version {bundle.version} in {directory}; its report is {directory}/report.html.")
    return 0


def _print_figures(args: Namespace, figures: dict[str, Any]) -> int:
    if args.json:
        print(json.dumps(figures, ensure_ascii=False))
    else:
        _print_words(figures)
    return 0


def _print_words(figures: dict[str, Any]) -> None:
    low, high = figures["accuracy_interval"] or (0.0, 0.0)
    print(
        f"Right for {figures['correct']} of {figures['pictures']} pictures: {figures['accuracy'] or 0:.1%} "
        f"(95 % interval {low:.1%} to {high:.1%}); nothing was found in {figures['failure_to_acquire'] or 0:.1%}."
    )
    for label, row in figures["per_class"].items():
        precision = "-" if row["precision"] is None else f"{row['precision']:.2f}"
        share = f"{row['correct']:>4} of {row['pictures']:<4}"
        print(f"  {label:<24} {share} recall {row['recall']:.2f}  precision {precision}")
    if figures.get("multi_label"):
        print(f"  whole sets of classes right {figures['subset_accuracy']:.1%}", end="; ")
        print(f"mean average precision {figures['mean_average_precision']:.3f}, mean F1 {figures['macro_f1']:.3f}")
    if "augmentation" in figures:
        told = figures["augmentation"]
        print(
            f"  altered crops ({', '.join(told['alterations'])}): {told['gain']:+.1%} against none, in the same folds"
        )
    for bad in figures["unreadable"]:
        print(f"  not read: {bad['path']}: {bad['error']}")
