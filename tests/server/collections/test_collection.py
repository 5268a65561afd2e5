"""People of a model, without pictures: what becomes of examples that are erased, or learnt by a
training.
"""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from flask import Flask

from data_cleaning.datasets.dataset import Dataset
from data_cleaning.datasets.decisions import Decision
from data_cleaning.datasets.rename_class import rename_class
from data_cleaning.errors import BundleMissing, DatasetError
from model.recipes.presets import RECIPES
from model.recognition.bundle import Bundle
from model.recognition.enrolling import Example, untrained
from model.recognition.manifest import Facts
from server.collections.collection import Collection
from server.collections.upkeep import MARGIN, Upkeep
from server.enrolment.enrolment_file import Enrolment
from server.erasure.erase_class import erase_class
from server.service import Service, service_of
from server.settings import Settings
from server.storage.database import now
from tests.support.making import make_picture
from tests.support.started import started_idle

MODERN = RECIPES["face-modern"]


class Examples:
    """Versions of one model, made of examples."""

    def __init__(self) -> None:
        self.saved: dict[int, Bundle] = {}

    def train(self, began: int, *examples: Example, dataset: str = "m") -> None:
        """The next version; began: milliseconds since 1970."""
        version = len(self.saved) + 1
        ended = datetime.fromtimestamp(began / 1000 + 10, UTC).isoformat(timespec="milliseconds")
        facts = Facts(dataset=dataset, trained=ended, seconds=10.0)
        made = untrained("m", MODERN, examples)
        self.saved[version] = dataclasses.replace(made, version=version, facts=facts)

    def names(self) -> list[str]:
        return ["m"] if self.saved else []

    def versions(self, name: str) -> list[int]:
        return sorted(self.saved) if name == "m" else []

    def active(self, name: str) -> int:
        if not self.saved:
            raise BundleMissing("none")
        return max(self.saved)

    def load(self, name: str, version: int | None = None) -> Bundle:
        return self.saved[version or self.active(name)]

    def examples(self, name: str, version: int) -> set[tuple[str, str]]:
        gallery, labels = self.saved[version].recogniser.gallery, self.saved[version].labels
        return {(s, labels[o]) for s, o in zip(gallery.sources, gallery.owners, strict=True)}

    def remove(self, name: str, version: int) -> None:
        del self.saved[version]

    def gone(self, name: str) -> bool:
        return not self.saved

    def tidy(self, name: str | None = None) -> int:
        return 0


def example(label: str, seed: int) -> Example:
    features = np.random.default_rng(seed).normal(size=128).astype(np.float32)
    return Example(label, f"{seed:064x}", features)


@pytest.fixture
def registry() -> Examples:
    return Examples()


@pytest.fixture
def app(settings: Settings, registry: Examples) -> Flask:
    return started_idle(settings, registry)  # type: ignore


@pytest.fixture
def service(app: Flask) -> Service:
    yield service_of(app)
    service_of(app).close()


def enrol(service: Service, *examples: Example, time: int | None = None) -> None:
    """As a picture of each would do that was added at that time."""
    of = Collection(service, "m")

    def add(known: Enrolment) -> Enrolment:
        for one in examples:
            known = known.with_example(one, time or now())
        return dataclasses.replace(
            known, recipe="" if service.models.trained("m") else "face-modern"
        )

    of.enrolled.change("m", add)


def test_a_model_of_examples_answers_is_listed_and_is_gone_with_its_last(
    service: Service, app: Flask
) -> None:
    of = Collection(service, "m")
    assert of.subjects() == [] and of.answering() is None
    enrol(service, example("ada", 1), example("bea", 2))
    assert service.models.names() == ["m"] and of.subjects() == ["ada", "bea"]
    (row,) = app.test_client().get("/api/models").get_json()["models"]
    assert (row["name"], row["version"], row["labels"]) == ("m", 0, ["ada", "bea"])
    assert of.delete_everybody() == 2
    assert service.models.names() == [] and of.answering() is None


def test_who_is_deleted_is_named_by_no_version_and_shown_in_no_fact(
    service: Service, registry: Examples, app: Flask
) -> None:
    registry.train(now(), example("ada", 1), example("bea", 2))
    of = Collection(service, "m")
    of.delete_subject("ada")
    assert of.subjects() == ["bea"]
    assert "ada" not in app.test_client().get("/api/models/m").get_data(as_text=True)
    of.delete_subject("bea")
    assert of.subjects() == [] and of.named() == set()
    enrol(service, example("ada", 3))
    assert of.subjects() == ["ada"]


def test_a_rename_reaches_what_was_trained_and_what_was_not(
    service: Service, registry: Examples
) -> None:
    registry.train(now(), example("ada", 1), example("bea", 2))
    enrol(service, example("ada", 3))
    of = Collection(service, "m")
    of.rename("ada", "dot")
    of.rename("dot", "eve")
    assert of.subjects() == ["bea", "eve"]
    of.rename("eve", "bea")
    assert of.subjects() == ["bea"]
    assert set(service.models.get("m").recogniser.gallery.owners.tolist()) == {0}
    of.delete_subject("bea")
    assert of.named() == set()


