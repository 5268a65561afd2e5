"""What the commands of `python -m model` do. Prints; decides nothing about pictures or numbers."""

from __future__ import annotations

import json
from argparse import Namespace
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from data_cleaning.datasets.dataset import NOTHING, UNKNOWN, Dataset, Item
from data_cleaning.errors import DatasetError, PictureError
from data_cleaning.files import sha256_of_file
from data_cleaning.imaging.limits import DISK_LIMITS
from data_cleaning.progress import Progress
from model.evaluation.metrics import Rounds, cross_validate, gained, outcome, presence, summary
from model.evaluation.verification import verify as run_pairs
from model.recipes.presets import preset
from model.recipes.recipe import Recipe
from model.recognition.bundle import Bundle, Prediction, Recognition
from model.recognition.registry import Registry
from model.reporting.report import Material, build, thumbnails
from model.training.fit import check_enough
from model.training.options import TrainingOptions
from model.training.presence_threshold import at_lowest_threshold
from model.training.samples import Sample, near_copies, samples, usable
from model.workflows.compare_recipes import AUTO, choose
from model.workflows.train_version import (
    TrainedVersion,
    TrainingRequest,
    train_version,
    write_report,
)


def train(args: Namespace) -> int:
    """Train on a folder and save the next version with its report."""
    progress = Progress(args.progress_json)
    registry = Registry(args.artifacts)
    registry.versions(args.name)  # a name that cannot be used must fail before the work
    items = Dataset(args.data).items()
    recipe, looked, attempts = _look(args, items, progress)
    order = TrainingRequest(
        args.name,
        args.data,
        recipe,
        _wishes(args),
        registry,
        attempts,
        careful=args.careful,
        excused=args.without,
    )
    produced = train_version(order, items, looked, progress)
    progress.close()
    return _print_training(args, produced)


def crossval(args: Namespace) -> int:
    """Score every picture by a model that never saw it."""
    progress = Progress(args.progress_json)
    recipe, looked, attempts = _look(args, Dataset(args.data).items(), progress)
    good = usable(looked)
    check_enough(good)
    copies = near_copies(good)
    strangers = _strangers(args, recipe, progress)
    rounds = Rounds(
        args.folds, strangers, lambda done, total: progress("folds", done, total, "Folds")
    )
    how = replace(_wishes(args), folds=args.folds)
    outcomes, strange = cross_validate(good, copies, recipe, how, rounds)
    figures = summary(outcomes, [s for s in looked if s.error], strange) | presence(
        outcomes, recipe
    )
    figures |= gained(good, copies, recipe, how, figures["accuracy"])
    figures |= {"recipe": recipe.name} | ({"auto": list(attempts)} if attempts else {})
    progress.close()
    if args.report:
        name = args.data.resolve().name
        material = Material(
            "crossval", name, args.data, recipe, figures, outcomes, looked, copies, strange
        )
        material = replace(material, private=args.private)
        write_report(args.report, build(material), thumbnails(material))
    return _print_figures(args, figures)


def evaluate(args: Namespace, bundle: Bundle) -> int:
    """Score a saved model on a folder."""
    progress = Progress(args.progress_json)
    looked = samples(
        labelled(args.data), bundle.recipe, lambda d, t: progress("crops", d, t, "Pictures")
    )
    strangers = _strangers(args, bundle.recipe, progress)
    progress.close()
    good = usable(looked)
    outcomes, strange = (
        [outcome(s, bundle.recogniser, bundle.recipe) for s in some] for some in (good, strangers)
    )
    figures = summary(outcomes, [s for s in looked if s.error], strange) | presence(
        outcomes, bundle.recipe
    )
    figures["recipe"] = bundle.recipe.name
    if args.report:
        material = Material(
            "evaluation",
            args.name,
            args.data,
            bundle.recipe,
            figures,
            outcomes,
            looked,
            near_copies(good),
            strange,
        )
        material = replace(material, facts=bundle.facts, private=args.private)
        write_report(args.report, build(material), thumbnails(material))
    return _print_figures(args, figures)


