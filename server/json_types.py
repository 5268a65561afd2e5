"""What JSON is to the type checker. Nothing else; everybody may import it."""

from __future__ import annotations

from typing import Any

# An object as it comes in or goes out, or a row of a table that is shown as one.
JsonObject = dict[str, Any]
