"""The presets: recipes by the name that people choose them by, and nowhere else are they listed."""

from __future__ import annotations

from data_cleaning.errors import RecipeError, WeightsBroken, WeightsMissing
from data_cleaning.pretrained import locate
from model.recipes.recipe import Recipe, Step

AUTO = "auto"  # no recipe: the one that does best on one's own pictures

RECIPES: dict[str, Recipe] = {
    "face-classic": Recipe(
        name="face-classic",
        subject="face",
        detector=Step("haar_face"),
        crop=Step("square", {"size": 96}),
        features=(Step("raw_wavelet"), Step("lbp"), Step("hog")),
        eyes=True,
        mirror=True,
        gallery="discriminant",
    ),
    "face-modern": Recipe(
        name="face-modern",
        subject="face",
        detector=Step("yunet_face", {"closely": True}),
        crop=Step("five_points", {"size": 112, "template": "arcface"}),
        features=(Step("sface_embedding"),),
        smallest=20,
        fpir=0.003,
        skip_small=True,
    ),
    "face-light": Recipe(
        name="face-light",
        subject="face",
        detector=Step("yunet_face"),
        crop=Step("five_points"),
        features=(Step("face_embedding"),),
        caution=0.01,
        skip_small=True,
    ),
    "person-classic": Recipe(
        name="person-classic",
        subject="person",
        detector=Step("person_hog", {"threshold": 0.35}),
        crop=Step("surroundings", {"size": 128}),
        # Where in the crop a colour or an edge lies says little: the crop may be a person or a
        # whole picture.
        features=(Step("tones"), Step("lbp", {"size": 128, "grid": 1})),
        mirror=True,
        gallery="discriminant",
        judges=True,
    ),
    "person-modern": Recipe(
        name="person-modern",
        subject="person",
        detector=Step("person_onnx", {"threshold": 0.45, "closely": True}),
        crop=Step("surroundings"),
        # The second sees no colour: a bag and a helmet, but no orange shirt.
        features=(Step("object_embedding"), Step("object_embedding", {"colours": False})),
    ),
    "object-classic": Recipe(
        name="object-classic",
        subject="object",
        detector=Step("whole"),
        crop=Step("stretched", {"size": 128}),
        features=(Step("colour"), Step("hog"), Step("lbp"), Step("wavelet_bands")),
        mirror=True,
        gallery="discriminant",
        smallest=8,
        closed=True,
    ),
    "object-modern": Recipe(
        name="object-modern",
        subject="object",
        detector=Step("whole"),
        crop=Step("stretched", {"size": 224}),
        features=(Step("object_roots"), Step("opponent", {"grid": 2, "bins": 8, "cell": 112})),
        mirror=True,
        smallest=8,
        closed=True,
    ),
}


def preset(name: str) -> Recipe:
    """The preset of that name. Raises RecipeError, listing the presets, where there is none."""
    if name not in RECIPES:
        raise RecipeError(f"There is no recipe {name!r}; there are {', '.join(RECIPES)}.")
    return RECIPES[name]


def recipes_needing(pretrained: str) -> tuple[str, ...]:
    """Names of the presets that cannot run without that pretrained file."""
    return tuple(name for name, recipe in RECIPES.items() if pretrained in recipe.weights())


def missing_files(recipe: Recipe) -> str:
    """Which pretrained file a recipe lacks and how to get it, or ""."""
    try:
        for name in recipe.weights():
            locate(name)
    except (WeightsMissing, WeightsBroken) as error:
        return str(error)
    return ""
