# %% [markdown]
# # 3. Support vectors, a forest, or a straight line?
#
# A face is now a row of numbers. A *classifier* turns a row into a name. Which one should it be? The
# books praise each. We let three of them compete on the same faces, judged on faces that they have not
# seen:
#
# - a **support vector machine** (SVM) keeps the difficult examples, and compares with those;
# - a **random forest** asks many small questions in a hundred trees, and lets them vote;
# - **logistic regression** weighs every number, once a person, and adds up.

# %%
import matplotlib.pyplot as plt
import numpy as np
from pictures import BLUE, GREY, ORANGE, orl_folder
from sklearn.model_selection import GridSearchCV

from data_cleaning.progress import silent
from model.evaluation.curves import learning_curve
from model.recipes.presets import preset
from model.recognition.naming.recogniser import class_numbers
from model.training.classifiers import CLASSIFIERS
from model.training.grid_search import FitCounter, search, with_basis
from model.training.samples import near_copies, samples, training_rows
from model.training.splits import grouped_splits
from model.workflows.dataset_samples import labelled

# %% [markdown]
# ## From a folder to rows
#
# A data set is a folder with a folder for each class. So are the ORL faces, and Likeness reads them as
# they lie. We take 12 of the 40 people, about 10 pictures each. The recipe `face-classic` finds each face, cuts it out, and
# measures raw pixels, wavelets, LBP and HOG. It does so for the mirror image too: one picture gives
# two rows.

# %%
recipe = preset("face-classic")
wanted = {f"s{number}" for number in range(1, 13)}
items = [item for item in labelled(orl_folder()) if item.label in wanted]
measured = samples(items, recipe)
rows = training_rows(measured, near_copies(measured), recipe)
people, numbers = class_numbers(rows.labels)
found = len(set(rows.sources))
print(f"{len(items)} pictures of {len(people)} people; a face was found in {found}")
print(f"{rows.features.shape[0]} rows of {rows.features.shape[1]} numbers")

# %% [markdown]
# ## Folds that do not cheat
#
# We cannot ask a model about pictures that it learnt. So the rows are cut into five folds: each is
# asked about once, by a model that learnt from the other four.
#
# There is a trap. A mirror image is nearly its original. If one is learnt and the other is asked, that
# is cheating. Web pictures have the same trap: one photograph, saved twice. Likeness gives near copies
# the same group number, and never tears a group apart.

# %%
splits = grouped_splits(numbers, rows.groups, 5)
torn = [set(rows.groups[learn]) & set(rows.groups[asked]) for learn, asked in splits]
print("groups on both sides of a fold:", sum(map(len, torn)))

# %% [markdown]
# ## The competition
#
# Each classifier has knobs. `GridSearchCV` tries all their values on all folds. The grids are those that
# a training of Likeness uses, in `model/training/classifiers.py`.

# %%
for name, candidate in CLASSIFIERS.items():
    print(f"{name:20}", dict(candidate.grid))

# %%
rows, basis = with_basis(rows)
counter = FitCounter(list(CLASSIFIERS), len(splits), silent)
results = [search(name, rows.inside, numbers, splits, counter) for name in CLASSIFIERS]
for result in results:
    print(
        f"{result.name:20} {100 * result.score:5.1f} % +- {100 * result.spread:.1f}"
        f"   with {result.parameters}"
    )

# %% mystnb={"image": {"alt": "Bars with error bars: the balanced accuracy of each of the three classifiers, and a dotted line for guessing"}}
order = sorted(results, key=lambda result: result.score)
figure, axis = plt.subplots(figsize=(6.5, 2.2))
axis.barh(
    [result.name.replace("_", " ") for result in order],
    [100 * result.score for result in order],
    xerr=[100 * result.spread for result in order],
    color=[GREY] * (len(order) - 1) + [BLUE],
    capsize=4,
)
axis.axvline(100 / len(people), color=ORANGE, linestyle=":")
axis.text(100 / len(people) + 1, 2.43, "guessing", color=ORANGE, fontsize=8)
axis.set_xlim(0, 105)
axis.set_xlabel("balanced accuracy on unseen faces, %")
plt.show()

