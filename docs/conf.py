"""The documentation site: Sphinx with MyST and furo. Built offline, and a warning is an error."""

from __future__ import annotations

project = "Likeness"
copyright = "the people who work on Likeness"
extensions = ["myst_parser"]
source_suffix = {".md": "markdown"}
exclude_patterns: list[str] = []

myst_enable_extensions = ["attrs_block", "colon_fence"]
myst_heading_anchors = 3
highlight_language = "none"  # most blocks are commands and trees of files

html_theme = "furo"
html_title = "Likeness"
html_logo = "../ui/logo.svg"
html_favicon = "../ui/logo.svg"
html_copy_source = False
html_show_sphinx = False
