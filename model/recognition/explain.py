"""Why: where in a region the answer comes from, which training pictures are nearest, and the reason
in words.

Only reads a bundle. Neither the pages nor the plots of reports belong here: the server may load
this file.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data_cleaning.errors import InputError
from data_cleaning.imaging.colour import overlay
from data_cleaning.imaging.decoding import decode
from data_cleaning.imaging.encoding import encode
from data_cleaning.imaging.image import Image
from data_cleaning.imaging.limits import DEFAULT_LIMITS, Limits
from data_cleaning.imaging.resizing import resize, shrink
from data_cleaning.json_types import JsonObject
from data_cleaning.pretrained import locate
from model.recipes.features import FEATURES
from model.recipes.recipe import Recipe
from model.recognition.bundle import Bundle
from model.recognition.naming.gallery import NEAREST, project
from model.recognition.naming.recogniser import PerClass
from model.recognition.pipeline import crop_features, crop_region
from model.recognition.predictions import Prediction, Reason

SHOWN = 5  # nearest training pictures that are listed
GRID = 7  # places a side in a heat map
LONGEST = 480  # pixels of the longer side of the heat map's picture


@dataclass(frozen=True)
class Nearest:
    """One enrolled picture: its sha256, class, and cosine similarity (-1 to 1) and distance (0 to
    2) to the region.

    labels: the same class; every class that it carries, where a picture may carry several, and
    label joins them.
    """

    sha256: str
    label: str
    labels: tuple[str, ...]
    similarity: float
    distance: float


@dataclass(frozen=True)
class Explanation:
    """Why a region got its answer.

    label: the class that is explained, the most probable one. heatmap: a PNG of the region under
    its heat. heat: float64, shape (GRID, GRID), 0 to 1: how much each place speaks for the class.
    method: "activation" or "occlusion". nearest: nearest enrolled pictures, most alike first.
    sentence: the reason in words.
    """

    label: str
    heatmap: bytes
    heat: NDArray[np.float64]
    method: str
    nearest: tuple[Nearest, ...]
    sentence: str

    def to_json(self) -> JsonObject:
        """Plain data, without the picture."""
        return {
            "label": self.label,
            "method": self.method,
            "heat": np.round(self.heat, 4).tolist(),
            "nearest": [vars(example) for example in self.nearest],
            "sentence": self.sentence,
        }


class NoRegion(InputError):
    """The picture has no region of that number to explain."""


def explain(
    bundle: Bundle, data: bytes, index: int = 0, limits: Limits = DEFAULT_LIMITS
) -> Explanation:
    """Explain the answer for one region of a picture, `index` counting as `recognise` lists them.

    Raises PictureError as `recognise` does, and NoRegion where there is no such region.
    """
    answer = bundle.recognise(data, limits)
    if not 0 <= index < len(answer.predictions):
        raise NoRegion(
            f"Region {index} cannot be explained: {len(answer.predictions)} were found in the"
            " picture."
        )
    prediction = answer.predictions[index]
    image = decode(data, limits)
    chip = crop_region(image, prediction.detection, bundle.recipe)
    heat, method = heat_of(bundle, chip, prediction.best)
    near = nearest(bundle, chip)
    return Explanation(
        label=prediction.best,
        heatmap=encode(overlay(_canvas(image, prediction, chip, bundle.recipe), heat)),
        heat=heat,
        method=method,
        nearest=near,
        sentence=sentence(bundle, prediction, near),
    )


def heat_of(bundle: Bundle, chip: Image, label: str) -> tuple[NDArray[np.float64], str]:
    """How much each of GRID x GRID places of a crop speaks for a class, 0 to 1, and by which method
    it was found.
    """
    if any(FEATURES[step.name].maps is not None for step in bundle.recipe.features):
        return _scaled(_activation(bundle, chip, label)), "activation"
    return _scaled(_occlusion(bundle, chip, label)), "occlusion"


def _activation(bundle: Bundle, chip: Image, label: str) -> NDArray[np.float64]:
    """What the class's log-odds lose when the network's activation in one place is taken out of the
    mean.

    Like a class activation map, and for any classifier: with a linear one on plain means it is that
    map. Features without a place stay as they are. Source: Desai, Ramaswamy, "Ablation-CAM", WACV
    2020.
    """
    drops = []
    for turned, view in enumerate(_views(bundle, chip)):
        odds = _log_odds(bundle, _without_each_place(bundle.recipe, view), label)
        drop = (odds[0] - odds[1:]).reshape(GRID, GRID)
        drops.append(drop[:, ::-1] if turned else drop)
    return np.asarray(np.mean(drops, axis=0))


def _without_each_place(recipe: Recipe, view: Image) -> NDArray[np.float32]:
    """Features of a view, and of the view with each place's activation set to zero: shape (1 +
    GRID^2, d).
    """
    blocks = []
    for step in recipe.features:
        feature = FEATURES[step.name]
        files = [locate(name) for name in feature.needs]
        if feature.maps is None or feature.pool is None:
            blocks.append(
                np.tile(feature.function(view, *files, **step.options), (1 + GRID * GRID, 1))
            )
            continue
        maps = feature.maps(view, *files, **step.options)  # (channels, GRID, GRID)
        pooled = [feature.pool(maps)]
        for row, column in np.ndindex(GRID, GRID):
            without = maps.copy()
            without[:, row, column] = 0.0
            pooled.append(feature.pool(without))
        blocks.append(np.stack(pooled))
    return np.concatenate(blocks, axis=1)


def _occlusion(bundle: Bundle, chip: Image, label: str) -> NDArray[np.float64]:
    """What the class's log-odds lose when one place of the crop is painted over in its mean colour.

    Source: Zeiler, Fergus, "Visualizing and understanding convolutional networks", ECCV 2014.
    """
    hidden = [
        hide(chip, _place(chip, row, column)) for row in range(GRID) for column in range(GRID)
    ]
    odds = np.array([score(bundle, view, label) for view in [chip, *hidden]])
    return np.asarray(odds[0] - odds[1:]).reshape(GRID, GRID)


def score(bundle: Bundle, chip: Image, label: str) -> float:
    """Log-odds of a class for a crop, its mirror image averaged in where the recipe does so."""
    rows = np.stack([crop_features(view, bundle.recipe) for view in _views(bundle, chip)])
    return float(_log_odds(bundle, rows, label).mean())


def hide(chip: Image, mask: NDArray[np.bool_]) -> Image:
    """A copy of the crop with the pixels of the mask, shape (height, width), in the crop's mean
    colour.
    """
    painted = chip.copy()
    painted[mask] = chip.reshape(-1, 3).mean(axis=0).astype(np.uint8)
    return painted


def hottest(
    heat: NDArray[np.floating], height: int, width: int, share: float = 0.1
) -> NDArray[np.bool_]:
    """Mask of the hottest `share` of a height x width crop, by its heat map stretched over it."""
    smooth = resize(heat.astype(np.float32), width, height)
    order = np.argsort(-smooth, axis=None, kind="stable")[: max(1, round(share * height * width))]
    mask = np.zeros(height * width, bool)
    mask[order] = True
    return mask.reshape(height, width)


def nearest(bundle: Bundle, chip: Image, shown: int = SHOWN) -> tuple[Nearest, ...]:
    """The enrolled pictures most like a crop, each once."""
    gallery = bundle.recogniser.gallery
    rows = np.stack([crop_features(view, bundle.recipe) for view in _views(bundle, chip)])
    cosines = (project(gallery.space, rows) @ gallery.vectors.T).mean(axis=0)
    found: dict[str, Nearest] = {}
    for i in np.argsort(-cosines, kind="stable"):
        source, alike = gallery.sources[i], float(cosines[i])
        if source not in found:
            apart = float(np.sqrt(max(0.0, 2 - 2 * alike)))
            owners = {
                int(o) for s, o in zip(gallery.sources, gallery.owners, strict=True) if s == source
            }
            carried = tuple(bundle.labels[owner] for owner in sorted(owners))
            found[source] = Nearest(source, " + ".join(carried), carried, alike, apart)
        if len(found) == shown:
            break
    return tuple(found.values())


def sentence(bundle: Bundle, prediction: Prediction, near: tuple[Nearest, ...]) -> str:
    """The reason in words: how many of the nearest examples agree, and which score met which
    threshold.
    """
    parts = []
    if near:
        agree = sum(prediction.best in example.labels for example in near[:NEAREST])
        parts.append(f"{agree} of {len(near[:NEAREST])} nearest examples are {prediction.best}")
    if prediction.reason == Reason.TOO_SMALL:
        parts.append("the region is too small to be named")
    elif prediction.reason == Reason.TAKEN:
        parts.append("another region of this picture is more likely to be them")
    elif bundle.multi_label:
        parts.append(_beside_own_threshold(bundle, prediction))
    elif not bundle.refuses:
        probability = _short(prediction.probability)
        parts.append(f"probability {probability} is the largest; this model refuses nobody")
    else:
        parts.append(_beside_threshold(bundle, prediction))
    return "; ".join(parts) + "."


def _beside_own_threshold(bundle: Bundle, prediction: Prediction) -> str:
    own = bundle.recogniser.thresholds[bundle.labels.index(prediction.best)]
    side = "above" if prediction.probability >= own else "below"
    return (
        f"probability {_short(prediction.probability)} is {side} the class's own threshold"
        f" {_short(own)}"
    )


def _beside_threshold(bundle: Bundle, prediction: Prediction) -> str:
    rule, box = bundle.recogniser.acceptance, prediction.detection
    side = "above" if prediction.acceptance >= rule.threshold else "below"
    words = (
        f"{rule.score} {_short(prediction.acceptance)} is {side} the threshold"
        f" {_short(rule.threshold)}"
    )
    reserve = bundle.recipe.reserve(min(box.width, box.height))
    if rule.score == "similarity" and 0.005 <= reserve < math.inf:
        words += f", after {_short(reserve)} was taken off because a small face looks like many"
    return words


def _views(bundle: Bundle, chip: Image) -> list[Image]:
    """The crop, and its mirror image where the recipe averages both."""
    return [chip, np.ascontiguousarray(chip[:, ::-1])] if bundle.recipe.mirror else [chip]


def _log_odds(bundle: Bundle, rows: NDArray[np.float32], label: str) -> NDArray[np.float64]:
    column, classifier = bundle.labels.index(label), bundle.recogniser.classifier
    every = classifier.predict_proba(rows)
    own = every[:, column]
    # Summed from the others: 1 - own would be 0 for whoever is nearly certain, and no change of it
    # could be seen.
    rest = (
        1 - own
        if isinstance(classifier, PerClass)
        else np.delete(every, column, axis=1).sum(axis=1)
    )
    return np.log(np.maximum(own, 1e-30)) - np.log(np.maximum(rest, 1e-30))


def _place(chip: Image, row: int, column: int) -> NDArray[np.bool_]:
    """A patch a little larger than one place of the grid, so that neighbours overlap."""
    height, width = chip.shape[:2]
    mask = np.zeros((height, width), bool)
    top, left = (row - 0.25) * height / GRID, (column - 0.25) * width / GRID
    bottom, right = top + 1.5 * height / GRID, left + 1.5 * width / GRID
    mask[max(0, round(top)) : round(bottom), max(0, round(left)) : round(right)] = True
    return mask


def _scaled(drops: NDArray[np.float64]) -> NDArray[np.float64]:
    """To 0 (nothing, or speaks against) up to 1 (the place that speaks loudest for it)."""
    positive = np.maximum(drops, 0.0)
    top = positive.max()
    return positive / top if top > 0 else positive


def _canvas(image: Image, prediction: Prediction, chip: Image, recipe: Recipe) -> Image:
    """What the heat lies on: the region in its own shape where the crop only stretched it, else the
    crop.
    """
    if recipe.crop.name != "stretched":  # turned or squared: its shape is not the region's
        return resize(chip, LONGEST, LONGEST)
    d = prediction.detection
    patch, _ = shrink(image[d.y : d.y + d.height, d.x : d.x + d.width], LONGEST)
    factor = LONGEST / max(patch.shape[:2])
    return resize(
        patch, max(1, round(patch.shape[1] * factor)), max(1, round(patch.shape[0] * factor))
    )


def _short(value: float) -> str:
    """As people write shares: .41, -.05, 1.00."""
    return f"{value:.2f}".replace("0.", ".", 1) if abs(value) < 0.995 else f"{value:.2f}"
