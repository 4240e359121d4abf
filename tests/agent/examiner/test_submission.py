"""From a reply to modules."""

import json

import pytest

from agent.examiner.submission import Submission, read_submission
from agent.examiner.suite import ExamModule
from agent.models.base import ToolCall


def call(arguments: object, name: str = "submit_tests") -> ToolCall:
    text = arguments if isinstance(arguments, str) else json.dumps(arguments)
    return ToolCall(id="c1", name=name, arguments=text)


def test_modules_and_what_they_share() -> None:
    arguments = {"modules": [{"name": "a", "code": "x = 1\n"}], "shared": "y = 2\n"}
    read = read_submission([call(arguments)], "tool_calls")
    assert read == Submission((ExamModule(name="a", code="x = 1\n"),), "y = 2\n")


def test_a_module_sent_again_takes_the_place_of_the_first() -> None:
    first = Submission((ExamModule(name="a", code="1"), ExamModule(name="b", code="2")), "s")
    again = first.with_later(Submission((ExamModule(name="a", code="3"),)))
    assert [(one.name, one.code) for one in again.modules] == [("b", "2"), ("a", "3")]
    assert again.shared == "s"
    twice = {"modules": [{"name": "a", "code": "1"}, {"name": "a", "code": "2"}]}
    assert [one.code for one in read_submission([call(twice)], "stop").modules] == ["2"]


def test_what_was_good_stays_when_the_second_reply_cannot_be_read() -> None:
    first = Submission((ExamModule(name="a", code="1"),))
    assert first.with_later(Submission(problem="cut off")) == first
    assert Submission(problem="no call").with_later(Submission(problem="cut")).problem == "cut"


@pytest.mark.parametrize(
    ("calls", "reason", "words"),
    [
        ([], "stop", "held no call of submit_tests"),
        ([call({"modules": []})], "length", "cut off by its length"),
        ([call("{")], "tool_calls", "not valid JSON"),
        ([call({}, "submit")], "tool_calls", "unknown tool 'submit'"),
        ([call({"modules": [{"name": "A b", "code": ""}]})], "tool_calls", "modules.0.name"),
    ],
)
def test_a_reply_that_cannot_be_read_says_why(
    calls: list[ToolCall], reason: str, words: str
) -> None:
    read = read_submission(calls, reason)  # type: ignore[arg-type] # the literals above
    assert read.modules == ()
    assert words in read.problem
