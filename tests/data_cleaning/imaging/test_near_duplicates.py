"""Near copies: the same picture again is found, another picture is not."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from data_cleaning.imaging import colour, decoding, encoding, resizing
from data_cleaning.imaging.image import Image
from data_cleaning.imaging.near_duplicates import (
    HASH_BYTES,
    NEAR,
    difference_hash,
    groups,
    near_pairs,
)
from tests.support.pictures import packaged, scene

PACKAGED = [
    "astronaut.png",
    "chelsea.png",
    "coffee.png",
    "camera.png",
    "rocket.jpg",
    "coins.png",
    "motorcycle_left.png",
]


def distance(first: Image, second: Image) -> float:
    return near_pairs(np.stack([difference_hash(first), difference_hash(second)]), share=1.0)[0][2]


def scaled(image: Image, factor: float) -> Image:
    return resizing.resize(image, round(image.shape[1] * factor), round(image.shape[0] * factor))


def trimmed(image: Image, part: float) -> Image:
    y, x = round(image.shape[0] * part), round(image.shape[1] * part)
    return image[y : image.shape[0] - y, x : image.shape[1] - x]


def lighter(image: Image) -> Image:
    return np.clip(255 * (image / 255.0) ** 0.8, 0, 255).astype(np.uint8)


SAME = {
    "jpeg 90": lambda image: decoding.decode(encoding.encode(image, ".jpg", 90)),
    "jpeg 50": lambda image: decoding.decode(encoding.encode(image, ".jpg", 50)),
    "half": lambda image: scaled(image, 0.5),
    "a fifth": lambda image: scaled(image, 0.2),
    "double": lambda image: scaled(image, 2),
    "small, then jpeg": lambda image: decoding.decode(
        encoding.encode(scaled(image, 0.4), ".jpg", 60)
    ),
    "lighter": lighter,
    "grey": lambda image: cv2.cvtColor(colour.grey(image), cv2.COLOR_GRAY2BGR),
    "1 % trimmed": lambda image: trimmed(image, 0.01),
}
DIFFERENT = {
    "mirrored": lambda image: image[:, ::-1],
    "on its head": lambda image: image[::-1],
    "its left half": lambda image: image[:, : image.shape[1] // 2],
    "a fifth trimmed": lambda image: trimmed(image, 0.2),
    "negative": lambda image: 255 - image,
}


@pytest.mark.parametrize("name", PACKAGED)
@pytest.mark.parametrize("change", SAME)
def test_the_same_picture_again_is_near(name, change):
    image = packaged(name)
    assert distance(image, SAME[change](image)) <= NEAR


@pytest.mark.parametrize("name", PACKAGED)
@pytest.mark.parametrize("change", DIFFERENT)
def test_a_changed_view_is_another_picture(name, change):
    image = packaged(name)
    assert distance(image, np.ascontiguousarray(DIFFERENT[change](image))) > 2 * NEAR


def test_different_pictures_are_far():
    pictures = [packaged(name) for name in PACKAGED] + [scene(n) for n in range(12)]
    hashes = np.stack([difference_hash(p) for p in pictures])
    assert near_pairs(hashes) == []
    assert min(d for _, _, d in near_pairs(hashes, share=1.0)) > NEAR + 0.1


def test_different_things_on_white_are_far():
    """As in most pictures of objects; a hash that counts the empty background takes them for
    copies.
    """

    def on_white(draw) -> Image:
        image = np.full((200, 200, 3), 255, np.uint8)
        draw(image)
        return image

    things = [
        on_white(lambda i: cv2.circle(i, (100, 100), 40, (0, 0, 200), -1)),
        on_white(lambda i: cv2.rectangle(i, (70, 70), (130, 130), (200, 0, 0), -1)),
        on_white(lambda i: cv2.line(i, (60, 60), (140, 140), (0, 0, 0), 8)),
        on_white(lambda i: cv2.putText(i, "A", (60, 140), 0, 3, (0, 0, 0), 6)),
        on_white(lambda i: None),
    ]
    assert near_pairs(np.stack([difference_hash(t) for t in things])) == []


def test_groups_join_chains_and_keep_order():
    a, b = scene(1), scene(2)
    hashes = [difference_hash(p) for p in (a, b, SAME["jpeg 50"](a), scene(3), SAME["half"](a))]
    assert groups(hashes).tolist() == [0, 1, 0, 2, 0]
    assert groups([]).tolist() == []
    assert hashes[0].shape == (HASH_BYTES,) and hashes[0].dtype == np.uint8


def test_pairs_do_not_depend_on_how_they_are_cut_in_blocks(monkeypatch):
    hashes = np.stack([difference_hash(scene(n // 2)) for n in range(20)])
    expected = [(n, n + 1) for n in range(0, 20, 2)]
    for block in (1, 3, 7, 256):
        monkeypatch.setattr("data_cleaning.imaging.near_duplicates._BLOCK", block)
        assert [p[:2] for p in near_pairs(hashes)] == expected


def test_of_press_photos_of_20_people_none_are_taken_for_copies(shared_data):
    files = sorted((shared_data / "faces" / "lfw_dev20").rglob("*.jpg"))[::4]
    assert len(files) > 100
    assert near_pairs(np.stack([difference_hash(decoding.read(p)) for p in files])) == []


def test_named_groups_join_near_copies() -> None:
    random = np.random.default_rng(3)
    hashes = list(random.integers(0, 256, (5, 32)).astype(np.uint8))
    hashes[1] = hashes[0].copy()
    assert len(set(groups(hashes).tolist())) == 4
    first, second, third, fourth, fifth = groups(hashes, names=["a", None, "a", "b", None]).tolist()
    assert first == second == third
    assert len({first, fourth, fifth}) == 3
