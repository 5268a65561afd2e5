"""Running the commands that work on data sets in this process. Nothing here is a test."""

from __future__ import annotations

from data_cleaning.imaging.image import Image
from likeness.cli import main
from tests.support.pictures import packaged


def run(capsys, *words: object) -> tuple[int, str, str]:
    """A command in this process: exit status, output, complaints."""
    status = main([str(w) for w in words])
    out = capsys.readouterr()
    return status, out.out, out.err


def face(turn: float = 0.0) -> Image:
    """The astronaut's face with something around it."""
    return packaged("astronaut.png")[0:256, 96:352]
