"""An answer on its way through the journal, also one that another version wrote."""

from __future__ import annotations

import dataclasses
import json

import pytest

from server.history.logged_answers import LoggedAnswer, LoggedRegion

REGION = LoggedRegion(0, "red", "red", 0.9, None, "known", [1, 2, 3, 4], ["red", "round"])
ANSWER = LoggedAnswer(
    id="0" * 32,
    time=1,
    model="colours",
    version=1,
    digest="0" * 64,
    width=64,
    height=48,
    label="red",
    reason="known",
    seconds=0.1,
    stages={"decode": 0.1},
    client=None,
    key=None,
    regions=[REGION],
)


@pytest.mark.parametrize("labels", [["red"], ["red", "round"], []])
def test_an_answer_comes_back_from_the_journal_as_it_went_in(labels: list[str]) -> None:
    region = dataclasses.replace(REGION, labels=labels, label=labels[0] if labels else None)
    answer = dataclasses.replace(ANSWER, regions=[region])
    assert LoggedAnswer.from_record(json.loads(json.dumps(answer.to_record()))) == answer


def test_an_answer_of_a_version_that_knew_one_class_a_picture() -> None:
    record = ANSWER.to_record()
    del record["regions"][0]["further"]
    assert LoggedAnswer.from_record(record).regions[0].labels == ["red"]


def test_what_a_newer_version_wrote_besides_is_left_out() -> None:
    record = ANSWER.to_record()
    record["colour"] = record["regions"][0]["angle"] = 1
    assert LoggedAnswer.from_record(record) == ANSWER
