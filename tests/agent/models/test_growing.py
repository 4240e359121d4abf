"""Each message of a conversation is worked on once, whatever becomes of the conversation."""

import json

import pytest

from agent.models.base import Completion, Message, ToolCall, Usage
from agent.models.call_ids import CallIds
from agent.models.growing import GrowingConversation
from agent.models.openai_wire import BodyEncoder


def texts(*words: str) -> list[Message]:
    return [Message("user", word) for word in words]


CONVERSATIONS = {
    "grows": (texts("a", "b"), texts("a", "b", "c"), ["a", "b", "c"]),
    "stays": (texts("a", "b"), texts("a", "b"), ["a", "b"]),
    "is shortened": (texts("a", "b", "c"), texts("a", "s"), ["a", "b", "c", "a", "s"]),
    "is another": (texts("a"), texts("x", "y", "z"), ["a", "x", "y", "z"]),
}


@pytest.mark.parametrize("name", CONVERSATIONS)
def test_what_is_known_is_not_converted_again(name: str) -> None:
    first, second, worked_on = CONVERSATIONS[name]
    seen: list[str] = []

    def convert(message: Message) -> str:
        seen.append(message.text)
        return message.text.upper()

    conversation = GrowingConversation(convert)
    assert conversation.converted(first) == [message.text.upper() for message in first]
    assert conversation.converted(second) == [message.text.upper() for message in second]
    assert seen == worked_on


@pytest.mark.parametrize("name", CONVERSATIONS)
def test_a_body_holds_exactly_the_conversation(name: str) -> None:
    encoder = BodyEncoder()
    for messages in CONVERSATIONS[name][:2]:
        body = json.loads(encoder.encode(messages, [], {"model": "m"}))
        assert body == {
            "model": "m",
            "messages": [{"role": "user", "content": message.text} for message in messages],
        }


def reply(*ids: str) -> Completion:
    calls = tuple(ToolCall(id=id_, name="look", arguments="{}") for id_ in ids)
    return Completion(text="", calls=calls, finish_reason="tool_calls", usage=Usage())


def test_ids_are_unique_in_a_reply_and_in_the_conversation() -> None:
    ids = CallIds()
    first = ids.made_unique(reply("a", "a", ""), texts("x"))
    assert first.calls[0].id == "a"
    assert len({call.id for call in first.calls} - {""}) == 3
    conversation = [*texts("x"), Message("assistant", "", first.calls)]
    second = ids.made_unique(reply("a", "b"), conversation)
    assert second.calls[0].id not in {call.id for call in first.calls}
    assert second.calls[1].id == "b"


def test_ids_of_another_conversation_are_free_again() -> None:
    ids = CallIds()
    ids.made_unique(reply("a"), texts("x"))
    assert ids.made_unique(reply("a"), texts("y")).calls[0].id == "a"
