# %% [markdown]
# # 2. Raw pixels and wavelets, stacked
#
# A classifier wants numbers, always as many, for every face. The simplest are the pixels themselves.
# The tutorials add a second set: the *wavelet transform*, which says where the face has edges, and
# how coarse they are. Then they stack both.
#
# What is in those numbers? Let us look at them, and then measure whether they help.

# %%
import matplotlib.pyplot as plt
import numpy as np
import pywt
from pictures import BLUE, GREY, ORANGE, orl_face, packaged, show
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from data_cleaning.detection.crops import square
from data_cleaning.detection.detectors import haar_face
from data_cleaning.imaging.colour import grey
from data_cleaning.imaging.resizing import resize
from model.recipes.features import hog, lbp, raw_wavelet

# %% [markdown]
# ## A face, taken apart
#
# A wavelet transform halves a picture. One quarter of the result is the picture itself, smaller. The
# other three hold what was lost: horizontal edges, vertical edges, and corners. Then the small
# picture is halved again.

# %% mystnb={"image": {"alt": "A face, and beside it the same face as a pyramid of wavelet details: smaller copies at the top left, edges around them"}}
astronaut = packaged("astronaut.png")
face = square(astronaut, haar_face(astronaut)[0], size=128)
light = grey(face).astype(np.float32)
bands = pywt.wavedec2(light, "db1", mode="periodization", level=3)
pyramid, _ = pywt.coeffs_to_array([bands[0] / 8, *bands[1:]])

figure, axes = plt.subplots(1, 2, figsize=(7, 3.6))
axes[0].imshow(light, cmap="gray")
axes[0].set_title("128 x 128 grey values")
axes[1].imshow(np.sign(pyramid) * np.abs(pyramid) ** 0.5, cmap="gray")
axes[1].set_title("the same face as wavelets, 3 levels")
for axis in axes:
    axis.axis("off")
plt.show()

# %% [markdown]
# Nothing is lost on the way: the details put the face together again. So the wavelets hold *the same*
# information as the pixels. They only sort it by size.

# %%
again = pywt.waverec2(bands, "db1", mode="periodization")
print(f"largest difference after going there and back: {np.abs(again - light).max():.4f} of 255")

# %% [markdown]
# ## The stacked vector
#
# `raw_wavelet` is what the recipe `face-classic` uses. It makes the face 32 x 32, brings its light to
# mean 0 and spread 1, transforms it, and lays both halves behind each other. Each half has length 1,
# so that neither shouts the other down.

# %% mystnb={"image": {"alt": "The 2032 numbers of the stacked vector as a line: first the raw half, then the smaller and sparser wavelet half"}}
RAW = 32 * 32
stacked = raw_wavelet(face)
print(f"{len(stacked)} numbers: {RAW} raw and {len(stacked) - RAW} of wavelets")

figure, axis = plt.subplots(figsize=(7.5, 2.2))
axis.plot(np.arange(RAW), stacked[:RAW], color=BLUE, linewidth=0.6, label="raw")
axis.plot(
    np.arange(RAW, len(stacked)),
    stacked[RAW:],
    color=ORANGE,
    linewidth=0.6,
    label="wavelets, coarse to fine",
)
axis.legend(frameon=False, loc="upper right")
axis.set_xlabel("number of the feature")
plt.show()

# %% [markdown]
# ## Resize first, then transform
#
# Faces come in all sizes. May we transform first and make the result smaller afterwards? Take one face
# at 140 pixels and the same face at 64. Their numbers should be nearly equal. We measure how alike
# they are, where 1 is the same.


# %%
def transformed(light):
    """The corners: details that are fine both across and down."""
    return pywt.wavedec2(light, "db1", mode="periodization", level=1)[1][2]


sizes = [square(astronaut, haar_face(astronaut)[0], size=size) for size in (140, 64)]
lights = [grey(chip).astype(np.float32) for chip in sizes]
late = [resize(transformed(chip), 32, 32).ravel() for chip in lights]
early = [transformed(resize(chip, 32, 32)).ravel() for chip in lights]
wrong, right = (float(np.corrcoef(pair)[0, 1]) for pair in (late, early))
print(f"transform, then resize: {wrong:.2f}")
print(f"resize, then transform: {right:.2f}")

