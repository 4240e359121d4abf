"""Recording a model and replaying the recording."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from agent.errors import ModelError, ModelUnavailable, SettingsError
from agent.models.base import Completion, Message, ToolSchema, Usage
from agent.models.exchange import normalize
from agent.models.recording import RecordingModel
from agent.models.replay import ReplayDrift, ReplayModel
from agent.models.scripted import ScriptedModel
from sandbox.deadline import Deadline
from tests.agent.models.kit import ASK, READ_FILE, call

REPLIES = [
    Completion(
        text="look",
        calls=(call('{"path": "a"}', "c1"),),
        finish_reason="tool_calls",
        usage=Usage(input_tokens=10, cached_tokens=3, output_tokens=4),
    ),
    Completion(text="other", calls=(), finish_reason="length", usage=Usage()),
    Completion(text="done", calls=(), finish_reason="stop", usage=Usage(estimated=True)),
]
GOES_ON = (
    *ASK,
    Message("assistant", "look", REPLIES[0].calls),
    Message("tool", "2 passed in 0.31s", call_id="c1"),
)
ASIDE = (Message("user", "a question apart"),)
REQUESTS = [ASK, ASIDE, GOES_ON]


def record(path: Path, requests: Sequence[Sequence[Message]] = REQUESTS) -> None:
    model = RecordingModel(ScriptedModel(REPLIES, name="openai:m"), path)
    for messages in requests:
        model.complete(list(messages), [READ_FILE], deadline=Deadline())
    assert model.name == "openai:m"


def replay(
    path: Path,
    requests: Sequence[Sequence[Message]] = REQUESTS,
    tools: Sequence[ToolSchema] = (READ_FILE,),
) -> list[Completion]:
    model = ReplayModel(path)
    return [model.complete(messages, tools, deadline=Deadline()) for messages in requests]


def test_a_replay_says_the_same(tmp_path: Path) -> None:
    record(tmp_path / "r.jsonl")
    assert replay(tmp_path / "r.jsonl") == REPLIES


def test_a_recording_is_one_small_line_an_exchange(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    record(path, [ASK, GOES_ON])
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert [(line["known"], len(line["new"])) for line in lines] == [(0, 2), (2, 2)]
    assert lines[0]["new"][0]["text"] == "You build."
    assert lines[1]["new"][0].keys() == {"role", "sha256"}
    assert lines[1]["new"][1]["text"] == "2 passed in <duration>s"


def test_a_recording_goes_on_in_its_file(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    record(path, [ASK])
    record(path, [ASK])
    assert len(path.read_text().splitlines()) == 2


def test_an_error_is_not_recorded(tmp_path: Path) -> None:
    model = RecordingModel(ScriptedModel([ModelUnavailable("no")]), tmp_path / "r.jsonl")
    with pytest.raises(ModelUnavailable):
        model.complete(ASK, (), deadline=Deadline())
    assert not (tmp_path / "r.jsonl").exists()


def tool_said(text: str) -> list[Sequence[Message]]:
    return [ASK, ASIDE, (*GOES_ON[:-1], Message("tool", text, call_id="c1"))]


def renamed(message: Message) -> Message:
    """The same message of a run whose server gave another call id."""
    calls = tuple(c.model_copy(update={"id": "zz"}) for c in message.calls)
    return replace(message, calls=calls, call_id=message.call_id and "zz")


@pytest.mark.parametrize(
    "requests",
    [
        tool_said("2 passed in 12.5s"),
        [ASK, ASIDE, (*GOES_ON[:2], renamed(GOES_ON[2]), renamed(GOES_ON[3]))],
    ],
)
def test_what_may_differ(tmp_path: Path, requests: list[Sequence[Message]]) -> None:
    record(tmp_path / "r.jsonl")
    assert replay(tmp_path / "r.jsonl", requests) == REPLIES


other_call = Message("assistant", "look", (call('{"path": "b"}', "c1"),))


@pytest.mark.parametrize(
    ("requests", "text"),
    [
        (
            tool_said("1 failed in 0.31s"),
            "request 3 is not the recorded one: message 4 (tool): "
            "recorded '2 passed in <duration>s', asked '1 failed in <duration>s'",
        ),
        (
            [(Message("system", "You break."), ASK[1])],
            "request 1 is not the recorded one: message 1 (system): "
            "recorded 'You build.', asked 'You break.'",
        ),
        (
            [ASK, ASIDE, (*ASK, other_call, GOES_ON[3])],
            "message 3 (assistant): its text or its calls differ",
        ),
        ([ASK[:1]], "it has 1 new messages, recorded are 2"),
        ([(ASK[0], Message("assistant", "x"))], "message 2 (user): it is the assistant's"),
        ([ASK, GOES_ON], "it goes on from 2 known messages, recorded are 0"),
        ([*REQUESTS, ASK], "request 4 is one more than the recording holds"),
    ],
)
def test_drift_shows_the_first_difference(
    tmp_path: Path, requests: list[Sequence[Message]], text: str
) -> None:
    record(tmp_path / "r.jsonl")
    with pytest.raises(ReplayDrift) as caught:
        replay(tmp_path / "r.jsonl", requests)
    assert text in str(caught.value)


def test_other_tools_are_a_drift(tmp_path: Path) -> None:
    record(tmp_path / "r.jsonl")
    with pytest.raises(ReplayDrift, match="the tools have changed"):
        replay(tmp_path / "r.jsonl", tools=())


def test_keeps_to_the_deadline(tmp_path: Path) -> None:
    record(tmp_path / "r.jsonl")
    with pytest.raises(ModelError, match="the time was up"):
        ReplayModel(tmp_path / "r.jsonl").complete(ASK, [READ_FILE], deadline=Deadline.after(0))


def test_what_is_no_recording(tmp_path: Path) -> None:
    (tmp_path / "r.jsonl").write_text('{"known": 0}\n')
    with pytest.raises(SettingsError, match="is no recording of a model: Field required"):
        ReplayModel(tmp_path / "r.jsonl")


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("in 0.31s, 12 ms, 3 seconds", "in <duration>s, <duration> ms, <duration> seconds"),
        ("3 samples", "3 samples"),
        ("/tmp/pytest-of-me/x_1/app.py: no", "<temp>: no"),  # noqa: S108 - a text
        ("at 2026-11-24T08:00:01.5Z", "at <time>"),
        ("id 1b4e28ba-2fa1-11d2-883f-0016d3cca427", "id <hash>"),
        ("commit 9fceb02d0ae598e95dc970b74767f19372d61af8", "commit <hash>"),
        ("<count of str at 0x7f5cc14ff1a0>", "<count of str at <address>>"),
        ("port 54321, 1234567 rows", "port 54321, 1234567 rows"),
        ('{"id":"aZ4hSyN9Wi1XswbzcGvR"}', '{"id":"<random>"}'),
        ("a-plain-word-of-many-letters", "a-plain-word-of-many-letters"),
        ("Bearer eyJhbGciOi.eyJzdWIi.abc-_1", "Bearer <token>"),
    ],
)
def test_volatile_parts(text: str, same: str) -> None:
    assert normalize(text) == same
