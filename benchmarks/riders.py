"""The data set of delivery riders, other people and nobody, put together from the shared pictures
by links.

    python -m benchmarks.riders FOLDER
    python -m model train FOLDER --name riders --recipe person-modern --private --augment dye:3

FOLDER then holds delivery_rider/, _unknown/ (other people), _none/ and groups.csv; no picture is
copied.
"""

from __future__ import annotations

import argparse
import csv
import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PARTS = {
    "delivery_rider": "people/swiggy_riders/delivery_rider",
    "_unknown": "people/bsds500_scenes/human",
    "_none": "people/bsds500_scenes/no_human",
}


def shared_data() -> Path:
    """Where the shared pictures lie: LIKENESS_TEST_DATA, by default beside the project.

    Exits where they do not.
    """
    folder = Path(os.environ.get("LIKENESS_TEST_DATA", ROOT / ".." / "shared" / "data")).resolve()
    if not folder.is_dir():
        raise SystemExit(
            f"There is no folder {folder}; LIKENESS_TEST_DATA says where the shared pictures lie."
        )
    return folder


def assemble(folder: Path, data: Path) -> None:
    """Link every picture into `folder`, which is made if need be, and write which frames belong
    together.
    """
    for label, source in PARTS.items():
        (folder / label).mkdir(parents=True, exist_ok=True)
        for picture in sorted((data / source).iterdir()):
            link = folder / label / picture.name
            if not link.is_symlink():
                link.symlink_to(picture)
    with (data / "people/swiggy_riders/labels.csv").open(newline="") as file:
        lines = [(line["file"], line["leak_group"]) for line in csv.DictReader(file)]
    with (folder / "groups.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("file", "group"), *lines])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    assemble(parser.parse_args().folder, shared_data())
