"""A trained model as it lies on disk, and answering with it.

Save, load, check the golden answer, recognise.

<version>/manifest.json (format, recipe, labels, threshold, facts, sha256 of the other files),
classifier.skops, gallery.npz, golden/answer.json, report.html, report.json. No pickle is ever
loaded: skops holds scikit-learn's own types alone, checked against an allow-list before anything is
made.
"""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
import skops.io

from data_cleaning.detection.crops import MARKS
from data_cleaning.detection.detection import Detection
from data_cleaning.errors import BundleBroken, GoldenMismatch, RecipeError
from data_cleaning.files import aside, sha256_of_bytes, sha256_of_file, to_disk
from data_cleaning.imaging.limits import DEFAULT_LIMITS, Limits
from model.recipes.recipe import Recipe
from model.recognition.gallery import Gallery, Linear
from model.recognition.pipeline import Stopwatch, detect_regions, view_features
from model.recognition.presence import known_answer, way
from model.recognition.presence_judge import PresenceJudge
from model.recognition.recogniser import (
    Acceptance,
    PerClass,
    Recogniser,
    RegionAnswer,
    deciding_region,
)
from model.recognition.region_naming import name_regions

FORMAT = 1
GOLDEN_TOLERANCE = 1e-3
ALLOWED_TYPES = frozenset(
    {
        "sklearn.calibration._CalibratedClassifier",
        "sklearn.calibration._SigmoidCalibration",
        "sklearn.calibration._TemperatureScaling",
        "sklearn.tree._tree.Tree",
    }
)


@dataclass(frozen=True)
class Prediction:
    """The answer for one region of a picture.

    detection: where. label: its name, or None when it is not believed to be anybody known. best:
    the most probable class all the same. probability: of `best`, 0 to 1. scores: of every class in
    the bundle's order, summing to 1. similarity: mean cosine to the nearest enrolled examples of
    `best`, -1 to 1. acceptance: the score that the threshold is held against. reason: "known",
    "unknown", "taken" or "too_small". note: the same for people. marks: what is wrong with the
    region, as in `crops.MARKS`. labels: every name it gets, best first; several only where pictures
    may carry several classes (then the scores do not sum to 1).
    """

    detection: Detection
    label: str | None
    best: str
    probability: float
    scores: dict[str, float]
    similarity: float
    acceptance: float
    reason: str
    note: str
    marks: tuple[str, ...]
    labels: tuple[str, ...] = ()


@dataclass(frozen=True)
class Recognition:
    """The answer for one picture.

    width, height: of the upright picture. predictions: one a region, the best to look at first.
    label: the picture's answer, of its best known region, or None. scores: (class, probability) of
    the region that speaks for the picture, best first. reason: "known", "unknown" or
    "nothing_found"; note: for people. seconds: by stage. human_detected: for recipes that look for
    people, else None.
    """

    width: int
    height: int
    predictions: tuple[Prediction, ...]
    label: str | None
    scores: tuple[tuple[str, float], ...]
    reason: str
    note: str
    seconds: dict[str, float]
    human_detected: bool | None = None

    @property
    def known_answer(self) -> tuple[str, str] | str | None:
        """Of recipes that look for people: ("human_detected", label or "others") or "no human
        detected"; else None.
        """
        return (
            None if self.human_detected is None else known_answer(self.human_detected, self.label)
        )

    @property
    def way(self) -> str | None:
        """Of recipes that look for people: the label, "Human" or "No Human"; else None."""
        return None if self.human_detected is None else way(self.human_detected, self.label)


@dataclass(frozen=True)
class Bundle:
    """A recipe with everything that was learnt. Safe to share between threads."""

    name: str
    version: int
    recipe: Recipe
    recogniser: Recogniser
    facts: dict[str, Any]
    directory: Path | None = None

    @property
    def labels(self) -> tuple[str, ...]:
        """Names of the classes, sorted."""
        return self.recogniser.labels

    @property
    def multi_label(self) -> bool:
        """Whether a picture may carry several of the classes, each a question of its own."""
        return bool(self.recogniser.thresholds)

    @property
    def refuses(self) -> bool:
        """Whether anything may be answered with none of the classes."""
        return self.multi_label or self.recogniser.acceptance.threshold > -1

    def recognise(self, data: bytes, limits: Limits = DEFAULT_LIMITS) -> Recognition:
        """Name what is in a picture. Raises PictureError for bytes that are no usable picture."""
        watch = Stopwatch()
        detected = detect_regions(data, self.recipe, limits, watch)
        with watch.stage("features"):
            views = [
                view_features(detected.image, region.detection, self.recipe)
                for region in detected.regions
            ]
        with watch.stage("predict"):
            named = name_regions(self.recogniser, detected.regions, views, self.recipe)
        predictions = tuple(
            _prediction(region.detection, answer, region.quality.marks())
            for region, answer in zip(detected.regions, named, strict=True)
            if answer.reason != "nobody"
        )
        height, width = detected.image.shape[:2]
        return self._recognition(
            (width, height), predictions, deciding_region(named), watch.seconds
        )

    def _recognition(
        self,
        size: tuple[int, int],
        predictions: tuple[Prediction, ...],
        best: RegionAnswer | None,
        seconds: dict[str, float],
    ) -> Recognition:
        label = best.label if best else None
        ranked = sorted(best.scores.items(), key=lambda pair: -pair[1]) if best else []
        reason = "nothing_found" if best is None else ("known" if label else "unknown")
        return Recognition(
            *size,
            predictions,
            label,
            tuple(ranked),
            reason,
            _sentence(self.recipe.subject, predictions, label),
            seconds,
            bool(predictions) if self.recipe.subject == "person" else None,
        )


