"""A fitted classifier in its file: classifier.skops.

skops holds scikit-learn's own types alone, checked against an allow-list before anything is
constructed. It loads the whole of scikit-learn, which takes longer than all else that a start
needs. So it is imported for those classifiers alone that cannot answer without.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zipfile import ZipFile

from data_cleaning.errors import BundleBroken
from model.recognition.naming.calibrated_linear import CalibratedLinear, read_calibrated_linear
from model.recognition.naming.gallery import NearestExamples
from model.recognition.naming.recogniser import Classifier, PerClass
from model.recognition.packing import repacked

if TYPE_CHECKING:
    from sklearn.base import BaseEstimator

UNPACKED_FREELY = 64 * 1024 * 1024  # bytes of a packed file that are never too many
MOST_PACKED = 20  # times larger than its file, beyond that; numbers pack to half or a third
ALLOWED_TYPES = frozenset(
    {
        "sklearn.calibration._CalibratedClassifier",
        "sklearn.calibration._SigmoidCalibration",
        "sklearn.calibration._TemperatureScaling",
        "sklearn.tree._tree.Tree",
    }
)


def write_classifier(classifier: Classifier, path: Path) -> None:
    """What skops may see: scikit-learn's own types and plain data.

    So a list for one classifier a class, and two numbers for nearest examples, which lie in the
    gallery. What was read from a file is written as it was there.
    """
    if isinstance(classifier, CalibratedLinear):
        path.write_bytes(classifier.saved)
        return
    import skops.io

    saved: object = classifier
    if isinstance(classifier, NearestExamples):
        saved = {"sharpness": classifier.sharpness, "level": classifier.level}
    elif isinstance(classifier, PerClass):
        saved = list(classifier.models)
    path.write_bytes(repacked(skops.io.dumps(saved)))


def read_classifier(path: Path) -> Classifier | dict[str, float]:
    """The classifier of a file, or the numbers that one has which is the gallery.

    Raises BundleBroken for a file that unpacks to too much or holds a type that is not allowed, and
    KeyError, TypeError, ValueError, OSError for a damaged one.
    """
    weigh(path)
    saved = path.read_bytes()
    return _numbers(path) or read_calibrated_linear(saved) or _scikit_learn(saved, path.name)


def scikit_learn_of(classifier: Classifier) -> BaseEstimator:
    """scikit-learn's own form of a classifier, with everything that it has fitted."""
    if isinstance(classifier, CalibratedLinear):
        return _scikit_learn(classifier.saved, "The classifier")
    return classifier


def weigh(path: Path) -> None:
    """Raises BundleBroken where few packed bytes would unpack to very many."""
    with ZipFile(path) as members:
        unpacked = sum(member.file_size for member in members.infolist())
    if unpacked > max(UNPACKED_FREELY, MOST_PACKED * path.stat().st_size):
        raise BundleBroken(
            f"{path.name} unpacks to {unpacked:,} bytes, which is more than an honest one does."
        )


def _numbers(path: Path) -> dict[str, float]:
    """What a file of skops holds that has named numbers and nothing else; empty for any other."""
    with ZipFile(path) as members:
        saved = json.loads(members.read("schema.json"))
    content = saved["content"]
    if saved["__loader__"] != "DictNode" or not isinstance(content, dict):
        return {}
    if any(value["__loader__"] != "JsonNode" for value in content.values()):
        return {}
    return {key: json.loads(value["content"]) for key, value in content.items()}


def _scikit_learn(saved: bytes, name: str) -> Any:
    """Look before anything is constructed: only types of scikit-learn and numpy that we list."""
    import skops.io

    types = set(skops.io.get_untrusted_types(data=saved))
    if types - ALLOWED_TYPES:
        raise BundleBroken(
            f"{name} holds types that are not allowed: {', '.join(sorted(types - ALLOWED_TYPES))}."
        )
    loaded = skops.io.loads(saved, trusted=sorted(types))
    return PerClass(tuple(loaded)) if isinstance(loaded, list) else loaded
