"""A file of settings is read as systemd reads it, or refused by its line's number."""

from __future__ import annotations

from pathlib import Path

import pytest

from server.errors import SettingError
from server.process.environment_file import read

REFUSED = None


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("A=1", "1"),
        ("  A=1  ", "1"),
        ("A=", ""),
        ("A= two words", "two words"),
        ("A='two words'", "two words"),
        ('A="two words"', "two words"),
        (r"A='back\slash'", r"back\slash"),
        (r'A="a \"quoted\" word"', 'a "quoted" word'),
        (r'A="a\b"', r"a\b"),
        (r"A=a\\b", r"a\b"),
        ("A=it's", "it's"),
        ("A=postgresql://u:p$w@h/d?a=1&b=2#c", "postgresql://u:p$w@h/d?a=1&b=2#c"),
        ("#A=1\n;A=2\n\nA=3", "3"),
        ("A=1\nA=2", "2"),
        ("A='1", REFUSED),
        ('A="1', REFUSED),
        ("A=1\\", REFUSED),
        ("A", REFUSED),
        ("export A=secret", REFUSED),
        ("A B=secret", REFUSED),
        ("1A=secret", REFUSED),
    ],
)
def test_lines(tmp_path: Path, line: str, value: str | None) -> None:
    file = tmp_path / "likeness.env"
    file.write_text(f"B=0\n{line}\n")
    if value is not REFUSED:
        assert read(file) == {"A": value, "B": "0"}
        return
    with pytest.raises(
        SettingError, match=r"^Line 2 of .*likeness.env cannot be read; write NAME=VALUE"
    ) as error:
        read(file)
    assert "secret" not in str(error.value).replace(str(file), "")


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match=r"cannot be read: No such file or directory\."):
        read(tmp_path / "likeness.env")
    (tmp_path / "likeness.env").write_bytes(b"A=\xff")
    with pytest.raises(SettingError, match=r"cannot be read: it is not UTF-8\."):
        read(tmp_path / "likeness.env")
