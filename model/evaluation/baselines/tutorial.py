"""The tutorial's way: a face with two eyes, raw colours and a wavelet picture stacked, an SVM.

As widely taught: one Haar cascade on the whole picture, two eyes or nothing, 32 x 32 pixels in
colour beside the details of a db1 wavelet at five levels, standard scores, and a support vector
machine with a radial kernel. For things the whole picture is taken: there is nothing to cut out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import pywt
from numpy.typing import NDArray
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from data_cleaning.detection.two_eyes import face_with_two_eyes
from data_cleaning.errors import PictureError
from data_cleaning.executors import parallel_map
from data_cleaning.imaging.colour import grey
from data_cleaning.imaging.decoding import read
from data_cleaning.imaging.image import Image
from data_cleaning.imaging.resizing import resize, shrink
from data_cleaning.progress import ProgressCallback
from model.recipes.features import Features
from model.training.samples import Sample

SIDE, WAVELET, LEVELS = 32, "db1", 5
LARGEST = 2000  # pixels: a cascade takes seconds on more, and its faces are hardly ever so large


def stacked(crop: Image) -> Features:
    """Raw colours and wavelet details of a crop, stacked: float32, length 4 * 32 * 32.

    Source: Mallat, "A theory for multiresolution signal decomposition", 1989.
    """
    raw = resize(crop, SIDE, SIDE).astype(np.float32)
    bands = pywt.wavedec2(grey(crop).astype(np.float32) / 255.0, WAVELET, level=LEVELS)
    details = pywt.waverec2([np.zeros_like(bands[0]), *bands[1:]], WAVELET).astype(np.float32)
    return np.concatenate([raw.ravel(), 255.0 * resize(details, SIDE, SIDE).ravel()])


def tutorial_features(sample: Sample, face: bool) -> Features | None:
    """What the tutorial sees of a picture; None where it finds nothing. face: look for one."""
    try:
        image = read(sample.path)
    except (PictureError, OSError):
        return None
    crop = face_with_two_eyes(shrink(image, LARGEST)[0]) if face else image
    return None if crop is None else stacked(crop)


def measure(
    samples: Sequence[Sample], face: bool, progress: ProgressCallback
) -> list[Features | None]:
    """`tutorial_features` of all, in their order."""
    found: list[Features | None] = []
    for features in parallel_map(partial(tutorial_features, face=face), samples):
        found.append(features)
        progress(len(found), len(samples))
    return found


def support_vectors() -> Pipeline:
    """Standard scores and a support vector machine with a radial kernel, unfitted."""
    return make_pipeline(StandardScaler(), SVC(C=10.0))


def learn_tutorial(
    features: Sequence[Features | None], labels: Sequence[str], learn: NDArray[np.int64]
) -> Callable[[int], str | None]:
    """What names a picture, by its index, after learning from some: the label, or None where
    nothing was found. `learn`: indices to learn from.
    """
    seen = [i for i in learn.tolist() if features[i] is not None]
    known = sorted({labels[i] for i in seen})
    if len(known) < 2:
        return lambda i: known[0] if known and features[i] is not None else None
    model = support_vectors().fit(np.stack([features[i] for i in seen]), [labels[i] for i in seen])

    def name(i: int) -> str | None:
        row = features[i]
        return None if row is None else str(model.predict(row[None])[0])

    return name
