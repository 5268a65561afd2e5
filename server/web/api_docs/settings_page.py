"""docs/settings.md, made from the table: `python -m server settings --page > docs/settings.md`.

The words are in templates/settings.md.j2.
"""

from __future__ import annotations

from dataclasses import Field
from pathlib import Path

from jinja2 import StrictUndefined, Template

from server.settings import FIELDS, variable

TEMPLATE = Path(__file__).parent / "templates" / "settings.md.j2"


def settings_markdown() -> str:
    """The page as Markdown."""
    template = Template(
        TEMPLATE.read_text("utf-8"),
        trim_blocks=True,
        keep_trailing_newline=True,
        undefined=StrictUndefined,
    )
    return str(template.render(settings=[_row(field) for field in FIELDS]))


def _row(field: Field[object]) -> dict[str, str]:
    return {
        "variable": variable(field.name),
        "default": _default(field),
        "allowed": _allowed(field),
        "help": field.metadata["help"],
    }


def _default(field: Field[object]) -> str:
    if shown := field.metadata.get("shown"):
        return str(shown)
    if isinstance(field.default, bool):
        return f"`{int(field.default)}`"
    return f"`{field.default}`" if str(field.default) else "empty"


def _allowed(field: Field[object]) -> str:
    checks = field.metadata
    if isinstance(field.default, bool):
        return "1 or 0"
    if checks.get("choices"):
        return ", ".join(checks["choices"])
    if "high" in checks:
        return f"{checks['low']} to {checks['high']}"
    return f"{checks['low']} or more" if "low" in checks else ""
