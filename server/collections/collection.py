"""People of one model: added, listed, renamed and deleted, so that the next answer knows it.

The pictures lie in the model's data set; what their faces measure lies beside the model until a
training knows them (server/enrolment/). Nothing here knows another system's words.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from data_cleaning.datasets.dataset import Dataset
from data_cleaning.datasets.delete_class import delete_class
from data_cleaning.datasets.rename_class import rename_class
from data_cleaning.errors import BundleMissing
from data_cleaning.files import sha256_of_bytes, sha256_or_empty
from data_cleaning.imaging.encoding import reencode
from model.recipes.presets import RECIPES, missing_files
from model.recipes.recipe import Recipe
from model.recognition.bundle import Bundle
from model.recognition.enrolling import Example, MeasuredFace, can_enrol, measure_faces
from model.recognition.protocols import RecognitionModel
from server.context import Context
from server.datasets.dataset_folders import check_label
from server.datasets.dataset_of_model import dataset_of_model
from server.datasets.managed_datasets import LONGEST, Datasets
from server.datasets.quota import quota_of
from server.enrolment.enrolled_examples import EnrolledExamples
from server.enrolment.enrolment_file import Enrolment
from server.errors import (
    Conflict,
    NoExample,
    NoFace,
    NoPerson,
    PersonExists,
    RequestError,
    SeveralFaces,
)
from server.storage.database import now

FIRST_RECIPES = ("face-modern", "face-light")  # of a model that nobody has trained: the first ready


@dataclass(frozen=True)
class Face:
    """An example as it lies in the data set. id: 32 hex digits, of its class and file name."""

    id: str
    label: str
    path: Path


@dataclass(frozen=True)
class Collection:
    """model: whose people; there need be no version of it yet."""

    service: Context
    model: str

    @cached_property
    def dataset(self) -> str:
        return dataset_of_model(self.service, self.model)

    @property
    def datasets(self) -> Datasets:
        settings = self.service.settings
        return Datasets(settings.datasets, quota_of(settings))

    @property
    def enrolled(self) -> EnrolledExamples:
        return EnrolledExamples(self.service.settings.enrolled)

    def answering(self) -> RecognitionModel | None:
        """The model that answers now; None where nobody is enrolled yet. Raises BundleError."""
        try:
            return self.service.models.get(self.model)
        except BundleMissing:
            if self.model in self.service.models.names():
                raise
            return None

    def named(self) -> set[str]:
        """Whom the model names now."""
        model = self.answering()
        return set(model.labels) - self.service.models.hidden_labels(model) if model else set()

    def recipe(self) -> Recipe:
        """How faces are found and measured: the model's, or that of its first training.

        Raises Conflict where no recipe for faces can run here.
        """
        model = self.answering()
        if model is not None:
            return model.recipe
        ready = [name for name in FIRST_RECIPES if not missing_files(RECIPES[name])]
        if not ready:
            raise Conflict(missing_files(RECIPES[FIRST_RECIPES[0]]))
        return RECIPES[ready[0]]

    def subjects(self) -> list[str]:
        """Names of the people, sorted: whom the model names, and classes without a training."""
        return sorted({*self.named(), *self.datasets.classes(self.dataset)})

    def check_subject(self, label: str) -> None:
        """Raises NoPerson."""
        if label not in self.subjects():
            raise NoPerson(f"Subject {label[:80]} not found")

    def faces(self, label: str | None = None) -> list[Face]:
        """Every example that has a picture, by name and file; of one person, or of all."""
        root = self.datasets.place(self.dataset)
        if not root.is_dir():
            return []
        dataset = Dataset(root)
        labels = dataset.classes() if label is None else [label]
        return [_face(path, name, root) for name in labels for path in dataset.pictures(name)]

    def face(self, id: str) -> Face:
        """Raises NoExample."""
        found = next((face for face in self.faces() if face.id == id), None)
        if found is None:
            raise NoExample(f"Image {id} not found")
        return found

    def create_subject(self, label: str) -> None:
        """Somebody without an example yet. Raises PersonExists."""
        self._check_name(label)
        if label in self.subjects():
            raise PersonExists("Subject already exists")
        with contextlib.suppress(Conflict):
            self.datasets.create(self.dataset)
        self.datasets.create_class(self.dataset, label)

    def add(self, label: str, data: bytes, least_score: float = 0.0) -> Face:
        """Store a picture of one face, and know it from now on; the same picture twice is one.

        least_score: of a face. Raises NoFace, SeveralFaces, PictureError, Conflict, Busy, TooSlow.
        """
        self._check_name(label)
        recipe = self._check_enrols()
        service = self.service
        fresh, found = service.pool.run(lambda: _measured(service, data, recipe), wait=True)
        one = only_face(found, least_score)
        if not len(one.features):
            raise NoFace("The face is too small to tell who it is.")
        for make in (
            lambda: self.datasets.create(self.dataset),
            lambda: self.datasets.create_class(self.dataset, label),
        ):
            with contextlib.suppress(Conflict):  # it is there already, as it mostly is
                make()
        stored = self.datasets.store(self.dataset, label, fresh, sha256_of_bytes(data))
        example = Example(label, stored.sha256, one.features)
        self._change(lambda known: self._known(known, recipe).with_example(example, now()))
        root = self.datasets.place(self.dataset)
        return _face(root / label / stored.file, label, root)

    def delete(self, faces: list[Face]) -> None:
        """Delete examples for good. Somebody without any picture left is no class any more."""
        for face in faces:
            digest = sha256_or_empty(face.path)
            face.path.unlink(missing_ok=True)
            self._leave_out(digest, face.label)
            with contextlib.suppress(OSError):  # not the last one
                face.path.parent.rmdir()
        if faces:
            self.datasets.clear_aside(self.dataset)

    def delete_subject(self, label: str) -> None:
        """Delete somebody with all examples and what was decided about them. Raises NoPerson."""
        self.check_subject(label)
        self._delete_subject(label)

    def delete_everybody(self) -> int:
        """How many people those were."""
        subjects = self.subjects()
        for label in subjects:
            self._delete_subject(label)
        return len(subjects)

    def rename(self, old: str, new: str) -> None:
        """Call somebody otherwise; two become one where there is somebody of that name.

        Raises NoPerson, RequestError, Conflict.
        """
        self.check_subject(old)
        self._check_name(new)
        self._check_enrols()
        if old == new:
            return
        root = self.datasets.place(self.dataset)
        if root.is_dir():
            rename_class(Dataset(root), old, new)
        time = now()
        self._change(
            lambda known: known.moving(self._trained_as(known, old), new, time).renamed(
                old, new, time
            )
        )

    def _delete_subject(self, label: str) -> None:
        root = self.datasets.place(self.dataset)
        if root.is_dir():
            delete_class(Dataset(root), label, self.datasets.discard)
            self.datasets.clear_aside(self.dataset)
        time = now()

        def without(known: Enrolment) -> Enrolment:
            trained = self._trained_as(known, label)
            added = tuple(one for one in known.added if one.example.label != label)
            left = Enrolment(known.recipe, added, known.moved, time, known.asked)
            return left.moving(trained, None, time)

        self._change(without)

    def _leave_out(self, digest: str, label: str) -> None:
        """An example shows nobody any more, whichever way it was known."""
        time = now()
        self._change(
            lambda known: known.without_example(digest, label, time).moving(
                self._trained_as(known, label, digest), None, time
            )
        )

    def _trained_as(
        self, known: Enrolment, label: str, source: str | None = None
    ) -> tuple[tuple[str, str], ...]:
        """Trained examples that show somebody by now, each by its source and trained label."""
        base = self.service.models.trained(self.model)
        if not isinstance(base, Bundle):
            return ()
        shows = {(one.source, one.label): one.to for one in known.elsewhere}
        gallery = base.recogniser.gallery
        trained = {
            (of, base.labels[owner])
            for of, owner in zip(gallery.sources, gallery.owners, strict=True)
            if source is None or of == source
        }
        return tuple(sorted(one for one in trained if shows.get(one, one[1]) == label))

    def _known(self, known: Enrolment, recipe: Recipe) -> Enrolment:
        """With the recipe of a model that nobody has trained yet."""
        first = "" if self.service.models.trained(self.model) else recipe.name
        return Enrolment(first, known.added, known.moved, known.changed, known.asked)

    def _change(self, change: Callable[[Enrolment], Enrolment]) -> None:
        self.enrolled.change(self.model, change)

    def _check_enrols(self) -> Recipe:
        """Raises Conflict where nobody can be enrolled without a training."""
        model, recipe = self.answering(), self.recipe()
        if not can_enrol(recipe) or (model is not None and model.multi_label):
            raise Conflict(
                f"The model {self.model} names by the recipe {recipe.name}, which learns people by"
                " a training alone. Train it by face-modern or face-light, and people can be added"
                " here."
            )
        return recipe

    def _check_name(self, label: str) -> None:
        """Raises RequestError for what cannot be a person's name."""
        check_label(label)
        if label.startswith("_"):
            raise RequestError(f"{label!r} is a special class, not a person's.")
        self.datasets.class_place(self.datasets.place(self.dataset), label)


def only_face(found: tuple[MeasuredFace, ...], least_score: float) -> MeasuredFace:
    """The one face of a picture. Raises NoFace, SeveralFaces."""
    faces = [face for face in found if face.detection.score >= least_score]
    if not faces:
        raise NoFace("No face is found in the given image")
    if len(faces) > 1:
        raise SeveralFaces("More than one face in the source image")
    return faces[0]


def _measured(
    service: Context, data: bytes, recipe: Recipe
) -> tuple[bytes, tuple[MeasuredFace, ...]]:
    """The picture as it will lie in the data set, and what is found in that."""
    fresh = reencode(data, LONGEST, service.limits)
    return fresh, measure_faces(fresh, recipe, service.limits)


def _face(path: Path, label: str, root: Path) -> Face:
    inside = path.relative_to(root).as_posix()
    return Face(sha256_of_bytes(inside.encode())[:32], label, path)
