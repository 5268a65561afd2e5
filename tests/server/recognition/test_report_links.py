"""Pictures that a report names are links where the reader may see them and they are still there."""

from __future__ import annotations

from pathlib import Path

import pytest

from server.recognition.report_links import linked
from tests.support.making import Make, make_picture
from tests.support.tiny_models import TinyRegistry


def named(picture: str, dataset: str = "letters") -> str:
    """A page as the report writes it."""
    return f'<main data-dataset="{dataset}"><span data-picture="{picture}">{picture}</span></main>'


@pytest.fixture
def datasets(tmp_path: Path) -> Path:
    for place in (
        "letters/a b/1.png",
        "letters/a b/deeper/2.png",
        "letters/x&y/3 #.png",
        "top.png",
    ):
        path = tmp_path / "datasets" / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(make_picture())
    return tmp_path / "datasets"


@pytest.mark.parametrize(
    ("page", "address"),
    [
        (named("a b/1.png"), "a%20b/1.png"),
        (named("x&amp;y/3 #.png"), "x%26y/3%20%23.png"),
        (named("a b/gone.png"), None),
        (named("a b/deeper/2.png"), None),
        (named("../top.png"), None),
        (named("a b/../x&amp;y/3 #.png"), None),
        (named("a b/1.png", "others"), None),
        (named("a b/1.png", ".."), None),
        (named("a b/1.png", ""), None),
        (named("a b/\0.png"), None),
        ("<html>a report of before</html>", None),
    ],
)
def test_only_what_the_data_set_has_is_a_link(
    page: str, address: str | None, datasets: Path
) -> None:
    made = linked(page, datasets)
    if address is None:
        assert made == page
    else:
        href = f"../../../review?dataset=letters&amp;file={address}"
        assert f'<a href="{href}" target="_blank" rel="noopener">' in made


@pytest.mark.parametrize(("role", "links"), [("predict", 0), ("train", 1), ("admin", 1)])
def test_links_are_for_those_who_may_see_data_sets(
    role: str, links: int, make: Make, registry: TinyRegistry, datasets: Path
) -> None:
    (registry.root / "colours" / "1" / "report.html").write_text(named("a b/1.png"))
    client = make(local_role=role).test_client()
    with client.get("/api/models/colours/report") as report:
        assert report.get_data(as_text=True).count("<a href") == links
    seen = client.get("/api/datasets/letters/classes/a b/pictures/1.png")
    assert (seen.status_code == 200) == bool(links)