def _prediction(detection: Detection, named: RegionAnswer, marks: tuple[str, ...]) -> Prediction:
    return Prediction(
        detection=detection,
        label=named.label,
        best=named.best,
        probability=named.probability,
        scores=named.scores,
        similarity=named.similarity,
        acceptance=named.acceptance,
        reason=named.reason,
        note=_note(named, marks),
        marks=marks,
        labels=named.labels,
    )


_REFUSALS = {
    "unknown": "Not like anybody enrolled.",
    "taken": "Another one in this picture is more likely to be them.",
    "too_small": "Too small to tell who it is.",
}


def _note(named: RegionAnswer, marks: tuple[str, ...]) -> str:
    doubts = [MARKS[mark] for mark in marks]
    parts = [] if named.reason == "known" else [_REFUSALS[named.reason]]
    if doubts:
        parts.append(f"Less certain: {', '.join(doubts)}.")
    return " ".join(parts)


_THINGS = {
    "face": ("face", "faces"),
    "person": ("person", "people"),
    "object": ("picture", "pictures"),
}


def _sentence(subject: str, predictions: tuple[Prediction, ...], label: str | None) -> str:
    one, many = _THINGS[subject]
    if not predictions:
        return f"No {one} was found in this picture."
    if label is None:
        return f"Found {len(predictions)} {one if len(predictions) == 1 else many}, nobody known."
    return ""


def golden_picture() -> bytes:
    """A picture that every installation has: the astronaut portrait (NASA, public domain) inside
    scikit-image.

    It shows a face, a person and things, so every recipe has something to answer; and no bundle
    needs to carry a picture of anybody's.
    """
    found = importlib.util.find_spec("skimage")
    if found is None or not found.submodule_search_locations:
        raise BundleBroken("scikit-image is not installed, so the golden answer cannot be checked.")
    return (Path(found.submodule_search_locations[0]) / "data" / "astronaut.png").read_bytes()


def golden_answer(bundle: Bundle) -> dict[str, Any]:
    """What the bundle says of the golden picture: boxes and probabilities of every region."""
    picture = golden_picture()
    answer = bundle.recognise(picture)
    return {
        "picture_sha256": sha256_of_bytes(picture),
        "regions": [
            {
                "box": [d.x, d.y, d.width, d.height],
                "label": p.label,
                "best": p.best,
                "scores": p.scores,
            }
            for p in answer.predictions
            for d in [p.detection]
        ],
    }


def check_golden(bundle: Bundle, expected: Mapping[str, Any]) -> None:
    """Raises GoldenMismatch when the answer is not what it was at training time."""
    actual = golden_answer(bundle)
    if actual["picture_sha256"] != expected["picture_sha256"]:
        raise GoldenMismatch(
            "The golden picture inside scikit-image is another one than at training time."
        )
    before, now = expected["regions"], actual["regions"]
    where = f"{bundle.name} version {bundle.version}"
    if len(before) != len(now):
        raise GoldenMismatch(
            f"{where} found {len(now)} regions in the golden picture; at training it was"
            f" {len(before)}."
        )
    for old, new in zip(before, now, strict=True):
        if (old["label"], old["best"]) != (new["label"], new["best"]):
            raise GoldenMismatch(
                f"{where} answers {new['best']!r}; at training time it was {old['best']!r}."
            )
        moved = max(abs(old["scores"].get(k, -1) - v) for k, v in new["scores"].items())
        if moved > GOLDEN_TOLERANCE:
            raise GoldenMismatch(
                f"{where}: a probability moved by {moved:.4f}; at most {GOLDEN_TOLERANCE} is"
                " allowed."
            )


