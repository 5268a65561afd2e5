"""The pages on data and on collecting name every command, finding and option."""

from __future__ import annotations

from data_cleaning.datasets.findings import KINDS
from likeness.cli import DATASETS
from tests.support.paths import ROOT


def test_the_documentation_has_every_command_finding_and_option():
    pages = [ROOT / "docs" / name for name in ("data.md", "collect.md")]
    words = "".join(page.read_text("utf-8") for page in pages)
    for name, entry in DATASETS.items():
        assert f"## `{name}`" in words
        options = {o for p in entry.load().params for o in p.opts if o.startswith("--")}
        known = {"--help", "--progress-json", "--most", "--findings"}
        assert not {o for o in options - known if f"{o}" not in words}
    for title, _ in KINDS.values():
        assert title.lower() in words.lower()
