"""`make screenshots`: every screen of the page at two widths, of pictures that may be shown.

The pictures come in the packages of scikit-image and scikit-learn: an astronaut (NASA, public
domain), a cat, a cup, a rocket, a temple, a flower. Nothing here is a test.
"""

from __future__ import annotations

import argparse
import io
import logging
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import PIL.Image
import skimage
import sklearn.datasets
from playwright.sync_api import sync_playwright

from data_cleaning.imaging.decoding import decode
from data_cleaning.imaging.limits import Limits
from model.recognition.registry import Registry
from server.datasets.managed_datasets import Datasets
from server.settings import Settings
from tests.support.browsing import CHROMIUM, CHROMIUM_ARGUMENTS, Live
from tests.support.fake_camera import film
from tests.support.paths import ROOT

SKIMAGE = Path(skimage.__file__).parent / "data"
SKLEARN = Path(sklearn.datasets.__file__).parent / "images"
SHOWN = {
    "astronaut": SKIMAGE / "astronaut.png",
    "cat": SKIMAGE / "chelsea.png",
    "cup": SKIMAGE / "coffee.png",
    "rocket": SKIMAGE / "rocket.jpg",
    "temple": SKLEARN / "china.jpg",
    "flower": SKLEARN / "flower.jpg",
}
TAUGHT = ("cat", "cup", "flower")
EACH = 12  # pictures of a class, all parts of one
WIDTHS = {390: 844, 1280: 860}
README = {"recognise": 1280, "live": 1280, "teach": 1280, "review": 1280}
README_WIDTH = 880  # pixels of what the README shows
SCREEN = re.compile(r'name: "(\w+)", path: "([^"]*)"')


def main() -> None:
    arguments = argparse.ArgumentParser(prog="make screenshots", description=__doc__)
    arguments.add_argument("--into", type=Path, default=ROOT / "var" / "screenshots")
    arguments.add_argument("--readme", type=Path, help="folder for the README's four, as WebP")
    chosen = arguments.parse_args()
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    chosen.into.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        for taken in take_all(Path(folder), chosen.into):
            print(taken)
    if chosen.readme:
        for_readme(chosen.into, chosen.readme)


def take_all(folder: Path, into: Path) -> Iterator[Path]:
    """Every screen of js/screens.js, and what has no place in the head, light and dark."""
    server = served(folder)
    astronaut = decode(SHOWN["astronaut"].read_bytes())
    upper = astronaut[: astronaut.shape[1] * 3 // 4]  # as high as a camera sees
    camera = film(folder / "film.y4m", [upper], each=30)
    with sync_playwright() as playwright:
        arguments = [*CHROMIUM_ARGUMENTS, *camera]
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        for width, height in WIDTHS.items():
            for scheme in ("light", "dark"):
                with opened(browser, width, height, scheme) as page:
                    yield from taken(page, server.url, into, f"{width}-{scheme}")
        browser.close()
    server.stop()


@contextmanager
def opened(browser: Any, width: int, height: int, scheme: str) -> Iterator[Any]:
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme=scheme,
        reduced_motion="reduce",
        locale="en-GB",
    )
    yield context.new_page()
    context.close()


def taken(page: Any, url: str, into: Path, suffix: str) -> Iterator[Path]:
    screens = SCREEN.findall((ROOT / "ui" / "js" / "screens.js").read_text())
    others = [("kiosk", "live?every=1"), ("lost", "nothing/here"), ("docs", "api/docs")]
    for name, path in [*screens, *others]:
        page.goto(f"{url}/{path}")
        page.wait_for_load_state("networkidle")
        MAKE_READY.get(name, lambda _: None)(page)
        file = into / f"{name}-{suffix}.png"
        page.screenshot(path=file)
        yield file


def recognised(page: Any) -> None:
    page.wait_for_selector("#cards .card")
    page.set_input_files("#file", [str(path) for path in SHOWN.values()])
    for _ in SHOWN:
        page.wait_for_selector("#prints li:last-child .print[data-tone=unsure]", timeout=120_000)
    page.evaluate("scrollTo(0, 0)")


def watched(page: Any) -> None:
    page.select_option("#every", "1")
    page.click("#start")
    page.wait_for_selector("#strip li >> nth=5", timeout=120_000)
    page.evaluate("scrollTo(0, 0)")


def seen_from_afar(page: Any) -> None:
    page.wait_for_selector("#log li", timeout=120_000)


def settled(page: Any) -> None:
    page.wait_for_timeout(4000)  # what is looked at while one looks on


MAKE_READY = {
    "recognise": recognised,
    "live": watched,
    "kiosk": seen_from_afar,
    "teach": settled,
    "review": settled,
}


def served(folder: Path) -> Live:
    """The service with the shipped models, and a data set of things that may be shown."""
    shutil.copytree(ROOT / "artifacts", folder / "artifacts")
    datasets = Datasets(folder / "datasets")
    datasets.create("things")
    for label in TAUGHT:
        datasets.create_class("things", label)
        for data in parts(SHOWN[label]):
            datasets.add("things", label, data, Limits())
    settings = Settings(
        state=folder / "var",
        artifacts=folder / "artifacts",
        datasets=folder / "datasets",
        local_role="admin",
        model="celebrities-modern",
    )
    return Live(settings, Registry(folder / "artifacts"))


def parts(path: Path) -> Iterator[bytes]:
    """A picture cut in several ways, as if it had been taken several times."""
    whole = PIL.Image.open(path).convert("RGB")
    for number in range(EACH):
        edge = 0.02 * number
        box = [edge * whole.width, edge * whole.height * 0.5, whole.width, whole.height]
        part = whole.crop([round(side) for side in box])
        if number % 2:
            part = part.transpose(PIL.Image.Transpose.FLIP_LEFT_RIGHT)
        out = io.BytesIO()
        part.save(out, "JPEG", quality=90)
        yield out.getvalue()


def for_readme(source: Path, into: Path) -> None:
    """The four that the README shows, small."""
    into.mkdir(parents=True, exist_ok=True)
    for name, width in README.items():
        image = PIL.Image.open(source / f"{name}-{width}-light.png").convert("RGB")
        image.thumbnail((README_WIDTH, image.height))
        image.save(into / f"{name}.webp", quality=82, method=6)


if __name__ == "__main__":
    main()
