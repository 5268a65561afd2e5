"""`likeness predict` and `explain`: what is asked of a saved model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from data_cleaning.errors import PictureError
from data_cleaning.imaging.limits import DISK_LIMITS
from likeness.endings import TrainingCommand
from likeness.model_options import ModelOptions, items_of, model_version
from likeness.options import FilePath, into, output
from likeness.printing import print_json
from model.recognition.bundle import Bundle
from model.recognition.explain import Explanation
from model.recognition.explain import explain as explain_answer
from model.recognition.predictions import Prediction, Recognition


@dataclass(frozen=True, kw_only=True)
class PredictOptions(ModelOptions):
    pictures: tuple[Path, ...]
    top_k: int | None


@click.command(
    cls=TrainingCommand, epilog="Example: likeness predict celebrities holiday.jpg --top-k 3"
)
@model_version
@click.argument("pictures", type=FilePath(), nargs=-1, required=True, metavar="PICTURE...")
@click.option(
    "--top-k",
    type=click.IntRange(min=1),
    metavar="N",
    help="show the N most probable classes of each region",
)
@output
@into(PredictOptions)
def predict(options: PredictOptions) -> int:
    """Name what is in pictures.

    NAME is the model. Ends with 1 where a picture could not be read.
    """
    bundle = options.load()
    return max(_predict(bundle, path, options) for path in options.pictures)


def _predict(bundle: Bundle, path: Path, options: PredictOptions) -> int:
    try:
        answer = bundle.recognise(path.read_bytes(), DISK_LIMITS)
    except (PictureError, OSError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        if options.as_json:
            print_json({"picture": str(path), "error": reason})
        else:
            print(f"{path}: {reason}")
        return 1
    if options.as_json:
        print_json(answer_json(path, answer, options.top_k))
    else:
        print(_in_words(path, answer, options.top_k))
    return 0


def _ranked(prediction: Prediction, top_k: int) -> list[dict[str, Any]]:
    """The most probable classes of a region, best first."""
    best = sorted(prediction.scores.items(), key=lambda pair: -pair[1])[:top_k]
    return [{"label": label, "score": score} for label, score in best]


def answer_json(path: Path, answer: Recognition, top_k: int | None = None) -> dict[str, Any]:
    """One line of `predict --json`; top_k: also that many classes of each region, best first."""
    people: dict[str, Any] = {}
    if answer.human_detected is not None:  # only recipes that look for people say so
        people = {
            "human_detected": answer.human_detected,
            "known_answer": answer.known_answer,
            "way": answer.way,
        }
    return {
        "picture": str(path),
        "label": answer.label,
        "reason": answer.reason,
        "note": answer.note,
        "width": answer.width,
        "height": answer.height,
        "regions": [_region(prediction, top_k) for prediction in answer.predictions],
        **people,
        "seconds": {stage: round(s, 5) for stage, s in answer.seconds.items()},
    }


def _region(p: Prediction, top_k: int | None) -> dict[str, Any]:
    return {
        "box": [p.detection.x, p.detection.y, p.detection.width, p.detection.height],
        "label": p.label,
        "best": p.best,
        "probability": p.probability,
        "similarity": p.similarity,
        "scores": p.scores,
        "reason": p.reason,
        "note": p.note,
        **({"labels": p.labels} if len(p.labels) > 1 else {}),
        **({"top": _ranked(p, top_k)} if top_k else {}),
    }


def _in_words(path: Path, answer: Recognition, top_k: int | None) -> str:
    if not answer.predictions:
        return f"{path}: {answer.note}"
    parts = [
        f"{' + '.join(p.labels) or 'unknown'} ({p.best}"
        f" {p.probability:.0%}){' ' + p.note if p.note else ''}"
        for p in answer.predictions
    ]
    lines = [f"{path}: {'; '.join(parts)}"]
    for p in answer.predictions if top_k else ():
        lines += [f"  {row['label']:<24} {row['score']:.3f}" for row in _ranked(p, top_k or 1)]
    return "\n".join(lines)


@dataclass(frozen=True, kw_only=True)
class ExplainOptions(ModelOptions):
    picture: Path
    out: Path | None
    region: int
    data: Path | None


@click.command(
    cls=TrainingCommand, epilog="Example: likeness explain celebrities holiday.jpg -o why.png"
)
@model_version
@click.argument("picture", type=FilePath(), metavar="PICTURE")
@click.option("-o", "--out", type=FilePath(), metavar="PNG", help="write the heat map there")
@click.option(
    "--region",
    type=int,
    default=0,
    metavar="I",
    help="which region, as predict lists them, from 0",
)
@click.option(
    "--data",
    type=FilePath(),
    metavar="DIR",
    help="training pictures, to name the files of the nearest ones",
)
@output
@into(ExplainOptions)
def explain(options: ExplainOptions) -> None:
    """Say and draw why a picture gets its answer.

    NAME is the model. The heat map shows which parts of the picture the answer comes from.
    """
    bundle = options.load()
    found = explain_answer(bundle, options.picture.read_bytes(), options.region, DISK_LIMITS)
    files = {item.sha256: item.path for item in items_of(options.data)}
    if options.out:
        options.out.write_bytes(found.heatmap)
    if options.as_json:
        print_json(_explanation_json(options, found, files))
        return
    print(found.sentence)
    for example in found.nearest:
        where = files.get(example.sha256, f"picture {example.sha256[:12]}")
        print(
            f"  {example.label:<24} similarity {example.similarity:5.2f}"
            f"  distance {example.distance:5.2f}  {where}"
        )
    if options.out:
        print(f"The heat map ({found.method}) is in {options.out}.")


def _explanation_json(
    options: ExplainOptions, found: Explanation, files: Mapping[str, Path]
) -> dict[str, Any]:
    plain = found.to_json()
    for example in plain["nearest"]:
        example["file"] = str(files[example["sha256"]]) if example["sha256"] in files else None
    out = str(options.out) if options.out else None
    return {"picture": str(options.picture), **plain, "out": out}
