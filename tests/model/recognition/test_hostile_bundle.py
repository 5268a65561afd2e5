"""Files of a model that would cost much, or are checked by nothing, are refused."""

from __future__ import annotations

import json
import shutil
import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pytest

from data_cleaning.errors import BundleBroken
from data_cleaning.files import sha256_of_file
from model.recognition.bundle_files import CLASSIFIER, GALLERY, load

UNPACKED = 300_000_000


@pytest.fixture
def version(shapes_artifacts: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "shapes" / "1"
    shutil.copytree(shapes_artifacts / "shapes" / "1", folder)
    return folder


def sign(folder: Path, name: str) -> None:
    """Write the checksum of a changed file into the manifest, as somebody would who sends one."""
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["files"][name] = sha256_of_file(folder / name)
    (folder / "manifest.json").write_text(json.dumps(manifest))


@pytest.mark.parametrize("files", [{}, {GALLERY: "0" * 64}])
def test_a_manifest_that_vouches_for_nothing_is_refused(
    version: Path, files: dict[str, str]
) -> None:
    manifest = json.loads((version / "manifest.json").read_text())
    (version / "manifest.json").write_text(json.dumps({**manifest, "files": files}))
    with pytest.raises(BundleBroken, match="has no checksum of"):
        load(version)


@pytest.mark.parametrize("name", [GALLERY, CLASSIFIER])
def test_a_file_that_unpacks_to_much_is_refused_unread(version: Path, name: str) -> None:
    with (
        zipfile.ZipFile(version / name, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("vectors.npy", "w", force_zip64=True) as member,
    ):
        for _ in range(UNPACKED // 50_000_000):
            member.write(bytes(50_000_000))
    assert (version / name).stat().st_size < 4_000_000
    sign(version, name)
    tracemalloc.start()
    with pytest.raises(BundleBroken, match="unpacks to 300,000,000 bytes"):
        load(version)
    assert tracemalloc.get_traced_memory()[1] < 50_000_000
    tracemalloc.stop()


def test_an_array_that_claims_more_than_it_holds_is_refused(version: Path) -> None:
    with zipfile.ZipFile(version / GALLERY, "w") as archive:
        header = b"{'descr': '<f4', 'fortran_order': False, 'shape': (1000000000000, 1000), }"
        header += b" " * (118 - len(header) - 1) + b"\n"
        data = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header
        archive.writestr("vectors.npy", data)
        archive.writestr("owners.npy", data)
    sign(version, GALLERY)
    with pytest.raises(BundleBroken):
        load(version)


def test_an_honest_one_that_packs_well_is_read(version: Path) -> None:
    with np.load(version / GALLERY) as arrays:
        kept = dict(arrays)
    np.savez_compressed(version / GALLERY, **kept)
    sign(version, GALLERY)
    load(version)


@pytest.mark.parametrize(
    "tree",
    ["[" * 100_000, "[1]", '{"__loader__": "DictNode"}', '{"content": 1, "__loader__": "X"}'],
)
def test_a_classifier_that_is_no_tree_of_skops_is_refused(version: Path, tree: str) -> None:
    with zipfile.ZipFile(version / CLASSIFIER, "w") as archive:
        archive.writestr("schema.json", tree)
    sign(version, CLASSIFIER)
    with pytest.raises(BundleBroken, match="cannot be read"):
        load(version)
