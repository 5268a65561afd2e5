"""The one type at the JSON border: what `json.loads` gives,
and `to_json` and `from_json` pass on.
"""

from __future__ import annotations

from typing import Any, TypeAlias

JsonObject: TypeAlias = dict[str, Any]
"""An object of JSON. Inside the program values have types of their own."""