def verify(args: Namespace) -> int:
    """Run the LFW protocol on a pairs file."""
    progress = Progress(args.progress_json)
    figures = run_pairs(
        args.pairs,
        args.pictures,
        preset(args.recipe),
        lambda d, t: progress("crops", d, t, "Looking at pictures"),
    )
    progress.close()
    if args.json:
        print(json.dumps(figures, ensure_ascii=False))
        return 0
    print(
        f"Right for {figures['accuracy']:.4f} ± {figures['standard_error']:.4f} of"
        f" {figures['pairs']} pairs in {figures['folds']} folds; {figures['failures']} pairs failed"
        " because a picture showed no face."
    )
    for name in figures["not_found"]:
        print(f"  no face found: {name}")
    for bad in figures["unreadable"]:
        print(f"  not read: {bad['path']}: {bad['error']}")
    return 0


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
        if args.json:
            print(json.dumps(as_json(path, answer, args.top_k), ensure_ascii=False))
        else:
            print(_in_words(path, answer, args.top_k))
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
        **_people(answer),
        "seconds": {stage: round(s, 5) for stage, s in answer.seconds.items()},
    }


def _people(answer: Recognition) -> dict[str, Any]:
    """What only recipes that look for people can say."""
    if answer.human_detected is None:
        return {}
    return {
        "human_detected": answer.human_detected,
        "known_answer": answer.known_answer,
        "way": answer.way,
    }


def _in_words(path: Path, answer: Recognition, top_k: int | None = None) -> str:
    if not answer.predictions:
        return f"{path}: {answer.note}"
    parts = [
        f"{' + '.join(p.labels) or 'unknown'} ({p.best}"
        f" {p.probability:.0%}){' ' + p.note if p.note else ''}"
        for p in answer.predictions
    ]
    lines = [f"{path}: {'; '.join(parts)}"]
    for p in answer.predictions if top_k else ():
        lines += [f"  {one['label']:<24} {one['score']:.3f}" for one in ranked(p, top_k or 1)]
    return "\n".join(lines)


def _look(
    args: Namespace, items: list[Item], progress: Progress
) -> tuple[Recipe, list[Sample], tuple[dict[str, Any], ...]]:
    """The recipe, the pictures looked at by it, and, where it was chosen by trying, what was tried."""
    name: str = args.recipe
    attempts: tuple[dict[str, Any], ...] = ()
    if name == AUTO:
        choice = choose(items, progress)
        if not args.augment:
            progress.close()
            return choice.recipe, choice.samples, choice.attempts
        name, attempts = choice.recipe.name, choice.attempts
    say = lambda done, total: progress("crops", done, total, "Looking at pictures")  # noqa: E731
    looked = samples(items, at_lowest_threshold(preset(name)), say, args.augment)
    progress.close()
    return preset(name), looked, attempts


def labelled(root: Path) -> list[Item]:
    """Every picture under the label of its folder: an evaluation set is taken as it lies."""
    items = [Item(path, label, sha256_of_file(path)) for path, label in Dataset(root).paths()]
    if not items:
        raise DatasetError(
            f"{root} has no class folders with pictures in them. Expected {root}/<class>/<picture>."
        )
    return items


def _strangers(args: Namespace, recipe: Recipe, progress: Progress) -> list[Sample]:
    """Samples of --strangers, a flat folder or one with folders of people, all as `_unknown`; []
    without it.
    """
    if args.strangers is None:
        return []
    folder = Dataset(args.strangers)
    flat = [path for path in folder.pictures(".") if path.parent == args.strangers]
    paths = flat + [path for path, label in folder.paths() if label != NOTHING]
    if not paths:
        raise DatasetError(f"{args.strangers} has no pictures of strangers in it.")
    items = [Item(path, UNKNOWN, sha256_of_file(path)) for path in paths]
    looked = usable(
        samples(items, recipe, lambda d, t: progress("strangers", d, t, "Looking at strangers"))
    )
    progress.close()
    return looked


def _wishes(args: Namespace) -> TrainingOptions:
    return TrainingOptions(
        classifiers=args.classifiers,
        fpir=0.01 if args.fpir is None else args.fpir,
        strict=args.fpir is not None,
        private=getattr(args, "private", False),
        augment=str(args.augment),
    )


