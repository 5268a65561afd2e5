"""What the validation found wrong, in words a person can act on: where, and what it must be."""

from __future__ import annotations

from pydantic import ValidationError
from pydantic_core import ErrorDetails

NAME = r"^[^\x00-\x20\x7f/\\.][^\x00-\x1f\x7f/\\]{0,62}$"
LABEL = (  # of a class that is there: a folder made by hand, too
    r"^[^\x00-\x1f\x7f/\\.][^\x00-\x1f\x7f/\\]{0,199}$"
)
MODEL_NAME = r"^[a-z0-9][a-z0-9_-]{0,62}$"
PATTERNS = {
    NAME: (
        "must be a name of 1 to 63 characters without slashes, not starting with a dot or a space"
    ),
    LABEL: "must be a class's name: 1 to 200 characters without slashes, not starting with a dot",
    MODEL_NAME: (
        "must be a name of 1 to 63 small letters, digits, - and _, starting with a letter or digit"
    ),
    r"^[0-9a-f]{32}$": "must be an id: 32 hexadecimal digits",
    r"^[0-9a-f]{1,32}$": "must be an id: at most 32 hexadecimal digits",
}
KINDS = {
    "missing": "is missing",
    "extra_forbidden": "is not known here",
    "string_type": "must be text",
    "string_unicode": "must be text",
    "int_type": "must be a whole number",
    "bool_type": "must be true or false",
    "list_type": "must be a list",
    "model_type": "must be a JSON object",
    "model_attributes_type": "must be a JSON object",
    "dict_type": "must be a JSON object",
    "literal_error": "must be {expected}",
    "greater_than_equal": "must be at least {ge}",
    "less_than_equal": "must be at most {le}",
    "greater_than": "must be more than {gt:g}",
    "less_than": "must be less than {lt:g}",
    "too_short": "must hold {min_length} or more",
    "too_long": "must hold {max_length} at most",
    "float_type": "must be a number",
    "finite_number": "must be a number",
    "string_too_short": "must have at least {min_length} characters",
    "string_too_long": "must have at most {max_length} characters",
}
MOST = 20  # mistakes that an answer tells of
LONGEST = 200  # characters of the name of a field, which the caller made up
BOUNDS = ("ge", "gt", "le", "lt", "min_length", "max_length")  # as pydantic calls them


def mistakes(error: ValidationError) -> list[dict[str, str]]:
    """The first things that are wrong, 20 at most: `where` (the field, or body) and `what`."""
    found = error.errors(include_url=False, include_input=False)[:MOST]
    return [{"where": _where(mistake), "what": _what(mistake)} for mistake in found]


def broken_limits(error: ValidationError) -> dict[str, float]:
    """The field and its limit, for mistake value that is beyond one."""
    found = {}
    for mistake in error.errors(include_url=False, include_input=False)[:MOST]:
        context = mistake.get("ctx") or {}
        for bound in [context[name] for name in BOUNDS if name in context]:
            found[_where(mistake)] = int(bound) if bound == int(bound) else bound
    return found


def _where(mistake: ErrorDetails) -> str:
    place = ".".join(str(part)[:LONGEST] for part in mistake["loc"])
    return place[:LONGEST] or "body"


def _what(mistake: ErrorDetails) -> str:
    context = mistake.get("ctx") or {}
    if mistake["type"] == "value_error":
        return str(context["error"])
    if mistake["type"] == "string_pattern_mismatch":
        return PATTERNS.get(context["pattern"], "holds characters that do not belong there")
    words = KINDS.get(mistake["type"])
    return words.format(**context) if words else str(mistake["msg"])