# %% [markdown]
# All three are far from guessing, and near each other. Look at the whiskers before you crown anybody:
# they overlap. Who wins here may lose on your pictures. That is why a training runs this competition
# anew each time, and does not believe a book.

# %% [markdown]
# ## What a knob does
#
# `gamma` says how near an example must be for the SVM to care about it. We turn it from "everybody is
# near" to "nobody is", and look at faces that were learnt and at faces that were not.

# %% mystnb={"image": {"alt": "Accuracy against gamma on a logarithmic axis: for learnt faces it rises to 100 percent and stays; for unseen faces it rises and then falls to guessing"}}
svm = CLASSIFIERS["svm"]
middle = 1 / (rows.inside.shape[1] * rows.inside.var())  # what "scale" means
values = middle * np.array([0.001, 0.01, 0.1, 1, 3, 10, 30, 100])
grid = GridSearchCV(svm.make(), {"gamma": values}, cv=splits, return_train_score=True)
grid.fit(rows.inside, numbers)
learnt, unseen = (100 * grid.cv_results_[key] for key in ("mean_train_score", "mean_test_score"))

figure, axis = plt.subplots(figsize=(6.5, 2.6))
axis.semilogx(values, learnt, marker="o", color=GREY, label="faces that were learnt")
axis.semilogx(values, unseen, marker="o", color=BLUE, label="faces that were not")
axis.axvline(middle, color=ORANGE, linestyle=":", label="gamma = scale")
axis.set_xlabel("gamma")
axis.set_ylabel("right, %")
axis.legend(frameon=False)
plt.show()
print(
    f"at the largest gamma: {learnt[-1]:.0f} % of the learnt faces, {unseen[-1]:.0f} % of the others"
)

# %% [markdown]
# This is **overfitting**, in one picture. On the right the SVM knows every face by heart and has
# understood none. The grey line is no proof of anything. A score counts on faces that were not learnt.

# %% [markdown]
# ## More pictures, or a better model?
#
# The question that matters most. `learning_curve` gives the winner a quarter of the pictures, a half,
# three quarters, and all.

# %% mystnb={"image": {"alt": "Learning curves of the three classifiers: accuracy against the number of pictures of each person"}}
figure, axis = plt.subplots(figsize=(6.5, 2.8))
curves = {}
for result, colour in zip(results, (BLUE, ORANGE, GREY), strict=True):
    curve = curves[result.name] = learning_curve(rows, numbers, result)
    axis.plot(
        [point.pictures for point in curve],
        [100 * point.score for point in curve],
        marker="o",
        color=colour,
        label=result.name.replace("_", " "),
    )
axis.set_xlabel("pictures of each person")
axis.set_ylabel("right, %")
axis.legend(frameon=False)
plt.show()
first, last = (100 * np.mean([curve[at].score for curve in curves.values()]) for at in (0, -1))
best, worst = (100 * pick(result.score for result in results) for pick in (max, min))
print(f"a quarter of the pictures to all of them: {last - first:.0f} points")
print(f"the worst classifier to the best: {best - worst:.0f} points")

# %% [markdown]
# More pictures bring far more than another classifier. The forest gains most from them, since it must
# find by itself which of its questions matter. If your model is poor, take ten more pictures of each
# person before you look for a cleverer model.
#
# ## Try this
#
# - A fourth classifier, in two lines:
#   `from sklearn.neighbors import KNeighborsClassifier` and
#   `GridSearchCV(KNeighborsClassifier(), {"n_neighbors": [1, 3, 5]}, cv=splits).fit(rows.inside, numbers).best_score_`.
# - Another recipe: `preset("face-modern")`, where its networks are installed (`likeness weights`).
# - Cheat on purpose: `StratifiedKFold(5).split(rows.inside, numbers)` knows no groups. What happens to
#   the scores?
# - At a terminal: `likeness train FOLDER --name NAME` writes this competition into its report.
