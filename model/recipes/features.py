"""A crop to numbers: plain functions, and the table of them.

Each takes an Image of any size and gives float32, one dimension, finite, of a length that its
options alone decide. Everything is resized before it is transformed: a wavelet of a 140 pixel face
and of its 64 pixel copy correlate at .43, the other way round at .9999.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from data_cleaning.imaging.colour import grey, grey_as_colour
from data_cleaning.imaging.image import Image
from data_cleaning.imaging.resizing import resize
from data_cleaning.onnx_inference import run

Features = NDArray[np.float32]


@dataclass(frozen=True)
class Feature:
    """A function of the table, and the names of the pretrained files it takes after the crop.

    maps, pool: where the function is `pool` of `maps`, which keep the place of what was seen.
    """

    function: Callable[..., Features]
    needs: tuple[str, ...] = ()
    maps: Callable[..., NDArray[np.float32]] | None = None
    pool: Callable[[NDArray[np.float32]], Features] | None = None


def raw_wavelet(crop: Image, *, size: int = 32, wavelet: str = "db1", level: int = 3) -> Features:
    """Raw light and its wavelet details, stacked: length 2 * size * size - (size / 2^level)^2, each
    half of length 1.

    The raw half is the grey crop with mean 0 and spread 1; the other half its detail coefficients
    at `level` scales. float32 throughout, because negative details would wrap in uint8.

    Source: Mallat, "A theory for multiresolution signal decomposition", 1989.
    """
    import pywt

    light = grey(resize(crop, size, size)).astype(np.float32)
    raw = (light - light.mean()) / (light.std() + 1.0)
    bands = pywt.wavedec2(raw, wavelet, mode="periodization", level=level)
    details = np.concatenate([band.ravel() for scale in bands[1:] for band in scale])
    return np.concatenate([unit(raw.ravel()), unit(details)])


def wavelet_bands(crop: Image, *, size: int = 64, wavelet: str = "db2", level: int = 3) -> Features:
    """Mean magnitude of each wavelet sub-band over a 4 x 4 grid: length 48 * level, from 0 up."""
    import pywt

    bands = pywt.wavedec2(
        grey(resize(crop, size, size)).astype(np.float32) / 255.0, wavelet, "periodization", level
    )
    cells = [
        resize(np.abs(band).astype(np.float32), 4, 4).ravel()
        for details in bands[1:]
        for band in details
    ]
    return np.concatenate(cells).astype(np.float32)


def hog(
    crop: Image, *, size: int = 64, cell: int = 8, orientations: int = 9, normalise: bool = False
) -> Features:
    """Histograms of oriented gradients, blocks of 2 x 2 cells; length (size/cell - 1)^2 * 4 *
    orientations, 0 to 1.

    normalise: take the square root of the light first.

    Source: Dalal, Triggs, "Histograms of oriented gradients for human detection", CVPR 2005.
    """
    from skimage.feature import hog as histograms_of

    histograms = histograms_of(
        grey(resize(crop, size, size)),
        orientations=orientations,
        pixels_per_cell=(cell, cell),
        cells_per_block=(2, 2),
        block_norm="L2-Hys",
        transform_sqrt=normalise,
    )
    return np.asarray(histograms, np.float32)


def lbp(crop: Image, *, size: int = 96, grid: int = 8, radius: int = 2) -> Features:
    """Local binary patterns of 8 neighbours: a histogram of the 58 uniform ones and the rest in
    each of grid x grid cells. Length 59 * grid^2, 0 to 1.

    Square roots of frequencies, so that their dot product is the Bhattacharyya coefficient.

    Source: Ahonen, Hadid, Pietikainen, "Face description with local binary patterns", PAMI 2006.
    """
    from skimage.feature import local_binary_pattern

    light = grey(resize(crop, size, size))
    codes = local_binary_pattern(light, 8, radius, "nri_uniform")  # type: ignore[no-untyped-call]
    codes = codes.astype(np.int64)
    side = size // grid
    cells = (
        codes[: side * grid, : side * grid]
        .reshape(grid, side, grid, side)
        .swapaxes(1, 2)
        .reshape(grid**2, -1)
    )
    counts = np.bincount((cells + 59 * np.arange(grid**2)[:, None]).ravel(), minlength=59 * grid**2)
    return _roots(counts, side * side)


def colour(crop: Image, *, grid: int = 3, bins: int = 6, cell: int = 32) -> Features:
    """Histograms of each channel of blue, green and red in grid x grid cells: length grid^2 * 3 *
    bins, 0 to 1.

    cell: pixels a side of each cell; the crop is scaled to grid * cell pixels first.
    """
    small = resize(crop, cell * grid, cell * grid)
    cells = [
        small[cell * r : cell * (r + 1), cell * c : cell * (c + 1)]
        for r in range(grid)
        for c in range(grid)
    ]
    histograms = [
        cv2.calcHist([part], [c], None, [bins], [0, 256]).ravel()
        for part in cells
        for c in range(3)
    ]
    return _roots(np.concatenate(histograms), cell * cell)


def opponent(crop: Image, *, grid: int = 2, bins: int = 8, cell: int = 112) -> Features:
    """How much of which colour, bright or dark: red against green and blue against both, counted
    together.

    In each of grid x grid cells of cell x cell pixels; length grid^2 * bins^2, 0 to 1. The axes R -
    G and B - (R + G) / 2, in whole levels, go from -128 to 127 in `bins` steps; stronger colours
    count in the last one. Square roots of frequencies, as in `colour`.

    Source: Swain, Ballard, "Color indexing", IJCV 1991, without its axis of lightness.
    """
    blue, green, red = cv2.split(resize(crop, cell * grid, cell * grid))
    between = cv2.addWeighted(red, 0.5, green, 0.5, 0.25)  # the quarter rounds every half up
    axes = [
        cv2.addWeighted(red, 1, green, -1, 128),
        cv2.addWeighted(blue, 1, between, -1, 128),
    ]  # these saturate
    spans = [slice(cell * i, cell * (i + 1)) for i in range(grid)]
    cells = [[axis[rows, columns] for axis in axes] for rows in spans for columns in spans]
    histograms = [
        cv2.calcHist(part, [0, 1], None, [bins, bins], [0, 256, 0, 256]).ravel() for part in cells
    ]
    return _roots(np.concatenate(histograms), cell * cell)


def tones(
    crop: Image, *, hues: int = 12, strengths: int = 3, lights: int = 3, size: int = 96
) -> Features:
    """How often each hue occurs at each saturation and brightness, wherever: length hues *
    strengths * lights, 0 to 1.

    Square roots of frequencies. `colour` keeps channels apart and places; this tells orange from
    red and green.

    Source: Swain, Ballard, "Color indexing", IJCV 1991.
    """
    pixels = cv2.cvtColor(resize(crop, size, size), cv2.COLOR_BGR2HSV)
    counts = cv2.calcHist(
        [pixels], [0, 1, 2], None, [hues, strengths, lights], [0, 180, 0, 256, 0, 256]
    )
    return _roots(counts.ravel(), size * size)


def face_embedding(crop: Image, model: Path, *, mirror: bool = True) -> Features:
    """128 numbers by dlib's face network, scaled to length 1; same-person chips lie close.

    crop: a chip of `crops.five_points`. model: the ONNX file. mirror: the mean over the chip and
    its mirror image, which a third fewer known people are missed with at the same rate of strangers
    named.

    Source: King, "High quality face recognition with deep metric learning", 2017 (dlib ResNet-29).
    """
    chip = resize(crop, 150, 150)[:, :, ::-1].astype(np.float32).transpose(2, 0, 1)[None]
    views = [chip, chip[:, :, :, ::-1]] if mirror else [chip]
    return unit(np.sum([run(model, view)[0][0] for view in views], axis=0))


def sface_embedding(crop: Image, model: Path) -> Features:
    """128 numbers by SFace, scaled to length 1; chips of one person have a large cosine.

    crop: a chip of `crops.five_points` by the template "arcface". model: the ONNX file. Its mirror
    image would double the time and gain nothing.

    Source: Zhong et al., "SFace", IEEE TIP 2021.
    """
    blue, green, red = cv2.split(resize(crop, 112, 112))
    chip = np.stack((red, green, blue), dtype=np.float32)[None]
    return unit(run(model, chip)[0][0])


def object_embedding(crop: Image, model: Path, *, colours: bool = True) -> Features:
    """1280 numbers by EfficientNet-Lite0 (ImageNet), scaled to length 1: `mean_of` of
    `object_maps`. colours: else of the grey crop, so that no colour decides.
    """
    return mean_of(object_maps(crop, model, colours=colours))


def object_roots(crop: Image, model: Path) -> Features:
    """1280 numbers by EfficientNet-Lite0 (ImageNet), scaled to length 1: `root_of` of
    `object_maps`.
    """
    return root_of(object_maps(crop, model))


def object_maps(crop: Image, model: Path, *, colours: bool = True) -> NDArray[np.float32]:
    """How strongly each of 1280 things is seen in each of 7 x 7 places: shape (1280, 7, 7), from 0
    up. colours: else in the grey crop.

    Source: Tan, Le, "EfficientNet", ICML 2019; Lite variant by Liu, 2020.
    """
    crop = crop if colours else grey_as_colour(crop)
    pixels = (resize(crop, 224, 224)[:, :, ::-1].astype(np.float32) - 127.0) / 128.0
    (maps,) = run(model, pixels.transpose(2, 0, 1)[None], ["feature_map"])
    return np.asarray(maps[0], np.float32)


def mean_of(maps: NDArray[np.float32]) -> Features:
    """The means over all places, scaled to length 1."""
    return unit(maps.mean(axis=(1, 2)))


def root_of(maps: NDArray[np.float32]) -> Features:
    """The square roots of the means over all places, scaled to length 1.

    The square root keeps a few strong channels from drowning the rest. Source: Perronnin et al.,
    "Improving the Fisher kernel for large-scale image classification", ECCV 2010.
    """
    return unit(np.sqrt(np.maximum(maps.mean(axis=(1, 2)), 0.0)))


def _roots(counts: NDArray[np.integer | np.floating], total: int) -> Features:
    """Square roots of frequencies, so that their dot product is the Bhattacharyya coefficient."""
    return np.asarray(np.sqrt(counts / float(total)), np.float32)


def unit(vector: NDArray[np.floating]) -> Features:
    """The vector scaled to length 1 (a zero vector stays zero), float32."""
    length = float(np.linalg.norm(vector))
    return (vector / length if length > 0 else vector).astype(np.float32)


FEATURES: dict[str, Feature] = {
    "raw_wavelet": Feature(raw_wavelet),
    "wavelet_bands": Feature(wavelet_bands),
    "hog": Feature(hog),
    "lbp": Feature(lbp),
    "colour": Feature(colour),
    "opponent": Feature(opponent),
    "tones": Feature(tones),
    "face_embedding": Feature(face_embedding, needs=("dlib_face",)),
    "sface_embedding": Feature(sface_embedding, needs=("sface",)),
    "object_embedding": Feature(object_embedding, ("efficientnet_lite0",), object_maps, mean_of),
    "object_roots": Feature(object_roots, ("efficientnet_lite0",), object_maps, root_of),
}
