"""Many people: the time of a whole answer with 5 and with 1,000 of them; the index of a very large
gallery. Prints JSON.

    python -m benchmarks.many_people [--examples 20] [--index 100000]

The pictures are the golden one's alone; whom it is compared with are random directions, as
strangers are to each other. --index compares the faiss index with comparing all (needs faiss-cpu).
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable

import numpy as np

from model.recipes.presets import preset
from model.recognition.bundle import Bundle
from model.recognition.golden import golden_picture
from model.recognition.manifest import Facts
from model.recognition.naming.gallery import Gallery, NearestExamples
from model.recognition.naming.nearest_index import NearestIndex
from model.recognition.naming.recogniser import Acceptance, Recogniser

WIDTH = 128
ROUNDS = 60


def gallery(people: int, examples: int) -> Gallery:
    random = np.random.default_rng(0)
    vectors = random.normal(size=(people * examples, WIDTH)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    owners = np.repeat(np.arange(people, dtype=np.int64), examples)
    return Gallery(vectors, owners, ("",) * len(owners))


def bundle(people: int, examples: int) -> Bundle:
    enrolled = gallery(people, examples)
    names = tuple(f"person {number:04d}" for number in range(people))
    naming = NearestExamples(enrolled, people, 20.0, 0.4)
    model = Recogniser(names, naming, enrolled, Acceptance("similarity", 0.4))
    return Bundle("many", 1, preset("face-modern"), model, Facts())


def milliseconds(calls: list[Callable[[], object]]) -> list[float]:
    """The least of each call, all of them in turn so that a busy machine slows all alike."""
    took: list[list[float]] = [[] for _ in calls]
    for _ in range(ROUNDS):
        for call, seconds in zip(calls, took, strict=True):
            start = time.perf_counter()
            call()
            seconds.append(time.perf_counter() - start)
    return [min(seconds) * 1e3 for seconds in took]


def main() -> None:
    parser = argparse.ArgumentParser(description="Answers with many people; prints JSON.")
    parser.add_argument("--examples", type=int, default=20)
    parser.add_argument("--index", type=int, default=0, metavar="EXAMPLES")
    args = parser.parse_args()
    picture = golden_picture()
    few, many = bundle(5, args.examples), bundle(1000, args.examples)
    times = milliseconds([lambda: few.recognise(picture), lambda: many.recognise(picture)])
    figures: dict[str, object] = {"5": times[0], "1000": times[1], "ratio": times[1] / times[0]}
    if args.index:
        figures["index"] = against_all(args.index // 20)
    print(json.dumps(figures))


def against_all(people: int) -> dict[str, float]:
    """Time of one row by comparing all and by the index, and how often both name the same."""
    enrolled = gallery(people, 20)
    index = NearestIndex.of(enrolled.vectors, enrolled.owners)
    if index is None:
        raise SystemExit("faiss is not installed: pip install -r requirements-faiss.txt")
    random = np.random.default_rng(1)
    near = enrolled.vectors[random.permutation(len(enrolled.owners))[:100]]
    rows = near + random.normal(0, 0.1, near.shape).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    cosines = rows @ enrolled.vectors.T
    exact = np.sort(cosines.reshape(len(rows), people, 20), axis=2)[:, :, -3:].mean(axis=2)
    found = index.similarity(rows, people, 3)
    everyone, some = milliseconds(
        [
            lambda: np.sort((rows[:1] @ enrolled.vectors.T).reshape(people, 20), axis=1),
            lambda: index.similarity(rows[:1], people, 3),
        ]
    )
    same = float(np.mean(exact.argmax(axis=1) == found.argmax(axis=1)))
    return {"all": everyone, "index": some, "same_name": same}


if __name__ == "__main__":
    main()
