"""Grouping faces whose names nobody knows by how alike their embeddings are.

Groups are joined and never parted: what a person merged or took out stays so. Nothing here knows
where a vector came from.

The threshold is a property of the embedding, as that of naming is (model/weights/
stranger_populations.json): the angle between one face each of two people is close to normally
distributed, and one pair in ten thousand is closer than the cosine taken here. That is stricter
than for naming, for a joined pair is joined for all later ones. Average linkage holds the mean over
all pairs of two groups against it, so that no chain of half-alike faces joins two people.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

import model.weights
from model.recipes.features import Features

FILE = Path(model.weights.__file__).with_name("stranger_populations.json")
WRONG = 1e-4  # part of the pairs of different people that are more alike than the threshold


def _threshold(numbers: Mapping[str, Sequence[float]], wrong: float) -> float:
    angle, deviation = numbers["angles"][0], numbers["deviations"][0]
    return float(np.cos(angle + deviation * ndtri(wrong)))


# The least mean cosine of two groups that are joined, by the name of the embedding.
LIKENESS = {
    name: _threshold(numbers, WRONG) for name, numbers in json.loads(FILE.read_text()).items()
}


@dataclass(frozen=True)
class GroupedFace:
    """group: the one that it is in so far. picture: faces of one picture are different people.
    apart: a group that a person took it out of, or None. vector: as `to_bytes` makes it.
    """

    group: str
    picture: str
    vector: bytes
    apart: str | None = None


def to_bytes(views: Features) -> bytes:
    """The mean of views, shape (views, d), as a vector of length 1: float16, 2 d bytes."""
    return _unit(np.asarray(views, np.float32).mean(axis=0)).astype(np.float16).tobytes()


def mean_of(vectors: Sequence[bytes]) -> bytes:
    """One vector that stands for several of one person. Raises ValueError for none."""
    if not vectors:
        raise ValueError("there is no vector to take the mean of")
    return to_bytes(_rows(vectors))


def most_alike(vector: bytes, others: Sequence[bytes]) -> tuple[int, float]:
    """Which of the others, at least one, is nearest, and its cosine."""
    cosines = _rows(others) @ _rows([vector])[0]
    first = int(np.argmax(cosines))
    return first, float(cosines[first])


def join_groups(faces: Sequence[GroupedFace], threshold: float) -> dict[str, str]:
    """Which groups are one person's: {group: the group that it goes into}, average linkage.

    Of two the one with more faces stays, of equal ones the one that comes first. Faces of one
    picture, and those that a person has taken apart, are never joined.
    """
    groups = list(dict.fromkeys(face.group for face in faces))
    place = {group: number for number, group in enumerate(groups)}
    owners = np.array([place[face.group] for face in faces], np.int64)
    sums = np.zeros((len(groups), len(faces[0].vector) // 2 if faces else 0))
    np.add.at(sums, owners, _rows([face.vector for face in faces]))
    counts = np.bincount(owners, minlength=len(groups)).astype(np.float64)
    likeness = (sums @ sums.T) / np.outer(counts, counts)
    likeness[_apart(faces, place)] = -np.inf
    np.fill_diagonal(likeness, -np.inf)
    into = _join(likeness, counts, threshold)
    return {groups[old]: groups[new] for old, new in into.items()}


def _join(
    likeness: NDArray[np.float64], counts: NDArray[np.float64], threshold: float
) -> dict[int, int]:
    """The nearest two become one until none are near enough; {group: the one it ended in}.

    likeness: shape (n, n), mean cosines, -inf where two must not be joined; counts: faces of each.
    Both are changed. After a join the mean cosine is that of both, weighted by their faces
    (Lance and Williams 1967), and -inf stays -inf.
    """
    into: dict[int, int] = {}
    nearest = likeness.argmax(axis=1) if len(counts) else np.zeros(0, np.int64)
    best = likeness.max(axis=1, initial=-np.inf)
    while best.size and best.max() >= threshold:
        one = int(best.argmax())
        other = int(nearest[one])
        stays, goes = (one, other) if (counts[one], other) >= (counts[other], one) else (other, one)
        weights = counts[stays], counts[goes]
        row = (weights[0] * likeness[stays] + weights[1] * likeness[goes]) / sum(weights)
        row[[stays, goes]] = -np.inf
        likeness[stays], likeness[:, stays] = row, row
        likeness[goes], likeness[:, goes] = -np.inf, -np.inf
        counts[stays] = sum(weights)
        into = {old: stays if new == goes else new for old, new in into.items()} | {goes: stays}
        # Nobody comes nearer to the two by their joining: of the others' nearest, only they change.
        changed = np.flatnonzero(np.isin(nearest, (stays, goes)))
        changed = np.union1d(changed, (stays, goes))
        nearest[changed], best[changed] = _nearest(likeness[changed])
    return into


def _nearest(rows: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Of each row the column of its largest value, and that value."""
    return rows.argmax(axis=1), rows.max(axis=1)


def _apart(faces: Sequence[GroupedFace], place: Mapping[str, int]) -> tuple[list[int], list[int]]:
    """Rows and columns of groups that must not be joined, each pair both ways."""
    links: set[tuple[int, int]] = set()
    by_picture: dict[str, set[int]] = {}
    for face in faces:
        by_picture.setdefault(face.picture, set()).add(place[face.group])
        if face.apart is not None and face.apart in place:
            links.add((place[face.group], place[face.apart]))
    for together in by_picture.values():
        links |= {(one, other) for one in together for other in together if one != other}
    both = [*links, *((other, one) for one, other in links)]
    return [one for one, _ in both], [other for _, other in both]


def _rows(vectors: Iterable[bytes]) -> NDArray[np.float32]:
    rows = [np.frombuffer(vector, np.float16) for vector in vectors]
    return np.stack(rows).astype(np.float32) if rows else np.zeros((0, 0), np.float32)


def _unit(row: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(row / max(float(np.linalg.norm(row)), 1e-12), np.float32)
