"""A bundle on disk: save it, verify its files, load it.

<version>/manifest.json, classifier.skops, gallery.npz, golden/answer.json, golden/features.npz,
report.html, report.json. No pickle is ever loaded.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from data_cleaning.errors import BundleBroken, RecipeError
from data_cleaning.files import aside, sha256_of_file, to_disk
from model.recipes.recipe import Recipe
from model.recognition.bundle import Bundle
from model.recognition.classifier_file import read_classifier, weigh, write_classifier
from model.recognition.golden import GoldenAnswer, check_golden, golden_answer
from model.recognition.manifest import MANIFEST, Manifest, read_manifest
from model.recognition.naming.gallery import Gallery, Linear, NearestExamples
from model.recognition.naming.recogniser import Recogniser

CLASSIFIER, GALLERY, GOLDEN = "classifier.skops", "gallery.npz", "golden/answer.json"
GOLDEN_FEATURES = "golden/features.npz"  # which bundles of before have not
UNREADABLE = (
    KeyError,
    TypeError,
    ValueError,
    OSError,
    EOFError,
    MemoryError,
    NotImplementedError,
    RecursionError,
    BadZipFile,
    zlib.error,
    RecipeError,
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
    model = bundle.recogniser
    write_classifier(model.classifier, folder / CLASSIFIER)
    _write_gallery(model.gallery, folder / GALLERY)
    _write_golden(golden_answer(bundle), folder)
    for name, content in extras.items():
        (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)
    manifest = Manifest(
        name=bundle.name,
        version=bundle.version,
        recipe=bundle.recipe.to_json(),
        labels=model.labels,
        acceptance=model.acceptance,
        thresholds=model.thresholds,
        presence_judge=model.presence_judge,
        sources=model.gallery.sources,
        facts=bundle.facts,
        files={
            name: sha256_of_file(folder / name)
            for name in (CLASSIFIER, GALLERY, GOLDEN, GOLDEN_FEATURES)
        },
    )
    manifest.write(folder / MANIFEST)


def _write_gallery(gallery: Gallery, path: Path) -> None:
    vectors, owners, space = gallery.vectors, gallery.owners, gallery.space
    if space is None:
        np.savez_compressed(path, vectors=vectors, owners=owners)
    else:
        np.savez_compressed(
            path, vectors=vectors, owners=owners, matrix=space.matrix, offset=space.offset
        )


def _write_golden(golden: GoldenAnswer, folder: Path) -> None:
    (folder / GOLDEN).parent.mkdir()
    (folder / GOLDEN).write_text(json.dumps(golden.to_json(), indent=1))
    np.savez_compressed(folder / GOLDEN_FEATURES, *(golden.features or ()))


def load(directory: Path) -> Bundle:
    """Read a bundle and replay its golden answer.

    Raises BundleBroken where a file is missing, changed or holds a type that is not allowed,
    WeightsMissing where a pretrained file is not installed, and GoldenMismatch.
    """
    manifest = read_manifest(directory)
    _verify(manifest, directory)
    try:
        recipe = Recipe.from_json(manifest.recipe)
        model = _recogniser(manifest, directory)
        golden = _read_golden(directory, manifest)
    except UNREADABLE as error:
        raise BundleBroken(f"The model in {_where(directory)} cannot be read: {error}") from error
    bundle = Bundle(manifest.name, manifest.version, recipe, model, manifest.facts, directory)
    check_golden(bundle, golden)
    return bundle


def _read_golden(directory: Path, manifest: Manifest) -> GoldenAnswer:
    path, features = directory / GOLDEN_FEATURES, None
    if GOLDEN_FEATURES in manifest.files:
        weigh(path)
        with np.load(path, allow_pickle=False) as arrays:
            names = [f"arr_{number}" for number in range(len(arrays))]
            features = tuple(arrays[name].astype(np.float32) for name in names)
    return GoldenAnswer.from_json(json.loads((directory / GOLDEN).read_text()), features)


def _recogniser(manifest: Manifest, directory: Path) -> Recogniser:
    gallery = _load_gallery(directory / GALLERY, manifest.sources)
    saved = read_classifier(directory / CLASSIFIER)
    if isinstance(saved, dict):
        sharpness, level = float(saved["sharpness"]), float(saved["level"])
        saved = NearestExamples(gallery, len(manifest.labels), sharpness, level)
    return Recogniser(
        manifest.labels,
        saved,
        gallery,
        manifest.acceptance,
        manifest.thresholds,
        manifest.presence_judge,
    )


def _load_gallery(path: Path, sources: tuple[str, ...]) -> Gallery:
    weigh(path)
    with np.load(path, allow_pickle=False) as arrays:
        space = Linear(arrays["matrix"], arrays["offset"]) if "matrix" in arrays else None
        return Gallery(arrays["vectors"], arrays["owners"], sources, space)


def enrolled_examples(directory: Path) -> set[tuple[str, str]]:
    """The examples in a version's gallery, each by its picture's sha256 and its label.

    Raises BundleBroken.
    """
    manifest = read_manifest(directory)
    try:
        with np.load(directory / GALLERY, allow_pickle=False) as arrays:
            owners = arrays["owners"].tolist()
        named = [manifest.labels[owner] for owner in owners]
        return set(zip(manifest.sources, named, strict=True))
    except (*UNREADABLE, IndexError) as error:
        raise BundleBroken(f"The model in {_where(directory)} cannot be read: {error}") from error


def _verify(manifest: Manifest, directory: Path) -> None:
    """Raises BundleBroken where a file is missing or is not the one that training wrote."""
    where = _where(directory)
    if missing := {CLASSIFIER, GALLERY, GOLDEN} - set(manifest.files):
        raise BundleBroken(
            f"The manifest of the model in {where} has no checksum of {', '.join(sorted(missing))}."
        )
    for name, expected in manifest.files.items():
        if not (directory / name).is_file():
            raise BundleBroken(f"The model in {where} lacks its file {name}.")
        if sha256_of_file(directory / name) != expected:
            raise BundleBroken(
                f"The file {name} of the model in {where} is not the one that training wrote."
            )


def _where(directory: Path) -> str:
    return f"{directory.parent.name}/{directory.name}"
