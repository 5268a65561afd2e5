"""Label Studio's JSON: tasks out, with what is known of each picture; what was chosen there in.

A task names its picture by the sha256 in its data, so it is found again whatever became of its
file. https://labelstud.io/guide/task_format
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from xml.sax.saxutils import quoteattr

from data_cleaning.datasets.class_names import SPECIAL
from data_cleaning.datasets.dataset import Dataset
from data_cleaning.datasets.decisions import Decision, shown_after
from data_cleaning.errors import DatasetError
from data_cleaning.files import sha256_or_empty
from data_cleaning.json_types import JsonObject

REJECT = "_reject"  # the choice that says: do not train on it
IMAGE, CHOICES, BOXES = "image", "class", "box"  # names in the labelling interface
MOST_BYTES = 1024**3  # of an export


@dataclass(frozen=True)
class Box:
    """A part of a picture in hundredths of its width and height, as Label Studio counts, and what
    it shows.
    """

    left: float
    top: float
    width: float
    height: float
    label: str
    turned: bool = False


@dataclass(frozen=True)
class Suggestion:
    """What a task suggests: a class, how sure that is (0 to 1), and parts. model: who says so."""

    label: str | None
    score: float
    boxes: tuple[Box, ...] = ()
    model: str = ""


Suggest = Callable[[Path], Suggestion | None]


@dataclass
class Import:
    """What an export says of pictures of the data set.

    new: decisions that are not there yet. known: how many are. unknown: pictures that the data set
    does not have. open: without a choice. unclear: with several choices, or a class that there is
    not.
    """

    new: list[Decision] = field(default_factory=list)
    known: int = 0
    unknown: int = 0
    open: int = 0
    unclear: list[str] = field(default_factory=list)


def interface(labels: Sequence[str]) -> str:
    """The labelling interface that goes with the tasks, as XML to paste into Label Studio."""
    choices = "".join(f"<Choice value={quoteattr(label)}/>" for label in _choices(labels))
    boxes = "".join(f"<Label value={quoteattr(label)}/>" for label in labels)
    return (
        f'<View><Image name="{IMAGE}" value="$image"/>'
        f'<Choices name="{CHOICES}" toName="{IMAGE}" choice="single" showInLine="true">'
        f'{choices}</Choices><RectangleLabels name="{BOXES}" toName="{IMAGE}">{boxes}'
        "</RectangleLabels></View>\n"
    )


def tasks(data: Dataset, prefix: str, suggest: Suggest | None = None) -> Iterator[JsonObject]:
    """One task a picture, with what it shows after all decisions, or what a model suggests.

    prefix: put before `<class>/<picture>` to make the address at which Label Studio finds it.
    """
    judged = data.latest_decisions()
    for path, folder in data.paths():
        digest = sha256_or_empty(path)
        if not digest:
            continue
        file = path.relative_to(data.root).as_posix()
        shown = shown_after(judged.get(digest, ()), folder)
        found = suggest(path) if suggest else None
        suggestion = found or Suggestion(shown or REJECT, 1.0, model="folders and decisions")
        yield {
            "data": {"image": f"{prefix}{file}", "sha256": digest, "file": file, "folder": folder},
            "predictions": [_prediction(suggestion)],
        }


def read_export(path: Path) -> list[JsonObject]:
    """The tasks of an export. Raises DatasetError where it is none."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise DatasetError(f"{path} has more than {MOST_BYTES:,} bytes.")
        found = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise DatasetError(f"{path} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise DatasetError(f"{path} is no JSON: {error}.") from error
    if not isinstance(found, list) or not all(_is_task(task) for task in found):
        raise DatasetError(
            f"{path} is no export of Label Studio. Export as JSON there, and not as JSON-MIN."
        )
    return found


def decisions(data: Dataset, exported: Sequence[JsonObject]) -> Import:
    """What was chosen for pictures of the data set, as decisions. Nothing is appended."""
    folders = {sha256_or_empty(path): folder for path, folder in data.paths()}
    before = Counter(data.decisions())
    allowed, found = {*data.classes(), *SPECIAL}, Import()
    for task in exported:
        digest = str(task["data"].get("sha256", ""))
        choices = chosen(task)
        if digest not in folders:
            found.unknown += 1
        elif not choices:
            found.open += 1
        elif len(choices) > 1 or not {*choices} <= {*allowed, REJECT}:
            found.unclear.append(f"{task['data'].get('file', digest)}: {', '.join(choices)}")
        else:
            decision = _decision(digest, folders[digest], choices[0], when(task))
            if decision in before:
                found.known += 1
            else:
                found.new.append(decision)
    return found


def chosen(task: JsonObject) -> list[str]:
    """The classes that the last person chose for the whole picture."""
    return [
        str(choice)
        for result in _results(task)
        if result.get("type") == "choices"
        for choice in result["value"].get("choices", ())
    ]


def boxes(task: JsonObject) -> list[Box]:
    """The parts that the last person marked, one for each of its labels."""
    found = []
    for result in _results(task):
        value = result.get("value", {})
        if result.get("type") != "rectanglelabels":
            continue
        try:
            x, y, width, height = (float(value[name]) for name in ("x", "y", "width", "height"))
        except (KeyError, TypeError, ValueError):
            continue
        turned = bool(value.get("rotation")) or bool(result.get("image_rotation"))
        found += [
            Box(x, y, width, height, str(label), turned)
            for label in value.get("rectanglelabels", ())
        ]
    return found


def when(task: JsonObject) -> str:
    """When the last person answered, as Label Studio wrote it; "" where it did not."""
    last = _annotation(task) or {}
    return str(last.get("updated_at") or last.get("created_at") or "")


def _choices(labels: Sequence[str]) -> list[str]:
    return [*labels, *SPECIAL, REJECT]


def _decision(digest: str, folder: str, choice: str, time: str) -> Decision:
    more = {"time": time} if time else {}
    if choice == REJECT:
        return Decision(digest, "reject", folder, by="label studio", **more)
    if choice == folder:
        return Decision(digest, "keep", folder, by="label studio", **more)
    return Decision(digest, "move", folder, choice, by="label studio", **more)


def _prediction(suggestion: Suggestion) -> JsonObject:
    results: list[JsonObject] = []
    if suggestion.label is not None:
        value: JsonObject = {"choices": [suggestion.label]}
        results.append({"from_name": CHOICES, "to_name": IMAGE, "type": "choices", "value": value})
    for box in suggestion.boxes:
        place = {"x": box.left, "y": box.top, "width": box.width, "height": box.height}
        value = {**place, "rotation": 0, "rectanglelabels": [box.label]}
        results.append(
            {"from_name": BOXES, "to_name": IMAGE, "type": "rectanglelabels", "value": value}
        )
    return {"model_version": suggestion.model, "score": suggestion.score, "result": results}


def _annotation(task: JsonObject) -> JsonObject | None:
    """The last answer that was not cancelled."""
    given = [each for each in task.get("annotations", ()) if not each.get("was_cancelled")]
    return max(given, key=lambda each: str(each.get("updated_at") or each.get("created_at") or ""),
               default=None)  # fmt: skip


def _results(task: JsonObject) -> list[JsonObject]:
    return list((_annotation(task) or {}).get("result", ()))


def _is_task(task: object) -> bool:
    return (
        isinstance(task, dict)
        and isinstance(task.get("data"), dict)
        and isinstance(task.get("annotations", []), list)
        and all(isinstance(each, dict) for each in task.get("annotations", []))
    )
