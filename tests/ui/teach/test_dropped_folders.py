"""Folders that a mouse drops, as the browser itself hands them out: with what lies inside."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.ui.admin_page import Start
from tests.ui.teach.faces import put, signed_in

pytestmark = pytest.mark.browser


def dropped(page: Any, path: Path, where: str) -> None:
    """A file or folder of this machine, let go over the middle of `where`."""
    box = page.locator(where).bounding_box()
    place = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
    data = {"items": [], "files": [str(path)], "dragOperationsMask": 1}
    mouse = page.context.new_cdp_session(page)
    for kind in ("dragEnter", "dragOver", "drop"):
        mouse.send("Input.dispatchDragEvent", {"type": kind, **place, "data": data})
    mouse.detach()


def test_a_folder_of_folders_becomes_classes(desk: Any, live: Start, drawn_shapes: Path) -> None:
    server = live()
    signed_in(desk, server, "/teach")
    desk.wait_for_selector("#first:not([hidden])")
    dropped(desk, drawn_shapes, "#first")
    for label in ("square", "cross", "disc"):
        desk.wait_for_selector(f"[data-label={label}] .sending:has-text('12 pictures added')")


def test_a_folder_that_is_dropped_on_a_class_fills_it(
    desk: Any, live: Start, drawn_shapes: Path
) -> None:
    server = live()
    put(server, "shapes", "round")
    signed_in(desk, server, "/teach?dataset=shapes")
    desk.wait_for_selector("[data-label=round] h3")
    dropped(desk, drawn_shapes / "disc", "[data-label=round] header")
    desk.wait_for_selector("[data-label=round] .sending:has-text('12 pictures added')")
    assert desk.locator(".class-card").count() == 1
