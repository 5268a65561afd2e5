"""A file of settings such as /etc/likeness.env, read as systemd reads an EnvironmentFile.

Nothing here knows a setting.

The shell would read such a file otherwise: `&` or `$` in the address of a database mean something
to it.
"""

from __future__ import annotations

import re
from pathlib import Path

from server.errors import SettingError

LINE = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)=(.*)")
PLAIN = re.compile(r"((?:[^'\"\\]|\\.)(?:[^\\]|\\.)*|)")
SINGLE = re.compile(r"'([^']*)'")
DOUBLE = re.compile(r'"((?:[^"\\]|\\.)*)"')


def read(path: Path) -> dict[str, str]:
    """Names and values. Raises SettingError for a file, or a line of it, that cannot be read."""
    try:
        lines = path.read_text("utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise SettingError(f"The settings in {path} cannot be read: {why}.") from None
    values: dict[str, str] = {}
    for number, line in enumerate((line.strip() for line in lines), 1):
        if not line or line[0] in "#;":
            continue
        found = LINE.fullmatch(line)
        value = _value(found[2].strip()) if found else None
        if not found or value is None:
            # Without the line itself: it may hold a password.
            raise SettingError(
                f"Line {number} of {path} cannot be read; write NAME=VALUE, or NAME='VALUE', in one"
                " line."
            )
        values[found[1]] = value
    return values


def _value(text: str) -> str | None:
    """Without its quotes and what they protect from; None for a quote or a backslash that nothing
    follows.
    """
    if single := SINGLE.fullmatch(text):
        return single[1]
    if double := DOUBLE.fullmatch(text):
        return re.sub(r'\\(["\\`$])', r"\1", double[1])
    return re.sub(r"\\(.)", r"\1", text) if PLAIN.fullmatch(text) else None
