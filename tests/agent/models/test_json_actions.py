"""Actions in JSON, for models without tool calls of their own."""

import json
from typing import Any

import pytest

from agent.models.base import Completion, Message, ToolSchema, Usage
from agent.models.json_actions import (
    JsonActionModel,
    action_schema,
    read_action,
    with_actions,
)
from agent.models.registry import open_model
from agent.settings import Settings
from sandbox.deadline import Deadline
from tests.agent.models.kit import ASK, KEY, call, model_at
from tests.agent.models.openai_server import Act, OpenAIServer, answer, refuse, reply

NOTE = ToolSchema(
    "note",
    "Writes.",
    {
        "type": "object",
        "properties": {
            "lines": {"type": "array", "items": {"$ref": "#/$defs/Line"}},
            "pattern": {"type": "string", "pattern": "^/", "default": "/"},
        },
        "required": ["lines"],
        "additionalProperties": False,
        "$defs": {
            "Line": {
                "type": "object",
                "properties": {
                    "text": {"type": "string", "description": "what"},
                    "kind": {"enum": ["a", "b"]},
                    "size": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
                },
                "required": ["text"],
            }
        },
    },
)
STOP = ToolSchema("stop", "Ends.", {"type": "object", "properties": {}})
ACTION = '{"action": "note", "arguments": {"lines": []}}'


def ask(server: OpenAIServer, *acts: Act, messages: tuple[Message, ...] = ASK) -> Completion:
    server.script(*acts)
    model = JsonActionModel(model_at(server))
    return model.complete(messages, (NOTE, STOP), deadline=Deadline.after(20))


def test_an_action_is_a_tool_call(openai_server: OpenAIServer) -> None:
    usage = {"prompt_tokens": 100, "completion_tokens": 7}
    said = ask(openai_server, reply(ACTION, usage=usage))
    assert [(c.name, c.arguments) for c in said.calls] == [("note", '{"lines": []}')]
    assert said.calls[0].id
    assert (said.text, said.finish_reason) == ("", "tool_calls")
    assert said.usage == Usage(input_tokens=100, output_tokens=7)


def test_the_reply_is_held_to_a_schema_and_no_tools_are_sent(openai_server: OpenAIServer) -> None:
    ask(openai_server, reply(ACTION))
    (body,) = openai_server.bodies
    fields = {"model", "messages", "max_tokens", "response_format", "temperature"}
    assert body.keys() == fields
    assert body["temperature"] == 0
    assert body["response_format"] == {
        "type": "json_schema",
        "json_schema": {"name": "action", "schema": action_schema((NOTE, STOP))},
    }


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (400, "response_format.type must be text or json_object"),
        (422, "body response_format type: unexpected value"),
        (500, "1 validation error: 'loc': ('body', 'response_format', 'type')"),
    ],
)
def test_the_other_dialect_is_learned_from_a_refusal(
    openai_server: OpenAIServer, status: int, words: str
) -> None:
    refusal = refuse(status, words)
    assert ask(openai_server, refusal, reply(ACTION)).calls[0].name == "note"
    assert openai_server.bodies[1]["response_format"] == {
        "type": "json_object",
        "schema": action_schema((NOTE, STOP)),
    }


def test_a_server_that_knows_neither_is_asked_without(openai_server: OpenAIServer) -> None:
    refusal = refuse(400, "response_format is not supported")
    assert ask(openai_server, refusal, refusal, reply(ACTION)).calls[0].name == "note"
    assert "response_format" not in openai_server.bodies[2]


def test_a_model_that_takes_no_temperature_is_asked_without(openai_server: OpenAIServer) -> None:
    refusal = refuse(400, "'temperature' does not support 0 with this model")
    assert ask(openai_server, refusal, reply(ACTION)).calls[0].name == "note"
    assert "temperature" not in openai_server.bodies[1]
    assert "response_format" in openai_server.bodies[1]


