"""Jobs become the commands that people type."""

from __future__ import annotations

from server.recognition.erased_names import ErasedNames, Rule
from server.settings import Settings
from server.training.job_commands import job_command
from server.training.training_job import RUNNING, TrainingJob


def a_job(kind: str, arguments: dict[str, object]) -> TrainingJob:
    return TrainingJob(
        "0" * 32, kind, arguments, RUNNING, 0, 0, None, 1, False, None, None, None, "me"
    )


def test_commands_are_those_that_people_type(settings: Settings) -> None:
    asked = {"dataset": "d", "model": "m", "recipe": "face-modern"}
    train = a_job("train", asked)
    typed = job_command(train, settings)
    assert typed[1:4] == ["-m", "model", "train"]
    assert typed[4] == str(settings.datasets / "d")
    assert {
        "--name",
        "m",
        "--recipe=face-modern",
        "--json",
        "--progress-json",
        "--artifacts",
    } <= set(typed)
    assert "--careful" in typed
    assert not {"--private", "--multi-label"} & set(typed)
    options = {**asked, "fpir": 0.001, "private": True, "multi_label": True}
    wished = job_command(a_job("train", options), settings)
    assert [word for word in wished if word not in typed] == [
        "--fpir=0.001",
        "--private",
        "--multi-label",
    ]
    rules = [Rule.of("m", 1, "anna"), Rule.of("other", 1, "ben"), Rule.of("m", 2, "carla")]
    settings.state.mkdir(exist_ok=True)
    for rule in rules:
        ErasedNames(settings.state / "forgotten.json").add(rule)
    without = next(word for word in job_command(train, settings) if word.startswith("--without="))
    assert set(without.removeprefix("--without=").split(",")) == {rules[0].digest, rules[2].digest}
    deleted = job_command(a_job("train", {**asked, "without": ["0" * 64]}), settings)
    without = next(word for word in deleted if word.startswith("--without="))
    all_of_them = {rules[0].digest, rules[2].digest, "0" * 64}
    assert set(without.removeprefix("--without=").split(",")) == all_of_them
    forget = job_command(a_job("forget", {"model": "m", "label": "-x"}), settings)
    assert forget[1:4] == ["-m", "model", "forget"]
    assert forget[-3:] == ["--", "m", "-x"]  # a name that begins with a dash is not an option
    assert forget[forget.index("--datasets") + 1] == str(settings.datasets)


def test_what_the_service_collects_carries_no_metadata(settings: Settings) -> None:
    asked = {"dataset": "d", "source": "openverse", "count": 5, "queries": ["x"], "licences": []}
    assert "--without-metadata" in job_command(a_job("collect", asked), settings)
