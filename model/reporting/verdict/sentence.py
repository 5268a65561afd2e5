"""What a training came to, in one sentence that a person understands.

From typed figures alone: the report, the terminal and the API show the same sentence, so it names
no button and no option of a command. The page says it in its reader's language, from the parts.
"""

from __future__ import annotations

from dataclasses import dataclass

from model.evaluation.calibration import wilson

LEAST_KNOWN = 0.8  # of the pictures of known classes; below that a model is not fit for use
LEAST_KNOWN_OF_ONE = 0.5  # of the pictures of the weakest class
MOST_STRANGERS = {"face": 0.05, "person": 0.15, "object": 0.15}  # that may get a name
FEW = 15  # pictures of a class; below that each one more still helps a lot
STEADY = 0.9  # a class that is known in so many of its pictures needs nothing

# What helps most, as a code.
DOUBTFUL, BETTER, BETTER_MISSING = "doubtful", "better_recipe", "better_recipe_missing"
STRANGERS, MORE, NOT_FOUND, MISTAKES = "strangers", "more_pictures", "not_found", "mistakes"


@dataclass(frozen=True)
class WeakestClass:
    """The class that is known least; not_found: its pictures in which nothing was found."""

    label: str
    pictures: int
    correct: int
    not_found: int = 0

    @property
    def share(self) -> float:
        return self.correct / self.pictures


@dataclass(frozen=True)
class MeasuredStrangers:
    """named: share of them that was given a name. shown: who they were, in words; count: how many
    pictures, 0 where they stand for nobody in particular.
    """

    named: float
    shown: str
    count: int = 0


@dataclass(frozen=True)
class VerdictFigures:
    """What the verdict follows from. classes: how many are known. correct: of the pictures.

    promised: share of strangers that may be named, where it is a promise. measured: where there
    were strangers to try it on. refuses: whether anybody can be refused; None where the classes are
    taken to be all there is. doubtful: pictures that look wrong in their folder. better: a recipe
    of the same subject that sees more, or "". better_missing: its pretrained files are not there.
    """

    subject: str
    classes: int
    pictures: int
    correct: int
    weakest: WeakestClass | None = None
    promised: float | None = None
    measured: MeasuredStrangers | None = None
    refuses: bool | None = True
    doubtful: int = 0
    better: str = ""
    better_missing: bool = False
    multi_label: bool = False


@dataclass(frozen=True)
class MorePictures:
    """What would help most: so many more pictures of a class."""

    label: str
    count: int


@dataclass(frozen=True)
class VerdictParts:
    """What else the sentence is made of, to say it in another language; as in `VerdictFigures`.

    todo: a code for what helps most, "" where nothing is the matter.
    """

    subject: str
    classes: int
    pictures: int
    correct: int
    refuses: bool | None
    multi_label: bool
    doubtful: int
    better: str
    todo: str


@dataclass(frozen=True)
class Verdict:
    """fit: for use. names: classes that the sentence speaks of.

    The same in parts, for a card and for other languages: weakest, promised and measured as in
    `VerdictFigures`; add: the pictures that would help most; parts: all else.
    """

    sentence: str
    fit: bool
    names: tuple[str, ...] = ()
    weakest: WeakestClass | None = None
    add: MorePictures | None = None
    promised: float | None = None
    measured: MeasuredStrangers | None = None
    parts: VerdictParts | None = None


def verdict(figures: VerdictFigures) -> Verdict:
    """How many of the known it would know, how many strangers it would name, who is weakest, and
    what to do.
    """
    fit = is_fit(figures)
    parts = [f"it would {_known(figures)}{_strangers(figures)}"]
    weakest = _shown_weakest(figures)
    if weakest:
        parts.append(f"weakest is {weakest.label}, {_of(weakest.correct, weakest.pictures)}")
    todo = _todo(figures, fit)
    sentence = "; ".join(parts) + (f": {_advice(todo, figures)}" if todo else "")
    if not fit:
        sentence = f"not fit for use: {sentence}"
    names = (weakest.label,) if weakest else ()
    return Verdict(
        f"{sentence[0].upper()}{sentence[1:]}.",
        fit,
        names,
        weakest,
        _more_pictures(weakest),
        figures.promised,
        figures.measured,
        _parts(figures, todo),
    )


def _parts(figures: VerdictFigures, todo: str) -> VerdictParts:
    return VerdictParts(
        subject=figures.subject,
        classes=figures.classes,
        pictures=figures.pictures,
        correct=figures.correct,
        refuses=figures.refuses,
        multi_label=figures.multi_label,
        doubtful=figures.doubtful,
        better=figures.better,
        todo=todo,
    )