def test_the_schema_offers_every_action_without_what_converters_cannot_read() -> None:
    assert action_schema((NOTE, STOP)) == {
        "anyOf": [
            {
                "type": "object",
                "properties": {
                    "action": {"const": "note"},
                    "arguments": {
                        "type": "object",
                        "properties": {
                            "lines": {"type": "array", "items": {"$ref": "#/$defs/Line"}},
                            "pattern": {"type": "string"},
                        },
                        "required": ["lines"],
                        "additionalProperties": False,
                    },
                },
                "required": ["action", "arguments"],
                "additionalProperties": False,
            },
            {
                "type": "object",
                "properties": {
                    "action": {"const": "stop"},
                    "arguments": {"type": "object", "properties": {}},
                },
                "required": ["action", "arguments"],
                "additionalProperties": False,
            },
        ],
        "$defs": {
            "Line": {
                "type": "object",
                "properties": {
                    "text": {"type": "string"},
                    "kind": {"enum": ["a", "b"]},
                    "size": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
                },
                "required": ["text"],
            }
        },
    }


def test_the_actions_are_listed_in_few_words() -> None:
    first, second = with_actions(ASK, (NOTE, STOP))
    assert first.text.endswith(
        "- note(lines: [{text: text, kind?: a|b, size?: integer}], pattern?: text): Writes.\n"
        "- stop(): Ends."
    )
    assert second == ASK[1]


def test_the_history_has_no_tool_calls(openai_server: OpenAIServer) -> None:
    history = (
        *ASK,
        Message("assistant", "", (call('{"lines": []}', name="note"),)),
        Message("tool", "written", call_id="a"),
    )
    ask(openai_server, reply(ACTION), messages=history)
    assert openai_server.bodies[0]["messages"][2:] == [
        {"role": "assistant", "content": ACTION},
        {"role": "user", "content": "written"},
    ]


@pytest.mark.parametrize(
    ("text", "arguments"),
    [
        ('```json\n{"action": "note", "arguments": {"a": 1}}\n```', {"a": 1}),
        ('Sure!\n{"action": "note", "arguments": {"a": 1}}\nDone.', {"a": 1}),
        ('{"action": "note", "arguments": {"a": "x\ny"}}', {"a": "x\ny"}),
        ("{'action': 'note', 'arguments': {'a': True,},}", {"a": True}),
        ('{"action": "note", "arguments": {"a": 1}', {"a": 1}),
        ('{"action": "note", "arguments": {"a": 1}} {"action": "stop"}', {"a": 1}),
        ('{"action": "note", "a": 1}', {"a": 1}),
        ('{"action": "note"}', {}),
    ],
)
def test_near_misses_are_read(text: str, arguments: dict[str, Any]) -> None:
    action = read_action(text)
    assert action is not None
    assert action.name == "note"
    assert json.loads(action.arguments) == arguments


@pytest.mark.parametrize("text", ["", "I am done.", "[]", '{"name": "note"}', '{"action": 1}'])
def test_what_holds_no_action_is_left_as_text(openai_server: OpenAIServer, text: str) -> None:
    assert read_action(text) is None
    said = ask(openai_server, reply(text))
    assert (said.text, said.calls, said.finish_reason) == (text, (), "stop")


def test_an_action_that_was_cut_off_is_not_taken(openai_server: OpenAIServer) -> None:
    said = ask(openai_server, reply('{"action": "note", "argum', finish="length"))
    assert (said.calls, said.finish_reason) == ((), "length")


def test_arguments_that_are_no_object_go_back_to_the_model(openai_server: OpenAIServer) -> None:
    said = ask(openai_server, reply('{"action": "note", "arguments": ["a"]}'))
    assert said.calls[0].arguments == '["a"]'


def test_the_mode_is_chosen_by_name_or_setting(openai_server: OpenAIServer) -> None:
    here = Settings(base_url=openai_server.url, api_key=KEY)
    forced = here.model_copy(update={"tool_mode": "json"})
    for name, settings, expected in [
        ("openai:m1", here, False),
        ("openai:m1", forced, True),
        ("openai:qwen2.5-coder-1.5b", here, True),
        ("langchain:ollama:llama3.2:1b", here, True),
        ("builtin", forced, False),
    ]:
        assert isinstance(open_model(name, settings), JsonActionModel) is expected, name


def test_without_tools_it_is_a_plain_call(openai_server: OpenAIServer) -> None:
    openai_server.script(answer(200, {"choices": [{"message": {"content": "OK"}}]}))
    model = JsonActionModel(model_at(openai_server))
    assert model.complete(ASK, (), deadline=Deadline.after(20)).text == "OK"
    assert openai_server.bodies[0].keys() == {"model", "messages"}
