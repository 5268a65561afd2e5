# %% [markdown]
# # 5. Strangers, and when to say "I don't know"
#
# A classifier always names somebody. Ask it about a person it never saw, and it answers with the
# likeliest of those it knows. Most people in the world are strangers to your model. So a second
# question is needed: *is this name to be believed?*
#
# The answer is a **threshold**. This notebook shows how one is found, and what it costs.

# %%
import matplotlib.pyplot as plt
import numpy as np
from pictures import BLUE, GREY, ORANGE, orl_face, show

from data_cleaning.imaging.resizing import resize
from model.evaluation.curves import tradeoff
from model.recipes.presets import missing_files, preset
from model.recognition.naming.gallery import Gallery
from model.recognition.naming.stranger_population import population_of
from model.recognition.pipeline import find_regions, region_features
from model.training.open_set.held_out import HeldOut

# %% [markdown]
# ## Twenty people we know, twenty we don't
#
# Of the 40 people of the ORL faces, 20 are *enrolled*: 4 pictures of each lie in the gallery. We ask
# about 2 other pictures of each of them. The other 20 people are strangers: nothing of them is in the
# gallery.
#
# The recipe `face-modern` turns a face into 128 numbers, so that faces of one person point the same
# way. How much they do is the *cosine similarity*: 1 is the same way, 0 is unrelated.

# %%
recipe = preset("face-modern")
if missing_files(recipe):
    recipe = preset("face-classic")
    print("The pretrained networks are not here (likeness weights brings them).")
    print("face-classic stands in: strangers look far more alike to it. Read on with that in mind.")
print("recipe:", recipe.name)


def features(image):
    """The features of the best face, of length 1; None where no face is found."""
    regions = find_regions(image, recipe)
    if not regions:
        return None
    row = region_features(image, regions[0].detection, recipe)
    return row / np.linalg.norm(row)


def measured(people, numbers, camera=lambda image: image):
    """(features, people), without the pictures in which no face is found."""
    pairs = [(features(camera(orl_face(p, n))), p) for p in people for n in numbers]
    found = [(row, person) for row, person in pairs if row is not None]
    return np.array([row for row, _ in found]), np.array([person for _, person in found])


known_people, strangers = range(1, 21), range(21, 41)
enrolled, owners = measured(known_people, (1, 3, 6, 8))
gallery = Gallery(enrolled, owners - 1, ("",) * len(owners))
print(f"{len(enrolled)} enrolled examples of {len(known_people)} people")


# %%
def ask(camera):
    """What the gallery says of known faces and of strangers, seen by a camera."""
    known, truths = measured(known_people, (5, 10), camera)
    strange, _ = measured(strangers, (1, 4, 7, 10), camera)
    of_known, of_strange = (gallery.similarity(rows, 20) for rows in (known, strange))
    named = of_known.argmax(axis=1) + 1
    return HeldOut(of_known.max(axis=1), named == truths, of_strange.max(axis=1))


near = ask(lambda image: image)
print(
    f"{100 * np.mean(near.right):.0f} % of {len(near.known)} known faces are nearest to the right person"
)
print(f"and each of {len(near.strangers)} strangers' faces is nearest to somebody")

# %% [markdown]
# ## Two humps
#
# For every face we take its similarity to the person it looks most like.


# %% mystnb={"image": {"alt": "Two histograms of similarity: strangers on the left, known faces on the right, with a gap between them"}}
def humps(axis, held, title=""):
    bins = np.linspace(0, 1, 41)
    axis.hist(held.strangers, bins, color=ORANGE, alpha=0.8, label="strangers")
    axis.hist(held.known, bins, color=BLUE, alpha=0.8, label="known")
    axis.set_xlabel("similarity to the nearest person")
    axis.set_ylabel("faces")
    axis.set_title(title)


figure, axis = plt.subplots(figsize=(7, 2.6))
humps(axis, near)
axis.legend(frameon=False)
plt.show()
print(
    f"the most similar stranger {near.strangers.max():.2f}, the least similar known face {near.known.min():.2f}"
)

# %% [markdown]
# Strangers on the left, the known on the right. A threshold is a line between the humps: who lies left
# of it is *unknown*. On these clear faces there is room for a line that makes no mistake.

# %% [markdown]
# ## From across the street
#
# A camera does not always see clearly. We make every face 20 pixels wide and ask again. The gallery stays
# as it was.


# %% mystnb={"image": {"alt": "Two faces, clear and 20 pixels wide"}}
def far_away(image):
    return resize(resize(image, 20, 24), image.shape[1], image.shape[0])


show(
    [orl_face(3, 5), far_away(orl_face(3, 5)), orl_face(30, 1), far_away(orl_face(30, 1))],
    ["known, near", "known, far", "stranger, near", "stranger, far"],
)

# %% mystnb={"image": {"alt": "The two humps for faces from far away: they overlap"}}
far = ask(far_away)
figure, axis = plt.subplots(figsize=(7, 2.6))
humps(axis, far)
axis.legend(frameon=False)
plt.show()
print(
    f"{100 * np.mean(far.right):.0f} % of {len(far.known)} known faces are nearest to the right person"
)
print(
    f"the most similar stranger {far.strangers.max():.2f}, the least similar known face {far.known.min():.2f}"
)

