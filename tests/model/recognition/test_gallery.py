"""How alike an example is to the classes of a gallery, by whichever path it is computed."""

from __future__ import annotations

import numpy as np
import pytest

from model.recognition.naming.gallery import Gallery, NearestExamples, nearest_mean
from model.recognition.naming.nearest_index import NearestIndex
from model.recognition.naming.recogniser import Acceptance, Recogniser


def gallery(owners: list[int], seed: int = 0) -> Gallery:
    random = np.random.default_rng(seed)
    vectors = random.normal(size=(len(owners), 8)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return Gallery(vectors, np.array(owners, np.int64), tuple(map(str, range(len(owners)))))


@pytest.mark.parametrize(
    "owners",
    [
        [0, 0, 0, 0, 1, 2, 2],
        [2, 0, 1, 0, 2, 2, 2, 0, 0],
        [0, 0, 3, 3],  # classes 1 and 2 have no example
        [*range(40), *range(40), 7, 7, 7, 7],
    ],
)
@pytest.mark.parametrize("rows", [1, 3, 60])
def test_both_paths_give_the_mean_of_the_three_nearest(owners: list[int], rows: int) -> None:
    enrolled, classes = gallery(owners), max(owners) + 1
    asked = np.random.default_rng(1).normal(size=(rows, 8)).astype(np.float32)
    cosines = asked / np.linalg.norm(asked, axis=1, keepdims=True) @ enrolled.vectors.T
    expected = [nearest_mean(cosines[:, enrolled.owners == c]) for c in range(classes)]
    np.testing.assert_allclose(
        enrolled.similarity(asked, classes), np.stack(expected, axis=1), atol=1e-6
    )


def test_equal_examples_count_as_often_as_they_are_there() -> None:
    one = np.eye(8, dtype=np.float32)[:1]
    owners = np.repeat(np.arange(9), 4)
    same = Gallery(np.repeat(one, 36, axis=0), owners, ("s",) * 36)
    np.testing.assert_allclose(same.similarity(one, 9), np.ones((1, 9)))


def test_nearest_examples_name_by_similarity_alone() -> None:
    enrolled = gallery([0, 0, 0, 1, 1, 1])
    model = NearestExamples(enrolled, 2, sharpness=20.0, level=0.4)
    asked = np.concatenate([enrolled.vectors[:1], -enrolled.vectors[:1]])
    shares = model.predict_proba(asked)
    similarities = enrolled.similarity(asked, 2)
    assert np.array_equal(shares.argmax(1), similarities.argmax(1))
    assert (shares.sum(axis=1) < 1).all(), "what is left is that it is none of them"
    assert model.n_features_in_ == 8


def test_at_the_level_a_lone_class_is_as_probable_as_none() -> None:
    model = NearestExamples(gallery([0, 0]), 1, sharpness=20.0, level=0.4)
    assert model.probabilities(np.array([[0.4]]))[0, 0] == pytest.approx(0.5)


def two_of_one_person(second: list[float]) -> list[str]:
    """Two faces that look like `a`, the second a little less; the names and reasons they get."""

    class Fixed:
        def predict_proba(self, rows: np.ndarray) -> np.ndarray:
            return np.array([[0.9, 0.1], second])

    vectors = np.array([[1, 0], [0, 1]], np.float32)
    enrolled = Gallery(vectors, np.array([0, 1]), ("s", "t"))
    model = Recogniser(("a", "b"), Fixed(), enrolled, Acceptance("similarity", 0.5))
    faces = [np.array([[1.0, 0.0]], np.float32), np.array([[0.9, 0.3]], np.float32)]
    return model.answer(faces, [0.0, 0.0])


def test_the_second_face_of_somebody_named_stays_what_it_looks_like() -> None:
    first, second = two_of_one_person([0.8, 0.2])
    assert (first.label, first.reason) == ("a", "known")
    assert (second.label, second.best, second.reason) == (None, "a", "taken")
    assert second.scores == pytest.approx({"a": 0.8, "b": 0.2})
    assert second.similarity > 0.9


def test_the_index_of_a_large_gallery_names_the_same() -> None:
    pytest.importorskip("faiss")
    enrolled = gallery([n % 50 for n in range(600)])
    index = NearestIndex.of(enrolled.vectors, enrolled.owners)
    assert index is not None
    asked = enrolled.vectors[::7]
    exact, found = enrolled.similarity(asked, 50), index.similarity(asked, 50, 3)
    best = exact.argmax(axis=1)
    assert np.array_equal(found.argmax(axis=1), best)
    line = np.arange(len(best))
    np.testing.assert_allclose(found[line, best], exact[line, best], atol=1e-6)
