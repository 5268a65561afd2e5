"""`train`: the pictures of the channel `train` become a version of a model in /opt/ml/model.

Hyperparameters are the options of `likeness train`, as SageMaker gives them: texts.
"""

from __future__ import annotations

import contextlib
import io
import json
import re
import sys

from data_cleaning.errors import InputError
from likeness.cli import likeness, run
from likeness.sagemaker.folders import Folders

WITH_VALUE = ("name", "recipe", "classifiers", "fpir", "augment")
FLAGS = ("private", "multi-label")
THEIRS = "sagemaker_"  # hyperparameters that SageMaker adds itself
LONGEST = 1024  # characters of a failure that SageMaker shows
NAME = "model"
BAR = "%|"  # in a line that shows how far something is


def train(folders: Folders) -> int:
    """Exit status; where it is not 0 the file `failure` says why."""
    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(_Both(said)):
            status = run(likeness, "likeness", _command(folders))
    except InputError as error:
        said.write(str(error))
        status = 1
    except SystemExit as error:  # the command line of `likeness train` refused an option
        status = int(error.code or 0)
    if status:
        lines = re.split(r"[\r\n]+", said.getvalue())
        why = "\n".join(line for line in lines if line and BAR not in line)[-LONGEST:]
        folders.failure.parent.mkdir(parents=True, exist_ok=True)
        folders.failure.write_text(why)
        print(f"train: {why}", file=sys.stderr)
    return status


def _command(folders: Folders) -> list[str]:
    pictures = next((place for place in folders.pictures if place.is_dir()), None)
    if pictures is None:
        raise InputError(
            f"There are no pictures: the channel `train` would be {folders.pictures[0]}, with one"
            " folder of pictures a class."
        )
    folders.model.mkdir(parents=True, exist_ok=True)
    return ["train", str(pictures), "--artifacts", str(folders.model), *_options(folders)]


def _options(folders: Folders) -> list[str]:
    """The hyperparameters as options. Raises InputError for one that there is not."""
    given = _given(folders)
    unknown = sorted(given.keys() - {*WITH_VALUE, *FLAGS})
    if unknown:
        raise InputError(
            f"There is no hyperparameter {unknown[0]!r}; there are"
            f" {', '.join((*WITH_VALUE, *FLAGS))}."
        )
    given.setdefault("name", NAME)
    values = [part for name in WITH_VALUE if name in given for part in (f"--{name}", given[name])]
    return [*values, *(f"--{name}" for name in FLAGS if given.get(name, "").lower() in YES)]


YES = ("1", "true", "yes", "on")


def _given(folders: Folders) -> dict[str, str]:
    try:
        read = json.loads(folders.hyperparameters.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except ValueError:
        raise InputError(f"{folders.hyperparameters} is no JSON.") from None
    return {
        name.replace("_", "-"): str(value).strip('"')
        for name, value in read.items()
        if not name.startswith(THEIRS)
    }


class _Both(io.TextIOBase):
    """Standard error, and a copy of it."""

    def __init__(self, copy: io.StringIO) -> None:
        self.copy, self.shown = copy, sys.stderr

    def write(self, text: str) -> int:
        self.copy.write(text)
        return self.shown.write(text)

    def flush(self) -> None:
        self.shown.flush()


if __name__ == "__main__":
    sys.exit(train(Folders()))
