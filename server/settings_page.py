"""docs/settings.md, made from the table: `python -m server settings --page > docs/settings.md`."""

from __future__ import annotations

from server.settings import FIELDS, variable

HEAD = """# Settings

How the service runs. Each is an environment variable; what is not set has its default. `python -m server
settings` prints them all with their values and where each came from, and a value that cannot be used stops the
start with a sentence. Nothing here can change an answer: what can lies in the trained model.

(This page is made from the table in `server/settings.py` by `python -m server settings --page`.)

| setting | default | allowed | what it does |
|---|---|---|---|
"""


def page() -> str:
    """The page as Markdown."""
    return HEAD + "".join(
        f"| `{variable(field.name)}` | {_default(field)} | {_allowed(field)} |"
        f" {field.metadata['help']} |\n"
        for field in FIELDS
    )


def _default(field: object) -> str:
    shown = field.metadata.get("shown")  # type: ignore[attr-defined]
    value = field.default  # type: ignore[attr-defined]
    if shown:
        return str(shown)
    if isinstance(value, bool):
        return f"`{int(value)}`"
    return f"`{value}`" if str(value) else "empty"


def _allowed(field: object) -> str:
    checks = field.metadata  # type: ignore[attr-defined]
    if isinstance(field.default, bool):  # type: ignore[attr-defined]
        return "1 or 0"
    if checks.get("choices"):
        return ", ".join(checks["choices"])
    if "high" in checks:
        return f"{checks['low']} to {checks['high']}"
    return f"{checks['low']} or more" if "low" in checks else ""
