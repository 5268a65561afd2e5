"""The documentation site: Sphinx with MyST and furo. Built offline, and a warning is an error."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "deploy" / "checkout"))

project = "Likeness"
copyright = "the people who work on Likeness"
extensions = ["myst_nb"]
exclude_patterns = ["conf.py", "notebooks/[a-z]*.py"]

# Our own reader executes the notebooks, once for each state of the code. `-t unexecuted` leaves
# that out, to build the pages alone.
executing = not tags.has("unexecuted")  # type: ignore[name-defined]  # noqa: F821
nb_custom_formats = {".py": ["notebooks.read", {"execute": executing}]}
nb_execution_mode = "off"
nb_merge_streams = True

myst_enable_extensions = ["attrs_block", "colon_fence"]
myst_heading_anchors = 3
highlight_language = "none"  # most blocks are commands and trees of files

html_theme = "furo"
html_title = "Likeness"
html_logo = "../ui/logo.svg"
html_favicon = "../ui/logo.svg"
html_copy_source = False
html_show_sphinx = False
