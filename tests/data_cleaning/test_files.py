"""Writing a file so that nobody ever sees half of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from data_cleaning import files


@pytest.mark.parametrize("durable", [False, True])
@pytest.mark.parametrize("content", [b"\x00bytes", "té×t"])
def test_a_file_takes_the_place_of_the_old_one(
    tmp_path: Path, content: bytes | str, durable: bool
) -> None:
    path = tmp_path / "file"
    path.write_text("a longer text that stood there before")
    files.write(path, content, durable)
    assert path.read_bytes() == (content if isinstance(content, bytes) else content.encode())
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


def test_what_fails_leaves_the_old_file_and_nothing_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file"
    path.write_text("old")

    def full(*paths: Path) -> None:
        assert paths[0].read_text() == "new"
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files, "to_disk", full)
    with pytest.raises(OSError, match="No space"):
        files.write(path, "new", durable=True)
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


def test_a_folder_that_is_gone_is_not_made_again(tmp_path: Path) -> None:
    """Somebody who is forgotten while their picture comes in must stay forgotten."""
    with pytest.raises(FileNotFoundError):
        files.write(tmp_path / "anna" / "1.jpg", b"")
    assert not (tmp_path / "anna").exists()