# %% [markdown]
# The order decides. Details of a large face are other details than those of a small one. That is why
# every feature of Likeness resizes before it does anything else.

# %% [markdown]
# ## Does stacking help?
#
# Now the test: 20 people, 10 pictures each. A logistic regression learns from 8 pictures a person and
# is asked about the other 2, five times over. We give it the raw half, the wavelet half, both, and two
# features that were made by hand for edges and textures.
#
# To make it harder we ask a second question. The model learns from faces as they are. Then a lamp is
# put beside the faces that it is asked about.

# %% mystnb={"image": {"alt": "Three faces, each as it is and darkened from the left"}}
people, each = 20, 10
chips, owners = [], []
for person in range(1, people + 1):
    for number in range(1, each + 1):
        chips.append(resize(orl_face(person, number), 96, 96))
        owners.append(person)
owners = np.array(owners)


def with_lamp(chip):
    """The same face with light from the right: dark on one side, bright on the other."""
    ramp = np.linspace(0.35, 1.3, chip.shape[1], dtype=np.float32)[None, :, None]
    return np.clip(chip * ramp, 0, 255).astype(np.uint8)


lit = [with_lamp(chip) for chip in chips]
show([chips[0], lit[0], chips[15], lit[15], chips[47], lit[47]], ["as it is", "with a lamp"] * 3)

# %%
FEATURES = {
    "raw": lambda chip: raw_wavelet(chip)[:RAW],
    "wavelets": lambda chip: raw_wavelet(chip)[RAW:],
    "raw + wavelets": raw_wavelet,
    "edges (HOG)": hog,
    "textures (LBP)": lbp,
}
folds = StratifiedKFold(5, shuffle=True, random_state=1)


def accuracies(feature):
    """Share of right answers on unseen faces, as they are and with the lamp."""
    plain = np.array([feature(chip) for chip in chips])
    lamp = np.array([feature(chip) for chip in lit])
    right = np.zeros((2, len(owners)))
    for learn, test in folds.split(plain, owners):
        model = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=300))
        model.fit(plain[learn], owners[learn])
        for row, rows in enumerate((plain, lamp)):
            right[row, test] = model.predict(rows[test]) == owners[test]
    return right.mean(axis=1)


scores = {name: accuracies(feature) for name, feature in FEATURES.items()}
for name, (plain, lamp) in scores.items():
    print(f"{name:15} as they are {100 * plain:5.1f} %   with a lamp {100 * lamp:5.1f} %")

# %% mystnb={"image": {"alt": "Bars of accuracy for five kinds of features: blue on faces as they are, orange with a lamp from the side"}}
figure, axis = plt.subplots(figsize=(7, 2.8))
places = np.arange(len(scores))
values = 100 * np.array(list(scores.values()))
axis.barh(places - 0.2, values[:, 0], 0.38, color=BLUE, label="as they are")
axis.barh(places + 0.2, values[:, 1], 0.38, color=ORANGE, label="with a lamp")
axis.axvline(100 / people, color=GREY, linestyle=":", label="by chance")
axis.set_yticks(places, list(scores))
axis.invert_yaxis()
axis.set_xlabel("right answers, %")
axis.legend(frameon=False, loc="lower left", bbox_to_anchor=(0, 1), ncols=3)
plt.show()

# %% [markdown]
# On faces as they are, everything does well: these are calm pictures. The lamp parts them. Raw pixels
# *are* light, so that new light makes them other numbers. Wavelets compare neighbours, and a lamp
# changes two neighbours alike. Stacked, the raw half gives back what the wavelets lost on calm pictures,
# and the wavelets hold most of it under the lamp: no more is promised by stacking.
#
# Edges and textures do better still. They do not even ask how large a difference is, but which way it
# goes. This is why `face-classic` stacks four things: raw pixels, wavelets, LBP and HOG.
#
# ## Try this
#
# - Another wavelet: `raw_wavelet(face, wavelet="db4")`. `pywt.wavelist()` lists them.
# - Fewer pictures to learn from: `StratifiedKFold(2)`. Who suffers most?
# - A stronger lamp: let the ramp begin at 0.1.
# - The whole recipe `face-classic`: `np.concatenate([raw_wavelet(c), lbp(c), hog(c)])`.