# %% [markdown]
# Now the humps overlap, and every line is wrong about somebody.
#
# ## Two kinds of wrong
#
# - **FPIR**, the part of strangers that are given a name. A door opens for the wrong person.
# - **FNIR**, the part of the known that are refused or misnamed. Somebody stands before their own door.
#
# Move the line, and one falls while the other rises. You may choose which, but you cannot have both.

# %% mystnb={"image": {"alt": "Left: for far faces FPIR falls and FNIR rises with the threshold, and they cross. Right: each possible pair of FPIR and FNIR"}}
thresholds = np.linspace(0, 1, 201)
figure, axes = plt.subplots(1, 2, figsize=(8, 2.9))
axes[0].plot(thresholds, [100 * far.fpir(t) for t in thresholds], color=ORANGE, label="FPIR")
axes[0].plot(thresholds, [100 * far.fnir(t) for t in thresholds], color=BLUE, label="FNIR")
axes[0].set_xlabel("threshold")
axes[0].set_ylabel("%, faces from far away")
axes[0].legend(frameon=False, loc="center right")
for held, name, colour in ((near, "near", GREY), (far, "far", BLUE)):
    corners = 100 * np.array(tradeoff(held))
    axes[1].step(corners[:, 0], corners[:, 1], where="post", color=colour, label=name, linewidth=2)
axes[1].set_xlabel("FPIR, %")
axes[1].set_ylabel("FNIR, %")
axes[1].legend(frameon=False)
plt.show()

for rate in (0.01, 0.05, 0.2):
    line = far.threshold_at(rate)
    print(
        f"at most {100 * rate:4.1f} % of far strangers named: threshold {line:.2f}, "
        f"{100 * far.fnir(line):.0f} % of the known missed"
    )

# %% [markdown]
# ## How many strangers does it take?
#
# We found the line with 80 faces of 20 strangers. Somebody else would have found other strangers. So we
# draw 20 of our 80 faces again and again, and see where the line for 5 % comes to lie.

# %% mystnb={"image": {"alt": "A histogram of thresholds found with 20 strangers' faces each: they spread widely; a line shows the one that all 80 give"}}
chance = np.random.default_rng(1)
lines = [
    HeldOut(near.known, near.right, chance.choice(near.strangers, 20, replace=False)).threshold_at(
        0.05
    )
    for _ in range(500)
]
figure, axis = plt.subplots(figsize=(7, 2.2))
axis.hist(lines, 30, color=GREY)
axis.axvline(near.threshold_at(0.05), color=ORANGE, label="with all 80 faces")
axis.set_xlabel("threshold for 5 % of strangers")
axis.set_ylabel("draws")
axis.legend(frameon=False)
plt.show()
print(
    f"half of the draws lie between {np.quantile(lines, 0.25):.3f} and {np.quantile(lines, 0.75):.3f},"
    f" all between {min(lines):.3f} and {max(lines):.3f}"
)

# %% [markdown]
# A few strangers make a shaky line. And for a promise like *one in a thousand* you would need thousands
# of them. Nobody collects those.
#
# But how alike strangers look is a property of the *network*, not of your family. So Likeness measured
# it once, on thousands of faces, and ships the numbers. The threshold then follows from how many people
# you enrolled: each of them is one more chance to look alike.

# %% mystnb={"image": {"alt": "The threshold rises with the number of enrolled people, and is higher for a stricter promise"}}
population = population_of(preset("face-modern"))
figure, axis = plt.subplots(figsize=(7, 2.6))
crowd = np.unique(np.geomspace(2, 1000, 15).astype(int))
for rate, colour in ((0.05, GREY), (0.01, BLUE), (0.003, ORANGE)):
    needed = [population.threshold([4] * count, rate) for count in crowd]
    axis.semilogx(crowd, needed, color=colour, label=f"{100 * rate:g} % of strangers named")
axis.set_xlabel("people enrolled, with 4 pictures each")
axis.set_ylabel("threshold")
axis.legend(frameon=False)
plt.show()

promised = population.threshold([4] * 20, 0.01)
print(f"20 people, 1 % of strangers: {promised:.3f}")
print(
    f"our strangers above it: {100 * near.fpir(promised):.0f} % near, {100 * far.fpir(promised):.0f} % far;"
    f" known faces missed: {100 * near.fnir(promised):.0f} % near, {100 * far.fnir(promised):.0f} % far"
)

# %% [markdown]
# The promise was 1 %, and more of *our* strangers pass. The numbers were measured on people of all kinds,
# photographed everywhere. Our strangers sat in the same chair, in the same light, and most are young
# men, as those are who were enrolled. They are more alike than people in the street.
#
# So a promise about strangers holds for strangers like those that it was measured on. If yours are
# alike, say so: put pictures of them into a folder `_unknown`. And far faces ask for a higher line or for
# no answer, which is why a recipe says from how many pixels on a face is named at all.
#
# ## Try this
#
# - Stand nearer: let `far_away` make faces of 30 pixels, or of 12.
# - Enrol one picture of each person: `measured(known_people, (1,))`. Which hump moves?
# - Enrol all 40 people but one. How does the threshold for 1 % change?
# - In the service, the answer to a stranger says how alike they are, beside what a name asks for.