def test_erasing_reaches_what_no_training_knows(service: Service, app: Flask) -> None:
    enrol(service, example("ada", 1), example("bea", 2))
    with app.test_request_context():
        forgotten = erase_class(service, "ada", "me")
    assert forgotten.removed["enrolled"] == 1
    assert Collection(service, "m").subjects() == ["bea"]
    assert "ada" not in (service.settings.enrolled / "m.json").read_text()


def test_erasing_a_new_name_reaches_who_was_trained_by_the_old_one(
    service: Service, registry: Examples, app: Flask
) -> None:
    registry.train(now(), example("ada", 1), example("bea", 2))
    of = Collection(service, "m")
    of.rename("ada", "dot")
    enrol(service, example("dot", 3))
    with app.test_request_context():
        erase_class(service, "dot", "me")
    assert of.subjects() == ["bea"]


def test_what_a_training_has_seen_is_let_go_of(service: Service, registry: Examples) -> None:
    begun = now()
    enrol(service, example("ada", 1), time=begun - MARGIN - 1000)
    enrol(service, example("bea", 2), time=begun + 1000)
    registry.train(begun, example("ada", 1))
    Upkeep(service).run()
    left = Collection(service, "m").enrolled.read("m")
    assert [one.example.label for one in left.added] == ["bea"] and left.recipe == ""
    assert Collection(service, "m").subjects() == ["ada", "bea"]


def test_a_training_of_other_pictures_takes_nothing_over(
    service: Service, registry: Examples
) -> None:
    enrol(service, example("ada", 1), time=1000)
    registry.train(now(), example("bea", 2), dataset="elsewhere")
    (service.settings.datasets / "elsewhere").mkdir(parents=True)
    (service.settings.datasets / "m").mkdir()
    registry.saved[1] = dataclasses.replace(
        registry.saved[1], facts=dataclasses.replace(registry.saved[1].facts, dataset="cli")
    )
    Upkeep(service).run()
    assert Collection(service, "m").subjects() == ["ada", "bea"]


def test_versions_that_know_who_was_deleted_go_when_another_answers(
    service: Service, registry: Examples
) -> None:
    registry.train(now(), example("ada", 1), example("bea", 2))
    of = Collection(service, "m")
    of.delete_subject("ada")
    Upkeep(service).run()
    assert registry.versions("m") == [1]
    registry.train(now() + 2 * MARGIN, example("bea", 2))
    service.models.catch_up()
    Upkeep(service).run()
    assert registry.versions("m") == [2] and of.subjects() == ["bea"]
    Upkeep(service).run()
    assert of.enrolled.read("m").is_empty


def test_a_training_is_asked_for_once_it_is_quiet_and_everybody_has_pictures(
    service: Service,
) -> None:
    of, quiet = Collection(service, "m"), int(service.settings.enrol_train_seconds * 1000)
    for label in ("ada", "bea"):
        for number, colour in enumerate(("red", "blue")):
            folder = service.settings.datasets / "m" / label
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"{number}.png").write_bytes(make_picture(colour))
    enrol(service, example("ada", 1), example("bea", 2), example("cyd", 3))
    upkeep = Upkeep(service)

    def later() -> None:
        then = now() - quiet - 1
        of.enrolled.change("m", lambda one: dataclasses.replace(one, changed=then, asked=then - 1))
        upkeep.run()

    upkeep.run()
    assert service.jobs.all() == []  # not quiet yet
    later()
    assert service.jobs.all() == []  # cyd has no picture there
    of.delete_subject("cyd")
    later()
    (job,) = service.jobs.all()
    assert job.arguments == {"dataset": "m", "model": "m", "recipe": "face-modern"}
    later()
    assert len(service.jobs.all()) == 1


def test_a_class_is_renamed_with_its_pictures_and_decisions(tmp_path: Path) -> None:
    for file, content in (("ada/1.jpg", b"same"), ("ada/2.jpg", b"2"), ("dot/1.jpg", b"same")):
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).write_bytes(content)
    (tmp_path / "groups.csv").write_text("file,group\nada/2.jpg,g\ndot/1.jpg,h\n")
    dataset = Dataset(tmp_path)
    dataset.decide(
        Decision("a" * 64, "move", to="ada"),
        Decision("a" * 64, "reject"),
        Decision("b" * 64, "not", label="ada"),
    )
    assert rename_class(dataset, "ada", "dot") == 2
    assert dataset.classes() == ["dot"] and len(dataset.pictures("dot")) == 2
    decided = [(one.action, one.label, one.to) for one in dataset.decisions()]
    assert decided == [("move", None, "dot"), ("reject", None, None), ("not", "dot", None)]
    assert "dot/2.jpg,g" in (tmp_path / "groups.csv").read_text()
    (tmp_path / "link").symlink_to(tmp_path / "dot")
    with pytest.raises(DatasetError, match="link"):
        rename_class(dataset, "dot", "link")