def _more_pictures(weakest: WeakestClass | None) -> MorePictures | None:
    """As many as are missing to FEW, of a class that is known too seldom."""
    if weakest is None or weakest.share >= STEADY or weakest.pictures >= FEW:
        return None
    return MorePictures(weakest.label, FEW - weakest.pictures)


def is_fit(figures: VerdictFigures) -> bool:
    """Whether a person can rely on it, for the known and for strangers."""
    if not figures.pictures or figures.correct / figures.pictures < LEAST_KNOWN:
        return False
    if figures.weakest and figures.weakest.share < LEAST_KNOWN_OF_ONE:
        return False
    return not _too_many_strangers(figures)


def _too_many_strangers(figures: VerdictFigures) -> bool:
    if figures.refuses is False:
        return True
    most, measured = MOST_STRANGERS[figures.subject], figures.measured
    if measured is None:
        return figures.promised is not None and figures.promised > most
    if not measured.count:
        return measured.named > most
    low, _ = wilson(round(measured.named * measured.count), measured.count) or (0.0, 1.0)
    return low > most  # one of ten may be chance


def _known(figures: VerdictFigures) -> str:
    pictures = f"{_of(figures.correct, figures.pictures)} pictures that it had not seen"
    if figures.multi_label:
        return f"give exactly the right classes to {pictures}"
    one = figures.classes == 1
    if figures.subject == "face":
        whom = "the one person" if one else f"your {figures.classes} people"
    else:
        whom = "the one class" if one else f"your {figures.classes} classes"
    return f"know {whom} in {pictures}"


def _strangers(figures: VerdictFigures) -> str:
    if figures.multi_label or figures.refuses is None:
        return ""
    if figures.refuses is False:
        return " and name every stranger, because it cannot tell any"
    measured = figures.measured
    tried = "" if measured is None else _tried(measured)
    if figures.promised is not None:
        promise = f" and name {_rate(figures.promised)} strangers, as it promises"
        return f"{promise} (measured: {tried})" if tried else promise
    return f" and name {tried}" if tried else ""


def _shown_weakest(figures: VerdictFigures) -> WeakestClass | None:
    """None where there is one class alone, or all are known in every picture."""
    weakest = figures.weakest
    return weakest if weakest and figures.classes > 1 and weakest.share < 1 else None


def _todo(figures: VerdictFigures, fit: bool) -> str:
    """The code of what helps most; "" where nothing is the matter."""
    if figures.doubtful:
        return DOUBTFUL
    if not fit and figures.better:
        return BETTER_MISSING if figures.better_missing else BETTER
    if _too_many_strangers(figures):
        return STRANGERS
    weakest = _shown_weakest(figures)
    if weakest is None or weakest.share >= STEADY:
        return ""
    if _more_pictures(weakest):
        return MORE
    if weakest.not_found * 2 > weakest.pictures - weakest.correct:
        return NOT_FOUND
    return MISTAKES


def _advice(todo: str, figures: VerdictFigures) -> str:
    """The same in words."""
    label = figures.weakest.label if figures.weakest else ""
    those = "picture" if figures.doubtful == 1 else f"{figures.doubtful} pictures"
    recipe = f"choose the recipe {figures.better}"
    return {
        DOUBTFUL: f"look first at the {those} that may lie in a wrong class, listed in the report",
        BETTER: recipe,
        BETTER_MISSING: f"{recipe}, once its pretrained files are installed",
        STRANGERS: "add pictures of others to a class _unknown",
        MORE: f"add pictures of {label}, {FEW} or more in all",
        NOT_FOUND: f"nothing is found in many pictures of {label}, so use larger, sharper ones",
        MISTAKES: "look at its mistakes in the report, and add pictures like those",
    }[todo]


def _of(some: int, of: int) -> str:
    return f"{some} of {of}"


def _rate(share: float) -> str:
    """A share as so many of a round number."""
    if share >= 0.995:
        return "nearly all"
    return f"{100 * share:.0f} of 100" if share >= 0.01 else f"{1000 * share:.0f} of 1,000"


def _tried(measured: MeasuredStrangers) -> str:
    """So many of a counted number, or a rate where nothing was counted."""
    if not measured.count:
        return f"{_rate(measured.named)} {measured.shown}"
    return f"{round(measured.named * measured.count) or 'none'} of {measured.shown}"
