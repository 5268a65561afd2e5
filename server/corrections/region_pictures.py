"""The picture that shows the corrected region and no other: the whole one, or a part of it.

Pixels are not touched here: data_cleaning.imaging cuts, and the model says what it finds in what
was cut.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

from data_cleaning.datasets.dataset import Item
from data_cleaning.errors import BundleError, WeightsBroken, WeightsMissing
from data_cleaning.files import sha256_of_bytes
from data_cleaning.imaging.encoding import Part, excerpts, reencode
from model.recognition.predictions import Recognition
from server.context import Context
from server.corrections.taught_picture import CorrectedAnswer, TaughtPicture
from server.datasets.managed_datasets import LONGEST, Datasets
from server.history.logged_answers import LoggedRegion

# Shares of a region's longer side: the most first, for a detector wants to see what is around; less
# where that shows a neighbour.
MARGINS = (1.0, 0.6, 0.35, 0.2)
LackingCode = Literal["not_sent", "not_there", "one_of_several", "not_cut", "not_looked"]
NOT_SENT = (
    "The picture did not come along and is not kept here, and the data set {dataset} does not hold"
    " it: send it with `image`, or let asked pictures be kept for some days."
)
NOT_THERE = "{dataset} does not have this picture, so there is nothing to leave out."
ONE_OF_SEVERAL = (
    "The picture shows others as well, so it stays as it is: what a model takes for a region is not"
    " learned from one part of a picture."
)
NOT_CUT = (
    "The picture shows others as well, and in no part of it around this region is exactly this one"
    " found again, so nothing was added to {dataset}. A picture of this one alone would teach."
)
NOT_LOOKED = (
    "The picture shows others as well, and the model cannot look for this one alone: {error}"
)


@dataclass(frozen=True)
class RegionPicture:
    """What shows the region and no other.

    name: the sha256 that it is filed under in the data set. held: its files there. fresh: the JPEG
    to store where there are none. lacking: what to say where there is neither, code: the same for
    programs. noun: what it is
    called in sentences.
    """

    name: str
    held: list[Item] = field(default_factory=list)
    fresh: bytes | None = None
    lacking: str = ""
    code: LackingCode = "not_sent"
    noun: str = "picture"

    @property
    def is_part(self) -> bool:
        return self.noun != "picture"


def region_picture(
    service: Context, lesson: TaughtPicture, about: CorrectedAnswer
) -> RegionPicture:
    """The picture where it shows one region, else the part around the region.

    Raises Busy, TooSlow, PictureError.
    """
    find = _part if about.region and len(about.answer.regions) > 1 else _whole
    return find(service, lesson, about)


def _whole(service: Context, lesson: TaughtPicture, about: CorrectedAnswer) -> RegionPicture:
    """The very picture, as it lies in the data set or as it came."""
    datasets = Datasets(service.settings.datasets)
    digest, data = about.answer.digest, about.data
    code: LackingCode = "not_there" if lesson.action == "not_a_face" else "not_sent"
    lacking = NOT_THERE if lesson.action == "not_a_face" else NOT_SENT
    lacking = lacking.format(dataset=lesson.dataset)
    if data is None:
        held = datasets.holders(lesson.dataset, {digest})
        return RegionPicture(digest, held, None, lacking, code)
    fresh = reencode(data, LONGEST, service.limits)
    # A kept picture is not what was sent, so its size says nothing.
    sizes = {len(data), len(fresh)} if sha256_of_bytes(data) == digest else None
    held = datasets.holders(lesson.dataset, {digest, sha256_of_bytes(fresh)}, sizes)
    return RegionPicture(digest, held, fresh, lacking, code)


def _part(service: Context, lesson: TaughtPicture, about: CorrectedAnswer) -> RegionPicture:
    """The part around the region, as it was cut for an earlier correction or as it is cut now."""
    assert about.region is not None
    datasets = Datasets(service.settings.datasets)
    name = sha256_of_bytes(f"{about.answer.digest} {about.region.box}".encode())
    noun = "part of the picture that shows this one"
    part = RegionPicture(name, datasets.holders(lesson.dataset, {name}, sizes=()), noun=noun)
    if part.held or lesson.action == "not_a_face":
        return replace(part, lacking=ONE_OF_SEVERAL, code="one_of_several")
    if about.data is None:
        return replace(part, lacking=NOT_SENT.format(dataset=lesson.dataset))
    try:
        fresh = _cut(service, about, about.region)
    except (BundleError, WeightsMissing, WeightsBroken) as error:
        return replace(part, lacking=NOT_LOOKED.format(error=error), code="not_looked")
    if fresh is None:
        return replace(part, lacking=NOT_CUT.format(dataset=lesson.dataset), code="not_cut")
    held = datasets.holders(lesson.dataset, {sha256_of_bytes(fresh)}, {len(fresh)})
    return replace(part, held=held, fresh=fresh)


def _cut(service: Context, about: CorrectedAnswer, region: LoggedRegion) -> bytes | None:
    """The part of the picture around the region in which the model finds exactly that region again,
    or None.
    """
    bundle, data = service.models.get(about.answer.model), about.data or b""
    x, y, width, height = region.box
    # A kept picture may be smaller by now, so shares of the one that was asked about are taken.
    wide, tall = about.answer.width, about.answer.height
    part = Part(x / wide, y / tall, width / wide, height / tall)

    def first_that_shows_it() -> bytes | None:
        for excerpt, inside in excerpts(data, part, MARGINS, LONGEST, service.limits):
            if _shows_one(bundle.recognise(excerpt, service.limits), inside):
                return excerpt
        return None

    return service.pool.run(first_that_shows_it, wait=True)


def _shows_one(found: Recognition, part: Part) -> bool:
    """Exactly one region, and its middle lies in the part."""
    if len(found.predictions) != 1 or not (part.width and part.height):
        return False
    box = found.predictions[0].detection
    across = ((box.x + box.width / 2) / found.width - part.left) / part.width
    down = ((box.y + box.height / 2) / found.height - part.top) / part.height
    return 0 < across < 1 and 0 < down < 1
