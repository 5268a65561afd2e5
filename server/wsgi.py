"""What gunicorn loads: the one application of the process.

A wrong setting ends the start with one sentence.
"""

from __future__ import annotations

import sys

from server import create_app
from server.errors import SettingError

try:
    app = create_app()
except SettingError as error:
    sys.exit(f"likeness: {error}")
