"""Results in words, line by line. What they mean is decided where they come from."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import click

from model.recognition.manifest import RecordedTrial

NAMED = 8  # files that a summary names before it says "and N more"

Row = Mapping[str, Any]  # plain data, as it goes into JSON


def print_json(data: object) -> None:
    """One line for a program."""
    print(json.dumps(data, ensure_ascii=False))


def print_names(names: Sequence[str]) -> None:
    """A few of them, and how many there are besides."""
    for name in names[:NAMED]:
        print(f"  {name}")
    if len(names) > NAMED:
        print(f"  and {len(names) - NAMED} more (--json lists all)")


def percent(share: float | None) -> str:
    return "-" if share is None else f"{share:.1%}"


def print_verdict(verdict: Row | None) -> None:
    """What a training came to; in red, where the terminal has colours and it is not fit for use."""
    if verdict:
        click.secho(verdict["sentence"], fg=None if verdict["fit"] else "red")


def print_attempts(attempts: Sequence[Row], choice: str | None) -> None:
    """What `auto` tried: a line a recipe; and which was taken and why."""
    for attempt in attempts:
        if attempt["accuracy"] is None:
            print(f"{attempt['recipe']:<16} not tried: {attempt['note']}")
            continue
        kept = "  <- kept" if attempt["kept"] else ""
        print(
            f"{attempt['recipe']:<16} right {attempt['accuracy']:.1%} +- {attempt['error']:.1%},"
            f" nothing found {attempt['failure_to_acquire']:.1%},"
            f" strangers named {percent(attempt['strangers_named'])},"
            f" {attempt['milliseconds']:.0f} ms a picture{kept}"
        )
    if choice:
        print(choice)


def print_trials(trials: Sequence[RecordedTrial], chosen: str | None) -> None:
    """The classifiers that were compared: a line each, the best first."""
    print(f"{'classifier':<20} {'score':>6} {'spread':>7} {'fit':>8}  best parameters")
    for trial in sorted(trials, key=lambda trial: -trial.score):
        parameters = ", ".join(f"{k.split('__')[-1]}={v}" for k, v in trial.parameters.items())
        mark = "  <- chosen" if trial.name == chosen else ""
        print(
            f"{trial.name:<20} {trial.score:6.3f} {trial.spread:7.3f}"
            f" {trial.fit_seconds:7.2f}s  {parameters}{mark}"
        )


def print_figures(figures: Row) -> None:
    """How many were right, whom strangers were taken for, and the classes one by one."""
    print_attempts(figures.get("auto") or (), figures.get("choice"))
    low, high = figures["accuracy_interval"] or (0.0, 0.0)
    print(
        f"Right for {figures['correct']} of {figures['pictures']} pictures:"
        f" {figures['accuracy'] or 0:.1%} (95 % interval {low:.1%} to {high:.1%}); nothing was"
        f" found in {figures['failure_to_acquire'] or 0:.1%}."
    )
    _print_strangers(figures)
    for label, row in figures["per_class"].items():
        precision = "-" if row["precision"] is None else f"{row['precision']:.2f}"
        share = f"{row['correct']:>4} of {row['pictures']:<4}"
        print(f"  {label:<24} {share} recall {row['recall']:.2f}  precision {precision}")
    _print_presence(figures.get("ways"))
    if figures.get("multi_label"):
        print(
            f"  whole sets of classes right {figures['subset_accuracy']:.1%}; mean average"
            f" precision {figures['mean_average_precision']:.3f}, mean F1"
            f" {figures['macro_f1']:.3f}"
        )
    if "augmentation" in figures:
        gain = figures["augmentation"]
        print(
            f"  altered crops ({gain['how']}): {gain['gain']:+.1%} against none, in the same folds"
        )
    _print_beside(figures)
    for bad in figures["unreadable"]:
        print(f"  not read: {bad['path']}: {bad['error']}")


def _print_beside(figures: Row) -> None:
    """What the figure is held against: learnt pictures, three guesses, a test, simpler ways."""
    if figures.get("train_accuracy") is not None:
        print(f"  of the pictures that it learnt from: {percent(figures['train_accuracy'])}")
    if figures.get("top_3_accuracy") is not None:
        print(f"  among the three likeliest classes: {percent(figures['top_3_accuracy'])}")
    test = figures.get("held_out_test")
    if test:
        of = test["figures"]
        print(
            f"Of the test's pictures right: {of['correct']} of {of['pictures']},"
            f" {percent(of['accuracy'])}; {test['near_copies']} are near copies of pictures that it"
            f" learnt from, without them {percent(test['accuracy_without_copies'])}."
        )
    for row in (figures.get("baselines") or {}).get("rows", ()):
        print(
            f"  {row['name']:<24} {row['correct']:>4} of {row['pictures']:<4}"
            f" {percent(row['accuracy'])}"
        )


def _print_strangers(figures: Row) -> None:
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


def _print_presence(ways: Row | None) -> None:
    """Somebody known, somebody, nobody: a line a truth, and the mean of the shares."""
    if not ways:
        return
    for truth, row in zip(ways["truths"], ways["matrix"], strict=True):
        cells = zip(ways["labels"], row, strict=True)
        answers = ", ".join(f"{name} {count}" for name, count in cells if count)
        print(f"  {truth:<24} answered as: {answers}")
    print(f"Balanced accuracy of these: {ways['balanced_accuracy']:.3f}.")
