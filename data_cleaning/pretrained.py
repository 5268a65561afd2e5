"""Pretrained files by name: what each is called, its hash, and where it lies, verified.

The one table of them. Where a file comes from, its licence and how it is fetched is
`model.weights`' business. Nothing here loads a network or uses one.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from data_cleaning.errors import WeightsBroken, WeightsMissing
from data_cleaning.files import sha256_of_file

COMMAND = "python -m model weights"
DEFAULT_DIRECTORY = Path("~/.cache/likeness/weights")


@dataclass(frozen=True)
class PretrainedFile:
    """One finished file as it lies in the weights folder.

    role: what it is used for. sha256: of its content, 64 hexadecimal digits. size: in bytes.
    """

    name: str
    filename: str
    role: str
    sha256: str
    size: int


_FILES = (
    PretrainedFile(
        name="yunet",
        filename="yunet_2023mar_joined.onnx",
        role="face detector: boxes and five landmarks",
        sha256="ff923098684b6a610a4add95d5cc52241d1b958f5abfa68f4d1a766c92ed57dd",
        size=226_025,
    ),
    PretrainedFile(
        name="dlib_face",
        filename="dlib_face_resnet.onnx",
        role="face embedding, 128 numbers",
        sha256="4fe79304e181571687e2ad70cd79a0f9047eab9f347698c88af59519e09a318a",
        size=22_437_168,
    ),
    PretrainedFile(
        name="coco_ssd",
        filename="coco_ssd.onnx",
        role="detector of people and 79 other kinds of object",
        sha256="5eff956a61ffe07990aabcbf457f1bf9dc2e036c20be337ba925eebf2d36cbe5",
        size=17_927_453,
    ),
    PretrainedFile(
        name="coco_anchors",
        filename="coco_ssd_anchors.npy",
        role="list of the 1917 boxes that coco_ssd answers against",
        sha256="b73e9bd45f944a6ae78871d70a3715d6ab18159cad22b821845f67df3e0679ea",
        size=30_800,
    ),
    PretrainedFile(
        name="efficientnet_lite0",
        filename="efficientnet_lite0.onnx",
        role="picture embedding, 1280 numbers, and the map they are the mean of",
        sha256="d2b2bc7f6110cd21040092e410d170eb6f372fc7de41684ea12e3225870c3e7f",
        size=18_535_780,
    ),
    PretrainedFile(
        name="sface",
        filename="sface_2021dec_8bit_turned.onnx",
        role="face embedding, 128 numbers",
        sha256="b53c5ef5cec5ec2feaaaee9a4d0cd6807359ee4649b8ce8764105a5152c64007",
        size=9_939_374,
    ),
    PretrainedFile(
        name="sface_float",
        filename="face_recognition_sface_2021dec.onnx",
        role="face embedding, 128 numbers: sface in 32 bits, by official download only",
        sha256="0ba9fbfa01b5270c96627c4ef784da859931e02f04419c829e83484087c34e79",
        size=38_696_353,
    ),
)

PRETRAINED: dict[str, PretrainedFile] = {file.name: file for file in _FILES}

_verified: set[tuple[Path, int, int, str]] = set()


def weights_dir(directory: Path | None = None) -> Path:
    """The folder of pretrained files.

    It is `directory` where one is given, else LIKENESS_WEIGHTS, else ~/.cache/likeness/weights.
    """
    chosen = directory or Path(os.environ.get("LIKENESS_WEIGHTS") or DEFAULT_DIRECTORY)
    return chosen.expanduser()


def locate(name: str, directory: Path | None = None) -> Path:
    """The path of a pretrained file whose content has been checked.

    The hash is taken once a process for each file, and again if the file changes. Raises
    WeightsMissing where the name is unknown or the file absent. Raises WeightsBroken where its
    content is another. The message names the command that gets it.
    """
    file = PRETRAINED.get(name)
    if file is None:
        raise WeightsMissing(
            f"no pretrained file is called {name!r}; there are {', '.join(PRETRAINED)}"
        )
    path = weights_dir(directory) / file.filename
    remedy = f"get it with: {fetch_command([name], directory)}"
    try:
        verified = has_sha256(path, file.sha256)
    except FileNotFoundError:
        raise WeightsMissing(f"{name}, the {file.role}, is not installed; {remedy}") from None
    except OSError as error:
        raise WeightsBroken(
            f"{file.filename} cannot be read: {error.strerror}; {remedy}"
        ) from error
    if not verified:
        raise WeightsBroken(
            f"{file.filename} is damaged or another version: its sha256 is not {file.sha256};"
            f" {remedy}"
        )
    return path


def fetch_command(names: Sequence[str], directory: Path | None) -> str:
    """The command line that gets these files into that folder."""
    return " ".join([COMMAND, *names, *(["--dir", str(directory)] if directory else [])])


def has_sha256(path: Path, sha256: str) -> bool:
    """Whether a file has this hash. A yes is remembered until the file is written to.

    Raises OSError.
    """
    status = path.stat()
    key = (path.absolute(), status.st_size, status.st_mtime_ns, sha256)
    if key not in _verified and sha256_of_file(path) == sha256:
        _verified.add(key)
    return key in _verified
