"""Archives that were downloaded: which members are read, and which archives are refused."""

from __future__ import annotations

import io
import tarfile
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from data_cleaning.errors import DownloadFailed, WeightsBroken
from model.weights.downloads import Source, download, read_members
from tests.model.weights.small_files import CONTENT, WRONG, quiet


def zip_of(path: Path, members: Mapping[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def tar_of(path: Path, members: Mapping[str, bytes]) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
        link = tarfile.TarInfo("package/link")
        link.type = tarfile.SYMTYPE
        link.linkname = "package/wanted"
        archive.addfile(link)
    return path


@pytest.mark.parametrize("pack", [zip_of, tar_of])
@pytest.mark.parametrize(
    ("other", "member", "refusal"),
    [
        ("package/other", "package/wanted", None),
        ("../other", "package/wanted", "'../other', which points outside"),
        ("../other", "../other", "'../other', which points outside"),
        ("package/../../other", "package/wanted", "points outside"),
        ("/etc/other", "package/wanted", "'/etc/other', which points outside"),
        ("..\\other", "package/wanted", "points outside"),
        ("package/other", "package/absent", "no regular file 'package/absent'"),
        ("package/other", "package/link", "no regular file 'package/link'"),
    ],
)
def test_read_members(
    pack: Callable[[Path, Mapping[str, bytes]], Path],
    other: str,
    member: str,
    refusal: str | None,
    tmp_path: Path,
) -> None:
    archive = pack(tmp_path / "archive", {"package/wanted": CONTENT, other: b"other"})
    if refusal is None:
        assert read_members(archive, [member]) == {"wanted": CONTENT}
    else:
        with pytest.raises(WeightsBroken) as refused:
            read_members(archive, [member])
        assert refusal in str(refused.value)
    assert [path.name for path in tmp_path.iterdir()] == ["archive"]


def test_a_member_over_the_limit_is_refused(tmp_path: Path) -> None:
    archive = zip_of(tmp_path / "archive", {"big": b""})
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as opened:
        opened.writestr("big", bytes((64 << 20) + 1))
    with pytest.raises(WeightsBroken, match="67108865 bytes, the limit is 67108864"):
        read_members(archive, ["big"])


def test_a_source_that_cannot_be_reached(tmp_path: Path) -> None:
    with pytest.raises(DownloadFailed, match="cannot be downloaded"):
        download(Source("url", "https://127.0.0.1:9/file", WRONG, 1), tmp_path, quiet)