def _print_training(args: Namespace, produced: TrainedVersion) -> int:
    bundle, directory = produced.bundle, produced.bundle.directory
    if args.json:
        told = {
            "name": bundle.name,
            "version": bundle.version,
            "path": str(directory),
            "waits": produced.waits,
        }
        facts = {**told, **bundle.facts}
        print(json.dumps(facts, ensure_ascii=False))
        return 0
    _print_attempts(bundle.facts.get("auto", ()))
    print(f"{'classifier':<20} {'score':>6} {'spread':>7} {'fit':>8}  best parameters")
    for trial in sorted(bundle.facts["trials"], key=lambda t: -t["score"]):
        parameters = ", ".join(f"{k.split('__')[-1]}={v}" for k, v in trial["parameters"].items())
        chosen = "  <- chosen" if trial["name"] == bundle.facts["classifier"] else ""
        print(
            f"{trial['name']:<20} {trial['score']:6.3f} {trial['spread']:7.3f}"
            f" {trial['fit_seconds']:7.2f}s  {parameters}{chosen}"
        )
    _print_words(produced.figures)
    print(
        f"Saved {bundle.name} version {bundle.version} in {directory}; its report is"
        f" {directory}/report.html."
    )
    if produced.waits:
        promote = f"python -m model promote {bundle.name} {bundle.version}"
        print(f"It does not answer yet. {produced.waits} To answer with it all the same: {promote}")
    return 0


def _print_attempts(attempts: Sequence[dict[str, Any]]) -> None:
    """What `auto` tried: a line a recipe."""
    for one in attempts:
        if one["accuracy"] is None:
            print(f"{one['recipe']:<16} not tried: {one['note']}")
            continue
        kept = "  <- kept" if one["kept"] else ""
        print(
            f"{one['recipe']:<16} right {one['accuracy']:.1%} +- {one['error']:.1%}, nothing found"
            f" {one['failure_to_acquire']:.1%}, {one['milliseconds']:.0f} ms a picture{kept}"
        )


def _print_figures(args: Namespace, figures: dict[str, Any]) -> int:
    if args.json:
        print(json.dumps(figures, ensure_ascii=False))
    else:
        _print_words(figures)
    return 0


def _print_words(figures: dict[str, Any]) -> None:
    low, high = figures["accuracy_interval"] or (0.0, 0.0)
    print(
        f"Right for {figures['correct']} of {figures['pictures']} pictures:"
        f" {figures['accuracy'] or 0:.1%} (95 % interval {low:.1%} to {high:.1%}); nothing was"
        f" found in {figures['failure_to_acquire'] or 0:.1%}."
    )
    if "unknown" in figures:
        strange = figures["unknown"]
        print(
            f"Of {strange['strangers']} pictures of strangers {strange['fpir']:.1%} got a name; "
            f"{strange['fnir']:.1%} of the known did not get theirs "
            f"({strange['fnir_at_fpir_0_01']:.1%} at the threshold that names 1% of strangers)."
        )
    if "false_alarms" in figures:
        alarms = figures["false_alarms"]
        print(
            f"Something was found in {alarms['found']} of {alarms['pictures']} pictures with"
            " nothing in them."
        )
    for label, row in figures["per_class"].items():
        precision = "-" if row["precision"] is None else f"{row['precision']:.2f}"
        share = f"{row['correct']:>4} of {row['pictures']:<4}"
        print(f"  {label:<24} {share} recall {row['recall']:.2f}  precision {precision}")
    _print_ways(figures.get("ways"))
    if figures.get("multi_label"):
        print(f"  whole sets of classes right {figures['subset_accuracy']:.1%}", end="; ")
        print(
            f"mean average precision {figures['mean_average_precision']:.3f}, mean F1"
            f" {figures['macro_f1']:.3f}"
        )
    if "augmentation" in figures:
        told = figures["augmentation"]
        print(
            f"  altered crops ({told['how']}): {told['gain']:+.1%} against none, in the same folds"
        )
    for bad in figures["unreadable"]:
        print(f"  not read: {bad['path']}: {bad['error']}")


def _print_ways(ways: dict[str, Any] | None) -> None:
    """Somebody known, somebody, nobody: a line a truth, and the mean of the shares."""
    if not ways:
        return
    for truth, row in zip(ways["truths"], ways["matrix"], strict=True):
        said = ", ".join(f"{name} {n}" for name, n in zip(ways["labels"], row, strict=True) if n)
        print(f"  {truth:<24} answered as: {said}")
    print(f"Balanced accuracy of these: {ways['balanced_accuracy']:.3f}.")
