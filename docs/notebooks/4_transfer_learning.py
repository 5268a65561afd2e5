# %% [markdown]
# # 4. Transfer learning, epoch by epoch
#
# A deep network needs millions of pictures to learn to see. You have a few dozen. The way out is
# called *transfer learning*: take a network that somebody trained on something else, let it turn each
# picture into numbers, and train only a small layer on top.
#
# Does it matter what that network was trained on? We train the same small layer on three kinds of
# numbers, and watch it learn.

# %%
import hashlib

import matplotlib.pyplot as plt
import numpy as np
from pictures import BLUE, GREY, ORANGE, orl_face, show
from sklearn.metrics import log_loss
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler

from data_cleaning.detection.detectors import whole
from data_cleaning.imaging.resizing import resize
from data_cleaning.pretrained import locate
from model.recipes.augmentation import Augmentation
from model.recipes.features import hog, object_embedding, raw_wavelet
from model.recipes.presets import missing_files, preset
from model.recognition.pipeline import find_regions, region_features

# %% [markdown]
# ## Three ways to see
#
# - **pixels**: no network at all, 32 x 32 grey values;
# - **things**: EfficientNet-Lite0, which learnt to tell a thousand kinds of things apart on ImageNet.
#   Nobody taught it people's names;
# - **faces**: the recipe `face-modern`. One small network finds the face and turns it upright, another,
#   SFace, learnt to tell faces apart, though never these.

# %%
recipe = preset("face-modern")


def see_pixels(chip):
    return raw_wavelet(chip)[: 32 * 32]


def see_things(chip):
    return object_embedding(chip, locate("efficientnet_lite0"))


def see_faces(chip):
    found = find_regions(chip, recipe)
    region = found[0].detection if found else whole(chip)[0]
    return region_features(chip, region, recipe)


SEEING = {"pixels": see_pixels, "things": see_things, "faces": see_faces}
missing = missing_files(recipe) or missing_files(preset("object-modern"))
if missing:
    SEEING = {"pixels": see_pixels, "edges": hog}
    print(f"The pretrained networks are not here: {missing}.")
    print("Edges (HOG), which people designed, stand in for them. Read on with that in mind.")

# %% [markdown]
# ## Few pictures, and restless ones
#
# 20 people. The layer learns from 4 pictures of each; 2 others are for *validation*: it never learns
# from them, it is only asked. Nobody poses like for a passport outside a laboratory, so each picture is
# turned, zoomed and lit by chance, as `Augmentation` does it.

# %% mystnb={"image": {"alt": "Six pictures of one man, each turned, zoomed and lit otherwise; four to learn from, two to be asked"}}
people, learnt, asked = 20, (1, 2, 3, 4), (5, 6)
restless = Augmentation(("rotate", "zoom", "brightness", "contrast"), copies=1)


def chips(numbers):
    """Every person's pictures of these numbers, each altered by a chance of its own."""
    found = []
    for person in range(1, people + 1):
        for number in numbers:
            face = resize(orl_face(person, number), 138, 168)
            digest = hashlib.sha256(face.tobytes()).hexdigest()
            found += restless.altered(face, digest)
    return found


training, validation = chips(learnt), chips(asked)
show(training[:4] + validation[:2], ["to learn from"] * 4 + ["to be asked"] * 2)

# %%
rows = {
    way: [np.array([see(chip) for chip in part]) for part in (training, validation)]
    for way, see in SEEING.items()
}
names = [np.repeat(np.arange(people), len(part)) for part in (learnt, asked)]
for way, (part, _) in rows.items():
    print(f"{way:8} {part.shape[0]} pictures, {part.shape[1]} numbers each")

# %% [markdown]
# ## Epoch by epoch
#
# The layer learns by *gradient descent*. It looks at a few pictures, sees how wrong it is, and moves
# its weights a little. Once through all pictures is an **epoch**. After each we write down:
#
# - the **accuracy**: how many names are right;
# - the **loss**: how surprised the layer is by the truth. It still tells good from better where all
#   names are right already.

# %%
EPOCHS, PATIENCE = 150, 10


def train(way):
    """Rows (loss, accuracy, loss in validation, accuracy there), one an epoch; and the best epoch."""
    scale = StandardScaler().fit(rows[way][0])
    parts = [scale.transform(part) / np.sqrt(part.shape[1]) for part in rows[way]]
    layer = MLPClassifier(
        hidden_layer_sizes=(),
        solver="sgd",
        learning_rate_init=0.5,
        batch_size=16,
        alpha=0.001,
        random_state=1,
    )
    history, best = [], 0
    while len(history) < EPOCHS and len(history) - best <= PATIENCE:
        layer.partial_fit(parts[0], names[0], classes=range(people))
        figures = [
            (log_loss(truth, layer.predict_proba(part)), layer.score(part, truth))
            for part, truth in zip(parts, names, strict=True)
        ]
        history.append([*figures[0], *figures[1]])
        if history[-1][2] < history[best][2]:
            best = len(history) - 1
    return np.array(history), best


trained = {way: train(way) for way in SEEING}
for way, (history, best) in trained.items():
    print(
        f"{way:8} best epoch {best + 1:2} of {len(history)}: {100 * history[best, 1]:5.1f} % of "
        f"the learnt pictures, {100 * history[best, 3]:5.1f} % of the others"
    )

# %% mystnb={"image": {"alt": "For each kind of numbers two charts over the epochs: accuracy and loss, in training and in validation, with the best epoch marked"}}
figure, axes = plt.subplots(2, len(trained), figsize=(8, 4.6), sharex="col", sharey="row")
for column, (way, (history, best)) in enumerate(trained.items()):
    epochs = np.arange(1, len(history) + 1)
    top, bottom = axes[:, column]
    top.plot(epochs, 100 * history[:, 1], color=GREY, label="training")
    top.plot(epochs, 100 * history[:, 3], color=BLUE, label="validation")
    bottom.plot(epochs, history[:, 0], color=GREY)
    bottom.plot(epochs, history[:, 2], color=BLUE)
    top.set_title(way)
    bottom.set_xlabel("epoch")
    for axis in (top, bottom):
        axis.axvline(best + 1, color=ORANGE, linestyle=":")
axes[0, 0].set_ylabel("accuracy, %")
axes[1, 0].set_ylabel("loss")
axes[0, 0].legend(frameon=False, loc="lower right")
plt.show()

# %% [markdown]
# Read the upper row first. All layers soon know *their own* pictures by heart: the grey line says
# nothing about what they are worth. The blue line does. Pixels are lost as soon as a head is turned. A
# network that knows things sees edges, textures and shapes where they are, and does better, though it
# never cared for faces. A network that knows faces makes the task easy.
#
# Now the lower row. The gap between grey and blue is what was learnt by heart and not understood. At the
# dotted line the loss in validation is least. Where the blue line rises behind it, each further epoch
# makes the layer surer of its own pictures, and worse on all others. So training stops there, and the
# weights of the best epoch are kept: this is **early stopping**.
#
# So it is with your own model: the pretrained network is most of the work. Choose one that was trained
# on what you look for, and the layer on top learns from a handful of pictures.
#
# ## Try this
#
# - One picture of each person to learn from: `learnt = (1,)`. Which way to see suffers least?
# - Calm pictures: `Augmentation(("brightness",), copies=1)`. How much of the difference is left?
# - More of it: `Augmentation(..., copies=4)` for the training alone. The pixels learn that heads turn.
# - Let it run: `PATIENCE = 200`. Look at the loss of the pixels in validation.
