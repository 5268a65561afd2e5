"""What collect says where it cannot begin, or has to stop."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from data_cleaning.collecting import collect
from likeness.cli import main
from tests.support.pictures import scene, write


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("ftp://example.org/a.png", "ftp:// cannot be asked here"),
        ("http://127.0.0.1:1/a", "http://127.0.0.1:1/a could not be read: "),
        ("nowhere", "nowhere is no folder, archive, picture or list of addresses"),
        ("search", "Say what openverse is to be searched for: --query WORDS."),
    ],
)
def test_a_source_that_cannot_be_used_is_all_that_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], source: str, said: str
) -> None:
    command = ["collect", str(tmp_path / "people"), "ada", source, "--retries", "0"]
    assert main(command) == 2
    shown = capsys.readouterr()
    assert said in shown.err
    assert shown.out == "", "nothing was added, and nobody has to be told so"
    assert not (tmp_path / "people").exists()


def test_a_full_disk_ends_it_in_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(2):
        write(tmp_path / "in" / f"{number}.png", scene(number))
    real, written = collect.write, []

    def write_once(path: Path, data: bytes) -> None:
        if written:
            raise OSError(errno.ENOSPC, "No space left on device", str(path))
        written.append(path)
        real(path, data)

    monkeypatch.setattr(collect, "write", write_once)
    assert main(["collect", str(tmp_path / "people"), "ada", str(tmp_path / "in")]) == 2
    shown = capsys.readouterr()
    assert "It ended early, No space left on device" in shown.err
    assert "1 pictures added" in shown.out
