"""A folder and a place in a real S3 server, kept in step."""

from __future__ import annotations

from pathlib import Path

import pytest

from data_cleaning.errors import StoreFailed
from data_cleaning.objectstore import store as stores
from data_cleaning.objectstore.mirror import Mirror
from data_cleaning.objectstore.store import ObjectStore, is_plain, is_store
from tests.support.pictures import tree
from tests.support.s3 import S3

MODEL = {"family/1/manifest.json": b"{1}", "family/1/a.npz": b"one", "family/active": b"1\n"}


def two_sides(s3: S3, tmp_path: Path) -> tuple[Mirror, Mirror]:
    url = f"s3://{s3.bucket}/models"
    return Mirror(url, tmp_path / "here"), Mirror(url, tmp_path / "there")


def fill(folder: Path, files: dict[str, bytes]) -> None:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def seen(folder: Path) -> dict[str, bytes]:
    return {name: data for name, data in tree(folder).items() if not name.startswith(".")}


def test_what_one_side_does_the_other_does(s3: S3, tmp_path: Path) -> None:
    here, there = two_sides(s3, tmp_path)
    fill(here.folder, MODEL)
    assert here.sync().sent == ["family/1/a.npz", "family/1/manifest.json", "family/active"]
    assert there.sync().brought == ["family/1/a.npz", "family/1/manifest.json", "family/active"]
    assert seen(there.folder) == MODEL
    for side in (here, there, here):
        done = side.sync()
        assert not (done.brought or done.sent or done.removed), "nothing is left to do"
    fill(there.folder, {"family/2/manifest.json": b"{2}", "family/active": b"2\n"})
    for name in ("manifest.json", "a.npz"):
        (there.folder / "family/1" / name).unlink()
    assert there.sync().removed == ["family/1/manifest.json", "family/1/a.npz"]
    here.sync()
    assert seen(here.folder) == {"family/2/manifest.json": b"{2}", "family/active": b"2\n"}
    assert not (here.folder / "family/1").exists()
    assert sorted(s3.names("models")) == [
        "models/family/2/.claim",
        "models/family/2/manifest.json",
        "models/family/active",
    ]


def test_two_trainings_that_take_one_number(s3: S3, tmp_path: Path) -> None:
    """Who comes second is told, and the first one's files are not touched."""
    here, there = two_sides(s3, tmp_path)
    fill(here.folder, MODEL)
    here.sync()
    there.sync()
    fill(here.folder, {"family/2/manifest.json": b"{mine}", "family/2/a.npz": b"mine"})
    s3.files.pipe_file(f"{s3.bucket}/models/family/2/.claim", b"somebody", mode="create")
    s3.files.pipe_file(f"{s3.bucket}/models/family/2/a.npz", b"theirs")
    (here.folder / ".mirror.json").touch()
    fill(there.folder, {"family/2/manifest.json": b"{late}", "family/2/b.npz": b"late"})
    with pytest.raises(StoreFailed, match=r"family/2 .* by somebody else"):
        there.sync()
    assert "models/family/2/b.npz" not in s3.names()
    assert s3.files.cat_file(f"{s3.bucket}/models/family/2/a.npz") == b"theirs"
    assert not (there.folder / "family/2/manifest.json").exists()


def test_a_log_that_both_wrote_is_joined_and_of_the_rest_the_store_s_counts(
    s3: S3, tmp_path: Path
) -> None:
    here, there = two_sides(s3, tmp_path)
    fill(here.folder, {"decisions.jsonl": b"1\n", "a.png": b"a"})
    here.sync()
    there.sync()
    fill(here.folder, {"decisions.jsonl": b"1\n2\n", "a.png": b"here"})
    fill(there.folder, {"decisions.jsonl": b"1\n3\n", "a.png": b"there"})
    for side in (here, there, here):
        side.sync()
    for side in (here, there):
        assert seen(side.folder) == {"decisions.jsonl": b"1\n2\n3\n", "a.png": b"here"}


def test_a_kill_between_two_files_costs_nothing(s3: S3, tmp_path: Path) -> None:
    here, there = two_sides(s3, tmp_path)
    fill(here.folder, MODEL)
    here.sync()
    fill(here.folder, {"family/2/manifest.json": b"{2}", "family/2/a.npz": b"two"})
    state = (here.folder / ".mirror.json").read_bytes()
    here.sync()
    (here.folder / ".mirror.json").write_bytes(state)  # as if it had been killed before its end
    here.sync()
    there.sync()
    assert seen(here.folder) == seen(there.folder)


@pytest.mark.parametrize("side", ["store", "folder"])
def test_a_side_that_is_suddenly_empty_deletes_nothing(s3: S3, tmp_path: Path, side: str) -> None:
    here, _ = two_sides(s3, tmp_path)
    fill(here.folder, MODEL)
    here.sync()
    if side == "store":
        s3.files.rm(f"{s3.bucket}/models", recursive=True)
    else:
        for name in MODEL:
            (here.folder / name).unlink()
    with pytest.raises(StoreFailed, match=r"is empty and was not before. Nothing was changed"):
        here.sync()
    assert seen(here.folder) == MODEL if side == "store" else len(s3.names("models")) == 4


def test_names_that_would_leave_the_folder_are_passed_over(s3: S3, tmp_path: Path) -> None:
    for name in ("../up.txt", "a/../../up.txt", "/abs.txt", ".hidden/x", "a\\b.txt", "good.txt"):
        s3.files.call_s3("put_object", Bucket=s3.bucket, Key=f"models/{name}", Body=b"x")
    here, _ = two_sides(s3, tmp_path)
    here.sync()
    assert seen(here.folder) == {"good.txt": b"x"}
    assert {path.name for path in tmp_path.iterdir()} <= {"here", "cache"}


@pytest.mark.parametrize(
    ("inside", "plain"),
    [("a/b.png", True), ("a/../b", False), ("", False), ("/a", False), ("a//b", False),
     ("a/.b", False), ("a\\..\\b", False), ("a\0", False)],
)  # fmt: skip
def test_plain_names(inside: str, plain: bool) -> None:
    assert is_plain(inside) is plain


@pytest.mark.parametrize(
    ("url", "said"),
    [("s3://nowhere-at-all/x", "cannot be used"), ("s3://", "names no bucket")],
)
def test_a_place_that_cannot_be_used(s3: S3, tmp_path: Path, url: str, said: str) -> None:
    with pytest.raises(StoreFailed, match=said):
        Mirror(url, tmp_path / "here").sync()


def test_a_library_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(stores.SCHEMES, "gs", ("no_such_library", "gs"))
    with pytest.raises(StoreFailed, match=r"pip install 'likeness\[gs\]'"):
        ObjectStore("gs://bucket/x")


def test_what_is_a_store() -> None:
    assert is_store("s3://b/c") and is_store("S3://b")
    assert not is_store("http://b/c") and not is_store("people") and not is_store("file:///etc")