def save(bundle: Bundle, directory: Path, extras: Mapping[str, str | bytes] | None = None) -> None:
    """Write a bundle to a directory that must not exist: aside first, then renamed. extras: further
    files by name.
    """
    directory.parent.mkdir(parents=True, exist_ok=True)
    with aside(directory.parent) as folder:
        _write(bundle, folder, dict(extras or {}))
        to_disk(folder, *folder.rglob("*"))
        folder.chmod(0o755)
        folder.rename(directory)


def _write(bundle: Bundle, folder: Path, extras: dict[str, str | bytes]) -> None:
    model, gallery = bundle.recogniser, bundle.recogniser.gallery
    skops.io.dump(_plain(model.classifier), folder / "classifier.skops")
    _write_gallery(gallery, folder / "gallery.npz")
    (folder / "golden").mkdir()
    (folder / "golden" / "answer.json").write_text(json.dumps(golden_answer(bundle), indent=1))
    for name, content in extras.items():
        (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)
    held = ("classifier.skops", "gallery.npz", "golden/answer.json")
    manifest = {
        "format": FORMAT,
        "name": bundle.name,
        "version": bundle.version,
        "recipe": bundle.recipe.to_json(),
        "labels": list(model.labels),
        "acceptance": asdict(model.acceptance),
        "thresholds": list(model.thresholds),
        "nobody": asdict(model.presence_judge) if model.presence_judge else None,
        "sources": list(gallery.sources),
        "facts": bundle.facts,
        "files": {name: sha256_of_file(folder / name) for name in held},
    }
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=1, ensure_ascii=False))


def _write_gallery(gallery: Gallery, path: Path) -> None:
    vectors, owners, space = gallery.vectors, gallery.owners, gallery.space
    if space is None:
        np.savez_compressed(path, vectors=vectors, owners=owners)
    else:
        np.savez_compressed(
            path, vectors=vectors, owners=owners, matrix=space.matrix, offset=space.offset
        )


def _plain(classifier: Any) -> Any:
    """What skops may see: scikit-learn's own types, so a list for one classifier a class."""
    return list(classifier.models) if isinstance(classifier, PerClass) else classifier


def load(directory: Path) -> Bundle:
    """Read a bundle and replay its golden answer.

    Raises BundleBroken where a file is missing, changed or holds a type that is not allowed,
    WeightsMissing where a pretrained file is not installed, and GoldenMismatch.
    """
    manifest = _manifest(directory)
    try:
        recipe = Recipe.from_json(manifest["recipe"])
        classifier = _load_skops(directory / "classifier.skops")
        with np.load(directory / "gallery.npz", allow_pickle=False) as arrays:
            space = Linear(arrays["matrix"], arrays["offset"]) if "matrix" in arrays else None
            gallery = Gallery(
                arrays["vectors"], arrays["owners"], tuple(manifest["sources"]), space
            )
        model = Recogniser(
            tuple(manifest["labels"]),
            PerClass(tuple(classifier)) if isinstance(classifier, list) else classifier,
            gallery,
            Acceptance(**manifest["acceptance"]),
            tuple(manifest.get("thresholds", ())),
            PresenceJudge(**manifest["nobody"]) if manifest.get("nobody") else None,
        )
        golden = json.loads((directory / "golden" / "answer.json").read_text())
    except (KeyError, TypeError, ValueError, OSError, BadZipFile, RecipeError) as error:
        raise BundleBroken(
            f"The model in {directory.parent.name}/{directory.name} cannot be read: {error}"
        ) from error
    bundle = Bundle(
        manifest["name"], manifest["version"], recipe, model, manifest["facts"], directory
    )
    check_golden(bundle, golden)
    return bundle


def _manifest(directory: Path) -> dict[str, Any]:
    where = f"{directory.parent.name}/{directory.name}"
    try:
        manifest = json.loads((directory / "manifest.json").read_text("utf-8"))
        files = manifest["files"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BundleBroken(f"The model in {where} has no readable manifest.json.") from error
    if manifest.get("format") != FORMAT:
        raise BundleBroken(
            f"The model in {where} has format {manifest.get('format')!r}; this version reads"
            f" {FORMAT}."
        )
    for name, expected in files.items():
        if not (directory / name).is_file():
            raise BundleBroken(f"The model in {where} lacks its file {name}.")
        if sha256_of_file(directory / name) != expected:
            raise BundleBroken(
                f"The file {name} of the model in {where} is not the one that training wrote."
            )
    return manifest


def _load_skops(path: Path) -> Any:
    """Look before anything is constructed: only types of scikit-learn and numpy that we list."""
    asked = set(skops.io.get_untrusted_types(file=path))
    if asked - ALLOWED_TYPES:
        raise BundleBroken(
            f"{path.name} holds types that are not allowed:"
            f" {', '.join(sorted(asked - ALLOWED_TYPES))}."
        )
    return skops.io.load(path, trusted=sorted(asked))
