"""Getting the pretrained files and saying how it goes: for `likeness weights` and a first start."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

from data_cleaning.pretrained import fetch_command, weights_dir
from data_cleaning.progress import LineCallback
from model.recipes.presets import RECIPES, recipes_needing
from model.weights.catalogue import WEIGHTS
from model.weights.fetch import fetch


def default_names() -> tuple[str, ...]:
    return tuple(weight.name for weight in WEIGHTS.values() if weight.default)


def bring() -> bool:
    """Get what recipes use by themselves, saying how it goes; whether all of it is there now."""
    outcomes = fetch(default_names(), weights_dir(), printing_to(sys.stdout))
    missing = [outcome.name for outcome in outcomes if outcome.state == "failed"]
    if missing:
        print(what_still_works(missing, None))
    return not missing


def printing_to(stream: TextIO) -> LineCallback:
    # Flushed line by line, so that a person behind a pipe sees it move.
    return lambda line: print(line, file=stream, flush=True)


def what_still_works(missing: Sequence[str], directory: Path | None) -> str:
    """What to type again, and what runs without."""
    waiting = dict.fromkeys(recipe for name in missing for recipe in recipes_needing(name))
    again = fetch_command(missing, directory)
    lines = [f"Still missing: {', '.join(missing)}. To try again: {again}"]
    if waiting:
        lines.append(f"Until then these recipes cannot run: {', '.join(waiting)}.")
    *others, last = [name for name, recipe in RECIPES.items() if not recipe.weights()]
    lines.append(f"{', '.join(others)} and {last} need no pretrained file and go on working.")
    return "\n".join(lines)
